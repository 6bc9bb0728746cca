// What each rule reads of which series, whatever its type: by this it is paired with series, and they keep enough points.
import { minutesSuffice, reachOf } from './aggregates/index.ts';
import type { GridRule } from './grid.ts';
import type { Grid, Reading, ReadingRule, Rule } from './types.ts';

/** How far a sample may be ahead of the clock, and a grid time that was held up behind it: such samples come on top. */
const aheadMs = 300_000;

const nothing: readonly Reading[] = [];

/** What the rule reads of series: one reading, or one for each condition over a metric. */
export function readingsOf(rule: Rule): readonly Reading[] {
  switch (rule.type) {
    case 'threshold':
    case 'trend':
      return [rule];
    case 'composite':
    case 'anomaly':
      return rule.readings;
    case 'frequency':
    case 'pattern':
      return nothing;
  }
}

/** A rule that is evaluated at each sample of each of its series. */
export type SeriesRule = ReadingRule & { readonly grid?: undefined };

export function isSeriesRule(rule: Rule): rule is SeriesRule {
  return rule.grid === undefined;
}

export function isGridRule(rule: Rule): rule is GridRule {
  return rule.grid !== undefined;
}

/** Whether the rule is about samples that do not come. */
export function isAbsent(rule: Rule): boolean {
  return rule.type === 'threshold' && rule.aggregate === 'absent';
}

/** The span that the rule looks back from where it is evaluated; of several windows the longest. */
export function windowOf(rule: Rule): number {
  if (rule.type !== 'composite') return rule.windowMs;
  return Math.max(0, ...rule.readings.map(({ windowMs }) => windowMs));
}

/** The names of the rules whose alerts this one asks for. */
export function ruleReferences(rule: Rule): readonly string[] {
  if (rule.type !== 'composite') return [];
  const names = new Set<string>();
  const visit = (condition: typeof rule.condition): void => {
    if (condition.kind === 'rule') names.add(condition.rule);
    else if (condition.kind === 'not') visit(condition.of);
    else if (condition.kind !== 'reading') condition.of.forEach(visit);
  };
  visit(rule.condition);
  return [...names];
}

/** By how much a grid time may lie behind the newest sample of a series when it is evaluated. */
function lagOf(grid: Grid | undefined): number {
  return grid === undefined ? 0 : grid.evalDelayMs + aheadMs;
}

/** The span before its newest sample of which a series must keep every point for this reading. */
export function pointSpanOf({ aggregate, windowMs }: Reading, grid: Grid | undefined): number {
  if (grid === undefined) return reachOf(aggregate, windowMs) > 0 ? windowMs : 0;
  return (aggregate === 'absent' ? 0 : windowMs) + lagOf(grid);
}

/** The same in one-minute aggregates, where those will do; else 0. */
export function minuteSpanOf({ aggregate, windowMs }: Reading, grid: Grid | undefined): number {
  return minutesSuffice(aggregate) ? windowMs + lagOf(grid) : 0;
}

/** How far back before now series are read for this rule. */
export function readsBackOf(rule: Rule): number {
  const { grid } = rule;
  let most = 0;
  for (const { aggregate, windowMs } of readingsOf(rule)) {
    const reach = reachOf(aggregate, windowMs);
    most = Math.max(most, grid === undefined ? reach : Math.max(windowMs, reach) + lagOf(grid));
  }
  return most;
}
