// What the analyses know of one tenant: the topology, which all of them read, and the state of each. It is saved and
// restored as a whole, so that they never stand at different places of the log.
import type { WatchedSample } from '../../analysis/forecast/index.ts';
import type { AlertNews, Edge } from '../../analysis/signals.ts';
import {
  createTopology,
  declare,
  observeTopology,
  restoreTopology,
  saveTopology,
  type Topology,
} from '../../analysis/topology/index.ts';
import type { Effect } from '../pipeline/effect.ts';
import type { Analyser, AnalysisContext } from './analyser.ts';
import { idFromAlert } from './id-from-alert.ts';
import { IncidentAnalyser } from './incident-analyser.ts';
import { PatternAnalyser } from './pattern-analyser.ts';
import type { PredictionAnalyser } from './prediction-analyser.ts';
import { RecentKnowledge } from './recent-knowledge.ts';
import { type StateParts, stateParts } from './state-parts.ts';

/** Of what is saved; another one is not read. */
const format = 1;

export interface SavedAnalyses {
  readonly format: number;
  readonly declared: readonly Edge[];
  readonly topology: unknown;
  readonly states: Readonly<Record<string, unknown>>;
}

/** What was put together of what `save` gave. Throws when it cannot be read. */
export function readSaved(state: unknown): SavedAnalyses {
  const from = state as SavedAnalyses;
  if (from.format !== format) throw new Error(`expected format ${format}, got ${from.format}`);
  return from;
}

export class TenantAnalyses {
  readonly tenant: string;
  readonly topology: Topology;
  readonly incidents: IncidentAnalyser;
  readonly patterns: PatternAnalyser;
  /** Its state is kept apart. */
  readonly predictions: PredictionAnalyser;
  /** Those whose state is saved here, in the order in which each sees the news. */
  readonly all: readonly Analyser[];
  /** What they said lately. */
  readonly recent = new RecentKnowledge();
  readonly #newId: () => string;

  /** @param from What `readSaved` gave; null: nothing is known. Throws when it cannot be taken up. */
  constructor(
    tenant: string,
    from: SavedAnalyses | null,
    predictions: PredictionAnalyser,
    newId: () => string,
  ) {
    this.tenant = tenant;
    this.predictions = predictions;
    this.#newId = newId;
    this.topology = from === null ? createTopology() : restoreTopology(from.topology, from.declared);
    const stateOf = (name: string): unknown => from?.states[name] ?? null;
    this.incidents = new IncidentAnalyser(stateOf('incidents'));
    this.patterns = new PatternAnalyser(stateOf('patterns'));
    this.all = [this.incidents, this.patterns];
  }

  get context(): AnalysisContext {
    return { tenant: this.tenant, graph: this.topology.graph, newId: this.#newId, idFrom: idFromAlert };
  }

  get waiting(): number {
    return this.all.reduce((sum, { waiting }) => sum + waiting, this.predictions.waiting);
  }

  observe(news: AlertNews): void {
    observeTopology(this.topology, news);
    const { context } = this;
    for (const analyser of this.all) analyser.observe(news, context);
    this.predictions.observe(news, context);
  }

  /** Shows the predictions alone what all others know already. */
  foresee(news: AlertNews): void {
    this.predictions.observe(news, this.context);
  }

  /** A sample of a series that rules watch. */
  watch(sample: WatchedSample): void {
    this.predictions.watch(sample, this.context);
  }

  tick(now: number): void {
    const { context } = this;
    for (const analyser of this.all) analyser.tick(now, context);
    this.predictions.tick(now, context);
  }

  /** What people declare from now on. */
  declare(edges: readonly Edge[], now: number): void {
    declare(this.topology, edges, now);
  }

  /** @param now When it is about to be stored. */
  flush(now: number): Effect[] {
    const { context } = this;
    const effects = this.all.flatMap((analyser) => analyser.flush(context));
    this.recent.note(effects);
    return [...effects, ...this.predictions.flush(now)];
  }

  /** Takes what was said of news that are seen again, and remembers what is to be remembered of it. */
  recall(): void {
    const { context } = this;
    this.recent.note(this.all.flatMap((analyser) => analyser.recall(context)));
  }

  /** Its state in pieces, to be stored as they are; nothing may be shown to it until that is done. */
  save(): StateParts {
    const saved: SavedAnalyses = {
      format,
      declared: this.topology.declared,
      topology: saveTopology(this.topology),
      states: Object.fromEntries(this.all.map((analyser) => [analyser.name, analyser.save()])),
    };
    return stateParts(saved);
  }
}
