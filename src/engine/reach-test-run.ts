// A test of who can be reached, as plain data.
import type { Target } from '../pipeline/target.ts';

export interface BeginReachTest {
  readonly do: 'begin';
  readonly to: readonly Target[];
  readonly confirmWithinMs: number;
  readonly reportTo: string | null;
  readonly actor: string;
}
export type ReachTestOrder = BeginReachTest | { readonly do: 'end'; readonly run: ReachTestRun };

/** One channel of one person; without a notification nothing was sent, and `reason` says why. */
export interface ReachTry {
  readonly person: string;
  readonly channel: string | null;
  readonly notificationId: string | null;
  readonly reason: 'no_address' | 'no_channel' | 'nobody' | 'too_many' | null;
}

/** As its event has it. Times are epoch milliseconds. */
export interface ReachTestRun {
  readonly id: string;
  readonly startedAt: number;
  readonly startedBy: string;
  readonly confirmBy: number;
  readonly to: readonly string[];
  readonly reportTo: string | null;
  readonly tries: readonly ReachTry[];
}

/** A try with what became of it. */
export interface ReachResult extends ReachTry {
  readonly sentAt: number | null;
  readonly deliveredAt: number | null;
  readonly confirmedAt: number | null;
  /** Null: reached. `waiting` until the time is over. */
  readonly why: string | null;
}
