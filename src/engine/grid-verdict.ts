// What a group has to say at a time of the grid: a change of verdict, the time of `for` or `keep_firing_for`, or that it
// has been silent for as long as its rule bears. Reads no clock: the grid time is the time.

import type { GroupTotals } from '../../rules/across.ts';
import { findingTogether } from '../../rules/anomaly-together.ts';
import type { GridRule } from '../../rules/grid.ts';
import { type GroupContext, gridEvaluatorOf } from '../../rules/index.ts';
import { hasLevels, levelReached } from '../../rules/levels.ts';
import { windowOf } from '../../rules/readings.ts';
import { shownValue } from '../../rules/threshold.ts';
import type { Evaluation, Severity, ThresholdRule } from '../../rules/types.ts';
import type { VerdictInput } from '../pipeline/input.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import type { GridGroup } from './grid-group.ts';

type Said = Pick<VerdictInput, 'verdict' | 'severity' | 'value' | 'cause'>;

const result: Evaluation = { verdict: 'insufficient_data', value: Number.NaN };

/** What becomes an input of the pipeline, if anything; `alert` is the open episode of the group. Notes in the group what it heard. */
export function decideGroup(
  rule: GridRule,
  group: GridGroup,
  totals: readonly GroupTotals[],
  context: GroupContext,
  alert: AlertRow | undefined,
): VerdictInput | null {
  const { at } = context;
  const said =
    rule.type === 'threshold' && rule.aggregate === 'absent'
      ? decideAbsent(rule, group, totals[0]!, at)
      : decideValue(rule, group, totals, context, alert);
  if (said === null) return null;
  if (said.verdict === 'false' && !alert) {
    // No episode is open: nothing to tell.
    group.verdict = 'false';
    return null;
  }
  const finding =
    rule.type === 'anomaly' && said.verdict === 'true' ? findingTogether(rule, totals, context) : null;
  return {
    ...{ kind: 'verdict', rule, subject: group.subject(rule), sampleAt: at },
    ...said,
    ...(finding !== null && { finding }),
  };
}

function decideValue(
  rule: GridRule,
  group: GridGroup,
  totals: readonly GroupTotals[],
  context: GroupContext,
  alert: AlertRow | undefined,
): Said | null {
  const { at } = context;
  const wasQuiet = group.quiet;
  const wasTrue = group.verdict === 'true' && !wasQuiet;
  gridEvaluatorOf(rule).judge(rule, totals, context, wasTrue, result);
  const { value } = result;
  let { verdict } = result;
  if (verdict === 'insufficient_data') return decideNoData(rule, group, alert, at);
  let severity: Severity | null = null;
  let moved = false;
  if (hasLevels(rule)) {
    const level = wasTrue ? (alert?.effectiveSeverity ?? null) : null;
    severity = levelReached(rule, value, level);
    verdict = severity === null ? 'false' : 'true';
    moved = wasTrue && severity !== level;
  }
  group.saidAt = at;
  group.quiet = false;
  // Of what silence had said the state machine is asked again, whatever the verdict.
  if (verdict === group.verdict && !moved && at < group.wakeAt && !wasQuiet) return null;
  return {
    verdict,
    ...(severity !== null && { severity }),
    value: shownValue(value, verdict),
    cause: 'sample',
  };
}

/** No series of the group has a value. */
function decideNoData(
  rule: GridRule,
  group: GridGroup,
  alert: AlertRow | undefined,
  at: number,
): Said | null {
  const { noData, noDataAfterMs, keepFiringForMs } = rule;
  // A group that never had a value gets the time that it takes to cover its window.
  const never = group.saidAt === Number.NEGATIVE_INFINITY;
  const since = never ? group.since + Math.max(noDataAfterMs, windowOf(rule)) : group.saidAt + noDataAfterMs;
  switch (noData) {
    case 'keep':
      return null;
    case 'ok':
      // The alert outlives its last verdict by keep_firing_for, here on engine time.
      if (!alert || at < since + (alert.state === 'firing' ? keepFiringForMs : 0)) return null;
      return { verdict: 'false', value: null, cause: 'no_data' };
    case 'alert':
      if (at < since || alert?.state === 'firing' || (alert && at < group.wakeAt)) return null;
      return { verdict: 'true', value: null, cause: 'no_data' };
  }
}

/** True when no sample came for a window, false when one did, nothing while that is not known. */
function decideAbsent(
  rule: ThresholdRule & GridRule,
  group: GridGroup,
  totals: GroupTotals,
  at: number,
): Said | null {
  hear(group, totals.newestAt, at, rule.grid.intervalMs);
  const heard = at - group.saidAt < rule.windowMs;
  if (!heard && at - Math.max(group.saidAt, group.since) < rule.windowMs) return null;
  const verdict = heard ? 'false' : 'true';
  if (verdict === group.verdict && at < group.wakeAt) return null;
  return { verdict, value: null, cause: heard ? 'sample' : 'absent' };
}

/**
 * Notes when the group was heard. That is the time of its newest sample, so that it does not matter when exactly that
 * arrived; but a series whose times lag behind is heard when its samples come. What is found at the first look may be
 * old: silence goes on counting from the start.
 */
function hear(group: GridGroup, newestAt: number, at: number, intervalMs: number): void {
  if (newestAt <= group.newestAt) return;
  const timely = newestAt > at - intervalMs;
  const first = group.newestAt === Number.NEGATIVE_INFINITY;
  group.newestAt = newestAt;
  group.saidAt = timely || first ? newestAt : at;
  if (timely || !first) group.since = Number.NEGATIVE_INFINITY;
}
