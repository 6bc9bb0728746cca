// Which times of a grid are due.
import type { Grid } from '../../rules/types.ts';

/** After a stall so many of the missed times are made up for, the newest ones. */
export const mostMissedTimes = 20;

/** What is due at once: the times first..last, a step of the interval each. */
export interface DueTimes {
  readonly first: number;
  readonly last: number;
  /** Times before `first` that nobody is going to look at. */
  readonly skipped: number;
}

export type Timing = Pick<Grid, 'intervalMs' | 'evalDelayMs'>;

/** The first grid time that is not past its delay at `now`. */
export function firstGridTime({ intervalMs, evalDelayMs }: Timing, now: number): number {
  return Math.ceil((now - evalDelayMs) / intervalMs) * intervalMs;
}

/** Grid times from `nextAt` on that are due at `now` (at least one is). */
export function dueTimes({ intervalMs, evalDelayMs }: Timing, nextAt: number, now: number): DueTimes {
  const last = Math.max(nextAt, Math.floor((now - evalDelayMs) / intervalMs) * intervalMs);
  const first = Math.max(nextAt, last - (mostMissedTimes - 1) * intervalMs);
  return { first, last, skipped: (first - nextAt) / intervalMs };
}
