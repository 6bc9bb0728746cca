// Keeps what the forecasts know, apart from the other analyses: it is megabytes, so it is stored in pieces, each as soon as it
// is a text, every half an hour; no two of them are held at once. News since then are in the log and are seen again after a
// start. Pieces of two generations lie side by side; the row that says which of them counts is written last.
import type { OffsetAt } from '../../analysis/forecast/index.ts';
import type { Clock } from '../clock.ts';
import type { Engine } from '../engine/engine.ts';
import type { Log } from '../log.ts';
import type { Effect } from '../pipeline/effect.ts';
import type { Store } from '../store/store.ts';
import { PredictionAnalyser } from './prediction-analyser.ts';

const keepEveryMs = 1_800_000;
/** After so many news it is kept earlier: they would have to be seen again. */
const mostNews = 20_000;
/** Open predictions that are read at once. */
const openPerRead = 500;

export interface ForecastKeeperPorts {
  readonly store: Pick<Store, 'forecast' | 'forecastPart' | 'predictions' | 'prediction'>;
  readonly engine: Pick<Engine, 'submitAnalysis'>;
  readonly clock: Pick<Clock, 'now' | 'breath'>;
  readonly log: Log;
  /** Local time of whom alerts may go by. */
  readonly offsetAt: OffsetAt;
}

/** What was kept, and the event up to which it knows the log; -1: nothing. */
export interface KeptForecast {
  readonly predictions: PredictionAnalyser;
  readonly cursor: number;
}

/** Lasts as long as the process: what is being stored goes on while the tenant is taken up anew. */
interface Kept {
  at: number;
  news: number;
  storing: boolean;
}

export class ForecastKeeper {
  readonly #ports: ForecastKeeperPorts;
  readonly #kept = new Map<string, Kept>();
  #closed = false;
  readonly counts = { kept: 0, failures: 0 };

  constructor(ports: ForecastKeeperPorts) {
    this.#ports = ports;
  }

  /** What was kept, read piece by piece. What cannot be read is begun anew from the log, and the log says so. */
  async load(tenant: string): Promise<KeptForecast> {
    const { store, clock, log, offsetAt } = this.#ports;
    const row = store.forecast(tenant);
    this.#kept.set(
      tenant,
      Object.assign(this.#kept.get(tenant) ?? { storing: false }, {
        // Where nothing is kept yet it is time.
        at: row === null ? Number.NEGATIVE_INFINITY : clock.now(),
        news: 0,
      }),
    );
    if (row === null) return { predictions: new PredictionAnalyser(offsetAt), cursor: -1 };
    try {
      const restored = PredictionAnalyser.restored(offsetAt);
      restored.next();
      for (let part = 0; part < row.parts; part++) {
        const text = store.forecastPart(tenant, row.generation, part);
        if (text === null) throw new Error(`piece ${part} of ${row.parts} is missing`);
        restored.next(text);
        await this.#ports.clock.breath();
      }
      const end = restored.next(null);
      if (end.done !== true) throw new Error('the state of a forecast has no end');
      return { predictions: end.value, cursor: row.cursor };
    } catch (error) {
      if (this.#closed) throw error;
      log.warn('forecast.begins_anew', { tenant, error: String(error) });
      return { predictions: new PredictionAnalyser(offsetAt), cursor: -1 };
    }
  }

  /** Takes up what is stored of predictions: from here on what is said is stored. */
  async takeUp(tenant: string, { predictions, cursor }: KeptForecast): Promise<void> {
    const { store, clock } = this.#ports;
    const open = [];
    for (let next: string | null = null; ; ) {
      const page: ReturnType<Store['predictions']> = store.predictions(
        tenant,
        { states: ['open'] },
        openPerRead,
        next,
      );
      open.push(...page.items);
      next = page.next;
      if (next === null) break;
      await this.#ports.clock.breath();
    }
    predictions.takeUp(open, (id) => store.prediction(tenant, id));
    if (cursor < 0) predictions.countFrom(clock.now());
  }

  /** News or samples were seen. */
  saw(tenant: string): void {
    const kept = this.#kept.get(tenant);
    if (kept) kept.news += 1;
  }

  /** Whether it is time to keep what the tenant's forecast knows. */
  due(tenant: string): boolean {
    const kept = this.#kept.get(tenant);
    if (kept === undefined || kept.storing || kept.news === 0 || this.#closed) return false;
    return kept.news >= mostNews || this.#ports.clock.now() - kept.at >= keepEveryMs;
  }

  /**
   * Stores what is known up to `cursor`, a commit for each piece; resolves when that is done, and nothing is to be observed
   * until then. What was kept before stands until all of it is there, and where it cannot be stored: the log says so. Where
   * this is under way already nothing is done. Throws where it cannot be put into texts.
   */
  async keep(tenant: string, predictions: PredictionAnalyser, cursor: number): Promise<void> {
    const kept = this.#kept.get(tenant);
    if (kept === undefined || kept.storing || this.#closed) return;
    kept.storing = true;
    kept.news = 0;
    kept.at = this.#ports.clock.now();
    try {
      await this.#storeAll(tenant, predictions.parts(), cursor);
    } finally {
      kept.storing = false;
    }
  }

  async #storeAll(tenant: string, texts: Generator<string>, cursor: number): Promise<void> {
    const { store, clock } = this.#ports;
    // As it is stored: who holds a number of his own may be wrong about which pieces count.
    const generation = 1 - (store.forecast(tenant)?.generation ?? 0);
    let parts = 0;
    for (const body of texts) {
      if (!(await this.#write({ put: 'forecast.part', row: { tenant, generation, part: parts, body } })))
        return;
      parts += 1;
      await this.#ports.clock.breath();
      if (this.#closed) return;
    }
    const row = { tenant, cursor, generation, parts, at: clock.now() };
    if (await this.#write({ put: 'forecast', row })) this.counts.kept += 1;
  }

  /** Never rejects; false: it is not stored. */
  async #write(effect: Effect & { readonly row: { readonly tenant: string } }): Promise<boolean> {
    const { tenant } = effect.row;
    try {
      await this.#ports.engine.submitAnalysis(
        tenant,
        { idempotency: null, decide: () => ({ effects: [effect], answer: { status: 200, body: null } }) },
        true,
      );
      return true;
    } catch (error) {
      if (this.#closed) return false;
      this.counts.failures += 1;
      this.#ports.log.warn('forecast.not_kept', { tenant, error: String(error) });
      return false;
    }
  }

  close(): void {
    this.#closed = true;
  }
}
