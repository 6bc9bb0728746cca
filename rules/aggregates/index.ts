// Every aggregate of a window, in one table, and how a window is read: from the ring where that holds all of it, else
// from the one-minute aggregates, else not at all.
import { formatDuration } from '../duration.ts';
import type { Aggregate, MinuteTotals, Percentile, SeriesWindow, TrendFigure } from '../types.ts';
import { delta, increase, rate } from './counters.ts';
import type { AggregateDefinition } from './definition.ts';
import { counterLookbackMs, minuteMs, mostMinutes } from './minutes.ts';
import { perMilleOf } from './percentile.ts';
import { firstAfter } from './points.ts';
import { max, min, percentile } from './ranks.ts';
import { avg, count, stddev, sum } from './sums.ts';
import { trendDefinition, trendOptions } from './trend.ts';

/** Points that a ring holds at most. */
export const mostPoints = 4_096;

type Named = Exclude<Aggregate, 'last' | 'absent' | Percentile | TrendFigure>;
/** Aggregates that read a window. `last` reads one point, `absent` none. */
export type WindowAggregate = Exclude<Aggregate, 'last' | 'absent'>;

const named = { avg, min, max, sum, count, stddev, rate, increase, delta } satisfies Record<
  Named,
  AggregateDefinition
>;
/** Those with a figure in their word, as they were asked for. */
const worded = new Map<string, AggregateDefinition>();

export function definitionOf(aggregate: WindowAggregate): AggregateDefinition {
  if (Object.hasOwn(named, aggregate)) return named[aggregate as Named];
  let known = worded.get(aggregate);
  if (known === undefined) {
    known = wordedDefinition(aggregate);
    worded.set(aggregate, known);
  }
  return known;
}

function wordedDefinition(aggregate: WindowAggregate): AggregateDefinition {
  const perMille = perMilleOf(aggregate);
  const definition = perMille === null ? trendDefinition(aggregate as TrendFigure) : percentile(perMille);
  if (definition === null) throw new Error(`there is no aggregate ${aggregate}`);
  return definition;
}

/** The aggregate as people read it. */
export function nameOfAggregate(aggregate: Aggregate): string {
  return trendOptions(aggregate)?.measure ?? aggregate;
}

/** How far back before a sample its evaluation reads in the ring, in milliseconds. */
export function reachOf(aggregate: Aggregate, windowMs: number): number {
  if (aggregate === 'last' || aggregate === 'absent') return 0;
  return windowMs + (definitionOf(aggregate).looksBack ? counterLookbackMs : 0);
}

/** Whether one-minute aggregates can stand in for the points of a window. */
export function minutesSuffice(aggregate: Aggregate): boolean {
  return aggregate !== 'last' && aggregate !== 'absent' && definitionOf(aggregate).minutes !== undefined;
}

/**
 * Why a rule cannot have this window, in words with the figure: the most that is kept of a series would not fill it.
 * Null: it can. `lateMs` is by how much later than its end the window is read.
 */
export function tooLong(
  aggregate: Aggregate,
  windowMs: number,
  sampleIntervalMs: number,
  lateMs = 0,
): string | null {
  if (aggregate === 'last' || aggregate === 'absent') return null;
  const what = `${nameOfAggregate(aggregate)} over ${formatDuration(windowMs)} needs`;
  if (minutesSuffice(aggregate)) {
    const minutes = Math.ceil(windowMs / minuteMs);
    if (minutes <= mostMinutes) return null;
    return `${what} ${grouped(minutes)} minutes; the most is ${grouped(mostMinutes)}`;
  }
  const points = Math.ceil((windowMs + lateMs) / sampleIntervalMs);
  if (points <= mostPoints) return null;
  const rate = `one per ${formatDuration(sampleIntervalMs)}`;
  return `${what} ${grouped(points)} points at ${rate}; the most is ${grouped(mostPoints)}`;
}

function grouped(figure: number): string {
  return String(figure).replace(/\B(?=(\d{3})+$)/g, ',');
}

const totals: MinuteTotals = {
  ...{ count: 0, sum: 0, squares: 0, min: 0, max: 0, first: 0, last: 0, firstAt: 0, lastAt: 0, increase: 0 },
};

/**
 * The aggregate over (at - windowMs, at]. NaN while the window reaches back beyond what is known of the series, and
 * where there is nothing to say. Over minutes the window begins with the first whole minute in it; it ends with the
 * minute of `at`, or, where samples after `at` may be known (`wholeMinutes`), with the one before.
 */
export function aggregateAt(
  aggregate: WindowAggregate,
  windowMs: number,
  window: SeriesWindow,
  at: number,
  wholeMinutes = false,
): number {
  const from = at - windowMs;
  if (window.bornAt > from) return Number.NaN;
  const definition = definitionOf(aggregate);
  if (window.completeAfter <= from) {
    const first = firstAfter(window, from);
    const last = firstAfter(window, at) - 1;
    if (last < first) return definition.empty ?? Number.NaN;
    const value = definition.points(window, first, last, from);
    if (!Number.isNaN(value) || !definition.looksBack) return value;
  }
  const { minutes } = window;
  if (minutes === null || definition.minutes === undefined || minutes.completeAfter > from) return Number.NaN;
  const before = definition.looksBack ? from - counterLookbackMs : null;
  const end = Math.floor(at / minuteMs) - (wholeMinutes ? 1 : 0);
  const any = minutes.read(Math.floor(from / minuteMs) + 1, end, before, totals);
  return any ? definition.minutes(totals) : (definition.empty ?? Number.NaN);
}
