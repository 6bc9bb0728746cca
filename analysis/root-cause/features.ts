// What is said of one candidate, in figures of 0 … 1 that mean the same whatever the incident: each becomes one piece of
// evidence. Nothing here is weighed; see weights.ts.
import type { Dependencies } from './dependency.ts';
import { reachFrom } from './dependency.ts';
import { type FlowOptions, type Share, sharesOf } from './flow.ts';
import {
  type FlowKind,
  flowKindOf,
  flowKinds,
  isInner,
  type Observed,
  type ObservedAlert,
  type ObservedMetric,
} from './observed.ts';
import { byText } from './order.ts';

export const featureNames = [
  'reach',
  'share',
  'inner_metric',
  'spread_metric',
  'first_alert',
  'later_alert',
  'inner_alert',
  'silent',
  'upstream_alert',
  'callee_metric',
  'named_upstream',
  'surge',
  'feeds',
  'fed',
  'change',
] as const;
export type FeatureName = (typeof featureNames)[number];

export interface Candidate {
  readonly service: string;
  readonly features: Readonly<Record<FeatureName, number>>;
  readonly share: Share | null;
  readonly shareKind: FlowKind | null;
  /** Its metric of a sign that does not spread, and of one that does, which left most; null where none left. */
  readonly inner: ObservedMetric | null;
  readonly spread: ObservedMetric | null;
  /** Callee that is in trouble itself, most surely. */
  readonly callee: string | null;
  /** Its requests, where they rose. */
  readonly surge: ObservedMetric | null;
  /** Caller whose requests rose too, most surely. */
  readonly feeder: string | null;
  /** Alerts that name it as what they wait for. */
  readonly namedBy: readonly ObservedAlert[];
}

/** Services that symptoms are followed from, and candidates that are looked at. */
const mostSources = 64;
const mostCandidates = 512;
/** Symptoms whose loss is followed down the calls. */
const mostSymptoms = 6;

/** A robust score as 0 … 1: 0 up to three noises, one half at about ten, near 1 from forty on. */
export const strengthOf = (score: number): number =>
  score <= 3 ? 0 : Math.min(1, Math.log(score / 3) / Math.log(40 / 3));

const count = (n: number): number => 1 - Math.exp(-n / 2);
/** How fast being late counts against a service, and how far clocks may be apart without counting. */
const lateMs = 120_000;
const skewMs = 15_000;
const changeFadesMs = 20 * 60_000;

export function candidatesOf(
  observed: Observed,
  dependencies: Dependencies,
  now: number,
  flow: FlowOptions,
): Candidate[] {
  const alerted = [...observed.alerts].sort(
    ([a, [first]], [b, [other]]) => first!.alert.at - other!.alert.at || byText(a, b),
  );
  const sources = alerted.slice(0, mostSources).map(([service]) => service);
  const reach = new Map<string, number>();
  for (const source of sources)
    for (const [service, confidence] of reachFrom(source, dependencies))
      reach.set(service, (reach.get(service) ?? 0) + confidence / sources.length);
  for (const service of callersThatSurge(sources, observed, dependencies))
    if (!reach.has(service)) reach.set(service, 0);
  const services = [...reach]
    .sort(([a, one], [b, other]) => other - one || byText(a, b))
    .slice(0, mostCandidates)
    .map(([service]) => service);
  const named = namedBy(observed);
  const heard = [...observed.alerts.values()].reduce((sum, mine) => sum + mine.length, 0);
  // Where one service alone raised alerts, what was lost along the calls decides: scores of metrics of whole systems have
  // tails that are far from normal, and of forty services one looks wild at any time, so that they count half then.
  const alone = observed.alerts.size === 1 ? 1 : 0;
  const shares = sharesByService(sources, reach, observed, dependencies, now, flow);
  const troubles = new Map(services.map((service) => [service, troubleOf(service, observed)]));
  return services.map((service) => {
    const mine = observed.alerts.get(service) ?? [];
    const { inner, spread } = troubles.get(service)!;
    const lateBy = mine.length > 0 ? Math.max(0, mine[0]!.alert.at - observed.firstAlertAt - skewMs) : 0;
    const share = shares.get(service) ?? null;
    const callers = dependencies.callersOf(service);
    let callee: string | null = null;
    let calleeMetric = 0;
    for (const [name, confidence] of dependencies.calleesOf(service)) {
      const trouble = troubles.get(name);
      const score = Math.max(trouble?.inner?.deviation.score ?? 0, trouble?.spread?.deviation.score ?? 0);
      const metric = confidence * strengthOf(score);
      if (metric > calleeMetric) callee = name;
      calleeMetric = Math.max(calleeMetric, metric);
    }
    const surge = surgeOf(service, observed);
    const rise = strengthOf(surge?.deviation.score ?? 0);
    let feeder: string | null = null;
    let fed = 0;
    if (rise > 0)
      for (const [caller, confidence] of callers) {
        const callerRise = confidence * strengthOf(surgeOf(caller, observed)?.deviation.score ?? 0);
        if (callerRise > fed) feeder = caller;
        fed = Math.max(fed, callerRise);
      }
    const unexplained = rise * (1 - fed);
    const names = named.get(service) ?? [];
    // Order compares services: where one alone raised alerts, it says nothing.
    const compares = observed.alerts.size > 1;
    const change = observed.changes.get(service)?.[0];
    return {
      service,
      share: share?.share ?? null,
      shareKind: share?.kind ?? null,
      inner,
      spread,
      callee,
      surge,
      feeder,
      namedBy: names,
      features: {
        reach: reach.get(service)!,
        share: alone * (share?.share.share ?? 0),
        inner_metric: strengthOf(inner?.deviation.score ?? 0),
        spread_metric: (1 - alone / 2) * strengthOf(spread?.deviation.score ?? 0),
        first_alert: compares && mine.length > 0 && lateBy === 0 ? 1 : 0,
        later_alert: mine.length > 0 ? 1 - Math.exp(-lateBy / lateMs) : 0,
        inner_alert: count(mine.filter(({ sign }) => isInner(sign)).length),
        silent: mine.length === 0 ? 1 - Math.exp(-(heard - 1) / 2) : 0,
        upstream_alert: count(mine.filter(({ sign }) => sign?.name === 'dependency').length),
        callee_metric: (1 - alone / 2) * (1 - unexplained) * calleeMetric,
        named_upstream: count(names.length),
        surge: unexplained,
        feeds: unexplained > 0 ? unexplained * reachedPart(service, sources, dependencies) : 0,
        fed: rise * fed,
        change: change ? Math.exp(-Math.max(0, observed.onset - change.at) / changeFadesMs) : 0,
      },
    };
  });
}

/** Requests of a service that rose. */
const surgeOf = (service: string, { metrics }: Observed): ObservedMetric | null =>
  metrics.get(service)?.find(({ sign, deviation }) => sign.name === 'requests' && deviation.score > 3) ??
  null;

/** Callers, over any number of calls, through which more requests than before came. */
function callersThatSurge(
  sources: readonly string[],
  observed: Observed,
  { callersOf }: Dependencies,
): ReadonlySet<string> {
  const found = new Set(sources);
  for (const service of found)
    for (const [caller] of callersOf(service)) if (surgeOf(caller, observed) !== null) found.add(caller);
  return found;
}

const reachedPart = (service: string, sources: readonly string[], dependencies: Dependencies): number => {
  const reached = reachFrom(service, dependencies);
  return sources.reduce((sum, source) => sum + (reached.get(source) ?? 0), 0) / sources.length;
};

/** Alerts by the service that their label `upstream` names. */
function namedBy({ alerts }: Observed): ReadonlyMap<string, readonly ObservedAlert[]> {
  const named = new Map<string, ObservedAlert[]>();
  for (const [service, mine] of alerts)
    for (const one of mine) {
      const { upstream } = one.alert.labels;
      if (upstream === undefined || upstream === service) continue;
      const before = named.get(upstream);
      if (before) before.push(one);
      else named.set(upstream, [one]);
    }
  return named;
}

interface Trouble {
  readonly inner: ObservedMetric | null;
  readonly spread: ObservedMetric | null;
}

function troubleOf(service: string, { metrics }: Observed): Trouble {
  const mine = metrics.get(service) ?? [];
  const left = mine.filter(({ sign, deviation }) => deviation.score > 3 && sign.name !== 'requests');
  return {
    inner: left.find(({ sign }) => isInner(sign)) ?? null,
    spread: left.find(({ sign }) => !isInner(sign)) ?? null,
  };
}

interface KindShare {
  readonly share: Share;
  readonly kind: FlowKind;
}

/** The mean share over the symptoms that were followed: those that depend on most. */
function sharesByService(
  sources: readonly string[],
  reach: ReadonlyMap<string, number>,
  observed: Observed,
  dependencies: Dependencies,
  now: number,
  flow: FlowOptions,
): Map<string, KindShare> {
  const found = new Map<string, { sum: number; best: KindShare }>();
  const symptoms: { service: string; kind: FlowKind }[] = [];
  for (const service of sources)
    for (const kind of flowKinds)
      if (
        observed.flows[kind].has(service) &&
        observed.alerts.get(service)!.some(({ sign }) => sign !== null && flowKindOf(sign.name) === kind)
      )
        symptoms.push({ service, kind });
  // Who is least reached by others is nearest to the customers, and so has the whole of the loss below it.
  symptoms.sort((a, b) => reach.get(a.service)! - reach.get(b.service)! || byText(a.service, b.service));
  const followed = symptoms.slice(0, mostSymptoms);
  for (const { service: symptom, kind } of followed)
    for (const [service, share] of sharesOf(
      symptom,
      observed.flows[kind],
      dependencies,
      observed.onset,
      now,
      flow,
    )) {
      const before = found.get(service);
      const part = share.share / followed.length;
      if (before) {
        before.sum += part;
        if (share.share > before.best.share.share) before.best = { share, kind };
      } else found.set(service, { sum: part, best: { share, kind } });
    }
  return new Map(
    [...found].map(([service, { sum, best }]) => [
      service,
      { kind: best.kind, share: { ...best.share, share: Math.min(1, sum) } },
    ]),
  );
}
