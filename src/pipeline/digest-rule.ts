// What people say of a digest: what it collects, and when it goes out.
import type { Severity } from '../../rules/types.ts';

export interface DigestRule {
  /** One that fits the clock. */
  readonly everyMs: number;
  readonly severities: readonly Severity[];
  /** As many go out at once, before the time. */
  readonly max: number;
  /** The receiver that gets it; null: the one that would get each by itself. */
  readonly to: string | null;
}

/** The same of a group that collects. */
export interface DigestPlan extends DigestRule {
  /** IANA name of the zone whose clock that is. */
  readonly zone: string;
  /** It holds what a storm takes the place of; when it goes out is the storm's to say. */
  readonly storm?: true;
}

/** What is so urgent that nothing may collect it. */
export const neverCollected: readonly Severity[] = ['critical', 'emergency'];
export const mostInDigest = 500;
