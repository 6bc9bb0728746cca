// Anomaly: an alert that comes and goes comes far more often than its own past says. The time that the last five took
// against the times that five took before (gamma tail at the rate of the past), and against the fastest five that it ever
// had: what always came in clusters is not unusual in one.
import type { History } from './history.ts';
import type { Mark } from './mark.ts';
import { findingOf, grow, type Occurrence, occurrenceOf } from './occurrence.ts';
import type { Pattern } from './pattern.ts';

const run = 5;
/** Occurrences of the past that make a rate. */
const leastPast = 7;
const mostChance = 1e-3;
/** The fastest five of the past took at least so many times as long. */
const fasterThanEver = 1.6;

/** One that goes on, and the mean time between its alerts. */
interface Open {
  readonly occurrence: Occurrence;
  gapMs: number;
}

export type AnomalyState = WeakMap<History, Open>;

export const anomaly: Pattern<AnomalyState> = {
  name: 'anomaly',
  create: () => new WeakMap(),
  observe(state, { alert, seenAt, mark, history }) {
    if (history === null) return [];
    const { marks } = history;
    const open = state.get(history);
    if (open !== undefined && mark.at - open.occurrence.to <= 6 * open.gapMs) {
      const { occurrence } = open;
      grow(occurrence, mark);
      open.gapMs = (occurrence.to - occurrence.from) / (occurrence.count - 1);
      return [say(occurrence, seenAt, judge(marks, Math.min(occurrence.count, marks.length - 2)))];
    }
    state.delete(history);
    if (marks.length < run + leastPast) return [];
    const found = judge(marks, run);
    if (found.chance > mostChance || found.faster < fasterThanEver) return [];
    const occurrence = occurrenceOf(`${alert.key}/${marks.at(-run)!.id}`, marks.slice(-run));
    state.set(history, { occurrence, gapMs: (occurrence.to - occurrence.from) / (run - 1) });
    return [say(occurrence, seenAt, found)];
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
