// Planted bugs of digests.
import type { ShardCommit } from '../../store/store.ts';
import type { Mutant } from './mutant.ts';
import { noFaults, type SeedPlan } from './plan-of-seed.ts';

/** Everything mild is collected, and the process dies often. */
const collecting = (plan: SeedPlan): SeedPlan => ({
  ...plan,
  eventsPerHour: 60,
  silencesPerHour: 0,
  routeChangesPerHour: 0,
  faults: { ...noFaults, crash: 0.001 },
  routing: {
    ...plan.routing,
    inhibit: [],
    receivers: new Map(
      [...plan.routing.receivers].map(([name, receiver]) => [
        name,
        {
          ...receiver,
          // Nothing but the note that it was told holds a second word back.
          dedupeWindowMs: 0,
          digest: { everyMs: 300_000, severities: ['info', 'warning', 'high'], max: 500, to: null },
        },
      ]),
    ),
  },
});

export const digestSlips: readonly Mutant[] = [
  {
    name: 'a digest is forgotten at a restart',
    what: 'what waits for a digest is not taken up',
    wraps: () => ({
      store: (store) => ({
        ...store,
        loadTenant: (tenant) => {
          const loaded = store.loadTenant(tenant);
          const times = new Set(loaded.groups.flatMap(({ collectUntil }) => collectUntil ?? []));
          const alerts = loaded.alerts.filter(({ nextAt }) => nextAt === null || !times.has(nextAt));
          return { ...loaded, alerts };
        },
      }),
    }),
    plan: collecting,
  },
  {
    name: 'a digest is sent twice',
    what: 'that a digest went out is not stored, and the process after it sends it again',
    wraps: () => ({
      store: (store) => ({
        ...store,
        commit: (commits: readonly ShardCommit[]) =>
          store.commit(
            commits.map((commit) => ({
              ...commit,
              effects: commit.effects.filter(
                (effect) => effect.put !== 'alert' || effect.insert || effect.row.kind !== 'event',
              ),
            })),
          ),
      }),
    }),
    plan: collecting,
  },
];
