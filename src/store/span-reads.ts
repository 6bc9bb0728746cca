// Reads that walk over everything of a span, for statistics and reports. Their time grows with what happened: they are for
// a thread of their own over a connection that only reads, never for the main thread.
import type { Labels } from '../../rules/types.ts';
import type { DeliveryState } from '../pipeline/rows.ts';

/** Of one tenant, from `from` up to but without `to` (epoch milliseconds). */
export interface Span {
  readonly tenant: string;
  readonly from: number;
  readonly to: number;
}

/** How firing episodes and events may be told apart. A severity is the one that it has now, or had last. */
export type EpisodeDimension = 'severity' | 'category' | 'rule';

/** Episodes that fired in a span, or events that occurred in it, which have something in common. */
export interface EpisodeGroup {
  readonly kind: 'alert' | 'event';
  /** Null where nothing was asked for, and for what no rule of ours made. */
  readonly name: string | null;
  readonly count: number;
  /** Of those: ended, whenever. */
  readonly resolved: number;
  readonly resolvedByHand: number;
  /**
   * Milliseconds from firing to the first acknowledgement (however long ago that lapsed), and to the end, of those that
   * have one; at least 0. Of alerts only.
   */
  readonly toAcknowledge: readonly number[];
  readonly toResolve: readonly number[];
}

/** What fired or occurred in a quarter of an hour. */
export interface EpisodeQuarter {
  /** Epoch milliseconds; may be before the span, which cuts the first. */
  readonly from: number;
  readonly fired: number;
  /** Of those: ended, whenever. */
  readonly resolved: number;
  readonly events: number;
}

export interface LabelSetCount {
  readonly labels: Labels;
  readonly fired: number;
  readonly events: number;
}

/** Deliveries that were made in a span and came to the same. */
export interface DeliveryGroup {
  readonly channel: string;
  readonly state: DeliveryState;
  readonly reason: string | null;
  readonly count: number;
  readonly attempts: number;
  /** Milliseconds from when it was made to when the receiver accepted it, of those that it did; at least 0. */
  readonly toAccept: readonly number[];
}

/** Decisions not to notify: `notify.skipped` (never said), `notify.held` (later), `notify.suppressed` (not while it lasts). */
export interface HeldBack {
  readonly kind: 'notify.skipped' | 'notify.held' | 'notify.suppressed';
  readonly reason: string | null;
  readonly count: number;
}

/** A storm that began in a span: what came in it, and how that was told, whenever. */
export interface StormOfSpan {
  readonly startedAt: number;
  /** Null: it lasts. */
  readonly endedAt: number | null;
  /** Alerts that began to fire, and events, with those that made it a storm. */
  readonly count: number;
  /** Told in summaries, and by themselves; an alert that several receivers hear of counts for each. */
  readonly summed: number;
  readonly alone: number;
  readonly summaries: number;
}

/** What the audit says was done, counted. */
export interface Act {
  readonly kind: string;
  readonly actor: string | null;
  readonly count: number;
}

export interface SpanReads {
  /** By when they fired or occurred; in no order. */
  episodes(span: Span, by: EpisodeDimension | null): readonly EpisodeGroup[];
  /** The same in time: every zone's hours and days begin with a quarter. In no order, without empty ones. */
  episodeQuarters(span: Span): readonly EpisodeQuarter[];
  /** The most frequent first, at most `limit`. */
  topLabelSets(span: Span, limit: number): readonly LabelSetCount[];
  /** By when they were made; in no order. */
  deliveryGroups(span: Span): readonly DeliveryGroup[];
  /** The most frequent first. */
  heldBack(span: Span): readonly HeldBack[];
  /** By when they began. */
  storms(span: Span): readonly StormOfSpan[];
  /** The most frequent first, at most `limit`. */
  acts(span: Span, limit: number): readonly Act[];
}
