// From the keys of a rule to the rule: what the keys mean together, and what is filled in where one is absent.

import { tooLong } from './aggregates/index.ts';
import { leastLookbackMs } from './grid.ts';
import { emptyLabels, mergeLabels } from './labels.ts';
import { hashOfRule } from './rule-hash.ts';
import type { RuleDraft } from './schema.ts';
import { priorityOf } from './severity.ts';
import type { Grid, Labels, Operator, Origin, Rule } from './types.ts';

/** What a rule takes over from the file that it stands in. */
export interface RuleDefaults {
  readonly tenant: string;
  readonly group: string;
  readonly labels: Labels;
  /** How often its series send; 15 s when nobody says so. */
  readonly sampleIntervalMs?: number;
}

/** Reports a problem of the rule at one of its keys; no key: of the rule as a whole. */
export type ReportKey = (key: string | null, message: string) => void;

const leastNoDataAfterMs = 60_000;
const usualSampleIntervalMs = 15_000;
const usualIntervalMs = 15_000;
const usualEvalDelayMs = 2_000;

/**
 * Checks what concerns several keys and reports it, also when other keys were wrong already. `given` are the keys that
 * the rule has, whether their values were right or not. Answers the rule, which is good if nothing was reported.
 */
export function normaliseRule(
  draft: RuleDraft,
  given: ReadonlySet<string>,
  origin: Origin,
  defaults: RuleDefaults,
  report: ReportKey,
): Rule {
  const both = (a: string, b: string): void => {
    if (given.has(a) && given.has(b)) report(b, `${b} is another word for ${a}; write one of them`);
  };
  both('metric', 'metric_name');
  both('severity', 'level');
  if (!given.has('name')) report(null, 'expected a name');
  if (!given.has('metric') && !given.has('metric_name')) report(null, 'expected a metric');

  const aggregate = draft.aggregate ?? 'last';
  if (!given.has('aggregate') || draft.aggregate !== undefined) {
    checkWindow(aggregate, draft, given, report);
    checkMemory(aggregate, draft, defaults, report);
    checkAcross(aggregate, given, report);
  }
  checkThresholds(draft, given, report);

  const grid = gridOf(draft, given);
  const windowMs =
    grid !== undefined && aggregate === 'last'
      ? Math.max(draft.window ?? 0, leastLookbackMs)
      : (draft.window ?? 0);
  const severity = draft.severity ?? draft.level ?? 'warning';
  const rule: Omit<Rule, 'hash'> = {
    type: 'threshold',
    tenant: defaults.tenant,
    name: draft.name ?? '',
    group: defaults.group,
    description: draft.description ?? '',
    category: draft.category ?? 'system',
    severity,
    priority: draft.priority ?? priorityOf(severity),
    labels: mergeLabels(defaults.labels, draft.labels ?? emptyLabels),
    annotations: draft.annotations ?? emptyLabels,
    enabled: draft.enabled ?? true,
    forMs: draft.for ?? 0,
    keepFiringForMs: draft.keep_firing_for ?? 0,
    noData: draft.no_data ?? 'keep',
    noDataAfterMs:
      draft.no_data_after ??
      (aggregate === 'absent' ? windowMs : Math.max(draft.window ?? 0, leastNoDataAfterMs)),
    ...(draft.dedupe_window === undefined ? {} : { dedupeWindowMs: draft.dedupe_window }),
    metric: draft.metric ?? draft.metric_name ?? '',
    match: draft.match ?? [],
    aggregate,
    windowMs,
    operator: draft.operator ?? 'gt',
    threshold: draft.threshold ?? 0,
    ...(draft.resolve_threshold === undefined ? {} : { resolveThreshold: draft.resolve_threshold }),
    ...(draft.across === undefined ? {} : { across: draft.across }),
    ...(grid === undefined ? {} : { grid }),
    origin,
  };
  if (draft.no_data_after === 0) report('no_data_after', 'expected a duration above 0');
  return { ...rule, hash: hashOfRule(rule) };
}

/** `across` or `by` make it a rule over several series. */
function gridOf(draft: RuleDraft, given: ReadonlySet<string>): Grid | undefined {
  if (!given.has('across') && !given.has('by')) return undefined;
  return {
    by: draft.by ?? [],
    intervalMs: draft.interval ?? usualIntervalMs,
    evalDelayMs: draft.eval_delay ?? usualEvalDelayMs,
  };
}

function checkAcross(aggregate: Rule['aggregate'], given: ReadonlySet<string>, report: ReportKey): void {
  if (given.has('by') && !given.has('across') && aggregate !== 'absent')
    report(
      'by',
      'expected across (sum, avg, min, max or count) with it: what is made of the series of a group',
    );
  if (given.has('across') || given.has('by')) return;
  for (const key of ['interval', 'eval_delay']) {
    if (!given.has(key)) continue;
    report(key, `${key} is for rules over several series (across, by); this one is evaluated at each sample`);
  }
}

function checkWindow(
  aggregate: Rule['aggregate'],
  draft: RuleDraft,
  given: ReadonlySet<string>,
  report: ReportKey,
): void {
  if (aggregate === 'last' && given.has('across')) {
    if (draft.window !== undefined && draft.window < leastLookbackMs) {
      report(
        'window',
        'the aggregate last takes the newest sample of at least the last 5m; for a shorter span name another aggregate (max, avg, …)',
      );
    }
  } else if (aggregate === 'last') {
    if (draft.window !== undefined && draft.window > 0) {
      report(
        'window',
        'the aggregate last reads the newest sample and has no window; name another aggregate (avg, max, …)',
      );
    }
  } else if (!given.has('window')) {
    report(null, `expected a window such as 1m, because the aggregate is ${aggregate}`);
  } else if (draft.window === 0) {
    report('window', `expected a window above 0, because the aggregate is ${aggregate}`);
  }
}

/** What is kept of a series must be able to fill the window. */
function checkMemory(
  aggregate: Rule['aggregate'],
  draft: RuleDraft,
  defaults: RuleDefaults,
  report: ReportKey,
): void {
  const intervalMs = draft.sample_interval ?? defaults.sampleIntervalMs ?? usualSampleIntervalMs;
  if (draft.window === undefined) return;
  const onGrid = draft.across !== undefined || draft.by !== undefined;
  const lateMs = onGrid ? (draft.eval_delay ?? usualEvalDelayMs) : 0;
  const problem = tooLong(aggregate, draft.window, intervalMs, lateMs);
  if (problem !== null) report('window', problem);
}

function checkThresholds(draft: RuleDraft, given: ReadonlySet<string>, report: ReportKey): void {
  if (draft.aggregate === 'absent') {
    for (const key of ['operator', 'threshold', 'resolve_threshold']) {
      if (given.has(key)) report(key, `the aggregate absent compares nothing and has no ${key}`);
    }
    return;
  }
  if (!given.has('threshold')) {
    // With an aggregate that is misspelt it may be `absent` that was meant.
    if (!given.has('aggregate') || draft.aggregate !== undefined) report(null, 'expected a threshold');
    return;
  }
  const { threshold, resolve_threshold: resolve } = draft;
  if (threshold === undefined || resolve === undefined) return;
  if (given.has('operator') && draft.operator === undefined) return;
  const operator: Operator = draft.operator ?? 'gt';
  switch (operator) {
    case 'gt':
    case 'gte':
      if (resolve > threshold)
        report(
          'resolve_threshold',
          `expected at most the threshold (${threshold}), because the operator is ${operator}`,
        );
      return;
    case 'lt':
    case 'lte':
      if (resolve < threshold)
        report(
          'resolve_threshold',
          `expected at least the threshold (${threshold}), because the operator is ${operator}`,
        );
      return;
    case 'eq':
    case 'neq':
      report(
        'resolve_threshold',
        `the operator ${operator} has no side to come back to and takes no resolve_threshold`,
      );
  }
}
