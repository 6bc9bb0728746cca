// Predictions as one of the analyses. Each is stored before its outcome and once more with it. Its state is megabytes where
// there are many alerts: it is not saved with the others but in parts (see forecast-keeper.ts), and what came since is seen
// again after a start. What is stored decides then: `takeUp` brings the two together. Time passes for it in steps, so that
// news that are seen again lead to the same predictions with the same ids.
import {
  adoptPrediction,
  advanceForecast,
  createForecast,
  dropPrediction,
  ForecastRestorer,
  type ForecastState,
  type Forecasts,
  forecastParts,
  type OffsetAt,
  observeNews,
  observeWatched,
  type Prediction,
  type PredictionOutcome,
  scoreOf,
  type WatchedSample,
} from '../../analysis/forecast/index.ts';
import type { AlertNews } from '../../analysis/signals.ts';
import type { Effect } from '../pipeline/effect.ts';
import type { PredictionRow, PredictionState } from '../pipeline/rows.ts';
import type { AnalysisContext } from './analyser.ts';
import { emptyTally, type ForecastTally } from './forecast-tally.ts';
import { idFromPrediction } from './id-from-alert.ts';
import { LivePredictions } from './live-predictions.ts';

/** Windows end at these times of the clock, or with the next news. */
const stepMs = 10_000;
/** Time is let pass so much later: what is being committed now is news of before. */
const behindMs = 2_000;

export class PredictionAnalyser {
  #state = createForecast();
  #tally: ForecastTally = emptyTally();
  readonly #offsetAt: OffsetAt;
  /** All that are open, by id. */
  readonly #open = new Map<string, PredictionRow>();
  /** What is to be stored. */
  readonly #changed = new Map<string, PredictionRow>();
  /** Open ones that are not stored yet. */
  readonly #unstored = new Set<string>();
  /** Those that messages tell of. */
  readonly live = new LivePredictions();
  /** What is seen was seen before: nothing of it is stored. */
  #again = true;

  constructor(offsetAt: OffsetAt) {
    this.#offsetAt = offsetAt;
  }

  get waiting(): number {
    return this.#changed.size;
  }

  /** What was forgotten or left out because there was too much. */
  get left(): ForecastState['left'] {
    return this.#state.left;
  }

  get tally(): ForecastTally {
    return this.#tally;
  }

  /** Takes news in. */
  observe(news: AlertNews, { tenant }: AnalysisContext): void {
    const seenAt = Math.floor(news.seenAt);
    const alert = { ...news.alert, at: Math.floor(news.alert.at) };
    this.#pass(seenAt, tenant);
    const context = this.#context;
    const said = observeNews(this.#state, { kind: news.kind, alert, seenAt }, context);
    this.#note(said, tenant, { alert: alert.id, key: alert.key }, seenAt);
    if (news.kind !== 'fired') return;
    this.live.join(alert);
    this.#count(said.ended, seenAt);
    // What only occurs is over at once.
    if (alert.endedAt !== null) observeNews(this.#state, { kind: 'resolved', alert, seenAt }, context);
  }

  /** Takes a sample of a series in that rules watch; not later than now. */
  watch(sample: WatchedSample, { tenant }: AnalysisContext): void {
    const said = observeWatched(this.#state, sample, this.#context);
    this.#note(said, tenant, { series: sample.series }, sample.at);
  }

  tick(now: number, { tenant }: AnalysisContext): void {
    this.#pass(Math.floor(now) - behindMs, tenant);
  }

  get #context() {
    return { newId: idFromPrediction, offsetAt: this.#offsetAt };
  }

  #pass(until: number, tenant: string): void {
    for (;;) {
      const at = Math.ceil(this.#state.nextEndAt / stepMs) * stepMs;
      if (at > until) return;
      this.#note(advanceForecast(this.#state, at, this.#context), tenant, {}, at);
    }
  }

  #note(
    said: Forecasts,
    tenant: string,
    of: { readonly alert?: string; readonly key?: string; readonly series?: string },
    now: number,
  ): void {
    for (const outcome of said.ended) this.#ended(outcome, now);
    // Two that follow one another at once have one id: the later one stands.
    const made = new Map(said.made.map((prediction) => [prediction.id, prediction]));
    const ended = new Set(said.ended.map(({ id }) => id));
    for (const prediction of made.values()) {
      if (ended.has(prediction.id) && scoreOf(this.#state, prediction) === null) {
        // The same news made and decided it, of a clock that is ahead: it was never said.
        if (!this.#again) this.#tally.unsaid += 1;
        continue;
      }
      // Time that passed says something of other alerts, too.
      const byAlert = prediction.matches === 'labels' || prediction.model === 'cascade';
      const alert = byAlert || prediction.key === of.key ? (of.alert ?? null) : null;
      this.#made(prediction, { tenant, alert, series: of.series ?? null });
    }
  }

  #made(prediction: Prediction, of: Pick<PredictionRow, 'tenant' | 'alert' | 'series'>): void {
    const { id, madeAt } = prediction;
    const score = scoreOf(this.#state, prediction);
    if (score === null) throw new Error(`a prediction by ${prediction.model} was made and is not open`);
    const row: PredictionRow = {
      ...{ ...prediction, ...score, ...of, storedAt: madeAt },
      ...{ state: 'open', scoredAt: null, outcome: null },
    };
    this.#open.set(id, row);
    if (this.#again) return;
    this.#changed.set(id, row);
    this.#unstored.add(id);
  }

  #ended({ id, came, alert, decidedAt }: PredictionOutcome, seenAt: number): void {
    const row = this.#open.get(id);
    if (row === undefined) return;
    this.#open.delete(id);
    this.live.forget(id);
    if (this.#again) return;
    if (this.#unstored.delete(id)) {
      // It was never said.
      this.#changed.delete(id);
      this.#tally.unsaid += 1;
      return;
    }
    const late = came ? seenAt <= row.storedAt : row.to <= row.storedAt;
    const state: PredictionState = late ? 'withdrawn' : came ? 'came_true' : 'missed';
    this.#changed.set(id, { ...row, state, scoredAt: decidedAt, outcome: alert });
  }

  /** Of the alert that came: whether it was foretold. */
  #count(ended: readonly PredictionOutcome[], now: number): void {
    const tally = this.#tally;
    if (tally.alerts === 0 && tally.since === 0) tally.since = now;
    tally.alerts += 1;
    const came = ended.filter(
      ({ id, came }) => came && (this.#again || this.#changed.get(id)?.state === 'came_true'),
    );
    if (came.length === 0) return;
    tally.foretold += 1;
    if (came.some(({ confidence }) => confidence >= LivePredictions.sure)) tally.foretoldSurely += 1;
    for (const model of new Set(came.map(({ model }) => model)))
      tally.byModel[model] = (tally.byModel[model] ?? 0) + 1;
  }

  /** @param now When it is about to be stored. */
  flush(now: number): Effect[] {
    const effects = [...this.#changed.values()].map((row): Effect => {
      const of = row.state === 'open' ? { ...row, storedAt: now } : row;
      return { put: 'prediction', row: of };
    });
    this.#changed.clear();
    return effects;
  }

  /** What was flushed is stored: from now on it is said. */
  stored(now: number): void {
    for (const id of this.#unstored) {
      if (this.#changed.has(id)) continue;
      this.#unstored.delete(id);
      const row = { ...this.#open.get(id)!, storedAt: now };
      this.#open.set(id, row);
      this.live.say(row);
    }
  }

  /** Its state as texts, in small pieces of work; nothing is to be observed meanwhile. */
  *parts(): Generator<string> {
    yield JSON.stringify(this.#tally);
    yield* forecastParts(this.#state);
  }

  /** Takes back what `parts` gave, piece by piece. Call `next` with each text, and without one at the end. Throws where it cannot be read. */
  static *restored(offsetAt: OffsetAt): Generator<void, PredictionAnalyser, string | null> {
    const analyser = new PredictionAnalyser(offsetAt);
    const restorer = new ForecastRestorer();
    const first = yield;
    if (first !== null) analyser.#tally = { ...emptyTally(), ...(JSON.parse(first) as ForecastTally) };
    for (let text = yield; text !== null; text = yield) restorer.take(text);
    analyser.#state = restorer.state();
    return analyser;
  }

  /** News of before are over. What is open is what is stored as open. `stored`: a prediction by its id. */
  takeUp(open: readonly PredictionRow[], stored: (id: string) => PredictionRow | null): void {
    const ids = new Set(open.map(({ id }) => id));
    for (const [id, row] of this.#open) {
      if (ids.has(id)) continue;
      const known = stored(id);
      const came = known === null || known.state === 'open' ? null : known.state !== 'missed';
      dropPrediction(this.#state, row, came);
      this.#open.delete(id);
    }
    for (const row of open) {
      const { tenant: _, score, record, alert: _a, series: _s, state: _st, ...rest } = row;
      const { storedAt: _at, scoredAt: _sc, outcome: _o, ...prediction } = rest;
      adoptPrediction(this.#state, prediction, { score, record });
      this.#open.set(row.id, row);
      this.live.say(row);
    }
    this.#changed.clear();
    this.#unstored.clear();
    this.#again = false;
  }

  /** Counts alerts from here on. */
  countFrom(now: number): void {
    this.#tally = { ...emptyTally(), since: now };
  }
}
