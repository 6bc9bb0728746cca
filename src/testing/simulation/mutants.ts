// Planted bugs: each wraps a port or a service of the real program, none touches product code. The simulation is worth
// its time only if it finds every one of them.
import { type Severity, severities } from '../../../rules/types.ts';
import type { Effect } from '../../pipeline/effect.ts';
import type { Route } from '../../pipeline/routing.ts';
import { type ShardCommit, type Store, StoreError } from '../../store/store.ts';
import { digestSlips } from './digest-slips.ts';
import { escalationSlips } from './escalation-slips.ts';
import { limitSlips } from './limit-slips.ts';
import type { Mutant } from './mutant.ts';
import { noFaults, type SeedPlan } from './plan-of-seed.ts';
import { receiptSlips } from './receipt-slips.ts';
import { slips } from './slips.ts';
import { stormSlips } from './storm-slips.ts';
import { suppressionSlips } from './suppression-slips.ts';
import type { World, Wraps } from './world.ts';

/** Every `nth` call answers true. */
const every = (nth: number) => {
  let n = 0;
  return () => ++n % nth === 0;
};

/** Changes the effects of each commit before the store takes them. */
function effects(change: (effect: Effect, world: World) => readonly Effect[]): Wraps {
  return {
    store: (store, world) => ({
      ...store,
      commit: (commits: readonly ShardCommit[]) => {
        const changed = commits.map((commit) => ({
          ...commit,
          effects: commit.effects.flatMap((effect) => change(effect, world)),
        }));
        return store.commit(changed);
      },
    }),
  };
}

const losing = (put: Effect['put'], nth: number) => (): Wraps => {
  const hit = every(nth);
  return effects((effect) => (effect.put === put && hit() ? [] : [effect]));
};

const busy = (plan: SeedPlan): SeedPlan => ({ ...plan, eventsPerHour: 60, commandsPerHour: 20 });
const eventful = (plan: SeedPlan): SeedPlan => ({
  ...busy(plan),
  faults: { ...plan.faults, crash: Math.max(plan.faults.crash, 0.001) },
});
const refusing = (plan: SeedPlan): SeedPlan => ({
  ...plan,
  faults: { ...noFaults, send: { ...noFaults.send, permanent: 0.3, transient: 0.2 } },
});

const downOften = (plan: SeedPlan): SeedPlan => ({
  ...busy(plan),
  faults: { ...noFaults, outagesPerHour: 4, longestOutageMs: 600_000, loginsRefusedPerHour: 2 },
});

export const mutants: readonly Mutant[] = [
  ...slips,
  ...suppressionSlips,
  ...limitSlips,
  ...receiptSlips,
  ...digestSlips,
  ...escalationSlips,
  ...stormSlips,
  {
    name: 'level stays up',
    what: 'an alert whose level falls keeps the severity that it had',
    wraps: () =>
      effects((effect) => {
        if (effect.put !== 'event' || effect.row.kind !== 'alert.severity_changed') return [effect];
        const { from, to } = effect.row.body as { from: Severity; to: Severity };
        return severities.indexOf(to) < severities.indexOf(from) ? [] : [effect];
      }),
  },
  {
    name: 'escalation untold',
    what: 'that an alert became more urgent is decided and nobody is told',
    wraps: () =>
      effects((effect) =>
        effect.put === 'notification' && effect.row.reason === 'escalated' ? [] : [effect],
      ),
    plan: (plan) => ({ ...plan, faults: noFaults }),
  },
  {
    name: 'a word taken over is not stored',
    what: 'a group that changes what it has said, and not its deadline, is not stored',
    wraps: () =>
      effects((effect, world) => {
        if (effect.put !== 'group' || effect.insert) return [effect];
        const stored = world.journal.groups.get(effect.row.id);
        const wordAlone = stored?.nextAt === effect.row.nextAt && stored.notified !== effect.row.notified;
        return wordAlone ? [] : [effect];
      }),
    plan: (plan) => ({ ...plan, faults: noFaults }),
  },
  { name: 'lost delivery', what: 'one delivery row in 20 is not stored', wraps: losing('delivery', 20) },
  {
    name: 'lost result',
    what: 'one result in 10 is not stored although policy goes on',
    wraps: losing('delivery.result', 10),
  },
  {
    name: 'lost alert',
    what: 'one change of an alert in 40 is not stored',
    wraps: () => {
      const hit = every(40);
      return effects((effect) => (effect.put === 'alert' && !effect.insert && hit() ? [] : [effect]));
    },
    plan: eventful,
  },
  {
    name: 'lost idempotency',
    what: 'idempotency keys are not stored',
    wraps: losing('idempotency', 1),
    plan: eventful,
  },
  {
    name: 'answered before the commit',
    what: 'an event is answered at once and stored a second later',
    wraps: () => ({
      services: (services, world) => ({
        ...services,
        postEvent: async (...args: Parameters<typeof services.postEvent>) => {
          const id = world.newId();
          world.clock.at(world.clock.now() + 1_000, () => {
            if (world.runtime) services.postEvent(...args).catch(() => {});
          });
          return { status: 202, body: { id, status: 'accepted' } };
        },
      }),
    }),
    plan: eventful,
  },
  {
    name: 'a failed commit is taken for done',
    what: 'errors of commits are swallowed',
    wraps: () => ({
      store: (store) => ({
        ...store,
        commit: (commits: readonly ShardCommit[]) => {
          try {
            return store.commit(commits);
          } catch (error) {
            if (error instanceof StoreError) return [];
            throw error;
          }
        },
      }),
    }),
    plan: (plan) => ({ ...busy(plan), faults: { ...plan.faults, commitFails: 0.02 } }),
  },
  {
    name: 'group deadline not stored',
    what: 'a group is stored without its next_at',
    wraps: () =>
      effects((effect) => {
        if (effect.put !== 'group') return [effect];
        const row = effect.row;
        return [{ ...effect, row: { ...row, nextAt: null, nextReason: null } }];
      }),
    plan: eventful,
  },
  {
    name: 'notify log not stored',
    what: 'after a restart nobody knows what was said',
    wraps: () =>
      effects((effect) =>
        effect.put === 'group' ? [{ ...effect, row: { ...effect.row, notified: {} } }] : [effect],
      ),
    plan: eventful,
  },
  {
    name: 'second delivery for one message',
    what: 'one accepted message in 15 is sent again under a new id',
    wraps: () => {
      const hit = every(15);
      return effects((effect, world) =>
        effect.put === 'delivery' && effect.row.state === 'sending' && hit()
          ? [
              effect,
              {
                put: 'delivery',
                row: {
                  ...effect.row,
                  id: world.newId(),
                  orderNo: effect.row.orderNo + 1,
                  state: 'queued',
                  leaseToken: 0,
                  leaseUntil: null,
                },
              },
            ]
          : [effect],
      );
    },
  },
  {
    name: 'dead letter swallowed',
    what: 'a delivery that died is written as sent',
    wraps: () =>
      effects((effect) =>
        effect.put === 'delivery.result' && effect.result.state === 'dead'
          ? [{ put: 'delivery.result', result: { ...effect.result, state: 'sent', reason: null } }]
          : [effect],
      ),
    plan: refusing,
  },
  {
    name: 'order not kept',
    what: 'every delivery has an order of its own: resolved overtakes a firing that waits for its retry',
    wraps: () =>
      effects((effect) =>
        effect.put === 'delivery'
          ? [
              {
                ...effect,
                row: {
                  ...effect.row,
                  orderKey: `${effect.row.orderKey} ${effect.row.id}`,
                  leaseUntil: effect.row.state === 'queued' ? null : effect.row.leaseUntil,
                },
              },
            ]
          : [effect],
      ),
    plan: (plan) => ({
      ...plan,
      faults: { ...plan.faults, crash: 0.001, send: { ...noFaults.send, transient: 0.3 } },
    }),
  },
  {
    name: 'left behind by a restart',
    what: 'what the process before left open is claimed and not sent',
    wraps: () => ({
      store: (store, world) => {
        const startedAt = world.clock.now();
        return {
          ...store,
          claimDue: (request: Parameters<Store['claimDue']>[0]) =>
            store.claimDue(request).filter(({ delivery }) => delivery.createdAt >= startedAt),
        };
      },
    }),
    plan: eventful,
  },
  {
    name: 'retry under a lost lease',
    what: 'claims forget that somebody sends already',
    wraps: () => ({
      store: (store) => ({
        ...store,
        claimDue: (request: Parameters<Store['claimDue']>[0]) =>
          store.claimDue(request).flatMap((claimed) => [claimed, claimed]),
      }),
    }),
    plan: (plan) => ({
      ...plan,
      concurrency: 8,
      faults: { ...noFaults, send: { ...noFaults.send, transient: 0.3 } },
    }),
  },
  {
    name: 'late samples are evaluated',
    what: 'a late sample counts as the newest',
    wraps: () => ({
      runtime: (runtime) => {
        const appendRow = runtime.table.appendRow.bind(runtime.table);
        runtime.table.appendRow = (rows, row) => {
          const outcome = appendRow(rows, row);
          return outcome === 3 ? 0 : outcome;
        };
      },
    }),
    plan: (plan) => ({ ...plan, lateShare: 0.1 }),
  },
  {
    name: 'windows too short',
    what: 'the ring keeps no more points than it begins with',
    wraps: () => ({
      runtime: (runtime) => {
        runtime.table.need = () => {};
      },
    }),
    plan: (plan) => ({ ...plan, series: plan.series.map((s) => ({ ...s, everyMs: 3_000 })) }),
  },
  {
    name: 'history loses a flush',
    what: 'one flush in five is reported as stored and is not',
    wraps: () => {
      const hit = every(5);
      return {
        history: (history) => ({
          series: () => history.series(),
          append: (declared, blocks) => history.append(declared, hit() ? [] : blocks),
          range: (from, to, visit) => history.range(from, to, visit),
          fold: (before) => history.fold(before),
          forget: (before, maxBytes) => history.forget(before, maxBytes),
          close: () => history.close(),
        }),
      };
    },
    plan: (plan) => ({ ...plan, faults: { ...noFaults, crash: 0.001 } }),
  },
  {
    name: 'no dedupe window',
    what: 'the notify log forgets when it spoke',
    wraps: () => ({
      routing: (routing) => ({
        ...routing,
        receivers: new Map([...routing.receivers].map(([name, r]) => [name, { ...r, dedupeWindowMs: 0 }])),
      }),
    }),
    plan: (plan) => ({
      ...plan,
      routeChangesPerHour: 0,
      ruleChangesPerHour: 0,
      routing: {
        ...plan.routing,
        receivers: new Map(
          [...plan.routing.receivers].map(([name, r]) => [name, { ...r, dedupeWindowMs: 300_000 }]),
        ),
      },
    }),
  },
  {
    name: 'no repeats',
    what: 'repeat_interval is read as for ever',
    wraps: () => ({
      routing: (routing) => {
        const patient = (route: Route): Route => ({
          ...route,
          repeatIntervalMs: 1_000 * 3_600_000,
          routes: route.routes.map(patient),
        });
        return { ...routing, route: patient(routing.route) };
      },
    }),
    plan: (plan) => ({ ...plan, routeChangesPerHour: 0 }),
  },
  {
    name: 'acknowledgement without effect',
    what: 'an acknowledgement is answered and its end set to the past',
    wraps: () => ({
      services: (services) => ({
        ...services,
        acknowledge: (tenant, id, command, actor, idempotency) =>
          services.acknowledge(tenant, id, { ...command, until: 1 }, actor, idempotency),
      }),
    }),
    plan: (plan) => ({ ...busy(plan), commandsPerHour: 60 }),
  },
  {
    name: 'a bulk acknowledgement leaves one out',
    what: 'what is asked of all that match is done with all but the last',
    wraps: () => ({
      services: (services) => ({
        ...services,
        respondToMany: async (tenant, order, actor, idempotency) => {
          const all = await services.respondToMany(tenant, { ...order, dryRun: true }, actor, null);
          const { length } = (all.body as { ids: string[] }).ids;
          const short = { ...order, limit: Math.max(0, length - 1) };
          const answer = await services.respondToMany(tenant, short, actor, idempotency);
          return { ...answer, body: { ...(answer.body as object), more: false } };
        },
      }),
    }),
    plan: (plan) => ({ ...busy(plan), ordersPerHour: 20 }),
  },
  {
    name: 'breaker never closes',
    what: 'no probe is ever let out on a paused channel',
    wraps: () => ({
      store: (store) => ({
        ...store,
        parkDue: (request: Parameters<Store['parkDue']>[0]) =>
          store.parkDue({ ...request, pauses: request.pauses.map((p) => ({ ...p, probe: false })) }),
      }),
    }),
    plan: downOften,
  },
  {
    name: 'breaker never opens',
    what: 'a paused channel is claimed from as ever',
    wraps: () => ({
      runtime: (runtime) => {
        runtime.engine.pauses = () => [];
      },
    }),
    plan: downOften,
  },
  {
    name: 'a busy provider spends attempts',
    what: 'rate_limited is taken for transient',
    wraps: () => ({
      runtime: (runtime) => {
        const complete = runtime.engine.complete.bind(runtime.engine);
        runtime.engine.complete = (tenant, input) => {
          const busy = input.kind === 'result' && input.result.kind === 'rate_limited';
          complete(tenant, busy ? { ...input, result: { ...input.result, kind: 'transient' } } : input);
        };
      },
    }),
    plan: (plan) => ({
      ...busy(plan),
      faults: { ...noFaults, send: { ...noFaults.send, rateLimited: 0.6 } },
    }),
  },
  {
    name: 'paused deliveries lost at a restart',
    what: 'what waits for a channel is not taken up',
    wraps: () => ({
      store: (store) => ({
        ...store,
        loadTenant: (tenant) => {
          const loaded = store.loadTenant(tenant);
          const deliveries = loaded.deliveries.filter(({ reason }) => reason !== 'breaker_open');
          return { ...loaded, deliveries };
        },
      }),
    }),
    plan: (plan) => ({ ...downOften(plan), faults: { ...downOften(plan).faults, crash: 0.001 } }),
  },
  {
    name: 'queued anew in its old place',
    what: 'a dead letter that is queued anew overtakes what came after it',
    wraps: () =>
      effects((effect) =>
        effect.put === 'delivery.requeued' ? [{ ...effect, row: { ...effect.row, orderNo: 1 } }] : [effect],
      ),
    plan: (plan) => ({ ...refusing(plan), lettersPerHour: 60 }),
  },
  {
    name: 'poison is sent for ever',
    what: 'deaths of the process are not counted',
    wraps: () => ({
      store: (store) => ({
        ...store,
        loadTenant: (tenant) => {
          const loaded = store.loadTenant(tenant);
          return { ...loaded, deliveries: loaded.deliveries.map((row) => ({ ...row, crashes: 0 })) };
        },
      }),
    }),
    plan: (plan) => ({
      ...busy(plan),
      concurrency: 1,
      faults: { ...noFaults, crash: 0.004, send: { ...noFaults.send, hang: 0.5 } },
    }),
  },
];
