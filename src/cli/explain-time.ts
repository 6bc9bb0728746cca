// A time as a person types it at night: `03:00`, `2026-03-14 03:00`, a span ago, or RFC 3339.
import { parseDuration } from '../../rules/duration.ts';
import { isSyntaxProblem } from '../../rules/syntax-problem.ts';

const typed = /^(?:(\d{4}-\d{2}-\d{2})[ T])?(\d{1,2}):(\d{2})(?::(\d{2}))?$/;

/**
 * Epoch milliseconds; null for what is no time. Without a zone of its own it is of the time zone `zone`; without a date
 * it is the last such time before `now`.
 */
export function timeIn(text: string, zone: string, now: number): number | null {
  const found = typed.exec(text.trim());
  if (found === null) return agoOrRfc3339(text.trim(), now);
  const [, date, hour = '', minute = '', second = '00'] = found;
  const clock = `${hour.padStart(2, '0')}:${minute}:${second}`;
  if (date !== undefined) return atInZone(`${date}T${clock}Z`, zone);
  for (const daysAgo of [0, 1]) {
    const at = atInZone(`${dateIn(now - daysAgo * 86_400_000, zone)}T${clock}Z`, zone);
    if (at === null || at <= now) return at;
  }
  return null;
}

function agoOrRfc3339(text: string, now: number): number | null {
  const span = parseDuration(text);
  if (!isSyntaxProblem(span)) return now - span;
  if (!/^\d{4}-\d{2}-\d{2}T.*(?:Z|[+-]\d{2}:\d{2})$/.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

const dateIn = (at: number, zone: string) =>
  new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' }).format(at);

/** The time at which a clock of the zone shows `local` (written as if it were UTC); null for what is no date. */
function atInZone(local: string, zone: string): number | null {
  const wanted = Date.parse(local);
  if (Number.isNaN(wanted)) return null;
  let at = wanted;
  // Twice: the first guess may lie on the other side of a change of the clocks.
  for (let i = 0; i < 2; i++) at = wanted - (shown(at, zone) - at);
  return at;
}

/** What a clock of the zone shows, as if that were UTC. */
function shown(at: number, zone: string): number {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  return Date.parse(`${format.format(at).replace(' ', 'T')}Z`) + (at % 1_000);
}
