// What the analyses know of an alert, for whoever tells people of it.
import type { ForecastModel } from '../../analysis/forecast/index.ts';
import type { PatternName } from '../../analysis/patterns/pattern.ts';
import type { CauseCategory } from '../../analysis/root-cause/hypothesis.ts';

/** The first hypothesis, where the verdict is that the cause was found. */
export interface KnownCause {
  readonly service: string;
  readonly category: CauseCategory;
  /** 0 … 1: probability that this service is the cause. */
  readonly confidence: number;
}

/** A pattern that the alert is part of. */
export interface KnownPattern {
  readonly pattern: PatternName;
  /** How many alerts it rests on, and of how many services; null: nobody counted them. */
  readonly alerts: number;
  readonly services: number | null;
  readonly confidence: number;
  readonly from: number;
}

/** An alert that is expected after this one. */
export interface KnownPrediction {
  readonly model: ForecastModel;
  /** The rule or type of the expected alert, and its service. */
  readonly name: string;
  readonly service: string | null;
  /** It is to begin to fire between these, epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  /** 0 … 1. */
  readonly confidence: number;
  /** How often it followed before; null: it is not known by following. */
  readonly times: { readonly came: number; readonly of: number } | null;
}

export interface KnownOfAlert {
  /** Null: it is in none, as most of what only occurs. */
  readonly incident: KnownIncident | null;
  /** Null: unknown, or not looked for yet. */
  readonly cause: KnownCause | null;
  readonly patterns: readonly KnownPattern[];
  /** Sure ones, the soonest first. */
  readonly predictions: readonly KnownPrediction[];
}

export interface KnownIncident {
  readonly id: string;
  readonly title: string;
  readonly alerts: number;
  readonly openedAt: number;
  /** How many services it reached, and its first alert. */
  readonly services: number;
  readonly first: { readonly name: string; readonly service: string };
}
