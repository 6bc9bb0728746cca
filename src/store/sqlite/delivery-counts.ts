// How many deliveries a tenant has in each state. Finished ones are counted once and then kept up to date by what is
// committed, because counting a month of them takes longer than a turn; open ones are few and counted when asked.
import type { DeliveryState } from '../../pipeline/rows.ts';
import type { Db } from './database.ts';

const openStates = ['queued', 'sending'] as const;
const finishedStates = ['sent', 'delivered', 'dead', 'dropped'] as const;
type Finished = (typeof finishedStates)[number];

export function isOpen(state: string): boolean {
  return state === 'queued' || state === 'sending';
}

interface Delta {
  readonly tenant: string;
  readonly state: string;
  readonly by: number;
}

export class DeliveryCounts {
  readonly #finished = new Map<string, Map<string, number>>();
  #pending: Delta[] = [];
  readonly #countAll;
  readonly #countOpen;

  constructor(db: Db) {
    type Row = { readonly state: string; readonly n: number };
    this.#countAll = db.raw.prepare<[string], Row>(
      'SELECT state, count(*) AS n FROM delivery WHERE tenant = ? GROUP BY state',
    );
    this.#countOpen = db.raw.prepare<[string], Row>(
      `SELECT state, count(*) AS n FROM delivery INDEXED BY delivery_open
       WHERE tenant = ? AND state IN ('queued', 'sending') GROUP BY state`,
    );
  }

  /** Inside a transaction: a delivery came into (`by` 1) or left (`by` -1) a state. */
  note(tenant: string, state: string, by: number): void {
    if (!isOpen(state) && this.#finished.has(tenant)) this.#pending.push({ tenant, state, by });
  }

  committed(): void {
    for (const { tenant, state, by } of this.#pending) {
      const counts = this.#finished.get(tenant);
      counts?.set(state, (counts.get(state) ?? 0) + by);
    }
    this.#pending = [];
  }

  /** The commit failed, or may have happened all the same: count anew when asked. */
  rolledBack(): void {
    this.#finished.clear();
    this.#pending = [];
  }

  of(tenant: string): Readonly<Record<DeliveryState, number>> {
    let counts = this.#finished.get(tenant);
    if (counts === undefined) {
      counts = new Map(this.#countAll.all(tenant).map((row) => [row.state, row.n]));
      for (const state of openStates) counts.delete(state);
      this.#finished.set(tenant, counts);
    }
    const open = new Map(this.#countOpen.all(tenant).map((row) => [row.state, row.n]));
    const finished = (state: Finished) => counts.get(state) ?? 0;
    return {
      queued: open.get('queued') ?? 0,
      sending: open.get('sending') ?? 0,
      sent: finished('sent'),
      delivered: finished('delivered'),
      dead: finished('dead'),
      dropped: finished('dropped'),
    };
  }
}
