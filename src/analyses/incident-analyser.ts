// Incidents as one of the analyses.
import {
  advanceIncidents,
  createIncidents,
  type IncidentChange,
  type Incidents,
  observeIncidents,
  restoreIncidents,
  saveIncidents,
} from '../../analysis/incidents/index.ts';
import type { AlertNews } from '../../analysis/signals.ts';
import type { Effect } from '../pipeline/effect.ts';
import type { Analyser, AnalysisContext } from './analyser.ts';
import { IncidentLedger } from './incident-rows.ts';

export class IncidentAnalyser implements Analyser {
  readonly name = 'incidents';
  readonly state: Incidents;
  readonly #ledger = new IncidentLedger();

  constructor(saved: unknown) {
    this.state = saved === null ? createIncidents() : restoreIncidents(saved);
  }

  get waiting(): number {
    return this.#ledger.waiting;
  }

  observe(news: AlertNews, context: AnalysisContext): void {
    this.#note(observeIncidents(this.state, news, { graph: context.graph, newId: context.idFrom }), context);
  }

  tick(now: number, context: AnalysisContext): void {
    this.#note(advanceIncidents(this.state, now), context);
  }

  #note(changes: readonly IncidentChange[], { tenant, newId }: AnalysisContext): void {
    for (const change of changes) this.#ledger.note(change, { tenant, actor: null, newId });
  }

  flush({ tenant }: AnalysisContext): Effect[] {
    return this.#ledger.flush(tenant);
  }

  recall(): Effect[] {
    return this.#ledger.recall();
  }

  save(): unknown {
    return saveIncidents(this.state);
  }
}
