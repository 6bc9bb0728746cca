// What a change of a rule would have come to, and whether everything that people acted on would still have been told. A
// change that loses one such alert is no suggestion, whatever it saves.
import { type RuleEpisode, seriesKey } from './episode.ts';

/** One firing of a replay. `to` is null while it goes on. */
export interface Firing {
  /** As `seriesKey` has it. */
  readonly series: string;
  readonly from: number;
  readonly to: number | null;
}

/** An alert that people acted on may come so much later. */
export const mostDelayMs = 600_000;
/** And so much earlier: what fired long before is another alert, which somebody may have taken for nothing. */
export const mostAheadMs = 3_600_000;
/** A replay of the rule as it is tells of an episode within so long of when it really fired. */
const apartMs = 300_000;

/** What people acted on, as a replay of the rule as it is tells of it. */
export interface Protected {
  readonly episodes: number;
  /** Firings of the replay that are those episodes: a person who ended one by hand may have had two of one firing. */
  readonly firings: readonly { readonly firing: Firing; readonly until: number }[];
  /** Episodes that the replay does not tell of: with them nothing can be proven. */
  readonly missing: readonly RuleEpisode[];
}

/** Holds the episodes that people acted on against a replay of the rule as it is. */
export function protectedOf(episodes: readonly RuleEpisode[], baseline: readonly Firing[]): Protected {
  const acted = episodes.filter(({ actedAt }) => actedAt !== null);
  const bySeries = groupedBySeries(baseline);
  const firings = new Map<Firing, number>();
  const missing: RuleEpisode[] = [];
  for (const episode of acted) {
    const firing = tellsOf(episode, bySeries.get(seriesKey(episode.labels)) ?? []);
    if (firing === undefined) missing.push(episode);
    else {
      const until = episode.resolvedAt ?? Number.POSITIVE_INFINITY;
      firings.set(firing, Math.min(firings.get(firing) ?? Number.POSITIVE_INFINITY, until));
    }
  }
  return {
    episodes: acted.length,
    firings: [...firings]
      .map(([firing, until]) => ({ firing, until }))
      .sort((a, b) => a.firing.from - b.firing.from),
    missing,
  };
}

/** The firing that began nearest to when the episode did, or else the one that was going on then. */
function tellsOf({ firedAt }: RuleEpisode, firings: readonly Firing[]): Firing | undefined {
  let nearest: Firing | undefined;
  for (const firing of firings) {
    const apart = Math.abs(firing.from - firedAt);
    if (apart <= apartMs && (nearest === undefined || apart < Math.abs(nearest.from - firedAt)))
      nearest = firing;
  }
  return nearest ?? firings.find(({ from, to }) => from <= firedAt && (to === null || to > firedAt));
}

export interface Proof {
  /** Firings that people acted on and that would not have been told, or too late. */
  readonly lost: number;
  /** How much later they would have been told at most, and in the median; negative: earlier. Milliseconds. */
  readonly latestMs: number;
  readonly medianMs: number;
}

/**
 * Whether each firing that people acted on has one of its own in the changed rule's firings: of the same series, at most
 * ten minutes later and before it was over, and at most an hour earlier.
 */
export function proofOf(kept: Protected, changed: readonly Firing[]): Proof {
  const bySeries = groupedBySeries(changed);
  const taken = new Set<Firing>();
  const delays: number[] = [];
  let lost = kept.missing.length;
  for (const { firing, until } of kept.firings) {
    const { from, to, series } = firing;
    const own = bySeries
      .get(series)
      ?.find(
        (one) =>
          !taken.has(one) &&
          one.from <= from + mostDelayMs &&
          one.from >= from - mostAheadMs &&
          one.from < Math.min(until, to ?? Number.POSITIVE_INFINITY) &&
          (one.to === null || one.to > from),
      );
    if (own === undefined) lost += 1;
    else {
      taken.add(own);
      delays.push(own.from - from);
    }
  }
  delays.sort((a, b) => a - b);
  return {
    lost,
    latestMs: delays.at(-1) ?? 0,
    medianMs: delays[Math.ceil(delays.length / 2) - 1] ?? 0,
  };
}

/** By series, each in the order in which they began. */
function groupedBySeries(firings: readonly Firing[]): ReadonlyMap<string, readonly Firing[]> {
  const groups = new Map<string, Firing[]>();
  for (const firing of firings) {
    const group = groups.get(firing.series);
    if (group) group.push(firing);
    else groups.set(firing.series, [firing]);
  }
  for (const group of groups.values()) group.sort((a, b) => a.from - b.from);
  return groups;
}
