// What follows what: the share of the times at which an alert A came that B came within minutes after it, with the lags.
// Learned from the news alone, counted by episodes of A; shares are drawn to a half with the weight of one time. What B does
// by chance anyway is no reason to wait for it. For a service that fails again the alerts that came with it once are the
// evidence together: each A that is there again and had B after it.
import { Leaders } from './leaders.ts';
import { byChance, type Occurrences, type OccurrencesByKey } from './occurrences.ts';
import type { Proposal } from './prediction.ts';
import { median, spreadAround } from './robust.ts';

export const cascadeMs = 300_000;
/** Of alerts that came just now: what an alert may follow. */
const mostRecent = 20;
const narrowestMs = 4_000;
/** How often a leader must have come before its share says something without others. */
const ownRecordAt = 3;
const leastShare = 0.4;
/** How many times likelier B must be than by chance. */
const leastLift = 3;

export interface CascadeState {
  readonly leaders: Leaders;
  /** Latest last; one for each key. */
  readonly recent: Map<string, number>;
}

export const emptyCascades = (): CascadeState => ({ leaders: new Leaders(), recent: new Map() });

/** Takes in that the alert `key` came at a time of its own clock, and says what is to follow. */
export function observeCascade(
  state: CascadeState,
  key: string,
  at: number,
  known: OccurrencesByKey,
  now: number,
): readonly Proposal[] {
  forgetRecent(state, at);
  state.leaders.learn(state.recent, key, at);
  const proposals = proposalsOf(state, key, at, known, now);
  state.leaders.count(key);
  state.recent.delete(key);
  state.recent.set(key, at);
  return proposals;
}

function forgetRecent({ recent }: CascadeState, at: number): void {
  for (const [key, since] of recent) if (since < at - cascadeMs || since > at + cascadeMs) recent.delete(key);
  while (recent.size >= mostRecent) recent.delete(recent.keys().next().value!);
}

function proposalsOf(
  { leaders, recent }: CascadeState,
  key: string,
  at: number,
  known: OccurrencesByKey,
  now: number,
): Proposal[] {
  const row = leaders.rowOf(key);
  if (row === undefined) return [];
  const came = leaders.countOf(row);
  let others: readonly number[] | null = null;
  const found: Proposal[] = [];
  for (let place = leaders.firstOf(row); place < leaders.endOf(row); place++) {
    if (leaders.followedAt(place) < leastShare * came) continue;
    const name = leaders.nameAt(place);
    const target = known.get(name);
    // What fires already does not fire anew, and what came just now with this leader's companions came.
    if (target === undefined || target.firing !== null || recent.has(name)) continue;
    if (came < ownRecordAt) others ??= othersOf(leaders, recent, key);
    const proposal =
      came >= ownRecordAt
        ? pairOf(leaders, place, came, target, at, now)
        : againOf(leaders, place, came, others ?? [], target, now);
    if (proposal !== null) found.push(proposal);
  }
  return found;
}

/** Leaders that are here beside this one. */
const othersOf = (leaders: Leaders, recent: CascadeState['recent'], key: string): readonly number[] =>
  [...recent.keys()].flatMap((name) => (name === key ? [] : (leaders.rowOf(name) ?? [])));

/** One leader with a record of its own: B at the lag that it had. */
function pairOf(
  leaders: Leaders,
  place: number,
  came: number,
  target: Occurrences,
  at: number,
  now: number,
): Proposal | null {
  const count = leaders.followedAt(place);
  const lags = leaders.lagsAt(place);
  const share = (count + 0.5) / (came + 1);
  const center = median(lags);
  const half = narrowestMs + (3 + 4 / lags.length) * spreadAround(lags, center);
  const from = Math.max(now, Math.ceil(at + center - half));
  const to = Math.min(Math.floor(at + center + half), at + cascadeMs);
  if (to <= from) return null;
  const chance = byChance(target, to - from, now);
  if (share < leastLift * chance) return null;
  // What ought to be here by now in part came already, or its clock is behind.
  const left = Math.min(1, (to - from) / (2 * half));
  return {
    model: 'cascade',
    record: 'cascade',
    key: leaders.nameAt(place),
    matches: 'key',
    labels: target.labels,
    from,
    to,
    score: share * (0.5 + 0.5 * left),
    figures: {
      leader_came: came,
      followed: count,
      lag_seconds: center / 1_000,
      half_window_seconds: half / 1_000,
      by_chance: chance,
    },
  };
}

/** Leaders that came once or twice before: those that are here again speak together. */
function againOf(
  leaders: Leaders,
  place: number,
  cameItself: number,
  others: readonly number[],
  target: Occurrences,
  now: number,
): Proposal | null {
  let followed = leaders.followedAt(place);
  let came = cameItself;
  let speaking = 1;
  for (const other of others) {
    const times = leaders.followedLike(other, place);
    // The other one was counted for its present time already.
    const before = leaders.countOf(other) - 1;
    if (before < 1 || before >= ownRecordAt || times < leastShare * before) continue;
    followed += Math.min(times, before);
    came += before;
    speaking++;
  }
  const to = now + cascadeMs;
  const chance = byChance(target, cascadeMs, now);
  const share = (followed + 0.5) / (came + 2);
  if (share < leastLift * chance) return null;
  return {
    model: 'cascade',
    record: 'cascade_again',
    key: leaders.nameAt(place),
    matches: 'key',
    labels: target.labels,
    from: now,
    to,
    score: share,
    figures: { leaders: speaking, leaders_came: came, followed, by_chance: chance },
  };
}
