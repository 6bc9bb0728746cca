// The episodes of other rules that a composite rule asks for, by the group that they belong to. One that has ended stays
// until a grid time has passed its end: what is asked is how it was at the grid time, not what came in since.
import type { NamedState } from '../../rules/types.ts';
import type { AlertRow } from '../pipeline/rows.ts';

export class NamedStates {
  readonly #byGroup = new Map<string, Set<AlertRow>>();

  put(key: string, alert: AlertRow): void {
    const alerts = this.#byGroup.get(key);
    if (alerts) alerts.add(alert);
    else this.#byGroup.set(key, new Set([alert]));
  }

  /** The episodes of a group, which are forgotten. */
  take(key: string): Iterable<AlertRow> {
    const alerts = this.#byGroup.get(key) ?? [];
    this.#byGroup.delete(key);
    return alerts;
  }

  clear(): void {
    this.#byGroup.clear();
  }

  /** Whether something of the group may still be asked for. */
  keeps(key: string): boolean {
    return this.#byGroup.has(key);
  }

  /** Grid time `at` is looked at, and no earlier one ever again: forgets what had ended by then. */
  settle(key: string, at: number): void {
    const alerts = this.#byGroup.get(key);
    if (alerts === undefined) return;
    for (const alert of alerts) if (alert.resolvedAt !== null && alert.resolvedAt <= at) alerts.delete(alert);
    if (alerts.size === 0) this.#byGroup.delete(key);
  }

  /** Whether the group has an alert of any of the rules at `at`. */
  any(key: string, at: number): boolean {
    for (const alert of this.#byGroup.get(key) ?? []) if (stateAt(alert, at) !== null) return true;
    return false;
  }

  /** When the first alert of the group that is there after `at` began; null: there is none. */
  nextAfter(key: string, at: number): number | null {
    let first: number | null = null;
    for (const { pendingSince, resolvedAt } of this.#byGroup.get(key) ?? []) {
      if (pendingSince === null || (resolvedAt !== null && resolvedAt <= at)) continue;
      if (first === null || pendingSince < first) first = pendingSince;
    }
    return first;
  }

  /** Whether the group has an alert of this rule that was in this state at `at`. */
  has(key: string, rule: string, state: NamedState, at: number): boolean {
    for (const alert of this.#byGroup.get(key) ?? []) {
      if (alert.rule !== rule) continue;
      const then = stateAt(alert, at);
      if (then !== null && (state === 'active' || state === then)) return true;
    }
    return false;
  }
}

/** An episode that began after `at` did not exist then; one that fired later was pending, one that ended later was there. */
function stateAt(
  { firedAt, pendingSince, resolvedAt }: AlertRow,
  at: number,
): Exclude<NamedState, 'active'> | null {
  if (resolvedAt !== null && resolvedAt <= at) return null;
  if (firedAt !== null && firedAt <= at) return 'firing';
  return pendingSince !== null && pendingSince <= at ? 'pending' : null;
}
