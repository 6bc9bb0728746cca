// Hours and days as people of a time zone count them. A day may have 23 or 25 hours; none is counted twice or left out.

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** A wall-clock time of a zone; `month` and `day` from 1. */
export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();
const mostFormats = 64;

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-u-ca-iso8601', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  if (formats.size >= mostFormats) formats.clear();
  formats.set(zone, made);
  return made;
}

/** Whether it is the name of a time zone, e.g. `Europe/Vienna`. Offsets such as `+02:00` are none: they know no summer. */
export function isTimeZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    formatOf(zone);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Milliseconds that the zone's clocks are ahead of UTC at that moment. */
function offsetAt(at: number, zone: string): number {
  const second = Math.floor(at / 1_000) * 1_000;
  const part: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(second)) part[type] = Number(value);
  const { year, month, day, hour, minute, second: seconds } = part;
  return Date.UTC(year!, month! - 1, day!, hour!, minute!, seconds!) - second;
}

export function localTime(at: number, zone: string): LocalTime {
  const shown = new Date(at + offsetAt(at, zone));
  return {
    year: shown.getUTCFullYear(),
    month: shown.getUTCMonth() + 1,
    day: shown.getUTCDate(),
    hour: shown.getUTCHours(),
    minute: shown.getUTCMinutes(),
  };
}

/**
 * When the zone's clocks show each time of a day. Of a time that comes twice the first; one that is left out in spring is
 * taken as much later as the clocks were put forward. Asks the zone's rules once for the whole day.
 */
export function timesOfDay(
  { year, month, day }: Pick<LocalTime, 'year' | 'month' | 'day'>,
  zone: string,
): (hour: number, minute: number) => number {
  const midnight = Date.UTC(year, month - 1, day);
  const shownAt = (hour: number, minute: number) => midnight + hour * hourMs + minute * minuteMs;
  // Wherever the zone is, its day lies between these.
  let low = midnight - dayMs;
  let high = midnight + 2 * dayMs;
  const before = offsetAt(low, zone);
  const after = offsetAt(high, zone);
  if (before === after) return (hour, minute) => shownAt(hour, minute) - before;
  // Clocks move at a full minute: `high` becomes the first moment after.
  while (high - low > minuteMs) {
    const middle = low + Math.floor((high - low) / 2 / minuteMs) * minuteMs;
    if (offsetAt(middle, zone) === before) low = middle;
    else high = middle;
  }
  const moved = high;
  return (hour, minute) => {
    const shown = shownAt(hour, minute);
    const first = shown - before;
    return first < moved || shown - after < moved ? first : shown - after;
  };
}

/** One time of `timesOfDay`. */
export function instantOf({ hour, minute, ...date }: LocalTime, zone: string): number {
  return timesOfDay(date, zone)(hour, minute);
}

/** The zone's midnight of the day that holds `at`, and so many days further. */
function dayBegins(at: number, zone: string, further = 0): number {
  const { year, month, day } = localTime(at, zone);
  const moved = new Date(Date.UTC(year, month - 1, day + further));
  const date = { year: moved.getUTCFullYear(), month: moved.getUTCMonth() + 1, day: moved.getUTCDate() };
  return instantOf({ ...date, hour: 0, minute: 0 }, zone);
}

/** The full hour of the zone after `at`; of a day on which clocks are moved by half an hour one hour is longer. */
function nextHour(at: number, zone: string): number {
  const later = at + hourMs;
  const past = localTime(later, zone).minute * 60_000 + (later % 60_000);
  return past === 0 ? later : later - past > at ? later - past : later + hourMs - past;
}

export type Step = '1h' | '1d';

/**
 * Edges of the buckets from `from` to `to` (epoch milliseconds): both, and between them every full hour or midnight of the
 * zone. Bucket i goes from edge i up to but without edge i + 1.
 */
export function bucketEdges(from: number, to: number, step: Step, zone: string): readonly number[] {
  const edges = [from];
  const next = (at: number) => (step === '1d' ? dayBegins(at, zone, 1) : nextHour(at, zone));
  for (let edge = next(from); edge < to; edge = next(edge)) edges.push(edge);
  edges.push(to);
  return edges;
}

/** The date of a moment in a zone, `2026-03-29`. */
export function dateText(at: number, zone: string): string {
  const { year, month, day } = localTime(at, zone);
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

/** Date and time of a moment in a zone, `2026-03-29 02:30`. */
export function minuteText(at: number, zone: string): string {
  const { hour, minute } = localTime(at, zone);
  return `${dateText(at, zone)} ${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}
