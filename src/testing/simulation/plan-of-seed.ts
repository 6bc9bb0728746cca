// What one seed is about: configuration, rules, series and faults are drawn anew for each (swarm testing), because a
// fixed configuration never reaches some states however long it runs.
import { labelSet } from '../../../rules/labels.ts';
import { matcher } from '../../../rules/matchers.ts';
import { priorityOf } from '../../../rules/severity.ts';
import type { Aggregate, Labels, Level, Matcher, ThresholdRule } from '../../../rules/types.ts';
import type { Receiver, Route, RoutingConfig } from '../../pipeline/routing.ts';
import type { Window } from '../../policy/rate-limit.ts';
import { aReceiver, aRoute, aRule } from '../builders.ts';
import { type EscalationPlan, noEscalations } from './escalation-plan.ts';
import type { NightPlan } from './nights.ts';
import type { Random } from './random.ts';
import type { ReceiptPlan } from './receipt-plan.ts';

const s = 1_000;
const min = 60 * s;

export const tenants = ['default', 'acme'] as const;

export type Behaviour = 'flapping' | 'steady' | 'silent' | 'wild';

export interface SeriesPlan {
  readonly tenant: string;
  readonly metric: string;
  readonly labels: Labels;
  readonly behaviour: Behaviour;
  /** Between samples. */
  readonly everyMs: number;
  /** Mean time between changes of level. */
  readonly changeMs: number;
}

/** Probabilities per port call or per send, rates per simulated hour. */
export interface FaultPlan {
  readonly crash: number;
  readonly commitFails: number;
  readonly storeFails: number;
  readonly historyFails: number;
  /** A failure that the process does not survive, as a share of the failed commits. */
  readonly fatalShare: number;
  /** What a commit wrote is on the disk later, and the loop does not wait for it. */
  readonly slowDisk: boolean;
  readonly send: {
    readonly permanent: number;
    readonly invalid: number;
    readonly tooLarge: number;
    readonly rateLimited: number;
    readonly transient: number;
    readonly refused: number;
    readonly hang: number;
    readonly replyLost: number;
    readonly slow: number;
  };
  readonly outagesPerHour: number;
  readonly longestOutageMs: number;
  /** Spans of up to a quarter of an hour in which a provider refuses the login. */
  readonly loginsRefusedPerHour: number;
}

export interface SeedPlan {
  readonly channels: readonly string[];
  readonly concurrency: number;
  /** What every provider grants; empty: as much as anybody asks for. */
  readonly limits: readonly Window[];
  /** Null: no provider tells what became of a message, and nobody takes over from another. */
  readonly receipts: ReceiptPlan | null;
  /** Channels on which nobody is told that something is over. */
  readonly withoutEnds: readonly string[];
  readonly routing: RoutingConfig;
  readonly escalation: EscalationPlan;
  readonly rules: readonly ThresholdRule[];
  readonly series: readonly SeriesPlan[];
  readonly faults: FaultPlan;
  readonly eventsPerHour: number;
  readonly commandsPerHour: number;
  /** Orders about many alerts, and several orders at once. */
  readonly ordersPerHour: number;
  readonly silencesPerHour: number;
  /** What people do with dead letters. */
  readonly lettersPerHour: number;
  readonly ruleChangesPerHour: number;
  readonly routeChangesPerHour: number;
  readonly lateShare: number;
  /** Null: everything happens all the time. */
  readonly nights: NightPlan | null;
}

export const noFaults: FaultPlan = {
  crash: 0,
  commitFails: 0,
  storeFails: 0,
  historyFails: 0,
  fatalShare: 0,
  slowDisk: false,
  send: {
    permanent: 0,
    invalid: 0,
    tooLarge: 0,
    rateLimited: 0,
    transient: 0,
    refused: 0,
    hang: 0,
    replyLost: 0,
    slow: 0,
  },
  outagesPerHour: 0,
  longestOutageMs: 0,
  loginsRefusedPerHour: 0,
};

export function built(name: string, value: string): Matcher {
  const made = matcher(name, '=', value);
  if ('problem' in made) throw new Error(made.problem);
  return made;
}

const hash = (text: string) => {
  let h = 0;
  for (let i = 0; i < text.length; i++) h = (Math.imul(h, 31) + text.charCodeAt(i)) >>> 0;
  return h.toString(16).padStart(8, '0');
};

/** The rule again with its hash made from what it says. */
export function hashed(rule: ThresholdRule): ThresholdRule {
  const { match, ...rest } = rule;
  return {
    ...rule,
    hash: hash(JSON.stringify({ ...rest, hash: '', match: match.map((m) => [m.name, m.value]) })),
  };
}

const metrics = ['cpu', 'queue', 'beat'] as const;

export function drawRule(random: Random, tenant: string, no: number): ThresholdRule {
  const kinds: readonly Aggregate[] = ['last', 'last', 'avg', 'max', 'min', 'sum', 'count', 'absent'];
  const aggregate = no < 2 ? (['last', 'absent'] as const)[no]! : random.pick(kinds);
  const windowMs = aggregate === 'last' ? 0 : random.pick([30 * s, min, 2 * min, 5 * min]);
  const severity = random.pick(['info', 'warning', 'high', 'critical'] as const);
  const withHost = aggregate === 'absent' && random.chance(0.5);
  const counting = aggregate === 'count';
  const threshold = counting ? 3 : aggregate === 'sum' ? 400 : 80;
  return hashed(
    aRule({
      tenant,
      name: `R${no}`,
      severity,
      metric: aggregate === 'absent' ? random.pick(['beat', 'gone']) : random.pick(metrics),
      match: withHost ? [built('host', 'h0')] : [],
      aggregate,
      windowMs,
      operator: counting ? 'lt' : 'gt',
      threshold,
      ...(random.chance(0.4) && !counting && aggregate !== 'absent'
        ? { resolveThreshold: threshold * 0.8 }
        : {}),
      forMs: random.pick([0, 0, 10 * s, min, 3 * min]),
      keepFiringForMs: random.pick([0, 0, 30 * s, 2 * min]),
      noData: random.pick(['keep', 'ok', 'alert'] as const),
      noDataAfterMs: random.pick([min, 2 * min, 5 * min]),
      labels: labelSet(random.chance(0.3) ? { team: random.pick(['a', 'b']) } : {}),
      ...(random.chance(0.2) ? { dedupeWindowMs: random.pick([0, min, 5 * min]) } : {}),
    }),
  );
}

/** By its name, which tells it from others also when it is gone. */
export function isGroupRule(name: string): boolean {
  return name.startsWith('Group');
}

/** Rules over several series; some seeds have them. Their own stream: the other draws of the seed are what they were. */
export function drawGroupRules(random: Random): ThresholdRule[] {
  if (!random.chance(0.4)) return [];
  return tenants.flatMap((tenant) =>
    Array.from({ length: random.int(1, 3) }, (_, no) => {
      const across = random.pick(['sum', 'avg', 'min', 'max', 'count'] as const);
      const aggregate = random.pick(['last', 'avg', 'max'] as const);
      const threshold = across === 'sum' ? 150 : across === 'count' ? 2 : 70;
      return hashed(
        aRule({
          ...{ tenant, name: `Group${no}`, across, aggregate, threshold },
          metric: random.pick(metrics),
          windowMs: aggregate === 'last' ? 5 * min : random.pick([30 * s, min, 2 * min]),
          ...(random.chance(0.4) ? { resolveThreshold: threshold * 0.8 } : {}),
          forMs: random.pick([0, 0, 30 * s, min]),
          keepFiringForMs: random.pick([0, 0, min]),
          grid: {
            by: random.pick([[], ['host'], ['zone']]),
            intervalMs: random.pick([5 * s, 15 * s, 30 * s]),
            evalDelayMs: random.pick([2 * s, 10 * s]),
          },
        }),
      );
    }),
  );
}

/** Rules with several levels; most seeds have them, and their routes tell the levels apart. Their own stream, too. */
export function drawLeveledRules(random: Random): ThresholdRule[] {
  if (!random.chance(0.6)) return [];
  return tenants.flatMap((tenant) =>
    Array.from({ length: random.int(1, 2) }, (_, no) => {
      const aggregate = random.pick(['last', 'last', 'avg', 'max'] as const);
      const severities = random.pick([
        ['warning', 'critical'],
        ['info', 'warning', 'critical'],
        ['high', 'critical', 'emergency'],
      ] as const);
      const levels = severities.map((severity, i): Level => {
        const threshold = 60 + 15 * i;
        return { severity, threshold, ...(random.chance(0.4) ? { resolveThreshold: threshold - 12 } : {}) };
      });
      const { severity, ...mildest } = levels[0]!;
      return hashed(
        aRule({
          ...{ tenant, name: `Levels${no}`, severity, ...mildest, levels, aggregate },
          priority: priorityOf(severity),
          metric: random.pick(metrics),
          windowMs: aggregate === 'last' ? 0 : random.pick([30 * s, min]),
          forMs: random.pick([0, 0, 10 * s, min]),
          keepFiringForMs: random.pick([0, 0, 30 * s]),
          noData: random.pick(['keep', 'ok', 'alert'] as const),
        }),
      );
    }),
  );
}

/** Some seeds have providers that count. Their own stream, too. */
export function drawLimits(random: Random): readonly Window[] {
  if (!random.chance(0.5)) return [];
  const windows = [{ calls: random.pick([3, 10]), perMs: random.pick([30 * s, min]) }];
  return random.chance(0.3) ? [...windows, { calls: random.pick([15, 40]), perMs: 10 * min }] : windows;
}

/** Some seeds have channels such as a telephone, which tell of no ends. Their own stream, too. */
export function drawWithoutEnds(random: Random, channels: readonly string[]): readonly string[] {
  return random.chance(0.5) ? channels.filter(() => random.chance(0.5)) : [];
}

function drawReceivers(random: Random, channels: readonly string[]): Map<string, Receiver> {
  const some = () => channels.filter((_, i) => i === 0 || random.chance(0.5));
  const receivers = new Map<string, Receiver>();
  for (const name of ['ops', 'team']) {
    receivers.set(
      name,
      aReceiver({
        name,
        channels: name === 'ops' ? some() : [random.pick(channels)],
        sendResolved: random.chance(0.85),
        dedupeWindowMs: random.pick([0, 30 * s, 2 * min, 5 * min]),
      }),
    );
  }
  return receivers;
}

/** A tree of a root and up to two children over receivers that stay: groups go, come, and are handed over. */
export function drawRouting(random: Random, receivers: RoutingConfig['receivers']): RoutingConfig {
  const timing = () => ({
    groupBy: random.pick([['alertname'], ['host'], ['alertname', 'host'], [], 'all'] as const),
    groupWaitMs: random.pick([0, 0, 5 * s, 30 * s, min]),
    groupIntervalMs: random.pick([10 * s, min, 5 * min]),
    repeatIntervalMs: random.pick([5 * min, 20 * min, 60 * min]),
    resolveWaitMs: random.pick([0, 10 * s, min, 5 * min]),
  });
  const children: Route[] = [];
  const inherited = timing();
  if (random.chance(0.6)) {
    const by = random.pick([
      ['severity', 'critical'],
      ['alertname', 'R0'],
      ['host', 'h1'],
    ] as const);
    children.push(
      aRoute({
        ...(random.chance(0.5) ? timing() : inherited),
        path: `{}/{${by[0]}="${by[1]}"}`,
        matchers: [built(by[0], by[1])],
        receiver: random.pick(['ops', 'team']),
        continue: random.chance(0.3),
      }),
    );
    if (random.chance(0.3)) {
      children.push(
        aRoute({ ...inherited, path: '{}/{host="h0"}', matchers: [built('host', 'h0')], receiver: 'team' }),
      );
    }
  }
  return {
    route: aRoute({ ...inherited, receiver: random.pick(['ops', 'team']), routes: children }),
    receivers,
  };
}

export function drawSeed(random: Random): SeedPlan {
  const channels = Array.from({ length: random.int(1, 3) }, (_, i) => `channel-${i}`);
  const rules = tenants.flatMap((tenant) =>
    Array.from({ length: random.int(3, 6) }, (_, i) => drawRule(random, tenant, i)),
  );
  const series: SeriesPlan[] = [];
  for (const tenant of tenants) {
    const hosts = random.int(1, 4);
    for (const metric of metrics) {
      for (let h = 0; h < hosts; h++) {
        series.push({
          tenant,
          metric,
          labels: labelSet({ host: `h${h}`, ...(random.chance(0.2) ? { severity: 'odd' } : {}) }),
          behaviour: random.pick(['flapping', 'steady', 'silent', 'wild'] as const),
          everyMs: random.pick([3 * s, 5 * s, 10 * s, 15 * s, 30 * s]),
          changeMs: random.pick([30 * s, 2 * min, 10 * min]),
        });
      }
    }
  }
  const rate = () => random.pick([0, 0.02, 0.05, 0.2]);
  return {
    channels,
    concurrency: random.pick([1, 2, 8]),
    limits: [],
    receipts: null,
    withoutEnds: [],
    escalation: noEscalations,
    routing: drawRouting(random, drawReceivers(random, channels)),
    rules,
    series,
    faults: {
      crash: random.pick([0, 0.0002, 0.0005, 0.001]),
      commitFails: random.pick([0, 0.005, 0.02]),
      storeFails: random.pick([0, 0.002]),
      historyFails: random.pick([0, 0, 0.01]),
      fatalShare: random.pick([0, 0.2]),
      slowDisk: random.chance(0.75),
      send: {
        permanent: random.pick([0, 0.01, 0.05]),
        invalid: random.pick([0, 0.01]),
        tooLarge: random.pick([0, 0.02, 0.1]),
        rateLimited: rate(),
        transient: rate(),
        refused: rate(),
        hang: random.pick([0, 0.02, 0.1]),
        replyLost: random.pick([0, 0.02, 0.1]),
        slow: random.pick([0, 0.05]),
      },
      outagesPerHour: random.pick([0, 0.5, 2]),
      longestOutageMs: random.pick([min, 10 * min]),
      loginsRefusedPerHour: random.pick([0, 0.3, 1]),
    },
    eventsPerHour: random.pick([5, 40]),
    commandsPerHour: random.pick([2, 15]),
    ordersPerHour: 0,
    lettersPerHour: random.pick([2, 20]),
    silencesPerHour: 0,
    ruleChangesPerHour: random.pick([0, 1, 4]),
    routeChangesPerHour: random.pick([0, 0.5, 2]),
    lateShare: random.pick([0, 0.02, 0.1]),
    nights: null,
  };
}
