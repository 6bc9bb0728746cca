// What is known of each service at the time of an incident, put together once from alerts, changes and series.
import type { AlertSignal, ChangeSignal, SeriesSignal } from '../signals.ts';
import { serviceOf } from '../signals.ts';
import { type Deviation, deviationOf } from './deviation.ts';
import type { FlowSeries } from './flow.ts';
import { onsetOf } from './onset.ts';
import { byText } from './order.ts';
import { type Sign, type SignName, signOf, spreads } from './signs.ts';

export interface ObservedAlert {
  readonly alert: AlertSignal;
  readonly sign: Sign | null;
}

export interface ObservedMetric {
  readonly series: SeriesSignal;
  readonly sign: Sign;
  readonly deviation: Deviation;
}

export interface Observed {
  /** When trouble began, by the series of the first alerts where they are there, else by the first alert. */
  readonly onset: number;
  readonly firstAlertAt: number;
  /** By service, oldest first. */
  readonly alerts: ReadonlyMap<string, readonly ObservedAlert[]>;
  /** Changes shortly before the onset, by service, the latest first. */
  readonly changes: ReadonlyMap<string, readonly ChangeSignal[]>;
  /** Series that say something of the time after the onset, by service, most deviating first. */
  readonly metrics: ReadonlyMap<string, readonly ObservedMetric[]>;
  /** By kind of flow, then by service. */
  readonly flows: Readonly<Record<FlowKind, ReadonlyMap<string, FlowSeries>>>;
}

export const flowKinds = ['latency', 'failures'] as const;
export type FlowKind = (typeof flowKinds)[number];

export const flowKindOf = (sign: SignName): FlowKind | null =>
  sign === 'latency' ? 'latency' : sign === 'errors' || sign === 'availability' ? 'failures' : null;

/** How long before the onset a change may lie, and how much after it: clocks differ, and alerts are late. */
export const changeBeforeMs = 60 * 60_000;
const changeAfterMs = 60_000;
/** How far before the first alert its series may have begun to suffer. */
const alertLateMs = 30 * 60_000;
/** Alerts whose series are asked for the onset. */
const askedAlerts = 8;

const grouped = <T>(items: readonly T[], keyOf: (item: T) => string | null): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === null) continue;
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
};

/** An alert's sign: by its metric where a label names one, else by its name, else by its text. */
const alertSign = ({ name, labels, text }: AlertSignal): Sign | null =>
  signOf(name) ?? signOf(labels.metric ?? '') ?? signOf(text);

const seriesId = ({ service, metric, labels }: SeriesSignal): string =>
  `${service} ${metric} ${Object.keys(labels)
    .sort(byText)
    .map((name) => `${name}=${labels[name]}`)
    .join(',')}`;

/** Labels that alert and series have in common. */
const likeness = (labels: Readonly<Record<string, string>>, { labels: mine }: SeriesSignal): number => {
  let same = 0;
  for (const [name, value] of Object.entries(mine)) if (labels[name] === value) same++;
  return same;
};

/** `alerts`: by time. `series`: in a fixed order. */
export function observe(
  alerts: readonly AlertSignal[],
  changes: readonly ChangeSignal[],
  series: readonly SeriesSignal[],
  now: number,
): Observed {
  const signs = new Map<string, Sign | null>();
  const signOfMetric = (metric: string): Sign | null => {
    let sign = signs.get(metric);
    if (sign === undefined) {
      sign = signOf(metric);
      signs.set(metric, sign);
    }
    return sign;
  };
  const known = series
    .map((one) => ({ series: one, sign: signOfMetric(one.metric), id: seriesId(one) }))
    .filter((one): one is { series: SeriesSignal; sign: Sign; id: string } => one.sign !== null)
    .sort((a, b) => byText(a.id, b.id));
  const ofService = grouped(known, (one) => one.series.service);
  const heard = alerts.map((alert) => ({ alert, sign: alertSign(alert) }));
  const firstAlertAt = alerts[0]?.at ?? now;
  const onset = onsetFrom(heard, ofService, firstAlertAt, now);
  const metrics = new Map<string, ObservedMetric[]>();
  for (const [service, mine] of ofService) {
    const found: ObservedMetric[] = [];
    for (const one of mine) {
      const deviation = deviationOf(one.series, one.sign, onset, now);
      if (deviation) found.push({ series: one.series, sign: one.sign, deviation });
    }
    metrics.set(
      service,
      found.sort((a, b) => b.deviation.score - a.deviation.score),
    );
  }
  const near = changes.filter(({ at }) => at >= onset - changeBeforeMs && at <= firstAlertAt + changeAfterMs);
  return {
    onset,
    firstAlertAt,
    alerts: grouped(heard, ({ alert }) => serviceOf(alert.labels)),
    changes: grouped(
      [...near].sort((a, b) => b.at - a.at || byText(a.id, b.id)),
      ({ service }) => service,
    ),
    metrics,
    flows: flowsFrom(ofService, alerts[0]?.labels ?? {}),
  };
}

interface Known {
  readonly series: SeriesSignal;
  readonly sign: Sign;
}

function onsetFrom(
  heard: readonly ObservedAlert[],
  ofService: ReadonlyMap<string, readonly Known[]>,
  firstAlertAt: number,
  now: number,
): number {
  let onset = firstAlertAt;
  for (const { alert, sign } of heard.slice(0, askedAlerts)) {
    const service = serviceOf(alert.labels);
    if (service === null || sign === null) continue;
    const mine = bestOf(
      (ofService.get(service) ?? []).filter((one) => one.sign.name === sign.name),
      alert.labels,
    );
    if (!mine) continue;
    const found = onsetOf(mine.series, mine.sign, Math.min(now, alert.at), firstAlertAt - alertLateMs);
    if (found && found.strength >= surelyLeft && found.at < onset) onset = found.at;
  }
  return onset;
}

/** Least differences that a series must have gone before its alert to have left for sure. */
const surelyLeft = 4;

/** The one whose labels are most like these; the first of several. */
function bestOf<T extends Known>(
  candidates: readonly T[],
  labels: Readonly<Record<string, string>>,
): T | null {
  let best: T | null = null;
  let most = -1;
  for (const candidate of candidates) {
    const like = likeness(labels, candidate.series);
    if (like <= most) continue;
    best = candidate;
    most = like;
  }
  return best;
}

function flowsFrom(
  ofService: ReadonlyMap<string, readonly Known[]>,
  labels: Readonly<Record<string, string>>,
): Record<FlowKind, Map<string, FlowSeries>> {
  const flows = { latency: new Map<string, FlowSeries>(), failures: new Map<string, FlowSeries>() };
  for (const [service, mine] of ofService) {
    const requests = mine.find(({ sign }) => sign.name === 'requests')?.series ?? null;
    for (const kind of flowKinds) {
      const best = bestOf(
        mine.filter(({ sign }) => flowKindOf(sign.name) === kind),
        labels,
      );
      if (best) flows[kind].set(service, { ...best, requests });
    }
  }
  return flows;
}

/** Whether what a service shows of this sign is its own, and not its callees'. */
export const isInner = (sign: Sign | null): boolean => sign !== null && !spreads.has(sign.name);
