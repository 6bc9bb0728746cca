// Escalation: one rule on one place rises over three or more severities within minutes, and never falls on the way.
import { serviceOf, severityOrder } from '../signals.ts';
import type { Mark } from './mark.ts';
import { findingOf, occurrenceOf } from './occurrence.ts';
import type { Pattern } from './pattern.ts';
import { RecentMap } from './recent-map.ts';

const least = 3;
/** Two steps of one rise are at most so far apart. */
const stepMs = 15 * 60_000;
const keysKept = 4_000;
const stepsKept = 16;

interface Step {
  readonly rank: number;
  readonly mark: Mark;
}

export type EscalationState = RecentMap<{ steps: Step[] }>;

export const escalation: Pattern<EscalationState> = {
  name: 'escalation',
  create: () => new RecentMap(keysKept),
  observe(state, { alert, seenAt, mark }) {
    const key = `${alert.name}/${serviceOf(alert.labels) ?? ''}/${alert.labels.instance ?? ''}`;
    const watch = state.useOr(key, () => ({ steps: [] }));
    const step = { rank: severityOrder.indexOf(alert.severity), mark };
    // News overtake each other: what counts is when each began.
    const steps = [...watch.steps, step].sort((one, other) => one.mark.at - other.mark.at).slice(-stepsKept);
    let first = steps.length - 1;
    while (
      first > 0 &&
      steps[first - 1]!.rank <= steps[first]!.rank &&
      steps[first]!.mark.at - steps[first - 1]!.mark.at <= stepMs
    )
      first--;
    watch.steps = steps.slice(first);
    const levels = new Set(watch.steps.map(({ rank }) => rank)).size;
    if (levels < least) return [];
    const marks = watch.steps.map(({ mark }) => mark);
    const rise = occurrenceOf(`${key}/${marks[0]!.id}`, marks);
    return [
      findingOf('escalation', rise, seenAt, levels > least ? 0.97 : 0.93, {
        severities: levels,
        seconds: (rise.to - rise.from) / 1_000,
      }),
    ];
  },
  advance: () => [],
};
