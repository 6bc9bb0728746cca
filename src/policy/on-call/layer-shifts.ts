// The shifts of one layer alone: its turns, cut to the hours of the week in which it has somebody.
import type { TimeZone } from '../../../rules/time-zone.ts';
import type { Layer, Shift, WeeklyHours } from './schedule.ts';
import { firstShowing } from './wall-clock.ts';

const dayMs = 86_400_000;
const minuteMs = 60_000;
/** What clocks show differs from UTC by less, also while they catch up after they were put back. */
const marginMs = 28 * 3_600_000;

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** In their order, without overlaps, cut to `from` and `to`. */
export function layerShifts(layer: Layer, zone: TimeZone, from: number, to: number): Shift[] {
  const hours = layer.hours === null ? null : hoursBetween(layer.hours, zone, from, to);
  const shifts: Shift[] = [];
  const add = (start: number, end: number, people: readonly string[]) => {
    if (start < end) shifts.push({ start, end, people, layer: layer.name, override: null });
  };
  let window = 0;
  for (const turn of turnsBetween(layer, zone, from, to)) {
    if (hours === null) {
      add(turn.start, turn.end, turn.people);
      continue;
    }
    while (window < hours.length && hours[window]!.end <= turn.start) window += 1;
    for (let i = window; i < hours.length && hours[i]!.start < turn.end; i++)
      add(Math.max(turn.start, hours[i]!.start), Math.min(turn.end, hours[i]!.end), turn.people);
  }
  return shifts;
}

interface Turn extends Span {
  readonly people: readonly string[];
}

function turnsBetween({ startsAt, everyMs, turns }: Layer, zone: TimeZone, from: number, to: number): Turn[] {
  const found: Turn[] = [];
  let index = Math.max(0, Math.floor((from - marginMs - startsAt) / everyMs));
  let start = firstShowing(startsAt + index * everyMs, zone);
  while (start < to) {
    const end = firstShowing(startsAt + (index + 1) * everyMs, zone);
    // A turn that lies in the hour which clocks leave out in spring is none.
    if (end > from && start < end)
      found.push({
        start: Math.max(start, from),
        end: Math.min(end, to),
        people: turns[index % turns.length]!,
      });
    index += 1;
    start = end;
  }
  return found;
}

/** What belongs to any of the weekly hours, in its order and without overlaps, cut to `from` and `to`. */
function hoursBetween(weekly: readonly WeeklyHours[], zone: TimeZone, from: number, to: number): Span[] {
  const found: Span[] = [];
  const last = Math.floor((to + marginMs) / dayMs);
  for (let day = Math.floor((from - marginMs) / dayMs) - 1; day <= last; day++) {
    // 1 January 1970 was a Thursday.
    const weekday = (((day + 4) % 7) + 7) % 7;
    for (const { days, from: begins, to: ends } of weekly) {
      if (days !== null && !days.has(weekday)) continue;
      const length = ends > begins ? ends - begins : ends + 1_440 - begins;
      const shown = day * dayMs + begins * minuteMs;
      const start = Math.max(from, firstShowing(shown, zone));
      const end = Math.min(to, firstShowing(shown + length * minuteMs, zone));
      if (start < end) found.push({ start, end });
    }
  }
  found.sort((a, b) => a.start - b.start);
  const joined: { start: number; end: number }[] = [];
  for (const { start, end } of found) {
    const before = joined.at(-1);
    if (before !== undefined && start <= before.end) before.end = Math.max(before.end, end);
    else joined.push({ start, end });
  }
  return joined;
}
