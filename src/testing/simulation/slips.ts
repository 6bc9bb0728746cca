// More planted bugs, each a slip as they happen: one condition wrong, one column forgotten. What a restart takes up,
// what a rule says, what people ask for, and what a provider asks for.
import type { Rule, ThresholdRule } from '../../../rules/types.ts';
import type { Idempotency } from '../../services.ts';
import type { TenantSnapshot } from '../../store/store.ts';
import type { Mutant } from './mutant.ts';
import { noFaults, type SeedPlan } from './plan-of-seed.ts';
import type { World, Wraps } from './world.ts';

/** The program reads every rule otherwise than it is written. */
const readingRules = (read: (rule: ThresholdRule) => ThresholdRule): Wraps => ({
  runtime: (runtime) => {
    const otherwise = (rules: readonly Rule[]) =>
      rules.map((rule) => (rule.type === 'threshold' ? read(rule) : rule));
    const { start, setRules, reloadRules } = runtime;
    runtime.start = (rules) => start(otherwise(rules));
    runtime.setRules = (rules) => setRules(otherwise(rules));
    runtime.reloadRules = (rules, done) => reloadRules(otherwise(rules), done);
  },
});

/** The program takes up something else than what is stored. */
const takingUp = (change: (loaded: TenantSnapshot, world: World) => TenantSnapshot): Wraps => ({
  store: (store, world) => ({ ...store, loadTenant: (tenant) => change(store.loadTenant(tenant), world) }),
});

const dyingOften = (plan: SeedPlan): SeedPlan => ({
  ...plan,
  ruleChangesPerHour: 0,
  faults: { ...noFaults, crash: 0.002 },
});
const withRules =
  (edit: Partial<ThresholdRule>) =>
  (plan: SeedPlan): SeedPlan => ({
    ...plan,
    rules: plan.rules.map((rule) => (rule.grid || rule.aggregate === 'absent' ? rule : { ...rule, ...edit })),
  });
const dying = (edit: Partial<ThresholdRule>) => (plan: SeedPlan) => dyingOften(withRules(edit)(plan));
const busyProvider = (plan: SeedPlan): SeedPlan => ({
  ...plan,
  eventsPerHour: 60,
  faults: { ...noFaults, send: { ...noFaults.send, rateLimited: 0.4 } },
});
const failing = (plan: SeedPlan): SeedPlan => ({
  ...plan,
  eventsPerHour: 60,
  faults: { ...noFaults, send: { ...noFaults.send, transient: 0.3 } },
});
const manyLetters = (plan: SeedPlan): SeedPlan => ({
  ...plan,
  channels: ['channel-0', 'channel-1'],
  routing: {
    ...plan.routing,
    receivers: new Map(
      [...plan.routing.receivers].map(([name, receiver]) => [
        name,
        { ...receiver, channels: ['channel-0', 'channel-1'] },
      ]),
    ),
  },
  lettersPerHour: 60,
  faults: { ...noFaults, send: { ...noFaults.send, permanent: 0.3 } },
});

export const slips: readonly Mutant[] = [
  {
    name: 'a busy provider is asked at once',
    what: 'Retry-After is not read',
    wraps: () => ({
      runtime: ({ engine }) => {
        const complete = engine.complete.bind(engine);
        engine.complete = (tenant, input) =>
          complete(
            tenant,
            input.kind === 'result' ? { ...input, result: { ...input.result, retryAfterMs: null } } : input,
          );
      },
    }),
    plan: busyProvider,
  },
  {
    name: 'a retry is claimed too early',
    what: 'what is due within the next minute is taken for due',
    wraps: () => ({
      store: (store) => ({
        ...store,
        claimDue: (request) =>
          store.claimDue({ ...request, now: request.now + 60_000, leaseMs: request.leaseMs - 60_000 }),
      }),
    }),
    plan: failing,
  },
  {
    name: 'silence is judged early',
    what: 'half of no_data_after is enough',
    wraps: () => readingRules((rule) => ({ ...rule, noDataAfterMs: rule.noDataAfterMs / 2 })),
    plan: withRules({ noData: 'alert' }),
  },
  {
    name: '`for` starts anew with the process',
    what: 'a pending alert is taken up as if it had begun now',
    wraps: () =>
      takingUp((loaded, { clock }) => ({
        ...loaded,
        alerts: loaded.alerts.map((row) =>
          row.state === 'pending' ? { ...row, pendingSince: clock.now() } : row,
        ),
      })),
    plan: dying({ forMs: 180_000 }),
  },
  {
    name: 'keep_firing_for lost at a restart',
    what: 'the column keep_until is not read',
    wraps: () =>
      takingUp((loaded) => ({
        ...loaded,
        alerts: loaded.alerts.map((row) => ({ ...row, keepUntil: null })),
      })),
    plan: dying({ keepFiringForMs: 120_000 }),
  },
  {
    name: 'hysteresis lost at a restart',
    what: 'the value of an alert that fires is not read: only resolve_threshold knows the difference',
    wraps: () =>
      takingUp((loaded) => ({ ...loaded, alerts: loaded.alerts.map((row) => ({ ...row, value: null })) })),
    plan: (plan) => {
      const busy = dying({ aggregate: 'last', windowMs: 0, operator: 'gt', threshold: 80 })(plan);
      const rules = busy.rules.map((rule) =>
        rule.aggregate === 'last' && !rule.grid ? { ...rule, resolveThreshold: 50 } : rule,
      );
      return { ...busy, rules };
    },
  },
  {
    name: 'a grid rule looks too soon',
    what: 'eval_delay is left out',
    wraps: () =>
      readingRules((rule) => (rule.grid ? { ...rule, grid: { ...rule.grid, evalDelayMs: 0 } } : rule)),
    plan: (plan) => ({ ...plan, ruleChangesPerHour: 0 }),
  },
  {
    name: 'a grid rule forgets `for`',
    what: 'what is true at one time of the grid fires',
    wraps: () => readingRules((rule) => (rule.grid ? { ...rule, forMs: 0 } : rule)),
    plan: (plan) => ({
      ...plan,
      ruleChangesPerHour: 0,
      rules: plan.rules.map((rule) => (rule.grid ? { ...rule, forMs: 60_000 } : rule)),
    }),
  },
  {
    name: 'all letters are sent again',
    what: 'the filter of a bulk retry is left out',
    wraps: () => ({
      services: (services) => ({
        ...services,
        retryDeliveries: (tenant, command, ...rest) =>
          services.retryDeliveries(tenant, { ...command, filter: {} }, ...rest),
      }),
    }),
    plan: manyLetters,
  },
  {
    name: 'a letter that is not true any more',
    what: 'what a dead letter says is not compared with how things are',
    wraps: () => ({
      store: (store) => ({
        ...store,
        delivery: (tenant, id) => {
          const letter = store.delivery(tenant, id);
          return letter && { ...letter, alerts: {} };
        },
      }),
    }),
    plan: manyLetters,
  },
  {
    name: 'a letter of what is others’',
    what: 'a dead letter is sent again to those whose receiver is not told of its alert any more',
    wraps: () => ({
      store: (store) => ({
        ...store,
        notification: (tenant, id) => {
          const said = store.notification(tenant, id);
          return said && { ...said, reason: 'undelivered' };
        },
      }),
    }),
    // The steps of an escalation would name channels that are not there.
    plan: (plan) => {
      const many = manyLetters(plan);
      return { ...many, routing: { ...many.routing, escalations: new Map() } };
    },
  },
  {
    name: 'a key takes any body',
    what: 'the hash of the body is not compared',
    wraps: () => {
      const loose = <A extends readonly unknown[], R>(ask: (...args: [...A, Idempotency]) => R) =>
        ((...args: [...A, Idempotency]) => {
          const key = args.at(-1) as Idempotency;
          return ask(...(args.slice(0, -1) as unknown as A), { ...key, bodyHash: '' });
        }) as typeof ask;
      return {
        services: (services) => ({
          ...services,
          acknowledge: loose(services.acknowledge) as typeof services.acknowledge,
          resolve: loose(services.resolve) as typeof services.resolve,
        }),
      };
    },
    plan: (plan) => ({ ...plan, commandsPerHour: 60 }),
  },
  {
    name: 'an acknowledgement never ends',
    what: 'its end is not stored',
    wraps: () => ({
      services: (services) => ({
        ...services,
        acknowledge: (tenant, id, command, ...rest) =>
          services.acknowledge(tenant, id, { ...command, until: null }, ...rest),
      }),
    }),
    plan: (plan) => ({ ...plan, commandsPerHour: 30, faults: noFaults, routeChangesPerHour: 0 }),
  },
  {
    name: 'send_resolved is not asked',
    what: 'who wants no resolves gets them',
    wraps: () => ({
      routing: (routing) => ({
        ...routing,
        receivers: new Map([...routing.receivers].map(([name, r]) => [name, { ...r, sendResolved: true }])),
      }),
    }),
  },
  {
    name: 'a pause ends with the process',
    what: 'breakers are not taken up',
    wraps: () => takingUp((loaded) => ({ ...loaded, breakers: [] })),
    plan: (plan) => ({
      ...plan,
      eventsPerHour: 60,
      faults: { ...noFaults, crash: 0.001, outagesPerHour: 4, longestOutageMs: 600_000 },
    }),
  },
  {
    name: 'the refill reads too little',
    what: 'a start reads one minute of the history, whatever the windows are',
    wraps: () => ({
      history: (history, { clock }) => ({
        series: () => history.series(),
        append: (declared, blocks) => history.append(declared, blocks),
        range: (from, to, visit) => history.range(Math.max(from, clock.now() - 60_000), to, visit),
        fold: (before) => history.fold(before),
        forget: (before, maxBytes) => history.forget(before, maxBytes),
        close: () => history.close(),
      }),
    }),
    plan: dying({ aggregate: 'sum', windowMs: 300_000, operator: 'gt', threshold: 400 }),
  },
  {
    name: 'events of one type are one event',
    what: 'an event without a dedup_key has its type for one',
    wraps: () => ({
      services: (services) => ({
        ...services,
        postEvent: (tenant, event, ...rest) =>
          services.postEvent(tenant, { ...event, dedupKey: event.dedupKey ?? event.type }, ...rest),
      }),
    }),
    plan: (plan) => ({ ...plan, eventsPerHour: 60 }),
  },
];
