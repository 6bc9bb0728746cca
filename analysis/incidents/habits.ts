// What each alert does when nothing is wrong: how often it fires, and how often it fires alone. An alert that comes all the
// time is no evidence of being part of something, however near it is. Counts halve in a week; the keys are bounded.

const mostKeys = 20_000;
const halfLifeMs = 7 * 86_400_000;

export interface Habit {
  /** Episodes, decayed, as of `at`. */
  count: number;
  at: number;
  readonly since: number;
  /** The incident of its latest episode. */
  incident: string;
}

export type Habits = Map<string, Habit>;

/** Notes an episode of the alert; `incident` is where it went. */
export function noteHabit(habits: Habits, key: string, incident: string, now: number): void {
  const known = habits.get(key);
  habits.delete(key);
  const count = known === undefined ? 1 : known.count * 2 ** (-(now - known.at) / halfLifeMs) + 1;
  habits.set(key, { count, at: now, since: known?.since ?? now, incident });
  if (habits.size > mostKeys) habits.delete(habits.keys().next().value!);
}

/** Episodes an hour before this one; 0 of an alert that is new. An hour at least counts as watched. */
export function rateOf(habit: Habit | undefined, now: number): number {
  if (habit === undefined) return 0;
  const hours = Math.max(1, Math.min(now - habit.since, halfLifeMs / Math.LN2) / 3_600_000);
  return (habit.count * 2 ** (-(now - habit.at) / halfLifeMs)) / hours;
}
