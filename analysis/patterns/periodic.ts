// Periodic: an alert that follows a clock, five times or more. A straight line through the times of its occurrences over
// the number of the turn, missing turns allowed (renewal with a fixed period and jitter; the least-squares frequency search
// of Lomb, 1976, with one candidate: the median gap).
import type { History } from './history.ts';
import { findingOf, grow, type Occurrence, occurrenceOf } from './occurrence.ts';
import type { Pattern } from './pattern.ts';
import { regularityOf } from './regular.ts';

const least = 5;
const read = 10;
/** Below, so many turns of so much jitter come by chance: e^6.5 to one. */
const leastEvidence = 6.5;
const mostJitter = 0.07;
const mostMissed = 3;

/** What goes on. */
export type PeriodicState = WeakMap<History, Occurrence>;

export const periodic: Pattern<PeriodicState> = {
  name: 'periodic',
  create: () => new WeakMap(),
  observe(state, { alert, seenAt, mark, history }) {
    if (history === null) return [];
    const latest = history.marks.slice(-read);
    // The longest run that ends here and follows a clock: what was before may have been something else.
    for (let from = 0; from <= latest.length - least; from++) {
      const marks = latest.slice(from);
      const found = regularityOf(marks.map(({ at }) => at));
      if (found === null || found.evidence < leastEvidence) continue;
      if (found.jitterMs > mostJitter * found.periodMs || found.missed > mostMissed) continue;
      let open = state.get(history);
      if (open !== undefined) grow(open, mark);
      else {
        open = occurrenceOf(alert.key, marks);
        state.set(history, open);
      }
      return [
        findingOf('periodic', open, seenAt, 1 - 1 / (1 + Math.exp(found.evidence - leastEvidence + 2)), {
          period_seconds: found.periodMs / 1_000,
          jitter_seconds: found.jitterMs / 1_000,
          turns: marks.length,
          missed_turns: found.missed,
          evidence_nats: found.evidence,
        }),
      ];
    }
    return [];
  },
  advance: () => [],
};
