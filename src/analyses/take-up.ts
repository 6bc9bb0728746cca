// Takes the analyses of a tenant up where the last process stopped: what was saved, and from there what the log has. What
// was stored of it is not said again.
import { adopt } from '../../analysis/incidents/index.ts';
import type { Edge } from '../../analysis/signals.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { IncidentRow, SavedParts } from '../pipeline/rows.ts';
import type { AlertNewsLine, Page, Store } from '../store/store.ts';
import type { ForecastKeeper } from './forecast-keeper.ts';
import { incidentOfRow } from './incident-rows.ts';
import type { NewsReader } from './news-reader.ts';
import { mostFindings } from './recent-knowledge.ts';
import type { Run } from './run.ts';
import { StateRestorer } from './state-parts.ts';
import { readSaved, type SavedAnalyses, TenantAnalyses } from './tenant-analyses.ts';

const linesPerRead = 500;
/** The loop is free after so much time. */
const sliceMs = 4;
/** Patterns that were said so long before a start are known after it. */
const patternsRecalledMs = 3_600_000;

export interface TakeUpPorts {
  readonly store: Pick<Store, 'analysis' | 'analysisPart' | 'alertNews' | 'findings' | 'incidents'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly newId: () => string;
  readonly forecasts: ForecastKeeper;
  readonly news: NewsReader;
  readonly declared: (tenant: string) => readonly Edge[];
  readonly closing: () => boolean;
}

export class TakeUp {
  readonly #ports: TakeUpPorts;

  constructor(ports: TakeUpPorts) {
    this.#ports = ports;
  }

  /** Reads what was saved, and from there as far as the rows know: that is seen again, and stored not again. */
  async load(run: Run): Promise<void> {
    if (run.analyses !== null) return;
    const { store, log, newId, clock } = this.#ports;
    const stored = store.analysis(run.tenant);
    const kept = await this.#ports.forecasts.load(run.tenant);
    let analyses: TenantAnalyses;
    run.stored = stored !== null;
    run.generation = stored?.generation ?? 1;
    const cursor = stored?.cursor ?? -1;
    // Where those begin that are saved together; the forecast may know less.
    let known = stored?.savedCursor ?? -1;
    try {
      const saved = stored === null ? null : await this.#read(run.tenant, stored);
      analyses = new TenantAnalyses(run.tenant, saved, kept.predictions, newId);
    } catch (error) {
      log.warn('analysis.begins_anew', { tenant: run.tenant, error: String(error) });
      analyses = new TenantAnalyses(run.tenant, null, kept.predictions, newId);
      this.#takeOver(analyses);
      known = cursor;
    }
    await this.#ports.clock.breath();
    for (run.cursor = Math.min(known, kept.cursor); run.cursor < cursor; ) {
      const page = store.alertNews(run.tenant, run.cursor, linesPerRead);
      await this.#showAgain(run, analyses, page.lines, { known, cursor });
      if (this.#ports.closing()) return;
      run.cursor = Math.min(cursor, page.upTo);
      if (!page.more) break;
    }
    await this.#ports.forecasts.takeUp(run.tenant, kept);
    if (this.#ports.closing()) return;
    run.savedCursor = stored?.savedCursor ?? -1;
    analyses.declare(this.#ports.declared(run.tenant), clock.now());
    const since = clock.now() - patternsRecalledMs;
    // Newest first.
    for (const row of store.findings(run.tenant, { since }, mostFindings, null).items.toReversed())
      analyses.recent.found(row);
    run.analyses = analyses;
    run.behind = true;
  }

  async #read(tenant: string, { generation, parts }: SavedParts): Promise<SavedAnalyses> {
    const restorer = new StateRestorer();
    for (let part = 0; part < parts; part++) {
      const text = this.#ports.store.analysisPart(tenant, generation, part);
      if (text === null) throw new Error(`piece ${part} of ${parts} is missing`);
      restorer.add(text);
      await this.#ports.clock.breath();
    }
    return readSaved(restorer.state);
  }

  /** Shows it what was seen up to `cursor` by the last process, whose rows are stored; the forecast alone what the others know. */
  async #showAgain(
    run: Run,
    analyses: TenantAnalyses,
    lines: readonly AlertNewsLine[],
    { known, cursor }: { readonly known: number; readonly cursor: number },
  ): Promise<void> {
    const { clock } = this.#ports;
    for (let at = 0; at < lines.length && !this.#ports.closing(); await this.#ports.clock.breath()) {
      for (const until = clock.now() + sliceMs; at < lines.length; ) {
        const line = lines[at++]!;
        const news = line.seq > cursor ? null : this.#ports.news.newsOf(run.tenant, line);
        if (news !== null && line.seq > known) analyses.observe(news);
        else if (news !== null) analyses.foresee(news);
        if (clock.now() >= until) break;
      }
      analyses.recall();
    }
  }

  /** Incidents that are open go on, and close in their time. */
  #takeOver(analyses: TenantAnalyses): void {
    const { store } = this.#ports;
    for (let cursor: string | null = null; ; ) {
      const page: Page<IncidentRow> = store.incidents(analyses.tenant, { states: ['open'] }, 500, cursor);
      for (const row of page.items) adopt(analyses.incidents.state, incidentOfRow(row));
      cursor = page.next;
      if (cursor === null) return;
    }
  }
}
