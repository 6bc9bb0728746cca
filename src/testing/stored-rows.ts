// What a store would have of one tenant's pipeline after the effects of its steps, and what it would load of that. A story
// that restarts from these, and not from what was remembered, finds what was changed and never stored.
import type { Effect } from '../pipeline/effect.ts';
import type { AlertRow, GroupRow, SeenKindRow, SilenceRow, StormRow } from '../pipeline/rows.ts';

export class StoredRows {
  /** By id, as every other one here. */
  readonly alerts = new Map<string, AlertRow>();
  readonly groups = new Map<string, GroupRow>();
  readonly #silences = new Map<string, SilenceRow>();
  #storm: StormRow | null = null;
  readonly #kinds = new Map<string, SeenKindRow>();

  /** In the order of a commit. */
  store(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.put === 'alert') this.alerts.set(effect.row.id, structuredClone(effect.row));
      else if (effect.put === 'group') this.groups.set(effect.row.id, structuredClone(effect.row));
      else if (effect.put === 'group.closed') this.groups.delete(effect.id);
      else if (effect.put === 'silence') this.#silences.set(effect.row.id, structuredClone(effect.row));
      else if (effect.put === 'storm') this.#storm = structuredClone(effect.row);
      else if (effect.put === 'seen_kind') this.#kinds.set(effect.row.name, effect.row);
      else if (effect.put === 'seen_kind.removed') this.#kinds.delete(effect.name);
    }
  }

  /** Open alerts, what waits to be told, whatever a notify log speaks of, groups, and silences that are not over. */
  load(): {
    readonly alerts: readonly AlertRow[];
    readonly groups: readonly GroupRow[];
    readonly silences: readonly SilenceRow[];
    readonly storm: StormRow | null;
    readonly kinds: readonly SeenKindRow[];
  } {
    const groups = [...this.groups.values()];
    const spokenOf = new Set(groups.flatMap(({ notified }) => Object.keys(notified)));
    const alerts = [...this.alerts.values()].filter(
      ({ id, kind, state, nextAt }) =>
        spokenOf.has(id) || nextAt !== null || (kind === 'alert' && state !== 'resolved'),
    );
    const silences = [...this.#silences.values()].filter(({ closed }) => !closed);
    const kinds = [...this.#kinds.values()].sort((a, b) => a.seenAt - b.seenAt);
    return structuredClone({ alerts, groups, silences, storm: this.#storm, kinds });
  }
}
