// Times that stand on a clock of a zone: every five minutes, every full hour, every midnight, as the people there read
// it. A time that the clock leaves out in spring comes when it has been left out; one that comes twice in autumn counts
// once, unless the span is an hour or less: then every hour has its own.
import { type TimeZone, timeZone } from '../../rules/time-zone.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** Clocks are moved by less than that at once. */
const mostMovedMs = 4 * hourMs;

/** Whether such a span can stand on a clock: minutes that divide an hour, hours that divide a day. */
export function fitsTheClock(everyMs: number): boolean {
  if (everyMs < minuteMs || everyMs % minuteMs !== 0) return false;
  return everyMs < hourMs ? hourMs % everyMs === 0 : everyMs % hourMs === 0 && dayMs % everyMs === 0;
}

/**
 * The first such time after `after`, epoch milliseconds.
 * @param everyMs One that fits the clock.
 * @param zone IANA name; one that there is.
 */
export function nextOnTheClock(after: number, everyMs: number, zone: string): number {
  const clock = timeZone(zone);
  if (clock === null) throw new Error(`there is no time zone ${zone}`);
  let from = after;
  for (;;) {
    const offset = offsetAt(clock, from);
    const slot = (Math.floor((from + offset) / everyMs) + 1) * everyMs;
    const at = slot - offset;
    const moved = firstMove(clock, from, at);
    if (moved === null) {
      if (everyMs <= hourMs || !cameBefore(clock, slot, at)) return at;
      from = at;
      continue;
    }
    const shown = moved + offsetAt(clock, moved);
    const forward = shown > moved + offset;
    if (forward && slot <= shown) return moved;
    if (!forward && everyMs <= hourMs && shown % everyMs === 0) return moved;
    from = moved;
  }
}

/** The last such time before `before`. */
export function lastOnTheClock(before: number, everyMs: number, zone: string): number {
  let last = nextOnTheClock(before - everyMs - mostMovedMs, everyMs, zone);
  for (let next = last; next < before; next = nextOnTheClock(last, everyMs, zone)) last = next;
  return last;
}

const offsetAt = (clock: TimeZone, at: number) => clock.spanAt(at).offsetMs;

/** The first time after `from`, and `to` at the latest, at which the clock is moved. */
function firstMove(clock: TimeZone, from: number, to: number): number | null {
  for (let span = clock.spanAt(from); span.to <= to; ) {
    const next = clock.spanAt(span.to);
    if (next.offsetMs !== span.offsetMs) return span.to;
    span = next;
  }
  return null;
}

/** The clock showed `slot` (local milliseconds) already, before it was put back. */
function cameBefore(clock: TimeZone, slot: number, at: number): boolean {
  const before = at - dayMs;
  const moved = firstMove(clock, before, at);
  if (moved === null) return false;
  const earlier = slot - offsetAt(clock, before);
  return earlier < moved && earlier < at;
}
