// When a person wants to be left alone. Hours are those of the clock on the wall: they begin and end when it first shows
// their time or a later one, whether it was put forward past it or shows it twice.
import { severityRank } from '../../rules/severity.ts';
import { type TimeZone, timeZone } from '../../rules/time-zone.ts';
import type { Severity } from '../../rules/types.ts';
import type { Person, QuietHours } from './people.ts';

const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Nobody is left alone for longer, whatever her hours come to. */
const longestMs = 7 * dayMs;

/**
 * The end of the person's quiet hours (epoch milliseconds) when they hold at `at` and the severity does not pass, else
 * null. Hours that follow one another without a gap end together, after a week at the latest.
 * @param tenantZone Where the person is who says nothing of it: an IANA name.
 */
export function quietUntil(
  person: Pick<Person, 'timeZone' | 'quietHours'>,
  tenantZone: string,
  severity: Severity,
  at: number,
): number | null {
  const holding = person.quietHours.filter(({ passes }) => severityRank(severity) < severityRank(passes));
  if (holding.length === 0) return null;
  const name = person.timeZone ?? tenantZone;
  const zone = timeZone(name);
  if (zone === null) throw new Error(`${name} is no time zone, although the configuration was checked`);
  const latest = at + longestMs;
  let until = at;
  for (let more = true; more && until < latest; ) {
    const ends = holding.map((hours) => endOf(hours, zone, until)).filter((end) => end !== null);
    more = ends.length > 0;
    if (more) until = Math.max(...ends);
  }
  return until === at ? null : Math.min(until, latest);
}

/** The end of those of the hours that hold at the moment. */
function endOf({ from, to, days }: QuietHours, zone: TimeZone, at: number): number | null {
  const today = Math.floor((at + zone.spanAt(at).offsetMs) / dayMs);
  const further = to <= from ? 1 : 0;
  let end: number | null = null;
  // Clocks that were put back over midnight show the day before again: the hours of tomorrow may have begun.
  for (let day = today - 2; day <= today + 1; day++) {
    if (days !== null && !days.includes(weekday(day))) continue;
    const begins = firstShowing(day, from, zone);
    const ends = firstShowing(day + further, to, zone);
    if (at >= begins && at < ends && (end === null || ends > end)) end = ends;
  }
  return end;
}

/** 0 is Sunday. 1 January 1970 was a Thursday. */
const weekday = (day: number) => (((day + 4) % 7) + 7) % 7;

/** When the clocks first show this minute of the day (days since 1970) or something later. */
function firstShowing(day: number, minute: number, zone: TimeZone): number {
  const wanted = day * dayMs + minute * minuteMs;
  // Wherever the zone is, its clocks do not show it yet: none is 16 hours ahead.
  let from = wanted - 16 * hourMs;
  for (;;) {
    const { offsetMs, to } = zone.spanAt(from);
    const shown = Math.max(from, wanted - offsetMs);
    if (shown < to) return shown;
    from = to;
  }
}
