// Planted bugs of storms.
import type { Effect } from '../../pipeline/effect.ts';
import type { ShardCommit } from '../../store/store.ts';
import type { Mutant } from './mutant.ts';
import { noFaults, type SeedPlan } from './plan-of-seed.ts';

const storm = {
  ...{ events: 3, withinMs: 60_000, everyMs: 60_000, calmEvents: 1, calmMs: 120_000 },
  ...{ newAfterMs: 600_000, newAtMost: 2 },
};

/** Storms are frequent, and nothing is escalated. */
const stormy = (plan: SeedPlan): SeedPlan => {
  const { escalations: _, ...routing } = plan.routing;
  return {
    ...plan,
    eventsPerHour: 90,
    routeChangesPerHour: 0,
    faults: noFaults,
    routing: { ...routing, storm },
  };
};

const dying = (plan: SeedPlan): SeedPlan => ({ ...stormy(plan), faults: { ...noFaults, crash: 0.002 } });

export const stormSlips: readonly Mutant[] = [
  {
    name: 'a storm begins one too late',
    what: 'one more may come than is written',
    wraps: () => ({
      routing: (routing) => ({ ...routing, storm: { ...storm, events: storm.events + 1 } }),
    }),
    plan: stormy,
  },
  {
    name: 'the count starts anew with the process',
    what: 'what came before a restart does not count for a storm',
    wraps: () => ({ store: (store) => ({ ...store, cameSince: () => [] }) }),
    plan: dying,
  },
  {
    name: 'a summary leaves something out',
    what: 'one kind of a summary is not counted',
    wraps: () => ({
      store: (store) => ({
        ...store,
        commit: (commits: readonly ShardCommit[]) =>
          store.commit(commits.map((one) => ({ ...one, effects: one.effects.map(withoutOneKind) }))),
      }),
    }),
    plan: stormy,
  },
];

function withoutOneKind(effect: Effect): Effect {
  if (effect.put !== 'notification' || effect.row.reason !== 'storm') return effect;
  const message = JSON.parse(effect.row.body) as { digest: { kinds: readonly unknown[] } };
  const digest = { ...message.digest, kinds: message.digest.kinds.slice(1) };
  return { ...effect, row: { ...effect.row, body: JSON.stringify({ ...message, digest }) } };
}
