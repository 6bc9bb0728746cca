// Planted bugs of escalations.
import type { Effect } from '../../pipeline/effect.ts';
import type { EscalationPolicy, EscalationStep } from '../../pipeline/escalation.ts';
import type { EscalationRow } from '../../pipeline/rows.ts';
import type { ShardCommit } from '../../store/store.ts';
import { noEscalations } from './escalation-plan.ts';
import type { Mutant } from './mutant.ts';
import { noFaults, type SeedPlan } from './plan-of-seed.ts';
import type { Wraps } from './world.ts';

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
];
