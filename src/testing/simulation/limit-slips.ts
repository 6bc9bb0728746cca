// Planted bugs of the limits and of the merging behind them.
import type { ShardCommit } from '../../store/store.ts';
import type { Mutant } from './mutant.ts';
import { noFaults, type SeedPlan } from './plan-of-seed.ts';

const limited = (plan: SeedPlan): SeedPlan => ({
  ...plan,
  eventsPerHour: 60,
  limits: [{ calls: 3, perMs: 60_000 }],
  faults: noFaults,
});

export const limitSlips: readonly Mutant[] = [
  {
    name: 'limits forgotten at a restart',
    what: 'a start takes up nothing of the calls that were made before',
    wraps: () => ({
      store: (store) => ({
        ...store,
        providerCalls: () => [],
      }),
    }),
    plan: (plan) => ({ ...limited(plan), faults: { ...noFaults, crash: 0.002 } }),
  },
  {
    name: 'a member of a merged call is lost',
    what: 'the result of the second delivery of a merged call is not stored',
    wraps: () => {
      const seen = new Map<unknown, number>();
      const second = (commit: ShardCommit): Set<string> =>
        new Set(
          commit.effects.flatMap((effect) => {
            if (effect.put !== 'event' || effect.row.body.call === undefined) return [];
            const no = (seen.get(effect.row.body.call) ?? 0) + 1;
            seen.set(effect.row.body.call, no);
            return no === 2 ? [effect.row.subjectId] : [];
          }),
        );
      return {
        store: (store) => ({
          ...store,
          commit: (commits: readonly ShardCommit[]) =>
            store.commit(
              commits.map((commit) => {
                const lost = second(commit);
                return {
                  ...commit,
                  effects: commit.effects.filter(
                    (effect) => effect.put !== 'delivery.result' || !lost.has(effect.result.id),
                  ),
                };
              }),
            ),
        }),
      };
    },
    plan: limited,
  },
  {
    name: 'a message of another tenant',
    what: 'a delivery that is claimed from the store carries what another tenant is told',
    wraps: () => {
      const bodies = new Map<string, string>();
      return {
        store: (store) => ({
          ...store,
          claimDue: (request) =>
            store.claimDue(request).map((claimed) => {
              const { tenant } = claimed.delivery;
              bodies.set(tenant, claimed.body);
              const other = [...bodies].find(([name]) => name !== tenant);
              return other === undefined ? claimed : { ...claimed, body: other[1] };
            }),
        }),
      };
    },
    plan: (plan) => ({
      ...limited(plan),
      limits: [],
      faults: { ...noFaults, send: { ...noFaults.send, transient: 0.3 } },
    }),
  },
];
