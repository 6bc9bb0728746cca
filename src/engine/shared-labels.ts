// On which labels a composite rule joins that names none: those that the series of all its readings have in common. A
// reading of which no series is known has no say. Names only come (until its readings are others): that a series leaves
// must not regroup the others.
import type { CompositeRule, Labels } from '../../rules/types.ts';

export class SharedLabels {
  /** By reading: the names of the labels of its series; null before the first one. */
  readonly #names: (Set<string> | null)[];
  #by: readonly string[] = [];
  #changed = false;

  constructor({ readings }: Pick<CompositeRule, 'readings'>) {
    this.#names = readings.map(() => null);
  }

  /** Whether a series is known at all. */
  get known(): boolean {
    return this.#names.some((own) => own !== null);
  }

  /** In ascending order; the same list as long as nothing about it changed. */
  get by(): readonly string[] {
    if (!this.#changed) return this.#by;
    this.#changed = false;
    const told = this.#names.filter((own) => own !== null);
    const by = [...told[0]!].filter((name) => joinable(name) && told.every((own) => own.has(name))).sort();
    if (by.join('\0') !== this.#by.join('\0')) this.#by = by;
    return this.#by;
  }

  /** A series of this reading. */
  add(reading: number, labels: Labels): void {
    let names = this.#names[reading];
    if (!names) {
      names = new Set();
      this.#names[reading] = names;
      this.#changed = true;
    }
    const { size } = names;
    for (const name of Object.keys(labels)) names.add(name);
    if (names.size > size) this.#changed = true;
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
