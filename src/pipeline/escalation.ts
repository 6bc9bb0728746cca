// Escalation as an algebra: what a policy makes of a group that was told to fire, as time goes by and people answer or do
// not. Pure data in, pure data out; what a step says and to whom is in escalate.ts.
import type { TimeInterval } from '../../rules/time-interval.ts';
import type { Severity } from '../../rules/types.ts';
import type { EscalationRow } from './rows.ts';
import type { Target } from './target.ts';

export interface EscalationStep {
  /** Since the step before; of the first one since the group was told. More than 0. */
  readonly afterMs: number;
  readonly to: readonly Target[];
  /** How it is brought home; null: as the group's notifications are. */
  readonly strategy: string | null;
  /** It is left out unless the most urgent alert is one of these; null: any. */
  readonly severities: readonly Severity[] | null;
  /** It is left out at other times; none: at any time. */
  readonly during: readonly TimeInterval[];
}

/** What nobody ends in time becomes more urgent. */
export interface Promotion {
  readonly from: Severity;
  /** Since the alert has been of that severity. */
  readonly afterMs: number;
  readonly to: Severity;
  /** `unacknowledged`: not while somebody holds it. */
  readonly while: 'unresolved' | 'unacknowledged';
}

export interface EscalationPolicy {
  readonly name: string;
  readonly steps: readonly EscalationStep[];
  /** How often all steps are taken once more. */
  readonly repeat: number;
  /** Whether one of those who were told is enough to confirm for all of them. */
  readonly confirm: 'any' | 'all';
  readonly promote: readonly Promotion[];
}

/** How it stands with a group's alerts. */
export type Situation =
  /** One fires, and nobody holds it. */
  | { readonly kind: 'open' }
  /** Nothing fires at the moment, or all that does is held; `until`: when that ends by itself, epoch milliseconds. */
  | { readonly kind: 'held'; readonly by: string; readonly until: number | null };

export type Advance =
  | { readonly what: 'nothing'; readonly row: EscalationRow }
  /** The step with this index is due. */
  | { readonly what: 'step'; readonly step: number; readonly row: EscalationRow }
  | { readonly what: 'paused' | 'resumed' | 'exhausted'; readonly row: EscalationRow };

/** The group was told at `now`; null where the policy has no steps. */
export function beginEscalation({ name, steps }: EscalationPolicy, now: number): EscalationRow | null {
  const [first] = steps;
  if (first === undefined) return null;
  return {
    ...{ policy: name, startedAt: now, round: 0, level: 0, told: [] },
    ...{ state: 'waiting', nextAt: now + first.afterMs, by: null, leftMs: null },
  };
}

/**
 * What the next thing is that happens by `now`; asked again until that is nothing. Steps count from when the one before
 * was due, so that a late one delays none; what became due meanwhile comes at once. The next round alone begins its
 * delay from now where it is late: nobody is called several times in one breath.
 */
export function advance(
  row: EscalationRow,
  policy: EscalationPolicy,
  situation: Situation,
  now: number,
): Advance {
  if (row.state === 'exhausted') return { what: 'nothing', row };
  if (situation.kind === 'held') return pause(row, situation, now);
  if (row.state === 'paused') {
    const since = row.nextAt !== null && row.nextAt <= now ? row.nextAt : now;
    const nextAt = since + (row.leftMs ?? 0);
    return { what: 'resumed', row: { ...row, state: 'waiting', nextAt, by: null, leftMs: null } };
  }
  const dueAt = row.nextAt ?? now;
  if (dueAt > now) return { what: 'nothing', row };
  if (row.level < policy.steps.length) {
    const next = { ...row, level: row.level + 1 };
    const after = policy.steps[next.level];
    if (after !== undefined) return { what: 'step', step: row.level, row: at(next, dueAt + after.afterMs) };
    return { what: 'step', step: row.level, row: nextRound(next, policy, dueAt, now) };
  }
  // The policy has fewer steps than it had, or this was the last one.
  const next = nextRound(row, policy, dueAt, now);
  return next.level === 0 ? { what: 'nothing', row: next } : { what: 'exhausted', row: ended(row) };
}

const at = (row: EscalationRow, nextAt: number): EscalationRow => ({ ...row, nextAt });
const ended = (row: EscalationRow): EscalationRow => ({ ...row, state: 'exhausted', nextAt: null });

/** After the last step: the first one again, or due at once to find that there is none. */
function nextRound(row: EscalationRow, policy: EscalationPolicy, dueAt: number, now: number): EscalationRow {
  const [first] = policy.steps;
  if (first === undefined || row.round >= policy.repeat) return at(row, dueAt);
  const onTime = dueAt + first.afterMs;
  return at({ ...row, round: row.round + 1, level: 0 }, onTime > now ? onTime : now + first.afterMs);
}

function pause(row: EscalationRow, { by, until }: Situation & { kind: 'held' }, now: number): Advance {
  if (row.state === 'paused') {
    if (row.by === by && row.nextAt === until) return { what: 'nothing', row };
    return { what: 'nothing', row: { ...row, by, nextAt: until } };
  }
  const leftMs = Math.max(0, (row.nextAt ?? now) - now);
  return { what: 'paused', row: { ...row, state: 'paused', nextAt: until, by, leftMs } };
}
