// Figures of the least-squares line through the points of a window, for trend rules. What a figure depends on stands in
// its word, so that a window is read once for all rules that ask the same of it.
import type { Measure, Operator, SeriesWindow, TrendFigure } from '../types.ts';
import type { AggregateDefinition } from './definition.ts';
import { slot } from './points.ts';

/** What a figure depends on besides its window. */
export interface TrendOptions {
  readonly measure: Measure;
  readonly perMs: number;
  readonly withinMs: number;
  readonly minFit: number;
  readonly confidence: number;
  /** Which side is the bad one: without a direction the figure lies on the other, at infinity. */
  readonly side: 'above' | 'below';
}

/** Of `gt` and `gte` the bad side is above. */
export function sideOf(operator: Operator): TrendOptions['side'] {
  return operator === 'lt' || operator === 'lte' ? 'below' : 'above';
}

export function trendFigure(options: TrendOptions): TrendFigure {
  const { measure, perMs, withinMs, minFit, confidence, side } = options;
  return `trend ${measure} ${perMs} ${withinMs} ${minFit} ${confidence} ${side}`;
}

/** Null for what is no figure of a trend. */
export function trendOptions(figure: string): TrendOptions | null {
  const [word, measure, perMs, withinMs, minFit, confidence, side] = figure.split(' ');
  if (word !== 'trend') return null;
  return {
    measure: measure as Measure,
    perMs: Number(perMs),
    withinMs: Number(withinMs),
    minFit: Number(minFit),
    confidence: Number(confidence),
    side: side as TrendOptions['side'],
  };
}

/** The least-squares line through points: value(t) = level + slope · (t - at), per millisecond. */
export interface Line {
  readonly count: number;
  /** At the end of the window. */
  readonly level: number;
  readonly slope: number;
  /** R²: the share of the variance that the line explains; 1 when all values are equal. */
  readonly fit: number;
  /** Standard error of a value about the line, over count - 2. */
  readonly deviation: number;
  /** Mean and Σ squared distances of the times, as distances from the end of the window. */
  readonly meanT: number;
  readonly squaresT: number;
}

/** Two points are always on a line: it takes a third to say how well it fits. */
const leastPoints = 3;

/** Distances whose squares, summed up, are neither 0 nor beyond all numbers. */
const leastDistance = 1e-140;
const greatestDistance = 1e140;

/**
 * The line through the points first..last, with times told as distances from `at`; null when too few are known, or their
 * values are too far apart for a number.
 */
export function lineThrough(window: SeriesWindow, first: number, last: number, at: number): Line | null {
  const count = last - first + 1;
  if (count < leastPoints) return null;
  const { times, values } = window;
  // Values as distances from the first: small beside a high level, and exactly 0 where all are equal.
  const start = values[slot(window, first)]!;
  let meanT = 0;
  let meanV = 0;
  let farthest = 0;
  for (let i = first; i <= last; i++) {
    const place = slot(window, i);
    const v = values[place]! - start;
    meanT += times[place]! - at;
    meanV += v;
    if (v > farthest) farthest = v;
    else if (-v > farthest) farthest = -v;
  }
  meanT /= count;
  meanV /= count;
  if (!Number.isFinite(meanV)) return null;
  const scale = farthest === 0 || (farthest > leastDistance && farthest < greatestDistance) ? 1 : farthest;
  let squaresT = 0;
  let squaresV = 0;
  let products = 0;
  for (let i = first; i <= last; i++) {
    const place = slot(window, i);
    const t = times[place]! - at - meanT;
    const v = (values[place]! - start - meanV) / scale;
    squaresT += t * t;
    squaresV += v * v;
    products += t * v;
  }
  const perScale = products / squaresT;
  const explained = perScale * products;
  const slope = perScale * scale;
  const fit = squaresV === 0 ? 1 : Math.min(1, explained / squaresV);
  const deviation = scale * Math.sqrt(Math.max(0, squaresV - explained) / (count - 2));
  return { count, level: start + meanV - slope * meanT, slope, fit, deviation, meanT, squaresT };
}

/**
 * Half the width of the prediction interval of a new value `aheadMs` after the end of the window, for a confidence in
 * 0..1: t · s · √(1 + 1/n + (t₀ - mean)² / Σ(t - mean)²).
 */
export function predictionMargin(line: Line, aheadMs: number, confidence: number): number {
  const { count, deviation, meanT, squaresT } = line;
  const apart = aheadMs - meanT;
  const spread = Math.sqrt(1 + 1 / count + (apart * apart) / squaresT);
  return studentQuantile((1 + confidence) / 2, count - 2) * deviation * spread;
}

const quantiles = new Map<string, number>();

/** The quantile of Student's t, by bisection over its distribution function (Abramowitz and Stegun 26.7.3, 26.7.4). */
export function studentQuantile(p: number, allDegrees: number): number {
  // Of many degrees two digits decide; fewer than there are make the interval wider, if anything.
  const step = 10 ** Math.max(0, Math.floor(Math.log10(allDegrees)) - 1);
  const degrees = Math.floor(allDegrees / step) * step;
  const key = `${p} ${degrees}`;
  const known = quantiles.get(key);
  if (known !== undefined) return known;
  let low = 0;
  let high = 1;
  while (high < 1e12 && studentDistribution(high, degrees) < p) high *= 2;
  for (let i = 0; i < 64; i++) {
    const middle = (low + high) / 2;
    if (studentDistribution(middle, degrees) < p) low = middle;
    else high = middle;
  }
  if (quantiles.size > 10_000) quantiles.clear();
  quantiles.set(key, high);
  return high;
}

/** P(T ≤ t) for t ≥ 0. */
function studentDistribution(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const cos2 = Math.cos(angle) ** 2;
  let term = 1;
  let sum = 0;
  if (degrees % 2 === 1) {
    // A = 2/π · (θ + sin θ · (cos θ + 2/3 cos³ θ + …))
    term = Math.cos(angle);
    for (let k = 1; k <= degrees - 2; k += 2) {
      sum += term;
      term *= ((k + 1) / (k + 2)) * cos2;
    }
    return 0.5 + (angle + Math.sin(angle) * sum) / Math.PI;
  }
  // A = sin θ · (1 + 1/2 cos² θ + 3/8 cos⁴ θ + …)
  for (let k = 0; k <= degrees - 2; k += 2) {
    sum += term;
    term *= ((k + 1) / (k + 2)) * cos2;
  }
  return 0.5 + (Math.sin(angle) * sum) / 2;
}

/** The figure of a line, see `Measure` in the reference; on the good side at infinity where the line does not fit. */
export function figureOf(line: Line, options: TrendOptions, spanMs: number): number {
  const { measure, perMs, withinMs, minFit, confidence, side } = options;
  if (!(line.fit >= minFit)) return side === 'above' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const change = line.slope * spanMs;
  switch (measure) {
    case 'slope':
      return line.slope * perMs;
    case 'change':
      return change;
    case 'relative_change': {
      const from = Math.abs(line.level - change);
      if (from > 0) return change / from;
      return change === 0 ? 0 : change * Number.POSITIVE_INFINITY;
    }
    case 'crosses': {
      const ahead = line.level + line.slope * withinMs;
      if (confidence === 0) return ahead;
      const margin = predictionMargin(line, withinMs, confidence);
      return side === 'above' ? ahead - margin : ahead + margin;
    }
  }
}

export function trendDefinition(figure: TrendFigure): AggregateDefinition | null {
  const options = trendOptions(figure);
  if (options === null) return null;
  return {
    points(window, first, last, from) {
      // The window is (from, at]; times count from its newest point, which is where the line is followed from.
      const at = window.times[slot(window, last)]!;
      const line = lineThrough(window, first, last, at);
      return line === null ? Number.NaN : figureOf(line, options, at - from);
    },
  };
}
