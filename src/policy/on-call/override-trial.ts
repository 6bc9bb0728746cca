// What an override would change of a rota, before it is made. Pure; times are epoch milliseconds.
import type { Span } from './layer-shifts.ts';
import { shifts } from './rota.ts';
import type { Override, Schedule, Shift } from './schedule.ts';

/** Somebody is on call in the place of others. */
export interface TakenOver extends Span {
  /** Who would be on call without it, in their order and cut to the span; nobody where none of them stands. */
  readonly instead: readonly Shift[];
}

export interface OverrideTrial {
  readonly taken: readonly TakenOver[];
  /** Times of the override at which nobody would be on call still. */
  readonly gaps: readonly Span[];
  /** Other overrides of the same time. Of two the later one wins, one of the whole schedule over one of a layer. */
  readonly overlaps: readonly Override[];
}

/** @param schedule With the overrides that there are; `override` would be the newest of them. */
export function tryOverride(schedule: Schedule, override: Override): OverrideTrial {
  const { from, to } = override;
  const before = shifts(schedule, from, to);
  const after = shifts({ ...schedule, overrides: [...schedule.overrides, override] }, from, to);
  const taken = after
    .filter((shift) => shift.override === override)
    .map(({ start, end }) => ({ start, end, instead: cut(before, start, end) }));
  const gaps: Span[] = [];
  let covered = from;
  for (const { start, end } of [...after, { start: to, end: to }]) {
    if (start > covered) gaps.push({ start: covered, end: start });
    covered = end;
  }
  const overlaps = schedule.overrides.filter((one) => one.from < to && one.to > from);
  return { taken, gaps, overlaps };
}

function cut(rota: readonly Shift[], from: number, to: number): Shift[] {
  return rota
    .filter(({ start, end }) => start < to && end > from)
    .map((shift) => ({ ...shift, start: Math.max(shift.start, from), end: Math.min(shift.end, to) }));
}
