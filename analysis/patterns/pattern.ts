// The one interface of all patterns. A pattern reads news of alerts as they come and says what it recognises, within half
// a minute after the evidence is complete; each is a file of its own and a line in index.ts.
import type { AlertSignal, Edge } from '../signals.ts';
import type { History } from './history.ts';
import type { Mark } from './mark.ts';

export const patternNames = [
  'burst',
  'cascade',
  'periodic',
  'correlation',
  'anomaly',
  'storm',
  'escalation',
] as const;
export type PatternName = (typeof patternNames)[number];

/** Something recognised. Said again with the same `key` when more became known of the same occurrence. */
export interface PatternFinding {
  readonly pattern: PatternName;
  /** Of one occurrence: the same for all that is said of it. */
  readonly key: string;
  /** Ids of the alerts that it rests on, oldest first; of very many the first and the latest, `figures.alerts` counts all. */
  readonly alerts: readonly string[];
  readonly from: number;
  readonly to: number;
  /** When it was recognised. */
  readonly foundAt: number;
  /** 0 … 1. */
  readonly confidence: number;
  /** What it rests on, by name; units are in the names (`seconds`, `per_minute`). */
  readonly figures: Readonly<Record<string, number>>;
  /** Labels that all its alerts share. */
  readonly scope: Readonly<Record<string, string>>;
}

/** What patterns may ask beside the news. */
export interface PatternContext {
  /** What is known of who depends on whom at this time. */
  readonly edges: readonly Edge[];
}

/** An alert that fired. */
export interface Fired {
  readonly alert: AlertSignal;
  /** When it became known. */
  readonly seenAt: number;
  /** The same, as far as patterns remember it. */
  readonly mark: Mark;
  /** When the same alert fired before, with this one; null at the first, and where the mark is no later than the last. */
  readonly history: History | null;
}

export interface Pattern<State> {
  readonly name: PatternName;
  create(): State;
  /** Takes an alert in. `seenAt` never goes back. */
  observe(state: State, fired: Fired, context: PatternContext): readonly PatternFinding[];
  /** Time that passed without news, at least every ten seconds. */
  advance(state: State, now: number, context: PatternContext): readonly PatternFinding[];
}
