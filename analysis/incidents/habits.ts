// What each alert does when nothing is wrong: how often it came with nothing beside it. An alert that comes and goes alone is
// no evidence of being part of something, however near it is. Counts halve in a week; the keys are bounded.

const mostKeys = 20_000;
const halfLifeMs = 7 * 86_400_000;
/** An alert that fires again within this span has not come anew. */
const boutMs = 8 * 60_000;
/** With fewer different alerts in its incident it came alone. */
const companyFrom = 4;

export interface Habit {
  /** How often it came alone, and in company, as of `at`. The latest bout is not among them: how it ends is open. */
  alone: number;
  together: number;
  /** When it fired last. */
  at: number;
  /** The incident of its latest episode. */
  incident: string;
}

export type Habits = Map<string, Habit>;

/** How many different alerts an incident had; undefined when it is forgotten. */
export type CompanyOf = (incident: string) => number | undefined;

/** The alert fired; `incident` is where it went, `companyOf` tells how its latest bout ended. */
export function noteHabit(
  habits: Habits,
  key: string,
  incident: string,
  companyOf: CompanyOf,
  now: number,
): void {
  const known = habits.get(key);
  habits.delete(key);
  habits.set(key, { ...soFar(known, companyOf, now), at: now, incident });
  if (habits.size > mostKeys) habits.delete(habits.keys().next().value!);
}

function soFar(
  known: Habit | undefined,
  companyOf: CompanyOf,
  now: number,
): { alone: number; together: number } {
  if (known === undefined) return { alone: 0, together: 0 };
  const left = 2 ** (-(now - known.at) / halfLifeMs);
  const [alone, together] = [known.alone * left, known.together * left];
  if (now - known.at < boutMs) return { alone, together };
  const company = companyOf(known.incident);
  if (company === undefined) return { alone, together };
  return company < companyFrom ? { alone: alone + 1, together } : { alone, together: together + 1 };
}

/** How often more it came alone than in company, before this time; 0 of an alert that is new. */
export function aloneness(habit: Habit | undefined, companyOf: CompanyOf, now: number): number {
  const { alone, together } = soFar(habit, companyOf, now);
  return Math.max(0, alone - together);
}
