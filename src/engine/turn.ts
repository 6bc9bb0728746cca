// One turn of the loop: the effects of many steps, committed once. Rows are live objects until the commit; a row that
// several steps of a turn changed is written once, with its last value, which is the state after the turn.
import type { Effect } from '../pipeline/effect.ts';
import type { AlertRow, ConfirmationRow, SilenceRow } from '../pipeline/rows.ts';
import type { Leased, PlanResult } from '../policy/plan-result.ts';
import type { ShardCommit } from '../store/store.ts';
import type { StoredGroups } from './stored-groups.ts';
import type { Tenant } from './tenant.ts';

/** One channel of one tenant. */
export interface ChannelOf {
  readonly tenant: string;
  readonly channel: string;
}

/** An alert that a commit stored. Null: the commit did not touch it. The row is live: it may be another one later. */
export type StoredAlerts = (tenant: string, id: string) => AlertRow | null;

export class Turn {
  readonly #byShard = new Map<number, Effect[]>();
  readonly #seen = new Set<object>();
  /** Called as soon as the turn is committed, before the next one begins. */
  readonly committed: (() => void)[] = [];
  /** Called when what the turn committed is on the disk: whoever waits may be told. */
  readonly settled: (() => void)[] = [];
  readonly failed: ((error: unknown) => void)[] = [];
  readonly leased: Leased[] = [];
  readonly wakeAt: number[] = [];
  readonly paused: ChannelOf[] = [];
  readonly resumed: ChannelOf[] = [];
  /** Idempotency keys first used in this turn, not yet in the store. */
  readonly keys = new Map<string, { bodyHash: string; status: number; answer: string }>();
  /** Dead letters that a command of this turn has taken. */
  readonly letters = new Set<string>();
  /** Calls to providers that are to be made are noted in it. */
  counted = false;
  /** Confirmations given in this turn: the store does not know them yet. */
  readonly confirmations: ConfirmationRow[] = [];
  /** Tenants whose rules a command of this turn has changed: applied once that is stored. */
  readonly ruled = new Set<Tenant>();
  /** Tenants whose routes or escalation policies a command of this turn has changed. */
  readonly rerouted = new Set<Tenant>();
  /** Tenants whose channels or templates a command of this turn has changed. */
  readonly changed = new Set<Tenant>();
  /** Tenants whose schedules or overrides of them a command of this turn has changed. */
  readonly overridden = new Set<Tenant>();
  /** Tenants whose people or teams a command of this turn has changed. */
  readonly peopled = new Set<Tenant>();
  /** Also those that the store turns out to hold already: they were work all the same. */
  rows = 0;

  add(shard: number, effects: readonly Effect[]): void {
    if (effects.length === 0) return;
    let list = this.#byShard.get(shard);
    if (!list) {
      list = [];
      this.#byShard.set(shard, list);
    }
    for (const effect of effects) {
      const { put } = effect;
      if (put === 'alert' || put === 'group' || put === 'silence' || put === 'heartbeat' || put === 'storm') {
        if (this.#seen.has(effect.row)) continue;
        this.#seen.add(effect.row);
      }
      list.push(effect);
      this.rows += 1;
    }
  }

  /** What policy said of a tenant. */
  plan(tenant: string, shard: number, out: PlanResult): void {
    this.add(shard, out.effects);
    this.leased.push(...out.leased);
    this.wakeAt.push(...out.wakeAt);
    for (const channel of out.paused) this.paused.push({ tenant, channel });
    for (const channel of out.resumed) this.resumed.push({ tenant, channel });
  }

  /** The alert as this turn will store it, where it has changed it: the store does not know that yet. */
  alert(tenant: Pick<Tenant, 'name' | 'shard'>, id: string): AlertRow | null {
    const found = this.#byShard
      .get(tenant.shard)
      ?.find((effect) => effect.put === 'alert' && effect.row.id === id && effect.row.tenant === tenant.name);
    return found?.put === 'alert' ? found.row : null;
  }

  /** The same of a silence. */
  silence(tenant: Pick<Tenant, 'name' | 'shard'>, id: string): SilenceRow | null {
    const found = this.#byShard
      .get(tenant.shard)
      ?.find(
        (effect) => effect.put === 'silence' && effect.row.id === id && effect.row.tenant === tenant.name,
      );
    return found?.put === 'silence' ? found.row : null;
  }

  /** The alerts as this turn stored them, for whoever hears of its events; looked up when somebody asks first. */
  get storedAlerts(): StoredAlerts {
    let byId: Map<string, AlertRow> | null = null;
    return (tenant, id) => {
      if (byId === null) {
        byId = new Map();
        for (const effects of this.#byShard.values())
          for (const effect of effects) if (effect.put === 'alert') byId.set(effect.row.id, effect.row);
      }
      const row = byId.get(id);
      return row?.tenant === tenant ? row : null;
    };
  }

  get empty(): boolean {
    return this.rows === 0;
  }

  /** What there is to write: of groups only what the store does not hold already. */
  commits(epochOf: (shard: number) => number, stored: Pick<StoredGroups, 'has'>): ShardCommit[] {
    const commits: ShardCommit[] = [];
    for (const [shard, all] of this.#byShard) {
      const effects = all.filter(
        (effect) => effect.put !== 'group' || effect.insert || !stored.has(effect.row),
      );
      if (effects.length > 0) commits.push({ shard, epoch: epochOf(shard), effects });
    }
    return commits;
  }
}
