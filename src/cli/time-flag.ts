// A time on the command line.
import { parseDuration } from '../../rules/duration.ts';

/** Epoch milliseconds of a time such as 2026-01-31T08:00:00Z, or of a span before `now` such as 7d; NaN for anything else. */
export function timeOf(text: string, now: number): number {
  const span = parseDuration(text);
  if (typeof span === 'number') return now - span;
  return /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
}
