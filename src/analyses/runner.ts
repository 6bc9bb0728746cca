// Shows the committed log to the analyses, tenant by tenant, and stores what they say. It runs behind the commits and
// never before them: in slices, with the loop free between two of them. One write of a tenant is under way at a time, and
// it holds the rows and how far the log was read together, so that a restart neither loses nor repeats anything. What
// comes faster than it is read is left in the log and read from there.

import type { OffsetAt, WatchedSample } from '../../analysis/forecast/index.ts';
import { incidentOf, titleOf } from '../../analysis/incidents/index.ts';
import type { Edge } from '../../analysis/signals.ts';
import { graphOf } from '../../analysis/topology/index.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Engine } from '../engine/engine.ts';
import { Fifo } from '../engine/fifo.ts';
import { refusal } from '../engine/refusal.ts';
import type { StoredAlerts } from '../engine/turn.ts';
import type { Log } from '../log.ts';
import type { Effect } from '../pipeline/effect.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import type { Answer } from '../services.ts';
import { alertNewsKind } from '../store/alert-news.ts';
import type { CommittedEvent, Store } from '../store/store.ts';
import { ForecastKeeper } from './forecast-keeper.ts';
import type { Foretold } from './forecast-tally.ts';
import type { KnownCause, KnownOfAlert } from './known-of-alert.ts';
import { NewsReader } from './news-reader.ts';
import { type AnalysisOrder, type Decided, newRun, type Run, type WaitingOrder } from './run.ts';
import { StateKeeper, type StateToStore } from './state-keeper.ts';
import { TakeUp } from './take-up.ts';
import type { TenantAnalyses } from './tenant-analyses.ts';

/** What happens within this span is looked at together. */
const gatherMs = 200;
/** A slice ends after so much time: with the garbage that it makes it is two to three times as long for whoever waits. */
const sliceMs = 2;
/** While more waits to be looked at, what is to be stored is gathered so long, or until there is so much of it: one
 * incident that grows is written once. It is one commit, and everybody waits for the turn that stores it. */
const gatheredMs = 1_000;
const mostGathered = 100;
/** What is more than this is stored in parts: hundreds of incidents that close at once. With 500 a commit took up to 30 ms. */
const rowsPerCommit = 150;
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
/** Decisions of people that wait. */
const mostOrders = 100;
const retryMs = 1_000;
/** What fails again and again must not have the engine take everything up anew all the time. */
const longestRetryMs = 600_000;

export interface RunnerPorts {
  readonly store: Pick<
    Store,
    | 'analysis'
    | 'analysisPart'
    | 'alertNews'
    | 'findings'
    | 'idempotency'
    | 'incidents'
    | 'tenants'
    | 'forecast'
    | 'forecastPart'
    | 'prediction'
    | 'predictions'
  >;
  readonly engine: Pick<Engine, 'checkRoom' | 'submitAnalysis'>;
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
  readonly #news: NewsReader;
  readonly #takeUp: TakeUp;
  readonly #states: StateKeeper;
  #tick: Timer | null = null;
  #closing = false;
  readonly counts = { writes: 0, failures: 0, behind: 0 };

  constructor(ports: RunnerPorts) {
    this.#ports = ports;
    const { store, engine, clock, log, offsetAt = () => 0 } = ports;
    this.#forecasts = new ForecastKeeper({ store, engine, clock, log, offsetAt });
    this.#news = new NewsReader(ports);
    this.#states = new StateKeeper(ports);
    this.#takeUp = new TakeUp({
      ...{ store, clock, log, newId: ports.newId, declared: ports.declared },
      ...{ forecasts: this.#forecasts, news: this.#news, closing: () => this.#closing },
    });
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
          run.lines.push({ seq, at, kind, alert, signal: stored && this.#news.signalOf(stored, kind, at) });
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
   * What the analyses know of an alert at this moment, without waiting for anything. Null: nothing, or it was not looked
   * at yet.
   */
  knownOf(tenant: string, alert: string): KnownOfAlert | null {
    const analyses = this.#runs.get(tenant)?.analyses;
    if (analyses == null) return null;
    const { state } = analyses.incidents;
    // What ended or only occurred is not among the firing ones.
    const id = state.firing.get(alert) ?? analyses.recent.incidentOf(alert);
    const incident = id === undefined ? undefined : incidentOf(state, id);
    const patterns = analyses.recent.patternsOf(alert);
    const predictions = analyses.predictions.live.of(alert, this.#ports.clock.now());
    if (incident === undefined)
      return patterns.length + predictions.length === 0
        ? null
        : { incident: null, cause: null, patterns, predictions };
    return {
      incident: {
        ...{ id: incident.id, title: titleOf(incident) },
        ...{ alerts: incident.count, openedAt: incident.openedAt },
        ...{ services: incident.services.size, first: incident.first },
      },
      ...{ cause: this.#ports.causeOf?.(tenant, incident.id) ?? null, patterns, predictions },
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
      this.#write(run, [], this.#states.stateAtOnce(run)).catch((error: unknown) => this.#failed(run, error));
    }
  }

  #runOf(tenant: string): Run {
    const known = this.#runs.get(tenant);
    if (known) return known;
    const run = newRun(tenant);
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
      await this.#takeUp.load(run);
      while (!this.#closing && run.analyses !== null) {
        if (run.tickDue) {
          run.tickDue = false;
          await this.#store(run);
          await this.#timePassed(run);
        } else if (run.orders.length > 0) {
          await this.#store(run);
          await this.#carryOut(run, run.orders.take()!);
        } else if (!(await this.#slice(run))) break;
        await this.#ports.clock.breath();
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
        const news = this.#news.newsOf(run.tenant, line, line.signal);
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
    if (gathers) return true;
    await clock.breath();
    await this.#store(run);
    return true;
  }

  /** Stores what was gathered. */
  async #store(run: Run): Promise<void> {
    run.gatheredSince = null;
    const { analyses } = run;
    const effects = analyses!.flush(this.#ports.clock.now());
    if (effects.length > 0)
      await this.#write(run, effects, run.stored ? null : await this.#states.state(run));
    analyses!.predictions.stored(this.#ports.clock.now());
  }

  /** Decides, and stores what follows with the state that it led to: a turn is not held up by writing that out. */
  async #carryOut(run: Run, { idempotency, decide, resolve, reject }: WaitingOrder): Promise<void> {
    const { engine, store, clock } = this.#ports;
    const { tenant } = run;
    let changed = false;
    try {
      engine.checkRoom(tenant);
      // Asked before under the same key, it is answered as it was then.
      const again =
        idempotency !== null &&
        store.idempotency(tenant, idempotency.scope, idempotency.key, clock.now()) !== null;
      let decided: Decided = { effects: [], answer: refusal('internal') };
      if (!again) {
        changed = true;
        decided = decide(run.analyses!, clock.now());
        changed = decided.effects.length > 0;
      }
      const state = changed ? await this.#states.state(run) : null;
      let stored = false;
      const turn = (now: number): Decided => {
        stored = true;
        const { effects, answer } = decided;
        return { effects: state === null ? effects : [...effects, ...state(now)], answer };
      };
      resolve(await engine.submitAnalysis(tenant, { idempotency, decide: turn }, true));
      this.counts.writes += 1;
      if (changed && !stored) throw new Error('another decision was stored under the same key');
    } catch (error) {
      reject(error);
      // What was refused before it was looked at changed nothing.
      if (changed) throw error;
    }
  }

  /**
   * Stores the effects with how far the log was read, and the state where there is one. Of parts a kill would have the first
   * said twice: what news come to is one commit.
   */
  async #write(run: Run, effects: readonly Effect[], state: StateToStore | null): Promise<void> {
    const { tenant } = run;
    const cursor = Math.max(0, run.cursor);
    const now = this.#ports.clock.now();
    const last: readonly Effect[] =
      state === null ? [{ put: 'analysis', row: { tenant, cursor, at: now, saved: null } }] : state(now);
    const all = [...effects, ...last];
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
      await this.#ports.clock.breath();
      if (this.#closing) return;
    }
    if (looked > 0) this.#forecasts.saw(run.tenant);
    await this.#store(run);
  }

  #armTick(): void {
    const { clock } = this.#ports;
    this.#tick = clock.at(clock.now() + tickMs, () => {
      for (const run of this.#runs.values()) {
        run.tickDue = true;
        // Who failed has a time of its own.
        if (run.failures === 0) this.#wake(run, 0);
      }
      this.#armTick();
    });
  }

  /** Lets time pass, up to the news that wait, and saves what is known: what is large less often while news come. */
  async #timePassed(run: Run): Promise<void> {
    const { clock } = this.#ports;
    const analyses = run.analyses!;
    const next = run.lines.peek();
    const quiet = run.cursor === run.tickedCursor;
    run.tickedCursor = run.cursor;
    if (quiet || clock.now() - run.savedAt >= run.savedBytes / savedBytesPerMs) {
      if (next !== undefined || !run.behind) analyses.tick(next?.at ?? clock.now());
      const effects = analyses.flush(clock.now());
      // What a tick changed cannot be learned from the log again: the state goes with it.
      if (effects.length > 0 || run.cursor > run.savedCursor) {
        const state = await this.#states.state(run);
        if (this.#closing) return;
        await this.#write(run, effects, state);
      }
      analyses.predictions.stored(clock.now());
      if (run.stored && this.#forecasts.due(run.tenant))
        await this.#forecasts.keep(run.tenant, analyses.predictions, run.savedCursor);
    }
    await this.#watch(run, analyses);
  }
}
