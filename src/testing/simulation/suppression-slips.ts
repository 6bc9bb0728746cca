// Planted bugs of what holds messages back, and of the dedupe window: what ends and lets nobody go, what is read otherwise
// than it was written, what a restart forgets.
import type { InhibitRule } from '../../pipeline/routing.ts';
import type { SilenceRow } from '../../pipeline/rows.ts';
import type { PipelineState } from '../../pipeline/state.ts';
import type { TenantSnapshot } from '../../store/store.ts';
import type { Mutant } from './mutant.ts';
import { noFaults, type SeedPlan } from './plan-of-seed.ts';
import { circleOf, clusterDown } from './suppression-plan.ts';
import type { Wraps } from './world.ts';

/** Changes the state of every tenant as soon as it is there, and after each load. */
function spoiling(spoil: (state: PipelineState) => void): Wraps {
  return {
    runtime: (runtime) => {
      const start = runtime.start;
      runtime.start = (rules) => {
        start(rules);
        for (const tenant of runtime.engine.tenants) {
          let pipeline = tenant.pipeline;
          spoil(pipeline);
          Object.defineProperty(tenant, 'pipeline', {
            get: () => pipeline,
            set(loaded: PipelineState) {
              pipeline = loaded;
              spoil(loaded);
            },
          });
        }
      };
    },
  };
}

/** The program files each silence otherwise than it was written. */
const reading = (read: (row: SilenceRow) => Partial<SilenceRow>): Wraps =>
  spoiling(({ silences }) => {
    const put = silences.put.bind(silences);
    silences.put = (row) => put({ ...row, ...read(row) });
  });

/** A restart takes up something else than what is stored. */
const takingUp = (change: (loaded: TenantSnapshot) => TenantSnapshot): Wraps => ({
  store: (store) => ({ ...store, loadTenant: (tenant) => change(store.loadTenant(tenant)) }),
});

const calm = (plan: SeedPlan): SeedPlan => ({
  ...plan,
  silencesPerHour: 60,
  ruleChangesPerHour: 0,
  routeChangesPerHour: 0,
  faults: noFaults,
});
const dying = (plan: SeedPlan): SeedPlan => ({ ...calm(plan), faults: { ...noFaults, crash: 0.001 } });
const inhibiting =
  (inhibit: readonly InhibitRule[]) =>
  (plan: SeedPlan): SeedPlan => ({
    ...calm(plan),
    silencesPerHour: 0,
    routing: { ...plan.routing, inhibit },
  });

export const suppressionSlips: readonly Mutant[] = [
  {
    name: 'a source lets nobody go',
    what: 'what an alert inhibited is not looked at when it ends',
    wraps: () =>
      spoiling(({ heldBy, silences }) => {
        const set = heldBy.set.bind(heldBy);
        heldBy.set = (id, keys) => (silences.get(id) ? set(id, keys) : heldBy);
      }),
    plan: inhibiting(clusterDown),
  },
  {
    name: 'a circle that closes lets nobody go',
    what: 'what one of a circle held back waits for its end',
    wraps: () =>
      spoiling(({ inhibition }) => {
        inhibition.circlesOf = () => [];
      }),
    plan: inhibiting(circleOf(['R2', 'R3', 'R4'])),
  },
  {
    name: 'inhibition of everything',
    what: 'the labels that have to be equal are not read',
    wraps: () => ({
      routing: (routing) => ({
        ...routing,
        inhibit: (routing.inhibit ?? []).map((rule) => ({ ...rule, equal: [] })),
      }),
    }),
    plan: inhibiting(clusterDown),
  },
  {
    name: 'the end of a silence is no deadline',
    what: 'what a silence held back waits for something else to happen',
    wraps: () =>
      spoiling(({ heldBy, silences }) => {
        const set = heldBy.set.bind(heldBy);
        const holding = silences.holding.bind(silences);
        heldBy.set = (id, keys) => (silences.get(id) ? heldBy : set(id, keys));
        silences.holding = (labels, now) => {
          const held = holding(labels, now);
          return held && { ...held, until: Number.POSITIVE_INFINITY };
        };
      }),
    plan: calm,
  },
  {
    name: 'a changed silence lets nobody go',
    what: 'what a silence does not take any more waits until its old end',
    wraps: () =>
      spoiling(({ heldBy, silences }) => {
        const get = heldBy.get.bind(heldBy);
        heldBy.get = (id) => (silences.get(id) ? undefined : get(id));
      }),
    plan: calm,
  },
  {
    name: 'an expression is read as a word',
    what: 'a silence of `=~` takes what is equal to its expression',
    wraps: () =>
      reading(({ matchers }) => ({
        matchers: matchers.map((one) => (one.op === '=~' ? { ...one, op: '=' } : one)),
      })),
    plan: calm,
  },
  {
    name: 'a silence holds before it starts',
    what: 'the start of a silence is not read',
    wraps: () => reading(() => ({ startsAt: 0 })),
    plan: calm,
  },
  {
    name: 'silences lost at a restart',
    what: 'silences are not taken up',
    wraps: () => takingUp((loaded) => ({ ...loaded, silences: [] })),
    plan: dying,
  },
  {
    name: 'dedupe window lost at a restart',
    what: 'what was said of an episode that ended is not taken up',
    wraps: () =>
      takingUp((loaded) => ({
        ...loaded,
        groups: loaded.groups.map((row) => ({
          ...row,
          notified: Object.fromEntries(
            Object.entries(row.notified).filter(([, { status }]) => status === 'firing'),
          ),
        })),
      })),
    plan: (plan) => ({
      ...dying(plan),
      silencesPerHour: 0,
      routing: {
        ...plan.routing,
        receivers: new Map(
          [...plan.routing.receivers].map(([name, r]) => [name, { ...r, dedupeWindowMs: 300_000 }]),
        ),
      },
    }),
  },
  {
    name: 'an acknowledgement holds for ever',
    what: 'its end is not stored',
    wraps: () => ({
      services: (services) => ({
        ...services,
        acknowledge: (tenant, id, command, actor, idempotency) =>
          services.acknowledge(tenant, id, { ...command, until: null }, actor, idempotency),
      }),
    }),
    plan: (plan) => ({ ...calm(plan), silencesPerHour: 0, commandsPerHour: 60 }),
  },
];
