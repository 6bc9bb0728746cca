// What matchers would hold back now, before anybody makes a silence of them. Reads only.
import { matchesAll } from '../../rules/matchers.ts';
import type { Matcher } from '../../rules/types.ts';
import { routingLabels } from './route.ts';
import type { PipelineState } from './state.ts';

/** How many firing alerts the matchers take. */
export function takenBy(state: PipelineState, matchers: readonly Matcher[]): number {
  let taken = 0;
  for (const alert of state.openByKey.values())
    if (alert.state === 'firing' && matchesAll(matchers, routingLabels(alert))) taken += 1;
  return taken;
}
