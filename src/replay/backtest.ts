// What rules would have done on recorded samples: each version of them on a runtime of its own, then what came of it in
// figures.
import type { Edge } from '../../analysis/signals.ts';
import type { Rule } from '../../rules/types.ts';
import type { Limits } from '../config/config.ts';
import type { RoutingConfig } from '../pipeline/routing.ts';
import { type Fed, feed, warmUpOf } from './feed.ts';
import type { BacktestAnswer, BacktestQuestion, SideOutcome } from './questions.ts';
import type { Recorded } from './recorded.ts';
import type { Recording } from './recording.ts';
import { Replay } from './replay.ts';
import { summarise } from './summary.ts';

export interface Surroundings {
  readonly tenant: string;
  readonly routing: RoutingConfig;
  readonly limits: Limits;
  /** What people declared of who depends on whom. */
  readonly edges: readonly Edge[];
}

/** When a replay of these rules begins that is to tell of `from` on. */
export function beginOf(rules: readonly Rule[], from: number): number {
  return Math.max(0, from - warmUpOf(rules));
}

export async function backtest(
  question: BacktestQuestion,
  recorded: Recorded,
  around: Surroundings,
): Promise<BacktestAnswer> {
  const { rules, against, from, to } = question;
  const startAt = startOf(beginOf([...rules, ...(against ?? [])], from), recorded);
  const side = async (version: readonly Rule[]): Promise<{ fed: Fed; outcome: SideOutcome }> => {
    const { fed, recording } = await replayed(version, recorded, around, startAt, to);
    return { fed, outcome: summarise(version, recording, from, to) };
  };
  const { fed, outcome } = await side(rules);
  return {
    from,
    to,
    samples: fed.samples,
    refused: fed.refused,
    series: recorded.series.length,
    outcome,
    against: against === null ? null : (await side(against)).outcome,
  };
}

/** The time of the first sample; `begin` where the history knows series from before it: silence counts from the start. */
export function startOf(begin: number, { times, known, occurrences }: Recorded): number {
  if (times.length === 0 || known.length > 0 || occurrences.length > 0) return begin;
  let earliest = Number.POSITIVE_INFINITY;
  for (const at of times) if (at < earliest) earliest = at;
  return earliest;
}

/** A whole replay; the alerts and messages that it came to. */
export async function replayed(
  rules: readonly Rule[],
  recorded: Recorded,
  { tenant, routing, limits, edges }: Surroundings,
  startAt: number,
  to: number,
): Promise<{ readonly fed: Fed; readonly recording: Recording }> {
  const own = rules.map((rule) => ({ ...rule, tenant }));
  const replay = new Replay({ rules: own, routing, limits, edges, startAt });
  try {
    const fed = await feed(replay, tenant, recorded, to, limits.pastMs);
    return { fed, recording: replay.recording };
  } finally {
    await replay.close();
  }
}
