// How many calls a provider is asked for in a span of time. The spans slide, as providers count them: there is no moment
// at which a bucket is full again. A call counts from its start until a window's length after its end, because nobody
// knows when in between it arrived.

/** At most so many calls in any span of so many milliseconds. */
export interface Window {
  readonly calls: number;
  readonly perMs: number;
}

/** The calls that windows count. */
export interface CallLog {
  underWay: number;
  /** When those that are over ended, ascending, as far as the longest window reaches back. */
  ended: number[];
}

/** `room`: so many calls may begin at once. `until`: when the next may; infinite when first a call under way has to end. */
export type Admission =
  | { readonly ok: true; readonly room: number }
  | { readonly ok: false; readonly until: number };

export function emptyLog(): CallLog {
  return { underWay: 0, ended: [] };
}

/** A call of a process that died may arrive so much later; what lies further ahead is from before a clock was set back. */
const aheadMs = 60_000;

/**
 * Whether another call may begin. A time of the log that lies far ahead of `now`, because the clock was set back, is taken
 * for a minute from now: that keeps a call for longer, never for shorter.
 * @param kept Share of every window that is left to others, rounded down: 0.25 of 20 calls leaves 5.
 */
export function admit(log: CallLog, windows: readonly Window[], now: number, kept = 0): Admission {
  notAhead(log, now);
  const { ended, underWay } = log;
  let room = Number.POSITIVE_INFINITY;
  let until = now;
  for (const { calls, perMs } of windows) {
    const from = firstAfter(ended, now - perMs);
    const free = calls - Math.floor(calls * kept) - underWay - (ended.length - from);
    room = Math.min(room, free);
    // So many have to leave the window before there is room for one.
    if (free < 1) until = Math.max(until, (ended[from - free] ?? Number.POSITIVE_INFINITY) + perMs);
  }
  return room >= 1 ? { ok: true, room } : { ok: false, until };
}

export function began(log: CallLog): void {
  log.underWay += 1;
}

/** @param reachMs The longest window that counts the call. */
export function ended(log: CallLog, now: number, reachMs: number): void {
  notAhead(log, now);
  log.underWay -= 1;
  log.ended.splice(firstAfter(log.ended, now), 0, now);
  const gone = firstAfter(log.ended, now - reachMs);
  // Cut now and then, not at every call.
  if (gone * 2 > log.ended.length) log.ended = log.ended.slice(gone);
}

/** Takes up calls of before a restart, in any order. */
export function remember(log: CallLog, times: readonly number[], now: number): void {
  log.ended = [...log.ended, ...times].sort((a, b) => a - b);
  notAhead(log, now);
}

function notAhead({ ended }: CallLog, now: number): void {
  const latest = now + aheadMs;
  for (let i = ended.length - 1; i >= 0 && ended[i]! > latest; i--) ended[i] = latest;
}

/** The place of the first time that is later than `at`. */
function firstAfter(times: readonly number[], at: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

export function longestOf(windows: readonly Window[]): number {
  return windows.reduce((most, { perMs }) => Math.max(most, perMs), 0);
}
