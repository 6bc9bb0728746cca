// Escalations of a seed: policies with short delays, so that all their rounds are played within hours, and which receivers
// and routes name them. Drawn from a stream of their own, so that the other draws of a seed are what they were.
import type { TimeInterval } from '../../../rules/time-interval.ts';
import type { Severity } from '../../../rules/types.ts';
import type { EscalationPolicy, EscalationStep, Promotion } from '../../pipeline/escalation.ts';
import type { Receiver, Route, RoutingConfig } from '../../pipeline/routing.ts';
import type { Target } from '../../pipeline/target.ts';
import type { Random } from './random.ts';

const s = 1_000;
const min = 60 * s;
const quarterMs = 15 * min;

/** By the path of a route: the policy that it names; null: none, whatever its receiver says. */
export type PolicyOfPath = Readonly<Record<string, string | null>>;

export interface EscalationPlan {
  readonly ofPath: PolicyOfPath;
  /** What people do with messages: confirm them, and take back what they acknowledged. */
  readonly answersPerHour: number;
}

export const noEscalations: EscalationPlan = { ofPath: {}, answersPerHour: 0 };

/** Every other quarter of an hour: the hours of a step, and of the oracle. */
export const isOddQuarter = (at: number): boolean => Math.floor(at / quarterMs) % 2 === 1;

const oddQuarters: TimeInterval = {
  name: 'odd-quarters',
  spec: [],
  contains: isOddQuarter,
  nextChange: (at) => (Math.floor(at / quarterMs) + 1) * quarterMs,
};

/** Channels that nobody but escalations names. */
const pagers = ['pager-0', 'pager-1'] as const;

function drawStep(random: Random, channels: readonly string[]): EscalationStep {
  const names = new Set([random.pick(pagers), ...(random.chance(0.4) ? [random.pick(channels)] : [])]);
  return {
    afterMs: random.pick([30 * s, min, 2 * min, 5 * min, 10 * min]),
    to: [...names].map((name): Target => ({ kind: 'channel', name })),
    strategy: null,
    severities: random.chance(0.25)
      ? random.pick<readonly Severity[]>([['critical', 'emergency'], ['high', 'critical'], ['warning']])
      : null,
    during: random.chance(0.15) ? [oddQuarters] : [],
  };
}

function drawPromotions(random: Random): readonly Promotion[] {
  if (!random.chance(0.4)) return [];
  const how = () => random.pick(['unacknowledged', 'unresolved'] as const);
  const afterMs = () => random.pick([2, 5, 10]) * min;
  return [
    { from: 'warning', afterMs: afterMs(), to: 'high', while: how() },
    { from: 'high', afterMs: afterMs(), to: 'critical', while: how() },
  ];
}

function drawPolicy(random: Random, name: string, channels: readonly string[]): EscalationPolicy {
  return {
    name,
    steps: Array.from({ length: random.int(1, 4) }, () => drawStep(random, channels)),
    repeat: random.pick([0, 0, 1, 2, 3]),
    confirm: random.pick(['any', 'all']),
    promote: drawPromotions(random),
  };
}

interface Drawn {
  readonly channels: readonly string[];
  readonly routing: RoutingConfig;
}

/** Half of the seeds escalate. */
export function drawEscalations(
  random: Random,
  { channels, routing }: Drawn,
): Drawn & { readonly escalation: EscalationPlan } {
  if (!random.chance(0.5)) return { channels, routing, escalation: noEscalations };
  const names = ['page', 'soon'];
  const escalations = new Map(names.map((name) => [name, drawPolicy(random, name, channels)]));
  const receivers = new Map<string, Receiver>();
  for (const [name, receiver] of routing.receivers)
    receivers.set(name, random.chance(0.8) ? { ...receiver, escalation: random.pick(names) } : receiver);
  const ofPath: Record<string, string | null> = {};
  for (const path of ['{}', '{}/{severity="critical"}', '{}/{alertname="R0"}', '{}/{host="h0"}'])
    if (random.chance(0.3)) ofPath[path] = random.pick([null, ...names]);
  return {
    channels: [...channels, ...pagers],
    routing: { ...routing, receivers, escalations, route: escalatedBy(ofPath, routing.route) },
    escalation: { ofPath, answersPerHour: random.pick([4, 20]) },
  };
}

/** The tree whose routes name policies; what a route says holds for those below it. */
export function escalatedBy(ofPath: PolicyOfPath, route: Route, above?: string | null): Route {
  const named = Object.hasOwn(ofPath, route.path) ? ofPath[route.path] : above;
  const routes = route.routes.map((child) => escalatedBy(ofPath, child, named));
  return { ...route, ...(named !== undefined && { escalation: named }), routes };
}

/** The oracle's reading: a route's policy goes before its receiver's. */
export function policyFor(
  { receivers, escalations }: RoutingConfig,
  route: Route | undefined,
): EscalationPolicy | null {
  if (route === undefined) return null;
  const named = route.escalation === undefined ? receivers.get(route.receiver)?.escalation : route.escalation;
  return (named == null ? undefined : escalations?.get(named)) ?? null;
}
