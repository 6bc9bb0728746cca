// Hours and days as people of a time zone count them. A day may have 23 or 25 hours; none is counted twice or left out.

const hourMs = 3_600_000;
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
 * When the zone's clocks show that time. Of a time that comes twice the first; one that is left out in spring is taken as
 * much later as the clocks were put forward.
 */
export function instantOf({ year, month, day, hour, minute }: LocalTime, zone: string): number {
  const shown = Date.UTC(year, month - 1, day, hour, minute);
  const before = offsetAt(shown - dayMs, zone);
  const after = offsetAt(shown + dayMs, zone);
  // The earlier offset first: it gives the first of two times, and moves a missing one forward.
  const first = shown - before;
  if (before === after || offsetAt(first, zone) === before) return first;
  const second = shown - after;
  return offsetAt(second, zone) === after ? second : first;
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
