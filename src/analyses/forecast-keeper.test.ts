import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { graphOf } from '../../analysis/topology/index.ts';
import { silentLog } from '../log.ts';
import type { Effect } from '../pipeline/effect.ts';
import { beginStory, type Story } from '../store/contract/harness.ts';
import { t0 } from '../store/contract/row-builders.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { placeFreshDatabase } from '../testing/fresh-database.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { memoryFolder } from '../testing/memory-folder.ts';
import { ForecastKeeper } from './forecast-keeper.ts';
import { PredictionAnalyser } from './prediction-analyser.ts';

const tenant = 'acme';
const halfHour = 1_800_000;
const offsetAt = () => 0;
const context = { tenant, graph: graphOf([]), newId: () => 'event', idFrom: () => 'incident' };

/** An analyser that saw so many alerts, and the texts that it comes to. */
function knowing(alerts: number) {
  const analyser = new PredictionAnalyser(offsetAt);
  for (let n = 0; n < alerts; n++) {
    const of = { id: `alert ${n}`, key: `k${n}`, name: `A${n}`, labels: { alertname: `A${n}` } };
    const alert = { ...of, severity: 'high' as const, text: '', at: t0 + n * 60_000, endedAt: null };
    analyser.observe({ kind: 'fired', alert, seenAt: alert.at }, context);
  }
  return { analyser, texts: [...analyser.parts()] };
}

describe('what the forecast knows', () => {
  let story: Story;
  let clock: ManualClock;
  /** Writes that wait for the store, oldest first. */
  let waiting: (() => void)[];
  /** Writes fail. */
  let refuse: boolean;
  let keeper: ForecastKeeper;
  let warnings: string[];

  const begin = () =>
    new ForecastKeeper({
      store: story.store,
      clock,
      offsetAt,
      log: { ...silentLog, warn: (line) => void warnings.push(line) },
      engine: {
        submitAnalysis: (_, { decide }) =>
          new Promise((resolve, reject) => {
            waiting.push(() => {
              if (refuse) return reject(new Error('no room'));
              const { effects, answer } = decide(clock.now()) as { effects: Effect[]; answer: never };
              story.commit(effects);
              resolve(answer);
            });
          }),
      },
    });

  beforeEach(() => {
    const folder = memoryFolder('tocsin-forecast-');
    const file = join(folder, 'tocsin.db');
    placeFreshDatabase(file);
    story = beginStory({
      open: () => openSqliteStore({ file, durability: 'normal' }),
      discard: () => rmSync(folder, { recursive: true, force: true }),
    });
    clock = new ManualClock(t0);
    [waiting, warnings, refuse] = [[], [], false];
    keeper = begin();
  });
  afterEach(() => story.end());

  /** The clock goes on until the work is done. */
  async function during<T>(work: Promise<T>): Promise<T> {
    let open = true;
    const done = work.finally(() => {
      open = false;
    });
    while (open) await clock.advance(1);
    return done;
  }
  /** Stores so many of the writes that come, or as many as do. */
  async function store(writes: number): Promise<void> {
    for (let n = 0; n < writes; n++) {
      for (let turn = 0; turn < 20 && waiting.length === 0; turn++) await clock.advance(1);
      waiting.shift()?.();
    }
    await clock.advance(1);
  }
  async function loaded(by = begin()) {
    const { predictions, cursor } = await during(by.load(tenant));
    return { texts: [...predictions.parts()], cursor };
  }
  const toTheEnd = () => store(knowing(9).texts.length + 1);

  it('is stored piece by piece as it is written: no two pieces are held at once', async () => {
    const { analyser, texts } = knowing(400);
    expect(texts.length).toBeGreaterThan(4);
    await loaded(keeper);
    let written = 0;
    const counted = Object.assign(new PredictionAnalyser(offsetAt), {
      *parts(): Generator<string> {
        for (const text of analyser.parts()) {
          written += 1;
          yield text;
        }
      },
    });
    const work = keeper.keep(tenant, counted, 10);
    for (let stored = 0; stored < texts.length; stored++) {
      expect([written, waiting.length]).toEqual([stored + 1, 1]);
      await store(1);
    }
    await store(1);
    await work;
    expect(await loaded()).toEqual({ texts, cursor: 10 });
  });

  it('is whole after a kill between any two of its pieces, and goes on from it after a start', async () => {
    const [first, second, third] = [knowing(3), knowing(5), knowing(7)];
    await loaded(keeper);
    void keeper.keep(tenant, first.analyser, 10);
    await toTheEnd();
    void keeper.keep(tenant, second.analyser, 20);
    for (let stored = 0; stored < second.texts.length; stored++) {
      await store(1);
      expect(await loaded()).toEqual({ texts: first.texts, cursor: 10 });
    }
    await store(1);
    expect(await loaded()).toEqual({ texts: second.texts, cursor: 20 });
    void keeper.keep(tenant, third.analyser, 30);
    await store(third.texts.length - 1);
    // Killed here; who starts then stores beside what counts.
    const next = begin();
    waiting = [];
    expect(await loaded(next)).toEqual({ texts: second.texts, cursor: 20 });
    void next.keep(tenant, third.analyser, 30);
    await store(1);
    expect(await loaded()).toEqual({ texts: second.texts, cursor: 20 });
    await toTheEnd();
    expect(await loaded()).toEqual({ texts: third.texts, cursor: 30 });
    expect([warnings, next.counts]).toEqual([[], { kept: 1, failures: 0 }]);
  });

  it('stays what it was where a piece cannot be stored, and the log says so', async () => {
    const [first, second] = [knowing(3), knowing(5)];
    await loaded(keeper);
    void keeper.keep(tenant, first.analyser, 10);
    await toTheEnd();
    const work = keeper.keep(tenant, second.analyser, 20);
    await store(2);
    refuse = true;
    await toTheEnd();
    await work;
    expect([warnings, keeper.counts, waiting.length]).toEqual([
      ['forecast.not_kept'],
      { kept: 1, failures: 1 },
      0,
    ]);
    expect(await loaded()).toEqual({ texts: first.texts, cursor: 10 });
    refuse = false;
    keeper.saw(tenant);
    await clock.advance(halfHour);
    expect(keeper.due(tenant)).toBe(true);
    void keeper.keep(tenant, second.analyser, 20);
    await toTheEnd();
    expect(await loaded()).toEqual({ texts: second.texts, cursor: 20 });
  });

  it('is stored by one at a time, also before anything is kept and where the tenant is taken up anew meanwhile', async () => {
    const [first, second] = [knowing(3), knowing(5)];
    await loaded(keeper);
    keeper.saw(tenant);
    expect(keeper.due(tenant)).toBe(true);
    void keeper.keep(tenant, first.analyser, 10);
    await store(1);
    expect(await loaded(keeper)).toMatchObject({ cursor: -1 });
    keeper.saw(tenant);
    await clock.advance(halfHour);
    expect(keeper.due(tenant)).toBe(false);
    await during(keeper.keep(tenant, second.analyser, 20));
    expect(waiting).toHaveLength(1);
    await toTheEnd();
    expect(await loaded()).toEqual({ texts: first.texts, cursor: 10 });
    keeper.saw(tenant);
    expect(keeper.due(tenant)).toBe(true);
  });

  it('is kept the next time where it could not be put into texts', async () => {
    const { analyser, texts } = knowing(3);
    await loaded(keeper);
    const broken = Object.assign(new PredictionAnalyser(offsetAt), {
      // biome-ignore lint/correctness/useYield: it fails before its first text.
      *parts(): Generator<string> {
        throw new Error('no text');
      },
    });
    await expect(keeper.keep(tenant, broken, 10)).rejects.toThrow('no text');
    await loaded(keeper);
    keeper.saw(tenant);
    expect(keeper.due(tenant)).toBe(true);
    void keeper.keep(tenant, analyser, 20);
    await toTheEnd();
    expect(await loaded()).toEqual({ texts, cursor: 20 });
  });
});
