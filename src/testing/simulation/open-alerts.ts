// The oracle's reading of a group: which alerts of it fire, and who holds them back, from committed rows and the tree alone.
import type { AlertRow, GroupRow } from '../../pipeline/rows.ts';
import type { Holding } from './holding.ts';
import { routeAt, toldAt } from './routes.ts';
import type { World } from './world.ts';

export type HeldBy = 'acknowledged' | 'silenced' | 'inhibited' | null;

export interface Member {
  readonly row: AlertRow;
  /** Null: nobody holds it. */
  readonly by: HeldBy;
}

export class OpenAlerts {
  readonly #world: World;
  readonly #holding: Holding;

  constructor(world: World, holding: Holding) {
    this.#world = world;
    this.#holding = holding;
  }

  /** What fires in the group now. What a digest collects at its severity is in no other group. */
  of({ tenant, receiver, route: path, labels }: GroupRow, now: number): readonly Member[] {
    const { journal, routing } = this.#world;
    const route = routeAt(routing, receiver, path);
    if (route === undefined) return [];
    const members: Member[] = [];
    for (const { row } of journal.firing) {
      if (row.tenant !== tenant) continue;
      const own = { ...row.labels, severity: row.effectiveSeverity };
      const names =
        route.groupBy === 'all' ? new Set([...Object.keys(own), ...Object.keys(labels)]) : route.groupBy;
      if (![...names].every((name) => (own[name as keyof typeof own] ?? '') === (labels[name] ?? '')))
        continue;
      const isTold = toldAt(routing, own).some((told) => told.route === route && told.digest === null);
      if (isTold) members.push({ row, by: this.heldBy(row, now) });
    }
    return members;
  }

  heldBy(row: AlertRow, now: number): HeldBy {
    if (isHeld(row, now)) return 'acknowledged';
    const labels = { ...row.labels, severity: row.effectiveSeverity };
    return this.#holding.of(row.id, row.tenant, labels, now).by;
  }
}

/** Acknowledged, and that has not run out. */
export function isHeld({ ackedAt, ackUntil }: AlertRow, now: number): boolean {
  return ackedAt !== null && (ackUntil === null || ackUntil > now);
}
