// Where the escalations of an alert stand: for people who ask; nothing decides by it.
import { policyOf } from './escalate.ts';
import { groupsOf } from './group.ts';
import type { Group, PipelineState } from './state.ts';
import { formatTarget } from './target.ts';

export interface EscalationStanding {
  readonly groupKey: string;
  readonly receiver: string;
  /** Name of the policy. */
  readonly policy: string;
  readonly state: 'armed' | 'paused' | 'ended';
  /** Steps of this round that are behind it, and how many the policy has; 0 of one that is gone. */
  readonly step: number;
  readonly of: number;
  /** From 1, and how many there are. */
  readonly round: number;
  readonly rounds: number;
  /** When the group was told, epoch milliseconds. */
  readonly startedAt: number;
  /** When the next step comes, epoch milliseconds; null: not while it stands like this. */
  readonly nextAt: number | null;
  /** Whom that step tells, as targets are written. */
  readonly nextTo: readonly string[];
  /** What pauses it. */
  readonly pausedBy: string | null;
  /** Of one that is paused: when what pauses it ends by itself; null: when something changes. */
  readonly resumesAt: number | null;
}

/** The escalation of the group; null where nothing is to be escalated. Reads only. */
export function escalationIn(state: PipelineState, group: Group): EscalationStanding | null {
  const row = group.row.escalation;
  if (!row?.policy) return null;
  const known = policyOf(state, group);
  const policy = known?.name === row.policy ? known : null;
  const next = row.state === 'exhausted' ? undefined : policy?.steps[row.level];
  return {
    groupKey: group.row.groupKey,
    receiver: group.row.receiver,
    policy: row.policy,
    state: row.state === 'waiting' ? 'armed' : row.state === 'paused' ? 'paused' : 'ended',
    step: row.level,
    of: policy?.steps.length ?? 0,
    round: row.round + 1,
    rounds: (policy?.repeat ?? row.round) + 1,
    startedAt: row.startedAt,
    nextAt: row.state === 'waiting' ? row.nextAt : null,
    nextTo: next?.to.map(formatTarget) ?? [],
    pausedBy: row.by,
    resumesAt: row.state === 'paused' ? row.nextAt : null,
  };
}

/** One for each group of the alert that is escalated; a look at each of its groups, which are few. */
export function escalationsOf(state: PipelineState, alertId: string): readonly EscalationStanding[] {
  return groupsOf(state, alertId).flatMap((group) => escalationIn(state, group) ?? []);
}
