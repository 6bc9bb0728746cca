// The seed of a detector: of the same series and the same way of watching it always the same, live and in a replay.
import { hash64 } from '../../rules/fingerprint.ts';
import { canonicalLabels } from '../../rules/labels.ts';
import type { Labels } from '../../rules/types.ts';

/** An integer, 0 … 2^32 - 1. `key`: see `Detection`. */
export function seedOf(metric: string, labels: Labels, key: string): number {
  return Number.parseInt(hash64(`${metric}\n${canonicalLabels(labels)}\n${key}`).slice(8), 16);
}
