// On which labels a composite rule joins that names none: those that the series of all its readings have in common. A
// reading of which no series is known has no say. Names only come (until the rule is read anew): that a series leaves
// must not regroup the others.
import type { CompositeRule, Labels } from '../../rules/types.ts';

export class SharedLabels {
  /** By reading: the names of the labels of its series; null before the first one. */
  readonly #names: (Set<string> | null)[];
  /** In ascending order. */
  by: readonly string[] = [];

  constructor({ readings }: Pick<CompositeRule, 'readings'>) {
    this.#names = readings.map(() => null);
  }

  /** A series of this reading; true when `by` is another one now. */
  add(reading: number, labels: Labels): boolean {
    const known = this.#names[reading];
    const names = known ?? new Set<string>();
    let news = known === null;
    for (const name of Object.keys(labels)) {
      if (names.has(name)) continue;
      names.add(name);
      news = true;
    }
    if (!news) return false;
    this.#names[reading] = names;
    const before = this.by;
    const told = this.#names.filter((own) => own !== null);
    this.by = [...told[0]!].filter((name) => joinable(name) && told.every((own) => own.has(name))).sort();
    return before.join('\0') !== this.by.join('\0');
  }

  /** An open alert was grouped by these: they were shared when it began. */
  remember(labels: Labels): void {
    for (let reading = 0; reading < this.#names.length; reading++) this.add(reading, labels);
  }
}

/** These of an alert come from its rule. */
function joinable(name: string): boolean {
  return name !== 'severity' && name !== 'alertname';
}
