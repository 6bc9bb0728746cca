// A simulated stretch of operations: what an observer would have been told, and the truth that no observer has.
// Terminology:
//   firing     an episode of an alert as it truly was, before clocks and the wire bent its times
//   owner      what a firing belongs to: one incident, or one kind of harmless thing
import type { PatternName } from '../../../analysis/patterns/pattern.ts';
import type { CauseCategory } from '../../../analysis/root-cause/hypothesis.ts';
import type { AlertNews, ChangeSignal, Edge, SeriesSignal } from '../../../analysis/signals.ts';

/** From the customer's side to the machine's; `external` is what others run. */
export const layers = ['edge', 'application', 'shared', 'data', 'infrastructure', 'external'] as const;
export type Layer = (typeof layers)[number];

export interface SimulatedService {
  readonly name: string;
  readonly layer: Layer;
  readonly instances: number;
  /** What its clock is off, in milliseconds. */
  readonly skewMs: number;
  /** The label that names it in its alerts. */
  readonly serviceLabel: 'service' | 'app' | 'job';
}

export interface TrueIncident {
  readonly id: string;
  readonly rootService: string;
  readonly category: CauseCategory;
  /** When the fault began; of a slow one, when it began to hurt. */
  readonly at: number;
  readonly endedAt: number;
  readonly alerts: readonly string[];
  /** Patterns that its alerts form. */
  readonly patterns: readonly PatternName[];
}

export interface TruePattern {
  readonly pattern: PatternName;
  readonly alerts: readonly string[];
  readonly from: number;
  readonly to: number;
  /** When the last piece of the least evidence became known: see pattern-truth.ts. */
  readonly completeAt: number;
}

export const benignKinds = ['periodic', 'correlated', 'chronic'] as const;
export type BenignKind = (typeof benignKinds)[number];

export interface PredictableEvent {
  readonly key: string;
  /** When it is to begin to fire, as its alert says. */
  readonly at: number;
  readonly kind: 'periodic' | 'capacity' | 'cascade' | 'burst';
}

export interface IncidentTruth {
  readonly incidents: readonly TrueIncident[];
  readonly patterns: readonly TruePattern[];
  /** Alerts of no incident and no regularity. */
  readonly noise: readonly string[];
  /** Alerts of harmless things that have a regularity of their own. */
  readonly benign: readonly { readonly kind: BenignKind; readonly alerts: readonly string[] }[];
  /** What somebody who knew all regularities could have foretold. */
  readonly predictable: readonly PredictableEvent[];
}

export interface IncidentWorld {
  readonly seed: number;
  /** Epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  readonly services: readonly SimulatedService[];
  readonly trueEdges: readonly Edge[];
  /** What people wrote down of them: some are missing, some are wrong. */
  readonly declaredEdges: readonly Edge[];
  readonly news: readonly AlertNews[];
  readonly changes: readonly ChangeSignal[];
  readonly series: readonly SeriesSignal[];
  readonly truth: IncidentTruth;
}

export interface IncidentOptions {
  /** Share of the true edges that nobody wrote down; .1 where nothing is said. */
  readonly missingEdges?: number;
  /** Share of edges, of the true ones, that are written down and wrong; .05 where nothing is said. */
  readonly wrongEdges?: number;
  /** Whether samples are made, which takes the most of the time; they are where nothing is said. */
  readonly series?: boolean;
}
