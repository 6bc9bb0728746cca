// What fills up: the line of a series is followed to the threshold of the rule that watches it. Said only where the last
// stretch of the series is a line, in both of its halves, and no further ahead than the line is long; the crossing has an
// interval, from that of the slope and from the noise around the line. Three scales: minutes, tens of minutes, hours.
import { isShort } from './occurrences.ts';
import type { Proposal } from './prediction.ts';
import { median, slopesBetween, spreadAround, theilSen } from './robust.ts';

/** A rule with a threshold on a series. */
export interface Threshold {
  /** Of the alert that fires when the series crosses it. */
  readonly key: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly side: 'above' | 'below';
  /** How long it has to be crossed before the alert fires. */
  readonly forMs?: number;
}

/** A sample of a series, and the rules that watch it. */
export interface WatchedSample {
  /** Of the series; one for all its samples. */
  readonly series: string;
  readonly at: number;
  readonly value: number;
  readonly thresholds: readonly Threshold[];
}

const scales = [60_000, 600_000, 7_200_000] as const;
const lengths = [36, 24, 15] as const;
const kept = 36;
export const mostSeries = 20_000;
const mostThresholds = 8;
/** Squares and differences of larger values are not finite. */
const largest = 1e150;

/** Means of the samples of a span, by the number of the span; the last one still grows. */
interface Scale {
  readonly spans: number[];
  readonly means: number[];
  count: number;
}

export interface CapacitySeries {
  readonly scales: readonly Scale[];
  at: number;
}

export type CapacityState = Map<string, CapacitySeries>;

const emptySeries = (): CapacitySeries => ({
  scales: scales.map(() => ({ spans: [], means: [], count: 0 })),
  at: Number.MIN_SAFE_INTEGER,
});

/** Takes a sample in; what is proposed is where a span of a scale is complete. Samples that are not later are left out. */
export function observeSample(state: CapacityState, sample: WatchedSample): readonly Proposal[] {
  const { series, at, value, thresholds } = sample;
  if (!(Math.abs(at) <= 8.64e15 && Math.abs(value) <= largest)) return [];
  let one = state.get(series);
  if (one === undefined) {
    if (state.size >= mostSeries) state.delete(state.keys().next().value!);
    one = emptySeries();
    state.set(series, one);
  }
  if (at <= one.at) return [];
  one.at = at;
  const complete = scales.filter((_, n) => addTo(one.scales[n]!, Math.floor(at / scales[n]!), value));
  if (complete.length === 0) return [];
  const waiting = thresholds
    .slice(0, mostThresholds)
    .filter(
      ({ key, labels, value: limit, side }) =>
        Math.abs(limit) <= largest &&
        (side === 'above' ? value < limit : value > limit) &&
        isShort(key, labels),
    );
  if (waiting.length === 0) return [];
  const found: Proposal[] = [];
  for (const threshold of waiting) {
    for (const spanMs of complete) {
      const proposal = crossingOf(one.scales[scales.indexOf(spanMs)]!, spanMs, threshold, at);
      if (proposal === null) continue;
      found.push(proposal);
      break;
    }
  }
  return found;
}

/** Whether a span became complete. */
function addTo(scale: Scale, span: number, value: number): boolean {
  const { spans, means } = scale;
  if (spans.at(-1) === span) {
    scale.count++;
    means[means.length - 1]! += (value - means.at(-1)!) / scale.count;
    return false;
  }
  spans.push(span);
  means.push(value);
  scale.count = 1;
  if (spans.length > kept + 1) {
    spans.shift();
    means.shift();
  }
  return spans.length > 1;
}

interface Line {
  readonly slope: number;
  readonly low: number;
  readonly high: number;
  readonly level: number;
  readonly spread: number;
  readonly lengthMs: number;
  readonly points: number;
}

function crossingOf(
  { spans, means }: Scale,
  spanMs: number,
  threshold: Threshold,
  now: number,
): Proposal | null {
  const sign = threshold.side === 'above' ? 1 : -1;
  for (const length of lengths) {
    if (spans.length <= length) continue;
    // The last span is not complete.
    const xs = spans.slice(-length - 1, -1).map((span) => (span + 0.5) * spanMs - now);
    const ys = means.slice(-length - 1, -1).map((mean) => sign * mean);
    const limit = sign * threshold.value;
    // What has come up by nothing yet is not looked at twice: most series do not move.
    if (!(ys.at(-1)! > ys[0]!)) continue;
    const line = lineOf(xs, ys);
    if (line === null) continue;
    return proposalOf(line, limit, threshold, spanMs, now);
  }
  return null;
}

/** The line of a stretch; null where it is none, or does not rise. */
function lineOf(xs: readonly number[], ys: readonly number[]): Line | null {
  const fit = theilSen(xs, ys);
  if (fit === null || !(fit.low > 0)) return null;
  const { slope, low, high } = fit;
  const level = median(ys.map((y, n) => y - slope * xs[n]!));
  const errors = ys.map((y, n) => y - slope * xs[n]! - level);
  const spread = spreadAround(errors, 0);
  const lengthMs = xs.at(-1)! - xs[0]!;
  // Five times the noise: less of a rise is what a walk by chance does too.
  if (slope * lengthMs < 5 * spread || (high - low) / slope > 0.7) return null;
  const half = xs.length >> 1;
  const first = median(slopesBetween(xs.slice(0, half), ys.slice(0, half)));
  const second = median(slopesBetween(xs.slice(half), ys.slice(half)));
  if (first < 0.5 * slope || second < 0.5 * slope || first > 1.6 * slope || second > 1.6 * slope) return null;
  return { slope, low, high, level, spread, lengthMs, points: xs.length };
}

function proposalOf(
  line: Line,
  limit: number,
  { key, labels, value, side, forMs = 0 }: Threshold,
  spanMs: number,
  now: number,
): Proposal | null {
  const sign = side === 'above' ? 1 : -1;
  const { slope, low, high, level, spread, lengthMs, points } = line;
  const left = limit - level;
  const aheadMs = left / slope;
  if (!(aheadMs > 2 * spanMs) || aheadMs > lengthMs) return null;
  const noiseMs = (2 * spread) / slope + spanMs;
  const from = forMs + Math.max(now, Math.floor(now + left / high - noiseMs - 0.1 * lengthMs));
  const to = forMs + Math.ceil(now + left / low + noiseMs + 0.1 * lengthMs);
  return {
    model: 'capacity',
    record: 'capacity',
    key,
    matches: 'key',
    labels,
    from,
    to,
    score: Math.max(0, (1 - (high - low) / slope) * (1 - (0.5 * aheadMs) / lengthMs)),
    figures: {
      points,
      span_seconds: spanMs / 1_000,
      per_hour: sign * slope * 3_600_000,
      line_seconds: lengthMs / 1_000,
      ahead_seconds: aheadMs / 1_000,
      threshold: value,
    },
  };
}
