// Storms of a seed: how much at once is one, so little that a small world has them. Drawn from a stream of its own, so that
// the other draws of a seed are what they were.
import type { RoutingConfig } from '../../pipeline/routing.ts';
import type { Random } from './random.ts';

const min = 60_000;

/**
 * Half of the seeds without escalations have storms: the oracle of escalations knows the groups of routes alone.
 */
export function drawStorms(random: Random, routing: RoutingConfig): RoutingConfig {
  if (!random.chance(0.5) || (routing.escalations?.size ?? 0) > 0) return routing;
  const events = random.pick([3, 5, 8]);
  const storm = {
    events,
    withinMs: random.pick([30_000, min, 2 * min]),
    everyMs: random.pick([30_000, min, 5 * min]),
    calmEvents: Math.floor(events / 2),
    calmMs: random.pick([2 * min, 5 * min]),
    newAfterMs: random.pick([10 * min, 60 * min]),
    newAtMost: random.pick([0, 2, 5]),
  };
  return { ...routing, storm };
}
