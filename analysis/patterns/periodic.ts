// Periodic: an alert that follows a clock, five times or more. A straight line through the times of its occurrences over
// the number of the turn, missing turns allowed (renewal with a fixed period and jitter; the least-squares frequency search
// of Lomb, 1976, with one candidate: the median gap).
import { findingOf, grow, type Mark, markOf, type Occurrence, occurrenceOf } from './occurrence.ts';
import type { Pattern } from './pattern.ts';
import { RecentMap } from './recent-map.ts';
import { regularityOf } from './regular.ts';

const least = 5;
const kept = 10;
const keysKept = 4_000;
/** Below, so many turns of so much jitter come by chance: e^6.5 to one. */
const leastEvidence = 6.5;
const mostJitter = 0.07;
const mostMissed = 3;

interface Watch {
  marks: Mark[];
  open: Occurrence | null;
}

export type PeriodicState = RecentMap<Watch>;

export const periodic: Pattern<PeriodicState> = {
  name: 'periodic',
  create: () => new RecentMap(keysKept),
  observe(state, { kind, alert, seenAt }) {
    if (kind !== 'fired') return [];
    const watch = state.useOr(alert.key, () => ({ marks: [], open: null }));
    const mark = markOf(alert, seenAt);
    const last = watch.marks.at(-1);
    if (last !== undefined && mark.at <= last.at) return [];
    watch.marks = [...watch.marks, mark].slice(-kept);
    // The longest run that ends here and follows a clock: what was before may have been something else.
    for (let from = 0; from <= watch.marks.length - least; from++) {
      const marks = watch.marks.slice(from);
      const found = regularityOf(marks.map(({ at }) => at));
      if (found === null || found.evidence < leastEvidence) continue;
      if (found.jitterMs > mostJitter * found.periodMs || found.missed > mostMissed) continue;
      if (watch.open === null) watch.open = occurrenceOf(alert.key, marks);
      else grow(watch.open, mark);
      return [
        findingOf(
          'periodic',
          watch.open,
          seenAt,
          1 - 1 / (1 + Math.exp(found.evidence - leastEvidence + 2)),
          {
            period_seconds: found.periodMs / 1_000,
            jitter_seconds: found.jitterMs / 1_000,
            turns: marks.length,
            missed_turns: found.missed,
            evidence_nats: found.evidence,
          },
        ),
      ];
    }
    return [];
  },
  advance: () => [],
};
