// What the keys of a threshold rule mean together.
import { tooLong } from '../aggregates/index.ts';
import { leastLookbackMs } from '../grid.ts';
import type { Unhashed } from '../rule-hash.ts';
import type { RuleDraft } from '../schema.ts';
import type { Aggregate, ThresholdRule } from '../types.ts';
import { commonParts, oneOf, type Reading, silenceParts } from './common.ts';
import { comparisonParts } from './comparison.ts';
import { gridParts } from './grid.ts';

type Draft = RuleDraft<'threshold'>;

const usualSampleIntervalMs = 15_000;

export function normaliseThreshold(reading: Reading<Draft>): Unhashed<ThresholdRule> {
  const { draft, given, report } = reading;
  oneOf(reading, 'metric', 'metric_name');
  if (!given.has('metric') && !given.has('metric_name')) report(null, 'expected a metric');
  const aggregate = draft.aggregate ?? 'last';
  // With an aggregate that is misspelt nobody knows which window it would want.
  const known = !given.has('aggregate') || draft.aggregate !== undefined;
  const onGrid = given.has('across') || given.has('by');
  const grid = onGrid ? gridParts(draft) : undefined;
  if (known) {
    checkWindow(aggregate, draft.window, given, report);
    checkMemory(aggregate, reading, grid?.evalDelayMs ?? 0);
    checkAcross(aggregate, given, report);
  }
  const comparison = compare(reading, aggregate, known);
  const windowMs =
    grid !== undefined && aggregate === 'last'
      ? Math.max(draft.window ?? 0, leastLookbackMs)
      : (draft.window ?? 0);
  const silence = silenceParts(reading, draft.window ?? 0);
  const ownSilence = draft.no_data_after ?? reading.defaults.keys?.no_data_after;
  return {
    type: 'threshold',
    ...commonParts(reading, comparison.levels?.[0]?.severity),
    ...silence,
    ...(aggregate === 'absent' && ownSilence === undefined ? { noDataAfterMs: windowMs } : {}),
    metric: draft.metric ?? draft.metric_name ?? '',
    match: draft.match ?? [],
    aggregate,
    windowMs,
    ...comparison,
    ...(draft.across === undefined ? {} : { across: draft.across }),
    ...(grid === undefined ? {} : { grid }),
  };
}

function compare(
  reading: Reading<Draft>,
  aggregate: Aggregate,
  known: boolean,
): ReturnType<typeof comparisonParts> {
  const { given, report } = reading;
  const nothing = { operator: 'gt', threshold: 0 } as const;
  if (aggregate === 'absent') {
    for (const key of ['operator', 'threshold', 'resolve_threshold', 'levels'])
      if (given.has(key)) report(key, `the aggregate absent compares nothing and has no ${key}`);
    return nothing;
  }
  // It may be `absent` that was meant.
  if (!known && !given.has('threshold') && !given.has('levels')) return nothing;
  return comparisonParts(reading);
}

function checkAcross(
  aggregate: Aggregate,
  given: ReadonlySet<string>,
  report: Reading<Draft>['report'],
): void {
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

/** The window of an aggregate, of a rule or of a condition. */
export function checkWindow(
  aggregate: Aggregate,
  window: number | undefined,
  given: ReadonlySet<string>,
  report: (key: string | null, message: string) => void,
  onGrid = given.has('across'),
): void {
  if (aggregate === 'last' && onGrid) {
    if (window !== undefined && window < leastLookbackMs) {
      report(
        'window',
        'the aggregate last takes the newest sample of at least the last 5m; for a shorter span name another aggregate (max, avg, …)',
      );
    }
  } else if (aggregate === 'last') {
    if (window !== undefined && window > 0) {
      report(
        'window',
        'the aggregate last reads the newest sample and has no window; name another aggregate (avg, max, …)',
      );
    }
  } else if (!given.has('window')) {
    report(null, `expected a window such as 1m, because the aggregate is ${aggregate}`);
  } else if (window === 0) {
    report('window', `expected a window above 0, because the aggregate is ${aggregate}`);
  }
}

/** What is kept of a series must be able to fill the window. */
export function checkMemory(
  aggregate: Aggregate,
  {
    draft,
    defaults,
    report,
  }: Pick<
    Reading<{ window?: number | undefined; sample_interval?: number | undefined }>,
    'draft' | 'defaults' | 'report'
  >,
  lateMs: number,
): void {
  const intervalMs = draft.sample_interval ?? defaults.sampleIntervalMs ?? usualSampleIntervalMs;
  if (draft.window === undefined) return;
  const problem = tooLong(aggregate, draft.window, intervalMs, lateMs);
  if (problem !== null) report('window', problem);
}
