// Feeds a replay with what was recorded: a sample arrives at its own time, or, when a later one came before it, with
// that one, and is late then as it was.
import { readsBackOf, windowOf } from '../../rules/readings.ts';
import type { Labels, Rule } from '../../rules/types.ts';
import type { Recorded } from './recorded.ts';
import type { Replay } from './replay.ts';

/** So much every detector has to have seen, and of what repeats the patterns. */
const leastLearningMs = 86_400_000;

/** So long before `from` a replay begins, so that windows are full and episodes under way by then. */
export function warmUpOf(rules: readonly Rule[]): number {
  const spans = rules.map(
    (rule) =>
      readsBackOf(rule) +
      learnsFor(rule) +
      windowOf(rule) +
      rule.forMs +
      Math.max(rule.keepFiringForMs, rule.noDataAfterMs) +
      (rule.grid?.intervalMs ?? 0),
  );
  return Math.max(3_600_000, ...spans);
}

/** Detectors and patterns learn what is usual before they say anything. */
function learnsFor(rule: Rule): number {
  if (rule.type === 'pattern') return leastLearningMs;
  return rule.type === 'anomaly' ? Math.max(rule.learningMs, leastLearningMs) : 0;
}

export interface Fed {
  readonly samples: number;
  readonly refused: number;
}

/** Everything up to `to` happens. `pastMs`: how much older than now a sample may be. */
export async function feed(
  replay: Replay,
  tenant: string,
  recorded: Recorded,
  to: number,
  pastMs: number,
): Promise<Fed> {
  const { series, known, index, times, values } = recorded;
  const { table } = replay;
  // Nothing of before is going to be given: what a window reads of it is not known.
  for (const one of known) table.restore(tenant, one.metric, one.labels, one.bornAt, replay.now - 1);
  const ids = new Int32Array(series.length).fill(-1);
  const idOf = (place: number): number => {
    if (ids[place] === -1) {
      const { metric, labels } = series[place] as { metric: string; labels: Labels };
      ids[place] = table.intern(tenant, metric, labels);
    }
    return ids[place]!;
  };
  let refused = 0;
  let samples = 0;
  let told = 0;
  const { occurrences } = recorded;
  const tellUntil = async (at: number): Promise<void> => {
    for (let one = occurrences[told]; one && one.at <= at; one = occurrences[++told]) {
      await replay.before(one.at);
      replay.occurred(tenant, one);
    }
  };
  for (let first = 0; first < times.length; ) {
    const at = times[first]!;
    let end = first + 1;
    while (end < times.length && times[end] === at) end++;
    if (at <= to) {
      await tellUntil(at);
      await replay.before(at);
      if (at < replay.now - pastMs) refused += end - first;
      else {
        const count = end - first;
        await replay.pushColumns(tenant, {
          series: Int32Array.from(index.subarray(first, end), idOf),
          times: times.subarray(first, end),
          values: values.subarray(first, end),
          count,
        });
        samples += count;
      }
    }
    first = end;
  }
  await tellUntil(to);
  await replay.to(to);
  return { samples, refused };
}
