// Planted bugs of escalations.
import type { Effect } from '../../pipeline/effect.ts';
import type { EscalationPolicy, EscalationStep } from '../../pipeline/escalation.ts';
import type { EscalationRow, EventRow, GroupRow } from '../../pipeline/rows.ts';
import type { ShardCommit } from '../../store/store.ts';
import { aRoute } from '../builders.ts';
import { noEscalations } from './escalation-plan.ts';
import { placeOf } from './escalation-runs.ts';
import type { Mutant } from './mutant.ts';
import { built, noFaults, type SeedPlan } from './plan-of-seed.ts';
import type { World, Wraps } from './world.ts';

/** Everything is escalated by three short steps, over and over. */
const escalating =
  (over: Partial<SeedPlan> = {}) =>
  (plan: SeedPlan): SeedPlan => {
    const channels = [...new Set([...plan.channels, 'pager-0'])];
    const step: EscalationStep = {
      ...{ afterMs: 60_000, to: [{ kind: 'channel', name: 'pager-0' }], strategy: null },
      ...{ severities: null, during: [] },
    };
    const page: EscalationPolicy = {
      ...{ name: 'page', steps: [step, step, step], repeat: 3, confirm: 'any', promote: [] },
    };
    const receivers = new Map(
      [...plan.routing.receivers].map(([name, receiver]) => [name, { ...receiver, escalation: 'page' }]),
    );
    return {
      ...{ ...plan, channels, silencesPerHour: 0, routeChangesPerHour: 0, ruleChangesPerHour: 0 },
      ...{ limits: [], faults: noFaults, commandsPerHour: 30 },
      escalation: { ...noEscalations, answersPerHour: 20 },
      routing: { ...plan.routing, inhibit: [], receivers, escalations: new Map([['page', page]]) },
      ...over,
    };
  };

const dying = escalating({ faults: { ...noFaults, crash: 0.001 } });

/** What is critical is another group of the same people, and alerts go there and back while steps are left. */
const betweenTwoGroups = (plan: SeedPlan): SeedPlan => {
  const made = escalating()(plan);
  const { routing } = made;
  const page = routing.escalations!.get('page')!;
  const timing = { groupBy: ['host'], groupWaitMs: 0, groupIntervalMs: 10_000 } as const;
  const critical = aRoute({
    ...{ ...timing, path: '{}/{severity="critical"}', matchers: [built('severity', 'critical')] },
  });
  const receivers = new Map(
    [...routing.receivers].map(([name, receiver]) => [name, { ...receiver, digest: null }]),
  );
  const { storm: _, ...calm } = routing;
  return {
    ...made,
    routing: {
      ...{ ...calm, receivers, escalations: new Map([['page', { ...page, repeat: 0 }]]) },
      route: aRoute({ ...timing, routes: [critical] }),
    },
  };
};

/** The group of the same people whose escalation this one goes on with, although its own was over; undefined: none. */
function takenOverFrom(row: GroupRow, { journal }: World): GroupRow | undefined {
  const own = journal.groups.get(row.id)?.escalation;
  const { escalation } = row;
  if (own?.state !== 'exhausted' || !escalation || escalation.state === 'exhausted') return undefined;
  return [...journal.groups.values()].find(
    (from) =>
      from.id !== row.id &&
      from.escalation?.startedAt === escalation.startedAt &&
      placeOf(from) === placeOf(row),
  );
}

/** Where the own escalation of a group is over it takes no other one over: that one ends. */
const endingWhatGoesOn: Wraps = {
  store: (store, world) => {
    const spoilt = (effect: Effect, all: readonly Effect[]): readonly Effect[] => {
      if (effect.put !== 'group') return [effect];
      const { row } = effect;
      const from = takenOverFrom(row, world);
      const isSaid = all.some((one) => one.put === 'event' && one.row.subjectId === row.id);
      if (!from || isSaid) return [effect];
      const escalation = {
        ...world.journal.groups.get(row.id)!.escalation!,
        told: row.escalation?.told ?? [],
      };
      for (const { pipeline } of world.runtime?.engine.tenants ?? []) {
        const group = pipeline.groups.get(row.groupKey);
        if (group?.row.id === row.id) group.row.escalation = escalation;
      }
      const { policy, round, level } = from.escalation!;
      const ended: EventRow = {
        ...{ id: world.newId(), tenant: row.tenant, at: world.clock.now(), subjectKind: 'group' },
        ...{ subjectId: from.id, kind: 'escalation.ended', reason: 'routed_elsewhere', actor: null },
        ...{ topic: null, priority: null, correlationId: null, keep: 1 },
        body: { groupKey: from.groupKey, policy, round: round + 1, level },
      };
      return [
        { ...effect, row: { ...row, escalation } },
        { put: 'event', row: ended },
      ];
    };
    return {
      ...store,
      commit: (commits: readonly ShardCommit[]) =>
        store.commit(
          commits.map((commit) => ({
            ...commit,
            effects: commit.effects.flatMap((effect) => spoilt(effect, commit.effects)),
          })),
        ),
    };
  },
};

/** The process after this one takes up something else than what is stored. */
const takingUp = (change: (row: EscalationRow) => EscalationRow): Wraps => ({
  store: (store) => ({
    ...store,
    loadTenant: (tenant) => {
      const loaded = store.loadTenant(tenant);
      const groups = loaded.groups.map((group) =>
        group.escalation ? { ...group, escalation: change(group.escalation) } : group,
      );
      return { ...loaded, groups };
    },
  }),
});

export const escalationSlips: readonly Mutant[] = [
  {
    name: 'a step after an acknowledgement',
    what: 'an acknowledgement is answered at once, and heeded five minutes later',
    wraps: () => ({
      services: (services, world) => ({
        ...services,
        acknowledge: async (...args: Parameters<typeof services.acknowledge>) => {
          world.clock.at(world.clock.now() + 300_000, () => {
            if (world.runtime) services.acknowledge(...args).catch(() => {});
          });
          return { status: 200, body: {} };
        },
      }),
    }),
    plan: escalating(),
  },
  {
    name: 'a step is skipped at a restart',
    what: 'the step that comes next is taken for done',
    wraps: () => takingUp((row) => (row.state === 'waiting' ? { ...row, level: row.level + 1 } : row)),
    plan: dying,
  },
  {
    name: 'a step is taken again after a kill',
    what: 'how far it has come is not stored with the message of the step',
    wraps: () => ({
      store: (store) => {
        const forgetful = (effect: Effect): Effect => {
          if (effect.put !== 'group' || effect.insert || !effect.row.escalation) return effect;
          const { escalation } = effect.row;
          const level = Math.max(0, escalation.level - 1);
          return { ...effect, row: { ...effect.row, escalation: { ...escalation, level } } };
        };
        return {
          ...store,
          commit: (commits: readonly ShardCommit[]) =>
            store.commit(commits.map((commit) => ({ ...commit, effects: commit.effects.map(forgetful) }))),
        };
      },
    }),
    plan: dying,
  },
  {
    name: 'an escalation does not go on',
    what: 'what was left of the delay is forgotten at a restart',
    wraps: () => takingUp((row) => (row.state === 'paused' ? { ...row, leftMs: 10 * 3_600_000 } : row)),
    plan: dying,
  },
  {
    name: 'an escalation ends for one that is over',
    what: 'a group whose own has taken its last step goes on with none that another group of the same people had',
    wraps: () => endingWhatGoesOn,
    plan: betweenTwoGroups,
  },
];
