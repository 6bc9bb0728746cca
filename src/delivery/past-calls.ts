// The calls that a process before this one noted, one by one: the limits of a channel go on over a restart.
import type { CountedCalls } from '../store/rows.ts';
import type { PastCall } from './limiter.ts';

export function pastCalls(stored: readonly CountedCalls[]): PastCall[] {
  return stored.flatMap(({ tenant, channel, at, calls }) =>
    new Array<PastCall>(calls).fill({ tenant, channel, at }),
  );
}
