// What a composite rule wants to know of the alerts of other rules, at one grid time: by the group that they belong to.
import type { Labels, NamedState } from '../../rules/types.ts';
import type { AlertRow } from '../pipeline/rows.ts';

export class NamedStates {
  readonly #names: ReadonlySet<string>;
  readonly #states = new Map<string, Set<string>>();

  constructor(names: readonly string[]) {
    this.#names = new Set(names);
  }

  /** Groups with an alert of one of the rules. */
  get keys(): Iterable<string> {
    return this.#states.keys();
  }

  /** Reads the open alerts as of grid time `at`; `keyOf` says to which group an alert belongs. */
  read(
    { openByKey }: { readonly openByKey: ReadonlyMap<string, AlertRow> },
    at: number,
    keyOf: (labels: Labels) => string,
  ): void {
    this.#states.clear();
    for (const alert of openByKey.values()) {
      if (alert.rule === null || !this.#names.has(alert.rule)) continue;
      const state = stateAt(alert, at);
      if (state === null) continue;
      const key = keyOf(alert.labels);
      const states = this.#states.get(key);
      if (states) states.add(`${state} ${alert.rule}`);
      else this.#states.set(key, new Set([`${state} ${alert.rule}`]));
    }
  }

  has(key: string, rule: string, state: NamedState): boolean {
    const states = this.#states.get(key);
    if (states === undefined) return false;
    if (state !== 'active') return states.has(`${state} ${rule}`);
    return states.has(`firing ${rule}`) || states.has(`pending ${rule}`);
  }
}

/** An episode that began after `at` did not exist then; one that fired later was pending. */
function stateAt({ state, firedAt, pendingSince }: AlertRow, at: number): 'firing' | 'pending' | null {
  if (state === 'firing' && (firedAt ?? at) <= at) return 'firing';
  return (pendingSince ?? firedAt ?? at) <= at ? 'pending' : null;
}
