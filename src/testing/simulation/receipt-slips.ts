// Planted bugs of receipts.
import type { ShardCommit } from '../../store/store.ts';
import type { Mutant } from './mutant.ts';
import { noFaults, type SeedPlan } from './plan-of-seed.ts';

const told =
  (lost: number) =>
  (plan: SeedPlan): SeedPlan => ({
    ...plan,
    eventsPerHour: 60,
    limits: [],
    faults: { ...noFaults, send: { ...noFaults.send, replyLost: 0.3 } },
    receipts: { fallback: {}, told: 1, lost, repeated: 0.3, corrected: 0 },
  });

export const receiptSlips: readonly Mutant[] = [
  {
    name: 'a receipt finds nobody by name',
    what: 'a delivery whose answer was lost is not found by the id that the receipt names',
    wraps: () => ({ store: (store) => ({ ...store, deliveryNamed: () => null }) }),
    plan: told(0),
  },
  {
    name: 'a receipt is thanked for and not stored',
    what: 'that a delivery has arrived is forgotten with the process',
    wraps: () => ({
      store: (store) => ({
        ...store,
        commit: (commits: readonly ShardCommit[]) =>
          store.commit(
            commits.map((commit) => ({
              ...commit,
              effects: commit.effects.filter(
                ({ put }) => put !== 'delivery.receipt' && put !== 'delivery.requeued',
              ),
            })),
          ),
      }),
    }),
    plan: told(0.5),
  },
  {
    name: 'a loss is not passed on',
    what: 'a receipt that says that a message did not arrive is dropped',
    wraps: () => ({
      runtime: ({ engine }) => {
        const receive = engine.receive.bind(engine);
        engine.receive = (channel, receipts) =>
          receive(
            channel,
            receipts.filter(({ status }) => status !== 'failed'),
          );
      },
    }),
    plan: told(0.5),
  },
  {
    name: 'a receipt is for one of a merged call',
    what: 'of the deliveries that one message told of, one alone is delivered when that has arrived',
    wraps: () => ({
      store: (store) => ({
        ...store,
        deliveriesOfProvider: (channel, providerId) =>
          store.deliveriesOfProvider(channel, providerId).slice(0, 1),
      }),
    }),
    plan: (plan) => ({ ...told(0)(plan), limits: [{ calls: 3, perMs: 60_000 }], eventsPerHour: 200 }),
  },
];
