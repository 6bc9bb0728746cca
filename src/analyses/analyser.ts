// One analysis over the alerts of a tenant. The runner shows it the news in the order of the log, lets it know when time
// passes, and stores what it says together with how far the log was read. Invariants: no I/O, no clock, no randomness but
// `newId`; the same news in the same order give the same state and the same effects, ids of events aside. That is what
// makes a restart in the middle go on as if nothing had happened.
import type { AlertNews, AlertSignal } from '../../analysis/signals.ts';
import type { Graph } from '../../analysis/topology/index.ts';
import type { Effect } from '../pipeline/effect.ts';

export interface AnalysisContext {
  readonly tenant: string;
  /** Who depends on whom, as it is known at this time. */
  readonly graph: Graph;
  /** Ids of events. */
  readonly newId: () => string;
  /** The id of what an alert begins; the same each time. */
  readonly idFrom: (alert: AlertSignal) => string;
}

export interface Analyser {
  readonly name: string;
  /** Takes news in; 100 µs at most. */
  observe(news: AlertNews, context: AnalysisContext): void;
  /** Time that passed without news, about every ten seconds; not called while there is news to be read. */
  tick(now: number, context: AnalysisContext): void;
  /** How many effects wait to be taken: a slice ends when there are many. */
  readonly waiting: number;
  /** What is to be stored since the last time, in this order. */
  flush(context: AnalysisContext): Effect[];
  /**
   * Takes what `flush` would, of news that were seen and stored before: of that only what is remembered of effects is
   * wanted (which incident an alert joined, findings).
   */
  recall(context: AnalysisContext): Effect[];
  /** Its state as JSON. */
  save(): unknown;
}
