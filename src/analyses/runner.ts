// Shows the committed log to the analyses, tenant by tenant, and stores what they say. It runs behind the commits and
// never before them: in slices, with the loop free between two of them. One write of a tenant is under way at a time, and
// it holds the rows and how far the log was read together, so that a restart neither loses nor repeats anything. What
// comes faster than it is read is left in the log and read from there.

import type { OffsetAt, WatchedSample } from '../../analysis/forecast/index.ts';
import { adopt, incidentOf, titleOf } from '../../analysis/incidents/index.ts';
import type { AlertNews, AlertSignal, Edge } from '../../analysis/signals.ts';
import { graphOf } from '../../analysis/topology/index.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Engine } from '../engine/engine.ts';
import { Fifo } from '../engine/fifo.ts';
import { refusal } from '../engine/refusal.ts';
import type { StoredAlerts } from '../engine/turn.ts';
import type { Log } from '../log.ts';
import type { Effect } from '../pipeline/effect.ts';
import type { AlertRow, IncidentRow } from '../pipeline/rows.ts';
import type { Answer, Idempotency } from '../services.ts';
import { atOnce, nextSlice } from '../slices.ts';
import { alertNewsKind } from '../store/alert-news.ts';
import type { AlertNewsLine, CommittedEvent, Page, Store } from '../store/store.ts';
import { signalOf } from './alert-signal.ts';
import { ForecastKeeper } from './forecast-keeper.ts';
import type { Foretold } from './forecast-tally.ts';
import { incidentOfRow } from './incident-rows.ts';
import type { KnownCause, KnownOfAlert } from './known-of-alert.ts';
import { mostFindings } from './recent-knowledge.ts';
import { TenantAnalyses } from './tenant-analyses.ts';

/** What happens within this span is looked at together. */
const gatherMs = 200;
/** A slice ends after so much time. */
const sliceMs = 4;
/** While more waits to be looked at, what is to be stored is gathered so long, or until there is so much of it: one
 * incident that grows is written once. It is one commit, and everybody waits for the turn that stores it. */
const gatheredMs = 1_000;
const mostGathered = 100;
/** What is more than this is stored in parts: hundreds of incidents that close at once. */
const rowsPerCommit = 500;
/** Lines that wait in memory; beyond them the log is read. */
const mostWaiting = 5_000;
const linesPerRead = 500;
/** Time is made known to the analyses, and what they know is saved, this often; what is large less often: it is written
 * as a whole. What came since is read from the log again. */
const tickMs = 10_000;
const savedBytesPerMs = 50;
/** Watched series are looked at this often, so many of them before others have their turn. */
const watchEveryMs = 30_000;
const watchedAtOnce = 4;
/** Patterns that were said so long before a start are known after it. */
const patternsRecalledMs = 3_600_000;
/** Decisions of people that wait. */
const mostOrders = 100;
const retryMs = 1_000;
/** What fails again and again must not have the engine take everything up anew all the time. */
const longestRetryMs = 600_000;

/** What a person decides: looked at when its turn in the engine has come, and stored with what it answers. */
export interface AnalysisOrder {
  readonly decide: (
    analyses: TenantAnalyses,
    now: number,
  ) => { readonly effects: readonly Effect[]; readonly answer: Answer };
  readonly idempotency: Idempotency | null;
}

interface WaitingOrder extends AnalysisOrder {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** A line of the log, with what it says of the alert when that is known already. */
interface WaitingLine extends AlertNewsLine {
  /** Null: the alert is to be read. */
  readonly signal: AlertSignal | typeof ofFindings | null;
}

/** What a rule says of a finding is none of the alerts that findings are about. */
const ofFindings = Symbol('of findings');

/** How far the analyses of one tenant are. */
interface Run {
  readonly tenant: string;
  /** Null: not read from the store yet, or what was in memory is void. */
  analyses: TenantAnalyses | null;
  /** The log is read from the store: there is more than what waits here. */
  behind: boolean;
  lines: Fifo<WaitingLine>;
  /** The last event that was looked at, and the one up to which the state was saved. */
  cursor: number;
  savedCursor: number;
  /** Something was stored of this tenant. */
  stored: boolean;
  /** When the state was saved, and how large it was. */
  savedAt: number;
  savedBytes: number;
  /** The cursor at the last tick. */
  tickedCursor: number;
  /** Since when something is to be stored. */
  gatheredSince: number | null;
  readonly orders: Fifo<WaitingOrder>;
  running: boolean;
  timer: Timer | null;
  failures: number;
  /** When watched series were looked at last. */
  watchedAt: number;
}

export interface RunnerPorts {
  readonly store: Pick<
    Store,
    | 'analysis'
    | 'alertNews'
    | 'findings'
    | 'incidents'
    | 'tenants'
    | 'forecast'
    | 'forecastPart'
    | 'prediction'
    | 'predictions'
  >;
  readonly engine: Pick<Engine, 'submitAnalysis'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly newId: () => string;
  /** The alert as it is now; null: it is not kept any more. */
  readonly alert: (tenant: string, id: string) => AlertRow | null;
  /** Whether the alert is of a rule about findings. */
  readonly isFinding: (alert: AlertRow) => boolean;
  /** What people declared of who depends on whom. */
  readonly declared: (tenant: string) => readonly Edge[];
  /** What the tenant's rules with a threshold read now, series by series, not later than `now`; and how many are left out. */
  readonly watched?: (tenant: string, now: number) => Generator<WatchedSample | null, number>;
  /** Local time of whom alerts may go by; UTC unless told otherwise. */
  readonly offsetAt?: OffsetAt;
  /** What is held for the cause of an incident now. */
  readonly causeOf?: (tenant: string, incident: string) => KnownCause | null;
}

/** A write that was refused: nothing of it is stored, and what is in memory is void. */
class Refused extends Error {}

export class AnalysisRunner {
  readonly #ports: RunnerPorts;
  readonly #runs = new Map<string, Run>();
  readonly #forecasts: ForecastKeeper;
  #tick: Timer | null = null;
  #closing = false;
  readonly counts = { news: 0, writes: 0, failures: 0, behind: 0 };

  constructor(ports: RunnerPorts) {
    this.#ports = ports;
    const { store, engine, clock, log, offsetAt = () => 0 } = ports;
    this.#forecasts = new ForecastKeeper({ store, engine, clock, log, offsetAt });
  }

  /** Takes up every tenant where the last process stopped. */
  start(): void {
    for (const { id } of this.#ports.store.tenants()) this.#wake(this.#runOf(id), 0);
    this.#armTick();
  }

  /** Hears of a commit, with the alerts that it stored. Does nothing but remember. */
  see(events: readonly CommittedEvent[], alerts: StoredAlerts): void {
    if (this.#closing) return;
    for (const { seq, row } of events) {
      const kind = alertNewsKind(row.subjectKind, row.kind);
      if (kind === null) continue;
      const run = this.#runOf(row.tenant);
      if (!run.behind) {
        if (run.lines.length >= mostWaiting) {
          run.lines = new Fifo();
          run.behind = true;
          this.counts.behind += 1;
        } else {
          const { tenant, at, subjectId: alert } = row;
          const stored = alerts(tenant, alert);
          run.lines.push({ seq, at, kind, alert, signal: stored && this.#signalOf(stored, kind, at) });
        }
      }
      this.#wake(run, gatherMs);
    }
  }

  /** Carries out what a person decides; resolves when it is durable. */
  order(tenant: string, order: AnalysisOrder): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const run = this.#runOf(tenant);
      if (this.#closing || run.orders.length >= mostOrders) throw new Refused('too many decisions wait');
      run.orders.push({ ...order, resolve, reject });
      this.#wake(run, 0);
    });
  }

  /** What is known of the tenant's topology now, once it was read. */
  edges(tenant: string): readonly Edge[] {
    return (
      this.#runs.get(tenant)?.analyses?.topology.graph.edges ?? graphOf(this.#ports.declared(tenant)).edges
    );
  }

  /**
   * What the analyses know of an alert at this moment, without waiting for anything. Null: it is in no incident, or was
   * not looked at yet.
   */
  knownOf(tenant: string, alert: string): KnownOfAlert | null {
    const analyses = this.#runs.get(tenant)?.analyses;
    if (analyses == null) return null;
    const { state } = analyses.incidents;
    // What ended or only occurred is not among the firing ones.
    const id = state.firing.get(alert) ?? analyses.recent.incidentOf(alert);
    const incident = id === undefined ? undefined : incidentOf(state, id);
    if (incident === undefined) return null;
    return {
      incident: {
        ...{ id: incident.id, title: titleOf(incident) },
        ...{ alerts: incident.count, openedAt: incident.openedAt },
        ...{ services: incident.services.size, first: incident.first },
      },
      cause: this.#ports.causeOf?.(tenant, incident.id) ?? null,
      patterns: analyses.recent.patternsOf(alert),
      predictions: analyses.predictions.live.of(alert, this.#ports.clock.now()),
    };
  }

  /** How many alerts were foretold, and what there was no room for; null: not known yet. */
  foretoldOf(tenant: string): Foretold | null {
    const predictions = this.#runs.get(tenant)?.analyses?.predictions;
    return predictions ? { tally: predictions.tally, left: predictions.left } : null;
  }

  /** Resolves when everything that was committed until then was looked at, and what follows is stored. */
  async settled(): Promise<void> {
    for (;;) {
      const busy = [...this.#runs.values()].filter(
        ({ running, behind, lines, orders, timer, failures }) =>
          failures === 0 && (running || behind || lines.length + orders.length > 0 || timer !== null),
      );
      if (busy.length === 0 || this.#closing) return;
      for (const run of busy) this.#wake(run, 0);
      await new Promise<void>((resolve) => this.#ports.clock.at(this.#ports.clock.now() + 1, resolve));
    }
  }

  /** Looks at nothing more, and has the engine store what is known before it stops. What is under way the log has still. */
  close(): void {
    this.#closing = true;
    this.#forecasts.close();
    this.#tick?.cancel();
    for (const run of this.#runs.values()) {
      run.timer?.cancel();
      for (const { reject } of run.orders.drain()) reject(new Refused('the program stops'));
      if (run.running || run.analyses === null || run.cursor <= run.savedCursor) continue;
      // What is written now is before all that the engine does to stop.
      this.#write(run, [], atOnce(run.analyses.save())).catch((error: unknown) => this.#failed(run, error));
    }
  }

  #runOf(tenant: string): Run {
    const known = this.#runs.get(tenant);
    if (known) return known;
    const run: Run = {
      ...{ tenant, analyses: null, behind: true, lines: new Fifo(), cursor: -1, savedCursor: -1 },
      ...{ stored: false, orders: new Fifo(), running: false, timer: null, failures: 0 },
      ...{ gatheredSince: null, savedAt: Number.NEGATIVE_INFINITY, savedBytes: 0, tickedCursor: -1 },
      watchedAt: Number.NEGATIVE_INFINITY,
    };
    this.#runs.set(tenant, run);
    return run;
  }

  #wake(run: Run, afterMs: number): void {
    if (run.running || this.#closing) return;
    if (run.timer !== null) {
      if (afterMs > 0) return;
      run.timer.cancel();
    }
    const { clock } = this.#ports;
    run.timer = clock.at(clock.now() + afterMs, () => {
      run.timer = null;
      void this.#work(run);
    });
  }

  /** Works until nothing waits. Never rejects. */
  async #work(run: Run): Promise<void> {
    if (run.running) return;
    run.running = true;
    try {
      await this.#load(run);
      while (!this.#closing && run.analyses !== null) {
        if (run.orders.length > 0) {
          await this.#store(run);
          await this.#carryOut(run, run.orders.take()!);
        } else if (!(await this.#slice(run))) break;
        await this.#breathe();
      }
      run.failures = 0;
    } catch (error) {
      // The store may be closed by then.
      if (!this.#closing) this.#failed(run, error);
    } finally {
      run.running = false;
      if (run.failures > 0) this.#wake(run, Math.min(longestRetryMs, retryMs * 2 ** (run.failures - 1)));
    }
  }

  #breathe(): Promise<void> {
    return new Promise((resolve) => this.#ports.clock.soon(resolve));
  }

  /** What is in memory is void; the log and the store have everything. */
  #failed(run: Run, error: unknown): void {
    run.analyses = null;
    run.gatheredSince = null;
    run.behind = true;
    run.lines = new Fifo();
    run.failures += 1;
    this.counts.failures += 1;
    const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#ports.log.warn('analysis.taken_up_again', { tenant: run.tenant, error: cause });
  }

  /** Reads what was saved, and from there as far as the rows know: that is seen again, and stored not again. */
  async #load(run: Run): Promise<void> {
    if (run.analyses !== null) return;
    const { store, log, newId, clock } = this.#ports;
    const stored = store.analysis(run.tenant);
    const kept = await this.#forecasts.load(run.tenant);
    let analyses: TenantAnalyses;
    run.stored = stored !== null;
    const cursor = stored?.cursor ?? -1;
    // Where those begin that are saved together; the forecast may know less.
    let known = stored?.savedCursor ?? -1;
    try {
      analyses = new TenantAnalyses(run.tenant, stored?.state ?? null, kept.predictions, newId);
    } catch (error) {
      log.warn('analysis.begins_anew', { tenant: run.tenant, error: String(error) });
      analyses = new TenantAnalyses(run.tenant, null, kept.predictions, newId);
      this.#takeOver(analyses);
      known = cursor;
    }
    for (run.cursor = Math.min(known, kept.cursor); run.cursor < cursor; ) {
      const page = store.alertNews(run.tenant, run.cursor, linesPerRead);
      await this.#showAgain(run, analyses, page.lines, { known, cursor });
      if (this.#closing) return;
      run.cursor = Math.min(cursor, page.upTo);
      if (!page.more) break;
    }
    await this.#forecasts.takeUp(run.tenant, kept);
    if (this.#closing) return;
    run.savedCursor = stored?.savedCursor ?? -1;
    analyses.declare(this.#ports.declared(run.tenant), clock.now());
    const since = clock.now() - patternsRecalledMs;
    // Newest first.
    for (const row of store.findings(run.tenant, { since }, mostFindings, null).items.toReversed())
      analyses.recent.found(row);
    run.analyses = analyses;
    run.behind = true;
  }

  /** Shows it what was seen up to `cursor` by the last process, whose rows are stored; the forecast alone what the others know. */
  async #showAgain(
    run: Run,
    analyses: TenantAnalyses,
    lines: readonly AlertNewsLine[],
    { known, cursor }: { readonly known: number; readonly cursor: number },
  ): Promise<void> {
    const { clock } = this.#ports;
    for (let at = 0; at < lines.length && !this.#closing; await this.#breathe()) {
      for (const until = clock.now() + sliceMs; at < lines.length; ) {
        const line = lines[at++]!;
        const news = line.seq > cursor ? null : this.#newsOf(run, line);
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

  #signalOf(row: AlertRow, kind: AlertNewsLine['kind'], at: number): AlertSignal | typeof ofFindings {
    return this.#ports.isFinding(row) ? ofFindings : signalOf(row, kind === 'resolved' ? at : null, at);
  }

  /** Null: the alert is not kept any more, or is none that analyses are about. */
  #newsOf(
    { tenant }: Run,
    { kind, alert, at }: AlertNewsLine,
    known: WaitingLine['signal'] = null,
  ): AlertNews | null {
    const row = known === null ? this.#ports.alert(tenant, alert) : null;
    const signal = known ?? (row && this.#signalOf(row, kind, at));
    if (signal === null || signal === ofFindings) return null;
    this.counts.news += 1;
    return { kind, alert: signal, seenAt: at };
  }

  /** Looks at some news and stores what follows; false: there is none. */
  async #slice(run: Run): Promise<boolean> {
    const { store, clock } = this.#ports;
    const analyses = run.analyses!;
    if (run.lines.length === 0) {
      if (!run.behind) return false;
      const page = store.alertNews(run.tenant, run.cursor, linesPerRead);
      // From here on what is committed comes by itself.
      run.behind = page.more;
      for (const line of page.lines) run.lines.push({ ...line, signal: null });
      if (page.lines.length === 0) {
        run.cursor = page.upTo;
        return page.more;
      }
    }
    const until = clock.now() + sliceMs;
    for (let line = run.lines.take(); line !== undefined; line = run.lines.take()) {
      if (line.seq > run.cursor) {
        const news = this.#newsOf(run, line, line.signal);
        if (news !== null) {
          analyses.observe(news);
          this.#forecasts.saw(run.tenant);
        }
        run.cursor = line.seq;
      }
      if (analyses.waiting >= mostGathered || clock.now() >= until) break;
    }
    if (analyses.waiting > 0) run.gatheredSince ??= clock.now();
    const gathers =
      run.lines.length > 0 &&
      analyses.waiting < mostGathered &&
      clock.now() < (run.gatheredSince ?? 0) + gatheredMs;
    if (!gathers) await this.#store(run);
    return true;
  }

  /** Stores what was gathered. */
  async #store(run: Run): Promise<void> {
    run.gatheredSince = null;
    const { analyses } = run;
    const effects = analyses!.flush(this.#ports.clock.now());
    if (effects.length > 0) await this.#write(run, effects, run.stored ? null : await this.#state(run));
    analyses!.predictions.stored(this.#ports.clock.now());
  }

  async #carryOut(run: Run, order: WaitingOrder): Promise<void> {
    const analyses = run.analyses!;
    const { tenant } = run;
    let fault: unknown = null;
    let decided = false;
    try {
      const answer = await this.#ports.engine.submitAnalysis(tenant, {
        idempotency: order.idempotency,
        decide: (now) => {
          decided = true;
          // A fault in an analysis is not to be one of the turn.
          try {
            const { effects, answer } = order.decide(analyses, now);
            if (effects.length === 0) return { effects, answer };
            return { effects: [...effects, this.#saved(run, now, atOnce(analyses.save()))], answer };
          } catch (error) {
            fault = error;
            return { effects: [], answer: refusal('internal') };
          }
        },
      });
      this.counts.writes += 1;
      order.resolve(answer);
      if (fault !== null) throw fault;
    } catch (error) {
      order.reject(error);
      // What was refused before it was looked at changed nothing.
      if (decided) throw error;
    }
  }

  /** The state as text; megabytes after a storm, so the loop is free between two slices. Nothing is shown meanwhile. */
  async #state(run: Run): Promise<string> {
    const work = run.analyses!.save();
    for (let done = nextSlice(work); ; done = nextSlice(work)) {
      if (done !== null) return done.result;
      await this.#breathe();
    }
  }

  /** The state as it is, up to where the log was read. */
  #saved(run: Run, now: number, state: string): Effect {
    const cursor = Math.max(0, run.cursor);
    run.savedCursor = run.cursor;
    run.savedAt = now;
    run.savedBytes = state.length;
    run.stored = true;
    return { put: 'analysis', row: { tenant: run.tenant, cursor, at: now, state } };
  }

  /**
   * Stores the effects with how far the log was read, and the state where there is one. Of parts a kill would have the first
   * said twice: what news come to is one commit.
   */
  async #write(run: Run, effects: readonly Effect[], state: string | null): Promise<void> {
    const { tenant } = run;
    const cursor = Math.max(0, run.cursor);
    const now = this.#ports.clock.now();
    const last: Effect =
      state === null
        ? { put: 'analysis', row: { tenant, cursor, at: now, state } }
        : this.#saved(run, now, state);
    const all = [...effects, last];
    for (let from = 0; from < all.length; from += rowsPerCommit) {
      const part = all.slice(from, from + rowsPerCommit);
      this.counts.writes += 1;
      await this.#ports.engine.submitAnalysis(
        tenant,
        { idempotency: null, decide: () => ({ effects: part, answer: { status: 200, body: null } }) },
        true,
      );
    }
  }

  /** Shows the forecast what is measured now, and stores what it says. */
  async #watch(run: Run, analyses: TenantAnalyses): Promise<void> {
    const { watched, clock } = this.#ports;
    const now = clock.now();
    if (watched === undefined || now - run.watchedAt < watchEveryMs) return;
    run.watchedAt = now;
    let looked = 0;
    const samples = watched(run.tenant, now);
    for (let next = samples.next(); ; next = samples.next()) {
      if (next.done === true) {
        analyses.predictions.tally.unwatched = next.value;
        break;
      }
      if (next.value !== null) analyses.watch(next.value);
      if (++looked % watchedAtOnce > 0) continue;
      await this.#breathe();
      if (this.#closing) return;
    }
    if (looked > 0) this.#forecasts.saw(run.tenant);
    await this.#store(run);
  }

  #armTick(): void {
    const { clock } = this.#ports;
    this.#tick = clock.at(clock.now() + tickMs, () => {
      for (const run of this.#runs.values()) void this.#timePassed(run);
      this.#armTick();
    });
  }

  async #timePassed(run: Run): Promise<void> {
    const { analyses } = run;
    if (analyses === null || run.running || run.behind || run.lines.length > 0 || this.#closing) return;
    // News make the time known, too.
    const seen = run.cursor !== run.tickedCursor;
    run.tickedCursor = run.cursor;
    if (seen && this.#ports.clock.now() - run.savedAt < run.savedBytes / savedBytesPerMs) return;
    run.running = true;
    try {
      const { clock } = this.#ports;
      analyses.tick(clock.now());
      const effects = analyses.flush(clock.now());
      // What a tick changed cannot be learned from the log again: the state goes with it.
      if (effects.length > 0 || run.cursor > run.savedCursor) {
        const state = await this.#state(run);
        if (this.#closing) return;
        await this.#write(run, effects, state);
      }
      analyses.predictions.stored(clock.now());
      if (run.stored && this.#forecasts.due(run.tenant))
        await this.#forecasts.keep(run.tenant, analyses.predictions, run.savedCursor);
      await this.#watch(run, analyses);
    } catch (error) {
      this.#failed(run, error);
    } finally {
      run.running = false;
      if (run.lines.length + run.orders.length > 0 || run.behind) this.#wake(run, gatherMs);
    }
  }
}
