// Times at which a route says nothing: inside one of its mute intervals, or outside all of its active ones.
import type { TimeInterval } from '../../rules/time-interval.ts';
import type { Route } from './routing.ts';

/** Why a route is mute, and until when. */
export interface Muting {
  /** Names of the mute intervals that hold, or of the active ones of which none does. */
  readonly ids: readonly string[];
  /** The next time at which it is not mute, epoch milliseconds; null: not within five years. */
  readonly until: number | null;
}

/** Intervals that follow each other without a gap are followed so far; beyond that it is looked at again. */
const mostChanges = 100;

/** Null when the route is not mute at `now`. */
export function mutingOf(route: Pick<Route, 'mute' | 'active'>, now: number): Muting | null {
  if (route.mute.length === 0 && route.active.length === 0) return null;
  const ids = mutedBy(route, now);
  return ids === null ? null : { ids, until: endOf(route, now) };
}

function mutedBy({ mute, active }: Pick<Route, 'mute' | 'active'>, at: number): string[] | null {
  const holding = mute.filter((interval) => interval.contains(at));
  if (holding.length > 0) return namesOf(holding);
  if (active.length === 0 || active.some((interval) => interval.contains(at))) return null;
  return namesOf(active);
}

function endOf(route: Pick<Route, 'mute' | 'active'>, now: number): number | null {
  let at = now;
  for (let n = 0; n < mostChanges; n++) {
    let next = Number.POSITIVE_INFINITY;
    for (const interval of [...route.mute, ...route.active])
      next = Math.min(next, interval.nextChange(at) ?? Number.POSITIVE_INFINITY);
    if (!Number.isFinite(next)) return null;
    if (mutedBy(route, next) === null) return next;
    at = next;
  }
  return at;
}

const namesOf = (intervals: readonly TimeInterval[]) => intervals.map(({ name }) => name);
