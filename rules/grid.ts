// Rules over several series are looked at on a grid: at every multiple of `interval` since the epoch, once `eval_delay`
// has passed. Here is what such a rule reads of its series and for how long; across.ts makes a verdict of it.
import { minutesSuffice, reachOf } from './aggregates/index.ts';
import type { Grid, Labels, Rule } from './types.ts';

/** `aggregate: last` on a grid takes the newest sample of so many milliseconds at least, as Prometheus does. */
export const leastLookbackMs = 300_000;

/** How far a sample may be ahead of the clock, and a grid time that was held up behind it: such samples come on top. */
const aheadMs = 300_000;

/** A rule that is evaluated on a grid. */
export type GridRule<R extends Rule = Rule> = R & { readonly grid: Grid };

export function isGridRule<R extends Rule>(rule: R): rule is GridRule<R> {
  return rule.grid !== undefined;
}

/** By how much a grid time may lie behind the newest sample of a series when it is evaluated. */
function lagOf(grid: Grid | undefined): number {
  return grid === undefined ? 0 : grid.evalDelayMs + aheadMs;
}

/** The span before its newest sample of which a series must keep every point for this rule. */
export function pointSpanOf({ aggregate, windowMs, grid }: Rule): number {
  if (grid === undefined) return reachOf(aggregate, windowMs) > 0 ? windowMs : 0;
  return (aggregate === 'absent' ? 0 : windowMs) + lagOf(grid);
}

/** The same in one-minute aggregates, where those will do; else 0. */
export function minuteSpanOf({ aggregate, windowMs, grid }: Rule): number {
  return minutesSuffice(aggregate) ? windowMs + lagOf(grid) : 0;
}

/** How far back before now a series is read for this rule. */
export function readsBackOf({ aggregate, windowMs, grid }: Rule): number {
  if (grid === undefined) return reachOf(aggregate, windowMs);
  return Math.max(windowMs, reachOf(aggregate, windowMs)) + lagOf(grid);
}

/** The labels of the group that a series belongs to. */
export function groupLabels(grid: Grid, series: Labels): (readonly [string, string])[] {
  const labels: (readonly [string, string])[] = [];
  for (const name of grid.by) {
    const value = series[name];
    if (value !== undefined) labels.push([name, value]);
  }
  return labels;
}
