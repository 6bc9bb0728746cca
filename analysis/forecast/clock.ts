// Alerts that come at times of the day, as jobs by a table of times do: every day, on working days, or on one day of the
// week, by the clocks of a time zone, so also after these were put forward or back. Intervals cannot show that where there
// are several times a day or days without.
import type { Occurrences } from './occurrences.ts';
import type { Proposal } from './prediction.ts';
import { median, spreadAround } from './robust.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;
const leastDays = 3;
const nearMs = 20 * minuteMs;
const narrowestMs = minuteMs;
const widestMs = 30 * minuteMs;
const mostLeftOut = 2;

/** What is added to UTC for local time, in milliseconds. */
export type OffsetAt = (at: number) => number;

interface Moment {
  readonly day: number;
  readonly ofDay: number;
}

/** Day 0 was a Thursday. */
const weekday = (day: number): number => (((day + 4) % 7) + 7) % 7;
const isWorking = (day: number): boolean => weekday(day) !== 0 && weekday(day) !== 6;

interface Due {
  readonly at: number;
  readonly halfMs: number;
  readonly days: number;
  readonly hits: number;
  readonly asked: number;
  readonly leftOut: number;
}

/** When it comes next by the clocks of the zone; null where it has no times of the day. */
export function proposeClock(
  key: string,
  one: Occurrences,
  offsetAt: OffsetAt,
  now: number,
): Proposal | null {
  const { times } = one;
  if (times.length < leastDays || times.at(-1)! - times[0]! < (leastDays - 1.5) * dayMs) return null;
  const moments = times.map((at) => momentOf(at, offsetAt));
  const seeds = new Set(moments.map(({ ofDay }) => Math.round(ofDay / nearMs)));
  let next: Due | null = null;
  for (const seed of seeds) {
    const due = dueOf(moments, seed * nearMs, offsetAt, now);
    if (due !== null && (next === null || due.at < next.at)) next = due;
  }
  if (next === null) return null;
  const { at, halfMs, days, hits, asked, leftOut } = next;
  return {
    model: 'clock',
    record: 'clock',
    key,
    matches: 'key',
    labels: one.labels,
    from: Math.max(now, Math.ceil(at - halfMs)),
    to: Math.floor(at + halfMs),
    score: (hits / (asked + 0.5)) * (1 - 1 / (hits + 1)) * (leftOut === 0 ? 1 : 0.6),
    figures: { days, hits, asked_days: asked, half_window_seconds: halfMs / 1_000, left_out: leftOut },
  };
}

function momentOf(at: number, offsetAt: OffsetAt): Moment {
  const local = at + offsetAt(at);
  const day = Math.floor(local / dayMs);
  return { day, ofDay: local - day * dayMs };
}

/** By how much one time of the day is after another, the shorter way around. */
const apart = (one: number, other: number): number => {
  const ahead = (((one - other) % dayMs) + dayMs) % dayMs;
  return ahead > dayMs / 2 ? ahead - dayMs : ahead;
};

function dueOf(moments: readonly Moment[], around: number, offsetAt: OffsetAt, now: number): Due | null {
  const near = moments.filter(({ ofDay }) => Math.abs(apart(ofDay, around)) <= nearMs);
  if (near.length < leastDays) return null;
  const errors = near.map(({ ofDay }) => apart(ofDay, around));
  const center = median(errors);
  // Of an occurrence shortly after midnight that belongs to a time shortly before it, the day is the one before.
  const days = new Set(near.map(({ day, ofDay }) => Math.round((day * dayMs + ofDay - around) / dayMs)));
  // More than one and a half a day at this time is something that comes all the time.
  if (days.size < leastDays || near.length > 1.5 * days.size) return null;
  const halfMs = narrowestMs + (3 + 4 / (days.size - 1)) * spreadAround(errors, center);
  if (!(halfMs <= widestMs)) return null;
  const first = Math.min(...days);
  const lastDay = Math.max(...days);
  const today = momentOf(now, offsetAt).day;
  const habit = habitOf(days, first, Math.max(lastDay, Math.min(today - 1, lastDay + 14)));
  if (habit === null) return null;
  let leftOut = 0;
  for (let day = lastDay + 1; day <= lastDay + 21; day++) {
    if (!habit.has(day)) continue;
    const local = day * dayMs + around + center;
    const rough = local - offsetAt(local);
    const at = local - offsetAt(rough);
    // While the window runs it may still come; nothing new is said of it.
    if (at - halfMs <= now) {
      if (at + halfMs <= now) leftOut++;
      continue;
    }
    if (leftOut >= mostLeftOut) return null;
    return { at, halfMs, days: days.size, hits: habit.hits, asked: habit.asked, leftOut };
  }
  return null;
}

interface Habit {
  readonly hits: number;
  readonly asked: number;
  has(day: number): boolean;
}

/** The rule of days that fits best; of equal ones the one that asks for most. */
function habitOf(days: ReadonlySet<number>, first: number, last: number): Habit | null {
  const rules = [
    () => true,
    isWorking,
    ...[0, 1, 2, 3, 4, 5, 6].map((n) => (day: number) => weekday(day) === n),
  ];
  let best: (Habit & { share: number }) | null = null;
  for (const has of rules) {
    let asked = 0;
    let hits = 0;
    for (let day = first; day <= last; day++) {
      if (!has(day)) continue;
      asked++;
      if (days.has(day)) hits++;
    }
    if (hits < leastDays || hits < 0.7 * days.size) continue;
    const share = hits / (asked + 0.5);
    if (best === null || share > best.share) best = { hits, asked, has, share };
  }
  return best !== null && best.share >= 0.6 ? best : null;
}
