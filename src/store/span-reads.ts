// Reads that walk over everything of a span, for statistics and reports. Their time grows with what happened: they are for
// a thread of their own over a connection that only reads, never for the main thread.
import type { Category, Labels, Severity } from '../../rules/types.ts';
import type { AlertState, DeliveryState, ResolveReason } from '../pipeline/rows.ts';

/** Of one tenant, from `from` up to but without `to` (epoch milliseconds). */
export interface Span {
  readonly tenant: string;
  readonly from: number;
  readonly to: number;
}

/** One firing episode of an alert, or one event, as figures need it. */
export interface Episode {
  readonly kind: 'alert' | 'event';
  /** Null for what no rule of ours made. */
  readonly rule: string | null;
  /** As it is now, or was last. */
  readonly severity: Severity;
  readonly category: Category;
  /** Equal for equal labels; `labelsOf` reads it. */
  readonly labelSet: string;
  readonly state: AlertState;
  /** When it fired, or occurred: the time that counts for the span. */
  readonly firedAt: number;
  readonly resolvedAt: number | null;
  readonly resolveReason: ResolveReason | null;
  /** The first time that somebody acknowledged it, however long ago that lapsed; null: nobody did. */
  readonly acknowledgedAt: number | null;
}

/** One delivery, by when it was made. */
export interface DeliveryFigure {
  readonly channel: string;
  readonly state: DeliveryState;
  readonly reason: string | null;
  readonly attempts: number;
  readonly createdAt: number;
  /** Accepted, dead or dropped then; null while it is open. */
  readonly finishedAt: number | null;
}

/** Decisions not to notify: `notify.skipped` (never said), `notify.held` (later), `notify.suppressed` (not while it lasts). */
export interface HeldBack {
  readonly kind: 'notify.skipped' | 'notify.held' | 'notify.suppressed';
  readonly reason: string | null;
  readonly count: number;
}

/** What the audit says was done, counted. */
export interface Act {
  readonly kind: string;
  readonly actor: string | null;
  readonly count: number;
}

export interface SpanReads {
  /** Episodes that fired, and events that occurred, in the span; in no order. Nothing may be asked of the store meanwhile. */
  eachEpisode(span: Span, visit: (episode: Episode) => void): void;
  /** Deliveries that were made in the span; in no order. Nothing may be asked of the store meanwhile. */
  eachDelivery(span: Span, visit: (delivery: DeliveryFigure) => void): void;
  heldBack(span: Span): readonly HeldBack[];
  /** The most frequent first, at most `limit`. */
  acts(span: Span, limit: number): readonly Act[];
  /** The labels of an `Episode.labelSet`; null when there is none of that name any more. */
  labelsOf(tenant: string, labelSet: string): Labels | null;
}
