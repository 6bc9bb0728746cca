// Local time of a zone by spans of one offset, so that a time is read with an addition instead of a formatted date.

const minuteMs = 60_000;
/** No zone ever changed its offset and changed it back within so short a time. */
const chunkMs = 4 * 86_400_000;
/** Kept per zone: some forty years. */
const mostChunks = 4_000;

/** From `from` to before `to`, local time is UTC and `offsetMs`. */
export interface OffsetSpan {
  readonly from: number;
  readonly to: number;
  readonly offsetMs: number;
}

export interface TimeZone {
  readonly name: string;
  /** The span that has `at` (epoch milliseconds); not the longest one that does. */
  spanAt(at: number): OffsetSpan;
}

const utc: TimeZone = {
  name: 'UTC',
  spanAt: () => ({ from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY, offsetMs: 0 }),
};

const zones = new Map<string, TimeZone | null>([
  ['', utc],
  ['UTC', utc],
]);
/** Names come from outside: what is remembered of them is bounded. */
const mostZones = 1_000;

/** A zone of the IANA database by its name; null when there is none. */
export function timeZone(name: string): TimeZone | null {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const found = build(name);
  if (zones.size < mostZones) zones.set(name, found);
  return found;
}

function build(name: string): TimeZone | null {
  // "+02:00" is a zone to some engines and none to others.
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name)) return null;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US-u-ca-iso8601-hc-h23', {
      timeZone: name,
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    });
  } catch {
    return null; // it throws for exactly this: a name that it does not know
  }
  const chunks = new Map<number, readonly OffsetSpan[]>();
  const spansOf = (index: number): readonly OffsetSpan[] => {
    const known = chunks.get(index);
    if (known) return known;
    const spans = spansBetween(format, index * chunkMs, (index + 1) * chunkMs);
    if (chunks.size >= mostChunks) chunks.clear();
    chunks.set(index, spans);
    return spans;
  };
  return {
    name,
    spanAt(at) {
      const spans = spansOf(Math.floor(at / chunkMs));
      return spans.find(({ to }) => at < to) ?? spans[0]!;
    },
  };
}

/** One span, or two where the offset changes between. Offsets change at whole minutes. */
function spansBetween(format: Intl.DateTimeFormat, from: number, to: number): OffsetSpan[] {
  const first = offsetAt(format, from);
  const last = offsetAt(format, to);
  if (first === last) return [{ from, to, offsetMs: first }];
  let before = from;
  let after = to;
  while (after - before > minuteMs) {
    const middle = Math.floor((before + after) / 2 / minuteMs) * minuteMs;
    if (offsetAt(format, middle) === first) before = middle;
    else after = middle;
  }
  return [
    { from, to: after, offsetMs: first },
    { from: after, to, offsetMs: last },
  ];
}

/** `at` is a whole minute. */
function offsetAt(format: Intl.DateTimeFormat, at: number): number {
  const read = { year: 0, month: 0, day: 0, hour: 0, minute: 0 };
  for (const { type, value } of format.formatToParts(at))
    if (Object.hasOwn(read, type)) read[type as keyof typeof read] = Number(value);
  return Date.UTC(read.year, read.month - 1, read.day, read.hour, read.minute) - at;
}
