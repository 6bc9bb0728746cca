// Storm: more alerts within a minute than anybody reads. Begins with the 101st within 60 s and ends when the last 60 s held
// fewer than 50, so that it does not begin and end around one figure.
import type { Mark } from './mark.ts';
import { findingOf, grow, type Occurrence, occurrenceOf, worthSaying } from './occurrence.ts';
import type { Pattern, PatternFinding } from './pattern.ts';

const above = 100;
const until = 50;
const windowMs = 60_000;

export interface StormState {
  /** The latest alerts and when they became known: one more than a window may hold, the oldest at `next`. */
  readonly marks: Mark[];
  readonly seen: Float64Array;
  next: number;
  open: Occurrence | null;
  peak: number;
}

export const storm: Pattern<StormState> = {
  name: 'storm',
  create: () => ({ marks: [], seen: new Float64Array(above + 1).fill(-1e15), next: 0, open: null, peak: 0 }),
  observe(state, { seenAt, mark }) {
    const found = [...endOf(state, seenAt)];
    state.marks[state.next] = mark;
    state.seen[state.next] = seenAt;
    state.next = (state.next + 1) % state.seen.length;
    if (state.open !== null) grow(state.open, mark);
    else if (state.seen[state.next]! > seenAt - windowMs) {
      const inWindow = [...state.marks.slice(state.next), ...state.marks.slice(0, state.next)];
      state.open = occurrenceOf(inWindow[0]!.id, inWindow);
      state.peak = 0;
    }
    return state.open !== null && worthSaying(state.open, seenAt)
      ? [...found, say(state, state.open, seenAt)]
      : found;
  },
  advance(state, now) {
    const found = endOf(state, now);
    if (state.open !== null && worthSaying(state.open, now)) found.push(say(state, state.open, now));
    return found;
  },
};

function endOf(state: StormState, now: number): PatternFinding[] {
  const { open, seen, next } = state;
  // The fiftieth latest.
  const mark = seen[(next - until + seen.length) % seen.length]!;
  if (open === null || mark > now - windowMs) return [];
  state.open = null;
  return open.count > open.saidCount ? [say(state, open, now)] : [];
}

function say(state: StormState, open: Occurrence, now: number): PatternFinding {
  let inWindow = 0;
  for (const at of state.seen) if (at > now - windowMs) inWindow++;
  const seconds = Math.max(1, (open.to - open.from) / 1_000);
  // Of a minute that holds more than the ring, the mean says more.
  state.peak = Math.max(state.peak, inWindow, (60 * open.count) / Math.max(60, seconds));
  return findingOf('storm', open, now, 0.98, {
    per_minute: state.peak,
    enters_above: above,
    seconds,
  });
}
