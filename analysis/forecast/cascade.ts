// What follows what: the share of the times at which an alert A came that B came within minutes after it, with the lags.
// Learned from the news alone, counted by episodes of A; shares are drawn to a half with the weight of one time. What B does
// by chance anyway is no reason to wait for it. For a service that fails again the alerts that came with it once are the
// evidence together: each A that is there again and had B after it.
import { byChance, type Occurrences, type OccurrencesByKey } from './occurrences.ts';
import type { Proposal } from './prediction.ts';
import { median, spreadAround } from './robust.ts';

export const cascadeMs = 300_000;
export const mostLeaders = 2_000;
const mostFollowers = 24;
const mostLags = 12;
/** Of alerts that came just now: what an alert may follow. */
const mostRecent = 20;
/** A leader forgets half when it was counted so often. */
const forgetsAt = 64;
const narrowestMs = 4_000;
/** How often a leader must have come before its share says something without others. */
const ownRecordAt = 3;
const leastShare = 0.4;
/** How many times likelier B must be than by chance. */
const leastLift = 3;

interface Follower {
  count: number;
  /** From A to B by their own clocks, milliseconds. */
  readonly lags: number[];
  /** Time of the A that was counted last, so that B coming twice counts once. */
  countedFor: number;
}

interface Leader {
  count: number;
  readonly followers: Map<string, Follower>;
}

export interface CascadeState {
  readonly leaders: Map<string, Leader>;
  /** Latest last; one for each key. */
  readonly recent: Map<string, number>;
}

export const emptyCascades = (): CascadeState => ({ leaders: new Map(), recent: new Map() });

/** Takes in that the alert `key` came at a time of its own clock, and says what is to follow. */
export function observeCascade(
  state: CascadeState,
  key: string,
  at: number,
  known: OccurrencesByKey,
  now: number,
): readonly Proposal[] {
  forgetRecent(state, at);
  for (const [leader, since] of state.recent)
    if (leader !== key) learnPair(state.leaders.get(leader), key, since, at);
  const proposals = proposalsOf(state, key, at, known, now);
  countLeader(state, key);
  state.recent.delete(key);
  state.recent.set(key, at);
  return proposals;
}

function forgetRecent({ recent }: CascadeState, at: number): void {
  for (const [key, since] of recent) if (since < at - cascadeMs || since > at + cascadeMs) recent.delete(key);
  while (recent.size >= mostRecent) recent.delete(recent.keys().next().value!);
}

function countLeader({ leaders }: CascadeState, key: string): void {
  const leader = leaders.get(key) ?? { count: 0, followers: new Map<string, Follower>() };
  leaders.delete(key);
  leaders.set(key, leader);
  if (leaders.size > mostLeaders) leaders.delete(leaders.keys().next().value!);
  leader.count++;
  if (leader.count < forgetsAt) return;
  leader.count /= 2;
  for (const [name, follower] of leader.followers) {
    follower.count /= 2;
    if (follower.count < 0.5) leader.followers.delete(name);
  }
}

function learnPair(leader: Leader | undefined, key: string, since: number, at: number): void {
  if (leader === undefined) return;
  const { followers } = leader;
  let follower = followers.get(key);
  if (follower === undefined) {
    if (followers.size >= mostFollowers && !makeRoom(followers)) return;
    follower = { count: 0, lags: [], countedFor: Number.MIN_SAFE_INTEGER };
    followers.set(key, follower);
  }
  if (follower.countedFor === since) return;
  follower.countedFor = since;
  follower.count = Math.min(leader.count, follower.count + 1);
  follower.lags.push(at - since);
  if (follower.lags.length > mostLags) follower.lags.shift();
}

/** The one that was counted least goes, if it was counted once only. */
function makeRoom(followers: Map<string, Follower>): boolean {
  for (const [key, { count }] of followers) {
    if (count > 1) continue;
    followers.delete(key);
    return true;
  }
  return false;
}

function proposalsOf(
  { leaders, recent }: CascadeState,
  key: string,
  at: number,
  known: OccurrencesByKey,
  now: number,
): Proposal[] {
  const leader = leaders.get(key);
  if (leader === undefined) return [];
  let others: readonly Leader[] | null = null;
  const found: Proposal[] = [];
  for (const [name, follower] of leader.followers) {
    if (follower.count < leastShare * leader.count) continue;
    const target = known.get(name);
    // What fires already does not fire anew, and what came just now with this leader's companions came.
    if (target === undefined || target.firing !== null || recent.has(name)) continue;
    if (leader.count < ownRecordAt) others ??= othersOf(leaders, recent, key);
    const proposal =
      leader.count >= ownRecordAt
        ? pairOf(name, follower, leader, target, at, now)
        : againOf(name, follower, leader, others ?? [], target, now);
    if (proposal !== null) found.push(proposal);
  }
  return found;
}

/** Leaders that are here beside this one. */
const othersOf = (
  leaders: CascadeState['leaders'],
  recent: CascadeState['recent'],
  key: string,
): readonly Leader[] => [...recent.keys()].flatMap((name) => (name === key ? [] : (leaders.get(name) ?? [])));

/** One leader with a record of its own: B at the lag that it had. */
function pairOf(
  key: string,
  { count, lags }: Follower,
  leader: Leader,
  target: Occurrences,
  at: number,
  now: number,
): Proposal | null {
  const share = (count + 0.5) / (leader.count + 1);
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
    key,
    matches: 'key',
    labels: target.labels,
    from,
    to,
    score: share * (0.5 + 0.5 * left),
    figures: {
      leader_came: leader.count,
      followed: count,
      lag_seconds: center / 1_000,
      half_window_seconds: half / 1_000,
      by_chance: chance,
    },
  };
}

/** Leaders that came once or twice before: those that are here again speak together. */
function againOf(
  key: string,
  { count }: Follower,
  leader: Leader,
  others: readonly Leader[],
  target: Occurrences,
  now: number,
): Proposal | null {
  let followed = count;
  let came = leader.count;
  let leaders = 1;
  for (const other of others) {
    const times = other.followers.get(key)?.count ?? 0;
    // The other one was counted for its present time already.
    const before = other.count - 1;
    if (before < 1 || before >= ownRecordAt || times < leastShare * before) continue;
    followed += Math.min(times, before);
    came += before;
    leaders++;
  }
  const to = now + cascadeMs;
  const chance = byChance(target, cascadeMs, now);
  const share = (followed + 0.5) / (came + 2);
  if (share < leastLift * chance) return null;
  return {
    model: 'cascade',
    record: 'cascade_again',
    key,
    matches: 'key',
    labels: target.labels,
    from: now,
    to,
    score: share,
    figures: { leaders, leaders_came: came, followed, by_chance: chance },
  };
}
