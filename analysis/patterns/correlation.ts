// Correlation: two alerts that come together again and again at the same distance. For each pair the distances between
// their occurrences; the narrow window that holds the most of them (a lag histogram, as in cross-correlation of event
// trains: Perkel, Gerstein and Moore, 1967) against what chance would put there at the rates of the two. Two alerts that
// both follow a clock meet by the clock, and are no pair.
import type { History } from './history.ts';
import type { Mark } from './mark.ts';
import { findingOf, grow, type Occurrence, occurrenceOf } from './occurrence.ts';
import type { Pattern, PatternFinding } from './pattern.ts';
import { RecentMap } from './recent-map.ts';
import { regularityOf } from './regular.ts';

const least = 5;
const lagMs = 300_000;
/** Width of the window of distances: clocks and rules are seconds late, not half minutes. */
const widthMs = 20_000;
const read = 24;
const pairsKept = 4_000;
/** Different keys of the last minutes that a new alert is compared with: in a storm everything meets everything. */
const recentKept = 24;
const mostChance = 1e-5;
/** Share of the occurrences of either that come with the other. */
const leastShare = 0.5;
/** Meetings that lie closer together are one. */
const apartMs = 150_000;

interface Train {
  readonly key: string;
  marks: readonly Mark[];
  clock: boolean;
}

export interface CorrelationState {
  /** Of alerts that came often enough. */
  readonly trains: WeakMap<History, Train>;
  readonly pairs: RecentMap<Occurrence>;
  recent: { readonly train: Train; readonly at: number }[];
}

interface Meeting {
  readonly one: Mark;
  readonly other: Mark;
  readonly lag: number;
}

export const correlation: Pattern<CorrelationState> = {
  name: 'correlation',
  create: () => ({ trains: new WeakMap(), pairs: new RecentMap(pairsKept), recent: [] }),
  observe(state, { seenAt, mark, history }) {
    if (history === null || history.marks.length < least) return [];
    const train = state.trains.get(history) ?? { key: history.key, marks: [], clock: false };
    state.trains.set(history, train);
    train.marks = history.marks.slice(-read);
    train.clock = followsClock(train.marks);
    const found: PatternFinding[] = [];
    for (const { train: other, at } of state.recent) {
      if (other === train || at < mark.at - lagMs || (train.clock && other.clock)) continue;
      const finding = compare(state, other, train, seenAt);
      if (finding !== null) found.push(finding);
    }
    state.recent = [...state.recent.filter((one) => one.train !== train), { train, at: mark.at }].slice(
      -recentKept,
    );
    return found;
  },
  advance: () => [],
};

function followsClock(marks: readonly Mark[]): boolean {
  const found = regularityOf(marks.slice(-8).map(({ at }) => at));
  return found !== null && found.evidence > 3 && found.jitterMs < 0.1 * found.periodMs;
}

function compare(state: CorrelationState, one: Train, other: Train, now: number): PatternFinding | null {
  const meetings = densest(one, other);
  if (meetings.length < least) return null;
  const from = Math.max(one.marks[0]!.at, other.marks[0]!.at) - lagMs;
  const inSpan = ({ marks }: Train) => marks.filter(({ at }) => at >= from).length;
  const [ones, others] = [inSpan(one), inSpan(other)];
  if (meetings.length < leastShare * Math.max(ones, others)) return null;
  // Clocks that run ahead would make it nothing or less.
  const span = Math.max(lagMs, now - from);
  // Meetings that chance makes in a window of this width, wherever the window is put among the lags.
  const expected = (ones * others * widthMs) / span;
  const chance = Math.min(1, poissonTail(meetings.length, expected) * ((2 * lagMs) / widthMs));
  if (chance > mostChance) return null;
  const key = one.key < other.key ? `${one.key} & ${other.key}` : `${other.key} & ${one.key}`;
  const latest = meetings.at(-1)!;
  let pair = state.pairs.use(key);
  if (pair === undefined) {
    const marks = meetings.flatMap((meeting) => [meeting.one, meeting.other]);
    pair = occurrenceOf(
      key,
      marks.sort((a, b) => a.at - b.at),
    );
    state.pairs.set(key, pair);
  } else {
    if (Math.max(latest.one.at, latest.other.at) <= pair.to) return null;
    grow(pair, latest.one);
    grow(pair, latest.other);
  }
  const lags = meetings.map(({ lag }) => lag);
  const mean = lags.reduce((sum, lag) => sum + lag, 0) / lags.length;
  const spread = Math.sqrt(lags.reduce((sum, lag) => sum + (lag - mean) ** 2, 0) / lags.length);
  return findingOf('correlation', pair, now, chance < 1e-8 ? 0.95 : 0.85, {
    times: meetings.length,
    lag_seconds: Math.abs(mean) / 1_000,
    lag_spread_seconds: spread / 1_000,
    share: meetings.length / Math.max(ones, others),
    chance,
  });
}

/** The most meetings of the two whose distances lie within one window, each occurrence in one of them. */
function densest(one: Train, other: Train): Meeting[] {
  const all: Meeting[] = [];
  for (const a of one.marks)
    for (const b of other.marks)
      if (Math.abs(b.at - a.at) <= lagMs) all.push({ one: a, other: b, lag: b.at - a.at });
  if (all.length < least) return [];
  all.sort((a, b) => a.lag - b.lag);
  let best: readonly Meeting[] = [];
  let from = 0;
  for (let to = 0; to < all.length; to++) {
    while (all[to]!.lag - all[from]!.lag > widthMs) from++;
    if (to - from + 1 > best.length) best = all.slice(from, to + 1);
  }
  const meetings: Meeting[] = [];
  for (const meeting of [...best].sort((a, b) => a.one.at - b.one.at)) {
    const before = meetings.at(-1);
    if (before === undefined || meeting.one.at - before.one.at >= apartMs) meetings.push(meeting);
  }
  return meetings;
}

/** That a Poisson variable of this mean is `least` or more. */
function poissonTail(least: number, mean: number): number {
  // The sum of the upper terms, not one minus the lower ones: what is asked for is far below the rounding of one.
  let term = Math.exp(-mean);
  for (let k = 1; k <= least; k++) term *= mean / k;
  let sum = 0;
  for (let k = least; k < least + 200 && term > 0; k++) {
    sum += term;
    term *= mean / (k + 1);
  }
  return sum;
}
