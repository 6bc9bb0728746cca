// Which alerts came late: somebody knew already when they fired, or they waited for most of the trouble that they tell of.
// Only what people acted on can be late: of anything else nobody knows whether there was anything to be early for.
import { type Report, type RuleEpisode, thingsOf } from './episode.ts';

/** An alert of another rule has to be so much older, else both tell of the same at once. */
export const earlierMs = 300_000;
/** A person's report counts for so long, and is not one that the alert itself made somebody write. */
export const reportedWithinMs = 3_600_000;
const reportAheadMs = 60_000;
/** A rule that waits so long, and longer than what is left of the trouble, tells of it when half of it is over. */
export const longWaitMs = 600_000;

/** Of the alerts of one thing, so many are remembered at once: the oldest, which are the earliest to have been noticed. */
const mostWitnesses = 64;

export const lateReasons = ['known', 'reported', 'waited'] as const;
/**
 * `known`: an alert of another rule about the same thing fired at least five minutes earlier, fires still, and a person
 * had acted on it. `reported`: a person reported the thing in the hour before. `waited`: from the condition to the alert
 * it took ten minutes or more, and at least half of the time until the end.
 */
export type LateReason = (typeof lateReasons)[number];

export interface Late {
  readonly reason: LateReason;
  /** How much earlier it was noticed, or could have been told, in milliseconds. */
  readonly byMs: number;
}

interface Witness {
  readonly rule: string;
  readonly firedAt: number;
  readonly actedAt: number;
  readonly resolvedAt: number | null;
}

/**
 * What is late of episodes that are in the order in which they fired; reports are in order too. Of several reasons the
 * earliest notice counts. `now` ends what is not over.
 */
export function lateOf(
  episodes: readonly RuleEpisode[],
  reports: readonly Report[],
  now: number,
): ReadonlyMap<RuleEpisode, Late> {
  const late = new Map<RuleEpisode, Late>();
  const witnesses = new Map<string, Witness[]>();
  const reported = new Map<string, number[]>();
  for (const { labels, at } of reports)
    for (const thing of thingsOf(labels)) {
      const times = reported.get(thing);
      if (times) times.push(at);
      else reported.set(thing, [at]);
    }
  for (const episode of episodes) {
    const { firedAt, actedAt, resolvedAt, labels, rule } = episode;
    if (actedAt === null) continue;
    const things = thingsOf(labels);
    const notices = [waitOf(episode, now)];
    for (const thing of things) {
      const standing = (witnesses.get(thing) ?? []).filter((one) => (one.resolvedAt ?? now) >= firedAt);
      witnesses.set(thing, standing);
      const first = standing.find(
        (one) => one.rule !== rule && one.firedAt <= firedAt - earlierMs && one.actedAt <= firedAt,
      );
      if (first) notices.push({ reason: 'known', byMs: firedAt - first.firedAt });
      const said = reported
        .get(thing)
        ?.find((at) => at >= firedAt - reportedWithinMs && at <= firedAt - reportAheadMs);
      if (said !== undefined) notices.push({ reason: 'reported', byMs: firedAt - said });
      if (standing.length < mostWitnesses) standing.push({ rule, firedAt, actedAt, resolvedAt });
    }
    let earliest: Late | null = null;
    for (const notice of notices)
      if (notice !== null && (earliest === null || notice.byMs > earliest.byMs)) earliest = notice;
    if (earliest !== null) late.set(episode, earliest);
  }
  return late;
}

function waitOf({ pendingSince, firedAt, resolvedAt }: RuleEpisode, now: number): Late | null {
  if (pendingSince === null) return null;
  const waited = firedAt - pendingSince;
  const whole = (resolvedAt ?? now) - pendingSince;
  return waited >= longWaitMs && waited * 2 >= whole ? { reason: 'waited', byMs: waited } : null;
}
