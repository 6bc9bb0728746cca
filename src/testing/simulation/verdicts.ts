// The oracle's own idea of a rule: naive, from the documentation of the rule language, without anything of rules/ but
// its types. Every sample is looked at with all points that are known.
import type { Labels, ThresholdRule } from '../../../rules/types.ts';

export interface Points {
  /** Ascending in time. */
  points: { t: number; v: number }[];
  bornAt: number;
}

export type Life =
  | { readonly state: 'none' }
  | { readonly state: 'pending'; readonly since: number }
  | { readonly state: 'firing'; readonly since: number; readonly keepUntil: number | null };

export interface Transition {
  readonly kind: 'pending' | 'firing' | 'held' | 'recovered' | 'resolved' | 'cleared';
  readonly at: number;
}

/** How a sample met its series. */
export function take(series: Points, t: number, v: number): 'fresh' | 'unchanged' | 'replaced' | 'late' {
  series.bornAt = Math.min(series.bornAt, t);
  const { points } = series;
  const last = points.at(-1);
  if (!last || t > last.t) {
    points.push({ t, v });
    // 400 points at 3 s are 20 minutes: four times the longest window.
    if (points.length > 800) points.splice(0, 400);
    return 'fresh';
  }
  if (t === last.t) {
    if (last.v === v) return 'unchanged';
    last.v = v;
    return 'replaced';
  }
  // From the end: what comes late is seldom far back.
  let place = points.length;
  while (place > 0 && points[place - 1]!.t > t) place -= 1;
  const same = points[place - 1];
  if (same?.t === t) same.v = v;
  else points.splice(place, 0, { t, v });
  return 'late';
}

/** True, false, or null when the window is not covered or empty. */
export function verdictOf(rule: ThresholdRule, series: Points, at: number, wasTrue: boolean): boolean | null {
  if (rule.aggregate === 'absent') return false;
  const value = aggregateOf(rule, series, at);
  if (value === null) return null;
  const limit = wasTrue ? (rule.resolveThreshold ?? rule.threshold) : rule.threshold;
  return rule.operator === 'lt' ? value < limit : value > limit;
}

/**
 * Of a rule with levels: which one the newest sample has reached, -1 for none; null when the window is not covered or
 * empty. A level that was reached (those up to `held`) is left only at its resolve threshold.
 */
export function levelOf(rule: ThresholdRule, series: Points, at: number, held: number): number | null {
  const value = aggregateOf(rule, series, at);
  if (value === null) return null;
  return rule.levels!.findLastIndex(
    (level, i) => value > (i <= held ? (level.resolveThreshold ?? level.threshold) : level.threshold),
  );
}

/** The aggregate; null when the window is not covered or empty. */
export function aggregateOf(rule: ThresholdRule, series: Points, at: number): number | null {
  let value: number;
  if (rule.aggregate === 'last') {
    const known = series.points.findLast((point) => point.t <= at);
    if (!known || (rule.grid && known.t <= at - rule.windowMs)) return null;
    value = known.v;
  } else {
    const from = at - rule.windowMs;
    if (series.bornAt > from) return null;
    const inside: number[] = [];
    for (let i = series.points.length - 1; i >= 0 && series.points[i]!.t > from; i--)
      if (series.points[i]!.t <= at) inside.push(series.points[i]!.v);
    if (rule.aggregate !== 'count' && inside.length === 0) return null;
    const sum = inside.reduce((a, b) => a + b, 0);
    if (rule.aggregate === 'count') value = inside.length;
    else if (rule.aggregate === 'sum') value = sum;
    else if (rule.aggregate === 'avg') value = sum / inside.length;
    else if (rule.aggregate === 'min') value = Math.min(...inside);
    else value = Math.max(...inside);
  }
  return value;
}

/** What one verdict does to an episode. */
export function live(
  life: Life,
  verdict: boolean,
  rule: Pick<ThresholdRule, 'forMs' | 'keepFiringForMs'>,
  at: number,
): { life: Life; said: Transition | null } {
  const to = (next: Life, kind: Transition['kind']) => ({ life: next, said: { kind, at } });
  if (life.state === 'none') {
    if (!verdict) return { life, said: null };
    return rule.forMs > 0
      ? to({ state: 'pending', since: at }, 'pending')
      : to({ state: 'firing', since: at, keepUntil: null }, 'firing');
  }
  if (life.state === 'pending') {
    if (!verdict) return to({ state: 'none' }, 'cleared');
    if (at - life.since < rule.forMs) return { life, said: null };
    return to({ state: 'firing', since: life.since, keepUntil: null }, 'firing');
  }
  if (verdict) {
    return life.keepUntil === null ? { life, said: null } : to({ ...life, keepUntil: null }, 'recovered');
  }
  if (life.keepUntil === null && rule.keepFiringForMs > 0)
    return to({ ...life, keepUntil: at + rule.keepFiringForMs }, 'held');
  if (life.keepUntil !== null && at < life.keepUntil) return { life, said: null };
  return to({ state: 'none' }, 'resolved');
}

const labelTexts = new WeakMap<Labels, string>();

/** Identity of a series. Label sets are objects of the plan, pushed a thousand times: their text is made once. */
export function seriesKeyOf(tenant: string, metric: string, labels: Labels): string {
  let text = labelTexts.get(labels);
  if (text === undefined) {
    text = JSON.stringify(Object.entries(labels).sort());
    labelTexts.set(labels, text);
  }
  return `${tenant}\n${metric}\n${text}`;
}

/** Identity of the alerts of (rule, series). */
export function keyOf(rule: string, labels: Labels): string {
  const names = Object.keys(labels)
    .filter((name) => name !== 'severity')
    .sort();
  return `rule:${rule}:{${names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(labels[name])}`).join(',')}}`;
}
