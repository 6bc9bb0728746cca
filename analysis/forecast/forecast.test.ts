import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AlertNews } from '../signals.ts';
import {
  advanceForecast,
  createForecast,
  type ForecastState,
  type Forecasts,
  observeNews,
  observeWatched,
  openPredictions,
  type Prediction,
  type PredictionOutcome,
  restoreForecast,
  saveForecast,
  type Threshold,
} from './index.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** A Monday, midnight UTC. */
const monday = 1_736_121_600_000;

/** A forecast that is told of what happens, in order, and keeps what it says. */
class Told {
  state: ForecastState = createForecast();
  readonly made: Prediction[] = [];
  readonly ended: PredictionOutcome[] = [];
  #ids = 0;
  #alerts = 0;
  readonly context;

  constructor(offsetAt: (at: number) => number = () => 0) {
    this.context = { newId: () => `p${++this.#ids}`, offsetAt };
  }

  #keep({ made, ended }: Forecasts): readonly Prediction[] {
    this.made.push(...made);
    this.ended.push(...ended);
    return made;
  }

  alert(
    key: string,
    at: number,
    labels: Record<string, string> = {},
    seenAt = at + 1_000,
  ): readonly Prediction[] {
    const alert = {
      ...{ id: `a${++this.#alerts}`, key, name: key.split('/')[0]!, labels },
      ...({ severity: 'high', text: '', at, endedAt: null } as const),
    };
    const made = this.#keep(observeNews(this.state, { kind: 'fired', alert, seenAt }, this.context));
    const resolved: AlertNews = { kind: 'resolved', alert: { ...alert, endedAt: at + 20_000 }, seenAt };
    this.#keep(observeNews(this.state, resolved, this.context));
    return made;
  }

  sample(at: number, value: number, thresholds: readonly Threshold[]): readonly Prediction[] {
    return this.#keep(observeWatched(this.state, { series: 's', at, value, thresholds }, this.context));
  }

  pass(to: number): readonly Prediction[] {
    return this.#keep(advanceForecast(this.state, to, this.context));
  }

  of(model: Prediction['model']): Prediction[] {
    return this.made.filter((one) => one.model === model);
  }
}

describe('a forecast', () => {
  it('says when what comes every quarter of an hour comes next, surer with each time that it did', () => {
    const told = new Told();
    for (let n = 0; n < 40; n++) told.alert('Backup', monday + n * 15 * minute + (n % 3) * 2_000);
    const said = told.of('renewal');
    const last = said.at(-1)!;
    expect(last.from).toBeGreaterThan(monday + 40 * 15 * minute - 30_000);
    expect(last.to).toBeLessThan(monday + 40 * 15 * minute + 30_000);
    expect(last.figures).toMatchObject({ by_clock: 1, left_out: 0 });
    expect(said[0]!.confidence).toBeLessThanOrEqual(0.6);
    expect(last.confidence).toBeGreaterThan(0.8);
    expect(told.ended.filter(({ came }) => !came).length).toBeLessThan(3);
  });

  it('asks once more after a time that was left out, and then is silent until it comes again', () => {
    const told = new Told();
    for (let n = 0; n < 20; n++) told.alert('Backup', monday + n * 15 * minute);
    const before = told.made.length;
    const end = monday + 19 * 15 * minute;
    for (let at = end; at < end + 4 * hour; at += 10_000) told.pass(at);
    const after = told.made.slice(before);
    expect(after.length).toBeLessThanOrEqual(2);
    expect(openPredictions(told.state)).toEqual([]);
    expect(told.ended.filter(({ came }) => !came).length).toBe(after.length + 1);
    for (let n = 0; n < 6; n++) told.alert('Backup', end + 4 * hour + 15 * minute * n);
    expect(openPredictions(told.state).map(({ model }) => model)).toContain('renewal');
  });

  it('says nothing of what comes by chance', () => {
    const told = new Told();
    let at = monday;
    let state = 7;
    for (let n = 0; n < 200; n++) {
      state = (state * 48_271) % 2_147_483_647;
      at += -Math.log(state / 2_147_483_647) * 20 * minute + minute;
      told.pass(at);
      told.alert('Noise', Math.round(at));
    }
    expect(told.made.length).toBeLessThan(8);
    expect(told.made.filter(({ confidence }) => confidence > 0.6)).toEqual([]);
  });

  it('knows a job of working days by the clocks of its zone, also after they were put forward', () => {
    // Vienna: one hour before UTC, two from 30 March 2025 on.
    const change = Date.parse('2025-03-30T01:00:00Z');
    const told = new Told((at) => (at < change ? hour : 2 * hour));
    const first = Date.parse('2025-03-17T08:30:00Z');
    for (let n = 0; n < 12; n++) {
      if (n % 7 > 4) continue;
      told.alert('Report', first + n * day + n * 1_000);
    }
    const { from, to, figures } = told.of('clock').at(-1)!;
    // After Friday the 28th comes Monday the 31st, half past nine in Vienna: half past seven by UTC.
    const next = Date.parse('2025-03-31T07:30:00Z');
    expect(from).toBeLessThanOrEqual(next);
    expect(to).toBeGreaterThanOrEqual(next);
    expect(to - from).toBeLessThan(15 * minute);
    expect(figures).toMatchObject({ hits: 10, asked_days: 10 });
  });

  it('follows what fills up to the threshold of its rule, and is silent where it does not', () => {
    const threshold: Threshold = { key: 'DiskFull', labels: { service: 'db' }, value: 0.9, side: 'above' };
    const still = new Told();
    const rising = new Told();
    const wobble = (n: number) => 0.003 * Math.sin(n * 2.4);
    for (let n = 0; n < 160; n++) {
      still.sample(monday + n * 30_000, 0.5 + wobble(n), [threshold]);
      rising.sample(monday + n * 30_000, 0.5 + n / 500 + wobble(n), [threshold]);
    }
    expect(still.made).toEqual([]);
    const [said] = rising.made;
    const crossing = monday + 200 * 30_000;
    expect(said).toMatchObject({ model: 'capacity', key: 'DiskFull', labels: { service: 'db' } });
    expect(said!.from).toBeLessThan(crossing);
    expect(said!.to).toBeGreaterThan(crossing);
    expect(rising.made.length).toBe(1);
    rising.alert('DiskFull', crossing);
    expect(rising.ended.at(-1)).toMatchObject({ id: said!.id, came: true });
  });

  it('learns that one alert follows another, and at which distance', () => {
    const told = new Told();
    for (let n = 0; n < 20; n++) {
      const at = monday + n * hour + ((n * 7) % 13) * minute;
      told.alert('QueueFull', at);
      const said = told.made.filter(({ key, madeAt }) => key === 'Lag' && madeAt === at + 1_000);
      if (n > 15) expect(said.map(({ model }) => model)).toEqual(['cascade']);
      if (n > 15) expect(said[0]!.confidence).toBeGreaterThan(0.75);
      told.alert('Lag', at + 40_000 + (n % 4) * 1_000);
    }
    const { from, to, madeAt } = told.of('cascade').at(-1)!;
    expect(to - from).toBeLessThan(40_000);
    expect(from).toBeGreaterThan(madeAt);
  });

  it('expects more of a burst, of whichever instance', () => {
    const told = new Told();
    for (let round = 0; round < 12; round++) {
      const at = monday + round * 7 * hour + round * round * minute;
      for (let n = 0; n < 10; n++)
        told.alert(`Down/web-${n}`, at + n * 4_000, {
          alertname: 'Down',
          service: 'web',
          instance: `web-${n}`,
        });
      told.pass(at + 10 * minute);
    }
    const said = told.of('burst');
    expect(said.at(-1)).toMatchObject({ matches: 'labels', labels: { alertname: 'Down', service: 'web' } });
    const early = said.filter(({ figures }) => figures.alerts === 6).at(-1)!;
    expect(early.confidence).toBeGreaterThan(0.75);
    // When all that are known fired, nothing more is expected.
    expect(said.at(-1)!.figures.alerts).toBeLessThan(10);
  });

  it('has one open prediction of a model and a key, made before what it says', () => {
    const told = new Told();
    for (let n = 0; n < 30; n++) {
      told.alert('Backup', monday + n * 15 * minute);
      told.alert('Restore', monday + n * 15 * minute + 30_000);
      const open = openPredictions(told.state).map(({ model, key }) => `${model} ${key}`);
      expect(new Set(open).size).toBe(open.length);
    }
    for (const { from, to, madeAt } of told.made) expect(madeAt <= from && from <= to).toBe(true);
    const ids = told.ended.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

const anyTime = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 0, max: 90_000 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(Number.NaN, Infinity, -Infinity, 1e300, -1e300, 0, -day, 40 * day),
  },
);
const anyName = fc.constantFrom('A', 'B/1', 'B/2', 'B/3', 'B/4', '__proto__', '', '$map', 'x'.repeat(3_000));
const anyEvent = fc.record({
  kind: fc.constantFrom('fired', 'fired', 'resolved', 'sample', 'tick' as const),
  name: anyName,
  step: anyTime,
  skew: anyTime,
  value: fc.oneof(fc.double(), fc.double({ min: 0, max: 1 })),
  labels: fc.dictionary(
    fc.constantFrom('service', 'app', '$map', '$set', '__proto__', 'instance'),
    fc.string(),
  ),
});

/** The events, told to a state that may be saved and restored on the way. */
function tell(
  events: readonly (typeof anyEvent extends fc.Arbitrary<infer E> ? E : never)[],
  saveAt: number,
) {
  let state = createForecast({ leastConfidence: 0.1 });
  let ids = 0;
  let now = monday;
  const said: Forecasts[] = [];
  const context = { newId: () => `p${++ids}` };
  events.forEach(({ kind, name, step, skew, value, labels }, n) => {
    now += step;
    if (!Number.isFinite(now) || Math.abs(now) > 1e16) now = monday + n * minute;
    const at = now - skew;
    const alert = {
      id: `${n}`,
      key: name,
      name,
      labels,
      severity: 'info',
      text: '',
      at,
      endedAt: null,
    } as const;
    if (kind === 'tick') said.push(advanceForecast(state, step > 90_000 ? step : now, context));
    else if (kind === 'sample')
      said.push(
        observeWatched(
          state,
          { series: name, at, value, thresholds: [{ key: name, labels, value: 0.9, side: 'above' }] },
          context,
        ),
      );
    else said.push(observeNews(state, { kind, alert, seenAt: now }, context));
    if (n === saveAt) state = restoreForecast(saveForecast(state));
  });
  return { said, state };
}

describe('a forecast of anything', () => {
  it('has numbers that mean something, and is the same for the same news, saved and restored in between or not', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { minLength: 1, maxLength: 120 }), fc.nat(119), (events, saveAt) => {
        const { said, state } = tell(events, -1);
        for (const { made, ended } of said) {
          for (const { confidence, from, to, madeAt, figures } of made) {
            expect(confidence >= 0 && confidence <= 1 && madeAt <= from && from <= to).toBe(true);
            expect(Object.values(figures).every(Number.isFinite)).toBe(true);
          }
          for (const { confidence } of ended) expect(confidence >= 0 && confidence <= 1).toBe(true);
        }
        const again = tell(events, saveAt);
        expect(again.said).toEqual(said);
        expect(saveForecast(again.state)).toBe(saveForecast(state));
      }),
      { numRuns: 60 },
    );
  });

  it('is bounded, whatever comes', () => {
    const told = new Told();
    const sizes: number[] = [];
    for (let n = 0; n < 6_000; n++) {
      const at = monday + n * 600;
      const labels = { service: `s${n % 1_500}`, instance: `${n}` };
      told.alert(`R${n % 40}/${n % 5_000}`, at, labels);
      told.made.length = 0;
      told.ended.length = 0;
      if (n === 2_999 || n === 5_999) sizes.push(saveForecast(told.state).length);
    }
    const { occurrences, cascades, bursts, open } = told.state;
    expect(occurrences.size).toBeLessThanOrEqual(4_096);
    expect(cascades.leaders.size).toBeLessThanOrEqual(2_000);
    expect(bursts.scopes.size).toBeLessThanOrEqual(1_000);
    expect(open.size).toBeLessThanOrEqual(2_000);
    expect(sizes[1]!).toBeLessThan(1.5 * sizes[0]!);
    expect(() => restoreForecast('{"version":0}')).toThrow('version 2');
  });
});
