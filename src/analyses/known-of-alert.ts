// What the analyses know of an alert, for whoever tells people of it.
import type { CauseCategory } from '../../analysis/root-cause/hypothesis.ts';

/** The first hypothesis, where the verdict is that the cause was found. */
export interface KnownCause {
  readonly service: string;
  readonly category: CauseCategory;
  /** 0 … 1: probability that this service is the cause. */
  readonly confidence: number;
}

export interface KnownOfAlert {
  readonly incident: {
    readonly id: string;
    readonly title: string;
    readonly alerts: number;
    readonly openedAt: number;
  };
  /** Null: unknown, or not looked for yet. */
  readonly cause: KnownCause | null;
}
