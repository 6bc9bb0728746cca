// What every part of the store contract starts from: a fresh place, a store in it, and short words for commits.
import type { DeliveryResultRow, Effect } from '../../pipeline/effect.ts';
import type { DeliveryRow, NotificationRow } from '../../pipeline/rows.ts';
import type {
  ClaimedDelivery,
  ClaimRequest,
  CommitSync,
  CommittedEvent,
  RetentionPolicy,
  Store,
} from '../store.ts';
import { type RowBuilders, rowBuilders } from './row-builders.ts';

/** Somewhere a store can be opened again and again and finds what it wrote; `discard` removes it. */
export interface StorePlace {
  open(): Store;
  discard(): void;
}

export interface Story {
  readonly rows: RowBuilders;
  store: Store;
  /** Closes the store and opens it again as the next owner of all shards. */
  reopen(): void;
  /** Commits effects of one tenant under the present epoch. */
  commit(effects: readonly Effect[], tenant?: string, sync?: CommitSync): readonly CommittedEvent[];
  claim(request?: Partial<ClaimRequest>): readonly ClaimedDelivery[];
  /** Retains until nothing is left to do. */
  retainAll(policy: RetentionPolicy, now: number): void;
  end(): void;
}

export function beginStory(place: StorePlace): Story {
  const rows = rowBuilders();
  let epochs = new Map<number, number>();
  const take = () => {
    epochs = new Map(
      story.store.takeShards('node-1', rows.clock.at).map((lease) => [lease.shard, lease.epoch]),
    );
  };
  const story: Story = {
    rows,
    store: place.open(),
    reopen() {
      story.store.close();
      story.store = place.open();
      take();
    },
    commit(effects, tenant = 'acme', sync) {
      const { shard } = story.store.ensureTenant(tenant, rows.clock.at);
      return story.store.commit([{ shard, epoch: epochs.get(shard)!, effects }], sync);
    },
    claim: (request = {}) =>
      story.store.claimDue({
        now: rows.clock.at,
        owner: 'node-1',
        leaseMs: 30_000,
        limits: { high: 10, normal: 10, low: 10 },
        except: { high: new Set(), normal: new Set(), low: new Set() },
        ...request,
      }),
    retainAll(policy, now) {
      for (let call = 0; story.store.retain(policy, now, 200); call++)
        if (call > 1000) throw new Error('retention comes to no end');
    },
    end() {
      story.store.close();
      place.discard();
    },
  };
  take();
  return story;
}

/** A notification with its deliveries, as `plan` would emit it. */
export function sending(notification: NotificationRow, ...deliveries: readonly DeliveryRow[]): Effect[] {
  return [
    { put: 'notification', row: notification },
    ...deliveries.map((row): Effect => ({ put: 'delivery', row })),
  ];
}

/** The end of an attempt under the lease that `of` carries. */
export function ended(of: DeliveryRow, at: number, changes: Partial<DeliveryResultRow> = {}): Effect {
  return {
    put: 'delivery.result',
    result: {
      tenant: of.tenant,
      id: of.id,
      leaseToken: of.leaseToken,
      state: 'sent',
      dueAt: of.dueAt,
      reason: null,
      attempts: of.attempts + 1,
      shorter: false,
      maybe: false,
      providerId: null,
      lastError: null,
      finishedAt: at,
      ...changes,
    },
  };
}
