// The figures of each rule over a span: what it told, what people made of it, and what it is worth to them.
import { type Report, type RuleEpisode, seriesKey } from './episode.ts';
import { type Late, type LateReason, lateOf, lateReasons } from './late.ts';
import { type Noise, noiseOf, thoughtOf } from './noise.ts';

/** What ended by itself so soon was over before anybody could have looked. */
export const briefMs = 300_000;
/** An alert that fires again so soon after its end flaps; as a backtest counts it. */
export const flapMs = 600_000;
/** What fires for so long and nobody acts on it is ignored. */
export const ignoredAfterMs = 86_400_000;
/** What an alert that came late is worth less than one that came in time. */
export const lateCost = 0.6;

/** Times in milliseconds; values that occurred (nearest rank). */
export interface Times {
  readonly count: number;
  readonly medianMs: number;
  readonly p90Ms: number;
}

export interface LateFigures {
  readonly count: number;
  readonly reasons: Readonly<Record<LateReason, number>>;
  /** Of these, the median of how much earlier somebody knew; null when there is none. */
  readonly medianMs: number | null;
}

/** What one rule told in a span. */
export interface RuleFigures {
  readonly rule: string;
  /** Episodes that began to fire. */
  readonly fired: number;
  readonly open: number;
  readonly acknowledged: number;
  readonly actedOn: number;
  /** They ended and no person ended them. */
  readonly autoResolved: number;
  /** Those of them that ended within five minutes, acted on or not. */
  readonly autoResolvedSoon: number;
  /** Episodes that fired again within ten minutes of the end of the one before, acted on or not. */
  readonly flaps: number;
  readonly messages: number;
  readonly timeToAcknowledge: Times | null;
  readonly timeToResolve: Times | null;
  readonly noise: Noise;
  readonly late: LateFigures;
  /**
   * −1 … 1: (acted on − 0.6 late) / (fired + 2) − noise. A rule that never fired is worth 0: less than one that people act
   * on, more than one that only takes their time.
   */
  readonly worth: number;
}

/** Of a rule that did not fire. */
export function silentFigures(rule: string): RuleFigures {
  return figuresOfRule(rule, [], new Map(), 0);
}

/**
 * The figures of every rule that has episodes; episodes and reports in any order. `now` (epoch milliseconds) ends what is
 * not over.
 */
export function ruleFigures(
  episodes: readonly RuleEpisode[],
  reports: readonly Report[],
  now: number,
): readonly RuleFigures[] {
  const ordered = [...episodes].sort((a, b) => a.firedAt - b.firedAt);
  const late = lateOf(
    ordered,
    [...reports].sort((a, b) => a.at - b.at),
    now,
  );
  const byRule = new Map<string, RuleEpisode[]>();
  for (const episode of ordered) {
    const own = byRule.get(episode.rule);
    if (own) own.push(episode);
    else byRule.set(episode.rule, [episode]);
  }
  return [...byRule].map(([rule, own]) => figuresOfRule(rule, own, late, now));
}

function figuresOfRule(
  rule: string,
  episodes: readonly RuleEpisode[],
  lateness: ReadonlyMap<RuleEpisode, Late>,
  now: number,
): RuleFigures {
  const endOf = new Map<string, number>();
  const toAcknowledge: number[] = [];
  const toResolve: number[] = [];
  const lateBy: number[] = [];
  const reasons = Object.fromEntries(lateReasons.map((reason) => [reason, 0])) as Record<LateReason, number>;
  const count = {
    open: 0,
    acted: 0,
    auto: 0,
    soon: 0,
    flaps: 0,
    messages: 0,
    ignored: 0,
    brief: 0,
    flapping: 0,
  };
  for (const episode of episodes) {
    const { firedAt, resolvedAt, acknowledgedAt, actedAt, endedByHand } = episode;
    const lasted = (resolvedAt ?? now) - firedAt;
    const byItself = resolvedAt !== null && !endedByHand;
    const soon = byItself && lasted <= briefMs;
    const series = seriesKey(episode.labels);
    const before = endOf.get(series);
    const flapped = before !== undefined && firedAt - before <= flapMs;
    if (resolvedAt !== null) endOf.set(series, resolvedAt);
    count.messages += episode.messages;
    if (flapped) count.flaps += 1;
    if (resolvedAt === null) count.open += 1;
    else toResolve.push(Math.max(0, lasted));
    if (byItself) count.auto += 1;
    if (soon) count.soon += 1;
    if (acknowledgedAt !== null) toAcknowledge.push(Math.max(0, acknowledgedAt - firedAt));
    if (actedAt !== null) {
      count.acted += 1;
      const late = lateness.get(episode);
      if (late === undefined) continue;
      reasons[late.reason] += 1;
      lateBy.push(late.byMs);
      continue;
    }
    if (resolvedAt !== null || lasted >= ignoredAfterMs) count.ignored += 1;
    if (soon) count.brief += 1;
    if (flapped) count.flapping += 1;
  }
  const fired = episodes.length;
  const { ignored, brief, flapping } = count;
  const noise = noiseOf(fired, { ignored, brief, flapping });
  return {
    rule,
    fired,
    open: count.open,
    acknowledged: toAcknowledge.length,
    actedOn: count.acted,
    autoResolved: count.auto,
    autoResolvedSoon: count.soon,
    flaps: count.flaps,
    messages: count.messages,
    timeToAcknowledge: timesOf(toAcknowledge),
    timeToResolve: timesOf(toResolve),
    noise,
    late: { count: lateBy.length, reasons, medianMs: timesOf(lateBy)?.medianMs ?? null },
    worth: (count.acted - lateCost * lateBy.length) / (fired + thoughtOf) - noise.score,
  };
}

function timesOf(spansMs: readonly number[]): Times | null {
  if (spansMs.length === 0) return null;
  const sorted = Float64Array.from(spansMs).sort();
  const rank = (share: number) => sorted[Math.ceil(share * sorted.length) - 1]!;
  return { count: sorted.length, medianMs: rank(0.5), p90Ms: rank(0.9) };
}
