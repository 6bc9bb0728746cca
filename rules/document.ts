// A rule in the words of a rule file: what the API shows and `export` writes. Reading it again gives the same rule.
import { formatDuration } from './duration.ts';
import { formatMatcher } from './matchers.ts';
import type { Comparison, Condition, Grid, Level, Reading, Rule } from './types.ts';

/** Plain data with the keys of the rule file; a key that means nothing to the rule is left out. */
export type RuleDocument = Readonly<Record<string, unknown>>;

export function ruleDocument(rule: Rule): RuleDocument {
  const { dedupeWindowMs } = rule;
  const levels = rule.type === 'composite' ? undefined : rule.levels;
  return defined({
    name: rule.name,
    type: rule.type,
    description: rule.description === '' ? undefined : rule.description,
    enabled: rule.enabled,
    ...own(rule),
    for: formatDuration(rule.forMs),
    keep_firing_for: formatDuration(rule.keepFiringForMs),
    dedupe_window: dedupeWindowMs === undefined ? undefined : formatDuration(dedupeWindowMs),
    send_resolved: rule.sendResolved,
    depends_on: rule.dependsOn?.map(({ rule: name, equal }) =>
      equal.length === 0 ? name : { rule: name, equal: [...equal] },
    ),
    severity: levels === undefined ? rule.severity : undefined,
    priority: rule.priority,
    category: rule.category,
    labels: { ...rule.labels },
    annotations: { ...rule.annotations },
  });
}

function own(rule: Rule): object {
  const { sampleIntervalMs } = rule;
  const silence = {
    no_data: rule.noData,
    no_data_after: formatDuration(rule.noDataAfterMs),
    sample_interval: sampleIntervalMs === undefined ? undefined : formatDuration(sampleIntervalMs),
  };
  switch (rule.type) {
    case 'threshold':
      return {
        ...readingDocument(rule),
        ...(rule.aggregate === 'absent' ? {} : comparisonDocument(rule)),
        across: rule.across,
        ...(rule.grid === undefined ? {} : gridDocument(rule.grid)),
        ...silence,
      };
    case 'trend': {
      const { metric, match, measure } = rule;
      return {
        metric,
        match: match.map(formatMatcher),
        measure,
        window: formatDuration(rule.windowMs),
        per: measure === 'slope' ? formatDuration(rule.perMs) : undefined,
        within: measure === 'crosses' ? formatDuration(rule.withinMs) : undefined,
        min_fit: rule.minFit,
        confidence: rule.confidence === 0 ? undefined : rule.confidence,
        ...comparisonDocument(rule),
        ...silence,
      };
    }
    case 'composite': {
      const { by, ...grid } = gridDocument(rule.grid);
      return { ...conditionsDocument(rule), by: rule.shared ? undefined : by, ...grid, ...silence };
    }
    case 'frequency':
      return {
        of: rule.of,
        match: rule.match.map(formatMatcher),
        window: formatDuration(rule.windowMs),
        distinct: rule.distinct,
        ...comparisonDocument(rule),
        ...gridDocument(rule.grid),
      };
    case 'pattern':
      return {
        pattern: rule.patterns.length === 1 ? rule.patterns[0] : rule.patterns,
        match: rule.match.map(formatMatcher),
        min_confidence: rule.minConfidence,
        window: formatDuration(rule.windowMs),
        ...gridDocument(rule.grid),
      };
    case 'anomaly': {
      const { readings, detection, grid } = rule;
      return {
        ...(grid === undefined ? { metric: rule.metric } : { metrics: readings.map(({ metric }) => metric) }),
        match: rule.match.map(formatMatcher),
        detector: detection.detector,
        sensitivity: rule.sensitivity,
        direction: rule.direction,
        min_change: grid === undefined ? rule.minChange : undefined,
        learning: formatDuration(rule.learningMs),
        exclude: detection.exclude?.spec,
        exclude_time_intervals: detection.named,
        ...(grid === undefined ? {} : gridDocument(grid)),
        ...silence,
      };
    }
  }
}

function readingDocument({ metric, match, aggregate, windowMs }: Reading): object {
  return {
    metric,
    match: match.map(formatMatcher),
    aggregate,
    window: windowMs === 0 ? undefined : formatDuration(windowMs),
  };
}

function comparisonDocument(rule: Comparison & { readonly levels?: readonly Level[] }): object {
  const { operator, threshold, resolveThreshold, levels } = rule;
  if (levels === undefined) return { operator, threshold, resolve_threshold: resolveThreshold };
  return {
    operator,
    levels: levels.map((level) =>
      defined({
        severity: level.severity,
        threshold: level.threshold,
        resolve_threshold: level.resolveThreshold,
      }),
    ),
  };
}

function gridDocument({ by, intervalMs, evalDelayMs }: Grid) {
  return {
    by: [...by],
    interval: formatDuration(intervalMs),
    eval_delay: formatDuration(evalDelayMs),
  };
}

function conditionsDocument({ condition, readings }: Extract<Rule, { type: 'composite' }>): object {
  const one = (inner: Condition): RuleDocument => {
    switch (inner.kind) {
      case 'reading': {
        const reading = readings[inner.reading]!;
        const compared = reading.aggregate === 'absent' ? {} : comparisonDocument(reading);
        return defined({ ...readingDocument(reading), ...compared, across: reading.across });
      }
      case 'rule':
        return { rule: inner.rule, state: inner.state };
      case 'not':
        return { not: one(inner.of) };
      case 'at_least':
        return { at_least: inner.count, of: inner.of.map(one) };
      default:
        return { [inner.kind]: inner.of.map(one) };
    }
  };
  if (condition.kind === 'at_least') return { at_least: condition.count, conditions: condition.of.map(one) };
  if (condition.kind === 'all' || condition.kind === 'any')
    return { logic: condition.kind === 'all' ? 'AND' : 'OR', conditions: condition.of.map(one) };
  return { conditions: [one(condition)] };
}

/** Without the keys that have no value. */
function defined(object: Readonly<Record<string, unknown>>): RuleDocument {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
