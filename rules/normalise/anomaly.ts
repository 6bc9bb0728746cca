// What the keys of an anomaly rule mean together.

import type { DetectorName } from '../../analysis/detectors/detector.ts';
import { heldFigure } from '../anomaly.ts';
import { hash64 } from '../fingerprint.ts';
import { leastLookbackMs } from '../grid.ts';
import { formatMatcher } from '../matchers.ts';
import { hashOfRule, type Unhashed } from '../rule-hash.ts';
import type { RuleDraft } from '../schema.ts';
import { compileTimeInterval, type TimeInterval } from '../time-interval.ts';
import type { TimeIntervalSpec } from '../time-interval-spec.ts';
import type { AnomalyRule, Detection, Grid, JointDetection, Reading as SeriesReading } from '../types.ts';
import { commonParts, oneOf, type Reading, silenceParts } from './common.ts';
import { gridParts } from './grid.ts';

type Draft = RuleDraft<'anomaly'>;

const usualSensitivity = 1;
const usualLearningMs = 86_400_000;

export function normaliseAnomaly(reading: Reading<Draft>): Unhashed<AnomalyRule> {
  const { draft, given, origin, report } = reading;
  oneOf(reading, 'metric', 'metric_name');
  oneOf(reading, 'metric', 'metrics');
  oneOf(reading, 'metric_name', 'metrics');
  if (!given.has('metric') && !given.has('metric_name') && !given.has('metrics'))
    report(null, 'expected a metric, or metrics');
  const joined = given.has('metrics');
  if (joined) checkJoined(reading);
  else checkAlone(reading);
  const metrics = draft.metrics ?? [draft.metric ?? draft.metric_name ?? ''];
  const match = draft.match ?? [];
  // On a grid the newest sample counts for a while, as for every rule there.
  const windowMs = joined ? leastLookbackMs : 0;
  const readings = metrics.map((metric): SeriesReading => ({ metric, match, aggregate: 'last', windowMs }));
  const { detector = 'ensemble', exclude, exclude_time_intervals: named = [] } = draft;
  if (given.has('exclude_time_intervals') && origin.kind === 'api')
    report(
      'exclude_time_intervals',
      'names of the configuration are known to rule files; write the intervals in exclude',
    );
  const detection = detectionOf(detector, exclude ?? [], named);
  const grid = joined ? gridParts(draft) : null;
  return {
    type: 'anomaly',
    ...commonParts(reading, undefined),
    ...silenceParts(reading, windowMs),
    ...readings[0]!,
    readings,
    detection,
    sensitivity: draft.sensitivity ?? usualSensitivity,
    direction: draft.direction ?? 'both',
    minChange: draft.min_change ?? 0,
    learningMs: draft.learning ?? usualLearningMs,
    // The figure is made so, see `anomalyFigure`.
    operator: 'gte',
    threshold: 0,
    resolveThreshold: heldFigure,
    ...(grid !== null && { grid, joint: jointOf(readings, grid, detection) }),
  };
}

/** What is learned depends on these alone: a rule that changes in others goes on with what it knows. */
function detectionOf(
  detector: DetectorName,
  spec: readonly TimeIntervalSpec[],
  named: readonly string[],
  windows?: readonly TimeInterval[],
): Detection {
  const all = [...spec, ...(windows ?? []).flatMap((one) => one.spec)];
  return {
    key: all.length === 0 ? detector : `${detector} ${hash64(JSON.stringify(all))}`,
    detector,
    exclude: spec.length === 0 ? null : compileTimeInterval('exclude', spec),
    ...(named.length > 0 && { named }),
    ...(windows !== undefined && { windows }),
  };
}

/** The rule with the windows that it names; `windows`: one for each name. */
export function withWindows(rule: AnomalyRule, windows: readonly TimeInterval[]): AnomalyRule {
  const { detector, exclude, named = [] } = rule.detection;
  const detection = detectionOf(detector, exclude?.spec ?? [], named, windows);
  const { hash, ...rest } = rule;
  const { readings, grid } = rule;
  const met: Unhashed<AnomalyRule> = {
    ...rest,
    detection,
    ...(grid !== undefined && { joint: jointOf(readings, grid, detection) }),
  };
  return { ...met, hash: hashOfRule(met) };
}

/** What is learned of the metrics together depends on these: in which order, by which labels, and how each is watched. */
function jointOf(
  readings: readonly SeriesReading[],
  { by, intervalMs }: Grid,
  { key }: Detection,
): JointDetection {
  const of = readings.map(({ metric, match }) => [metric, ...match.map(formatMatcher)]);
  return { key: `joint ${hash64(JSON.stringify([of, by, intervalMs, key]))}`, metrics: readings.length };
}

function checkJoined({ draft, given, report }: Reading<Draft>): void {
  if (!given.has('by'))
    report(null, 'expected by: the labels on which the series of the metrics are joined ([]: on none)');
  if (given.has('min_change'))
    report('min_change', 'min_change is in the unit of one metric; with metrics there is none');
  const { metrics = [] } = draft;
  for (const [i, metric] of metrics.entries())
    if (metrics.indexOf(metric) !== i)
      report('metrics', `the metric ${JSON.stringify(metric)} is named twice`);
}

function checkAlone({ given, report }: Reading<Draft>): void {
  for (const key of ['by', 'interval', 'eval_delay'])
    if (given.has(key))
      report(key, `${key} is for rules over several metrics; this one is evaluated at each sample`);
}
