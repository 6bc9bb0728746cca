// Digests of a seed: what each receiver collects, how often that goes out and to whom. Drawn from a stream of their own,
// so that the other draws of a seed are what they were.
import type { Severity } from '../../../rules/types.ts';
import type { DigestRule } from '../../pipeline/digest-rule.ts';
import type { Receiver, RoutingConfig } from '../../pipeline/routing.ts';
import type { Random } from './random.ts';

const min = 60_000;

/** Zones whose clocks stand still all year, and what they are ahead of UTC: the oracle reckons with this alone. */
export const aheadOfUtc: Readonly<Record<string, number>> = {
  UTC: 0,
  'Asia/Kolkata': 330 * min,
  'Asia/Kathmandu': 345 * min,
};

const collected: readonly (readonly Severity[])[] = [
  ['info'],
  ['info', 'warning'],
  ['info', 'warning', 'high'],
];

/** Half of the seeds collect for one receiver or for both; where the other gets it, what both collect is one digest. */
export function drawDigests(random: Random, routing: RoutingConfig): RoutingConfig {
  if (!random.chance(0.5)) return routing;
  const timeZone = random.pick(Object.keys(aheadOfUtc));
  const names = [...routing.receivers.keys()];
  const receivers = new Map<string, Receiver>();
  for (const [name, receiver] of routing.receivers) {
    const digest: DigestRule = {
      everyMs: random.pick([5, 5, 15, 60]) * min,
      severities: random.pick(collected),
      max: random.pick([3, 10, 500]),
      to: random.pick([null, null, ...names]),
    };
    receivers.set(name, random.chance(0.7) ? { ...receiver, digest } : receiver);
  }
  return { ...routing, receivers, timeZone };
}
