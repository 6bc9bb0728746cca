// What the clocks of a zone show, and when. Clocks that are put back show nothing new until they are past where they were:
// a time that comes twice is meant the first time. One that they leave out is meant when they have passed it.
import { type TimeZone, timeZone } from '../../../rules/time-zone.ts';

/** No zone is further ahead of UTC (Pacific/Kiritimati, 14 h), and an hour. */
const furthestAheadMs = 15 * 3_600_000;

/** @throws when there is no such zone: names are checked where they come in. */
export function zoneOf(name: string): TimeZone {
  const zone = timeZone(name);
  if (zone === null) throw new Error(`there is no time zone ${name}`);
  return zone;
}

/** What the zone's clocks show at `at`, in milliseconds as if that were UTC. */
export function shownAt(at: number, zone: TimeZone): number {
  return at + zone.spanAt(at).offsetMs;
}

/** The first moment (epoch milliseconds) at which the zone's clocks show `shown` or later. Never falls as `shown` grows. */
export function firstShowing(shown: number, zone: TimeZone): number {
  for (let from = shown - furthestAheadMs; ; ) {
    const { to, offsetMs } = zone.spanAt(from);
    const at = Math.max(from, shown - offsetMs);
    if (at < to) return at;
    from = to;
  }
}

/** Milliseconds as if it were UTC of a date and time such as `2026-03-29 02:30`, or of a date alone; null for anything else. */
export function parseShown(text: string): number | null {
  const found = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2}))?$/.exec(text);
  if (found === null) return null;
  const [year, month, day, hour, minute] = found.slice(1).map((part) => Number(part ?? 0)) as [
    ...[number, number, number, number, number],
  ];
  const shown = Date.UTC(year, month - 1, day, hour, minute);
  // What overflowed (30 February, 25:00) reads otherwise.
  return shownText(shown).startsWith(text.replace('T', ' ')) ? shown : null;
}

/** `2026-03-29 02:30` of milliseconds as if it were UTC. */
export function shownText(shown: number): string {
  return new Date(shown).toISOString().slice(0, 16).replace('T', ' ');
}
