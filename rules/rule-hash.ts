// The content hash of a rule: equal for rules that decide and say the same, wherever they stand.
import { hash64 } from './fingerprint.ts';
import { canonicalLabels, isLabelSet } from './labels.ts';
import { formatMatcher } from './matchers.ts';
import type { Comparison, Labels, Reading, Rule } from './types.ts';

/** A rule that has no hash yet. */
export type Unhashed<R extends Rule = Rule> = R extends Rule ? Omit<R, 'hash'> : never;

/** The rule as JSON with keys in a fixed order, without its origin and hash: what is kept of a version of it. */
export function ruleBody(rule: Unhashed): string {
  const { name, type, group, description, category, severity, priority, enabled } = rule;
  const { forMs, keepFiringForMs, noData, noDataAfterMs, dedupeWindowMs, sendResolved, dependsOn } = rule;
  const labels = inOrder(rule.labels);
  const annotations = inOrder(rule.annotations);
  return oneObject([
    { name, type, group, description, category, severity, priority, enabled },
    ...ownBody(rule),
    { forMs, keepFiringForMs, noData, noDataAfterMs, dedupeWindowMs, sendResolved, dependsOn },
    { labels, annotations },
  ]);
}

/** The keys of several objects, which have none in common, as one. To join the objects would take three times as long. */
function oneObject(parts: readonly object[]): string {
  let text = '';
  for (const part of parts) {
    const keys = JSON.stringify(part).slice(1, -1);
    if (keys !== '') text += text === '' ? keys : `,${keys}`;
  }
  return `{${text}}`;
}

/** A label set is in order already; what somebody put together by hand may not be. */
function inOrder(labels: Labels): unknown {
  return isLabelSet(labels) ? labels : JSON.parse(canonicalLabels(labels));
}

/** What a rule of its type has; keys without a value are left out by JSON. */
function ownBody(rule: Unhashed): readonly object[] {
  switch (rule.type) {
    case 'threshold': {
      const { across, grid, levels } = rule;
      return [readingBody(rule), comparisonBody(rule), { across, grid, levels }];
    }
    case 'trend': {
      const { measure, perMs, withinMs, minFit, confidence, levels } = rule;
      return [
        readingBody(rule),
        comparisonBody(rule),
        { measure, perMs, withinMs, minFit, confidence, levels },
      ];
    }
    case 'composite': {
      const { grid, shared, condition } = rule;
      const readings = rule.readings.map((reading) => ({
        ...readingBody(reading),
        ...comparisonBody(reading),
        across: reading.across,
      }));
      return [{ grid, shared, readings, condition }];
    }
    case 'frequency': {
      const { of, windowMs, distinct, grid, levels } = rule;
      const match = rule.match.map(formatMatcher);
      return [{ of, match, windowMs }, comparisonBody(rule), { distinct, grid, levels }];
    }
    case 'pattern': {
      const { patterns, minConfidence, windowMs, grid } = rule;
      return [{ patterns, match: rule.match.map(formatMatcher), minConfidence, windowMs, grid }];
    }
    case 'anomaly': {
      const { readings, detection, sensitivity, direction, minChange, learningMs, grid } = rule;
      const exclude = detection.exclude?.spec;
      const { detector, named, windows } = detection;
      return [
        { readings: readings.map(readingBody), metric: rule.metric, match: rule.match.map(formatMatcher) },
        { detector, sensitivity, direction, minChange, learningMs, exclude, grid },
        { named, windows: windows?.map(({ spec }) => spec) },
      ];
    }
  }
}

function readingBody({ metric, match, aggregate, windowMs }: Reading): object {
  return { metric, match: match.map(formatMatcher), aggregate, windowMs };
}

function comparisonBody({ operator, threshold, resolveThreshold }: Comparison): object {
  return { operator, threshold, resolveThreshold };
}

/** 16 hexadecimal digits over `ruleBody`. */
export function hashOfRule(rule: Unhashed): string {
  return hash64(ruleBody(rule));
}
