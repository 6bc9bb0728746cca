// Anomaly: an alert that comes and goes comes far more often than its own past says. The time that the last five took
// against the times that five took before (gamma tail at the rate of the past), and against the fastest five that it ever
// had: what always came in clusters is not unusual in one.
import { findingOf, grow, type Mark, markOf, type Occurrence, occurrenceOf } from './occurrence.ts';
import type { Pattern } from './pattern.ts';
import { RecentMap } from './recent-map.ts';

const run = 5;
/** Occurrences of the past that make a rate. */
const leastPast = 7;
const kept = 40;
const keysKept = 4_000;
const mostChance = 1e-3;
/** The fastest five of the past took at least so many times as long. */
const fasterThanEver = 1.6;

interface Watch {
  marks: Mark[];
  open: Occurrence | null;
  gapMs: number;
}

export type AnomalyState = RecentMap<Watch>;

export const anomaly: Pattern<AnomalyState> = {
  name: 'anomaly',
  create: () => new RecentMap(keysKept),
  observe(state, { kind, alert, seenAt }) {
    if (kind !== 'fired') return [];
    const watch = state.useOr(alert.key, () => ({ marks: [], open: null, gapMs: 0 }));
    const mark = markOf(alert, seenAt);
    const last = watch.marks.at(-1);
    if (last !== undefined && mark.at <= last.at) return [];
    watch.marks = [...watch.marks, mark].slice(-kept);
    const { marks } = watch;
    if (watch.open !== null && mark.at - watch.open.to <= 6 * watch.gapMs) {
      grow(watch.open, mark);
      watch.gapMs = (watch.open.to - watch.open.from) / (watch.open.count - 1);
      return [say(watch.open, seenAt, judge(marks, Math.min(watch.open.count, marks.length - 2)))];
    }
    watch.open = null;
    if (marks.length < run + leastPast) return [];
    const found = judge(marks, run);
    if (found.chance > mostChance || found.faster < fasterThanEver) return [];
    watch.open = occurrenceOf(`${alert.key}/${marks.at(-run)!.id}`, marks.slice(-run));
    watch.gapMs = (watch.open.to - watch.open.from) / (run - 1);
    return [say(watch.open, seenAt, found)];
  },
  advance: () => [],
};

interface Judged {
  readonly pastGapMs: number;
  readonly gapMs: number;
  /** That so many come within the time by the rate of the past. */
  readonly chance: number;
  /** Time of the fastest run of the past, in times of this one. */
  readonly faster: number;
}

/** The last `count` against those before. */
function judge(marks: readonly Mark[], count: number): Judged {
  const first = marks.length - count;
  const past = marks.slice(0, first);
  const span = marks.at(-1)!.at - marks[first]!.at;
  const pastGapMs = (marks[first]!.at - past[0]!.at) / Math.max(1, past.length);
  let fastest = Number.POSITIVE_INFINITY;
  for (let n = run - 1; n < past.length; n++)
    fastest = Math.min(fastest, past[n]!.at - past[n - run + 1]!.at);
  const five = (span * (run - 1)) / Math.max(1, count - 1);
  return {
    pastGapMs,
    gapMs: span / Math.max(1, count - 1),
    chance: gammaCdf(count - 1, span / Math.max(1, pastGapMs)),
    faster: Number.isFinite(fastest) ? Math.min(1e6, fastest / Math.max(1, five)) : 1e6,
  };
}

/** That a sum of `shape` waiting times of mean one is at most x: one minus the Poisson terms below `shape`. */
function gammaCdf(shape: number, x: number): number {
  let term = Math.exp(-x);
  let below = 0;
  for (let k = 0; k < shape; k++) {
    below += term;
    term *= x / (k + 1);
  }
  return Math.max(0, 1 - below);
}

const say = (open: Occurrence, now: number, { pastGapMs, gapMs, chance, faster }: Judged) =>
  findingOf('anomaly', open, now, chance < 1e-5 ? 0.92 : 0.5, {
    gap_seconds: gapMs / 1_000,
    past_gap_seconds: pastGapMs / 1_000,
    chance,
    times_faster_than_ever: faster,
  });
