// Rules over several series, and rules over occurrences, are looked at on a grid: at every multiple of `interval` since
// the epoch, once `eval_delay` has passed.
import type { Grid, Labels, Rule } from './types.ts';

/** `aggregate: last` on a grid takes the newest sample of so many milliseconds at least, as Prometheus does. */
export const leastLookbackMs = 300_000;

/** A rule that is evaluated on a grid. */
export type GridRule = Rule & { readonly grid: Grid };

/** The labels of the group that something with these labels belongs to. */
export function groupLabels(by: readonly string[], labels: Labels): (readonly [string, string])[] {
  const own: (readonly [string, string])[] = [];
  for (const name of by) {
    const value = labels[name];
    if (value !== undefined) own.push([name, value]);
  }
  return own;
}
