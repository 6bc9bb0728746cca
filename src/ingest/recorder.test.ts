import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelSet } from '../../rules/labels.ts';
import type { Clock } from '../clock.ts';
import { macrotask } from '../testing/manual-clock.ts';
import type { History, HistoryBlock, HistorySeries } from './history.ts';
import { HistoryRecorder } from './recorder.ts';
import { appended, emptyWindow, SeriesTable } from './series.ts';

const none = labelSet({});
const limits = { seriesPerTenant: 1_000 };

/** A history in memory that refuses what breaks the port's contract, and fails when told to. */
class MemoryHistory implements History {
  readonly known = new Map<string, HistorySeries>();
  readonly blocks: HistoryBlock[] = [];
  failing: 'no' | 'before' | 'after' = 'no';

  series() {
    return [...this.known.values()];
  }
  append(declared: readonly HistorySeries[], blocks: readonly HistoryBlock[]) {
    if (this.failing === 'before') throw new Error('disk full');
    for (const series of declared) this.known.set(`${series.shard}/${series.id}`, series);
    for (const { shard, series, times, values } of blocks) {
      expect([times.length, values.length]).toEqual([series.length, series.length]);
      for (const id of series) expect(this.known.has(`${shard}/${id}`)).toBe(true);
      this.blocks.push({ shard, series: series.slice(), times: times.slice(), values: values.slice() });
    }
    if (this.failing === 'after') throw new Error('the answer was lost');
  }
  range(from: number, to: number, visit: (block: HistoryBlock) => void) {
    for (const { shard, series, times, values } of this.blocks) {
      const inside = [...times.keys()].filter((i) => times[i]! >= from && times[i]! <= to);
      visit({
        shard,
        series: Uint32Array.from(inside, (i) => series[i]!),
        times: Float64Array.from(inside, (i) => times[i]!),
        values: Float64Array.from(inside, (i) => values[i]!),
      });
    }
  }
  fold = () => false;
  forget = () => false;
  close() {}
  get values(): number[] {
    return this.blocks.flatMap(({ values }) => [...values]);
  }
}

/** A clock that moves when told to. */
function manualClock(): Clock & { advance(ms: number): void; waiting(): number } {
  let now = 1_000_000;
  const timers = new Set<{ at: number; callback: () => void }>();
  return {
    now: () => now,
    wall: () => now,
    at(at, callback) {
      const timer = { at, callback };
      timers.add(timer);
      return { cancel: () => timers.delete(timer) };
    },
    soon: (callback) => callback(),
    breath: macrotask,
    advance(ms) {
      now += ms;
      for (const timer of [...timers]) {
        if (timer.at > now) continue;
        timers.delete(timer);
        timer.callback();
      }
    },
    waiting: () => timers.size,
  };
}

const needs = [0, 150, 1_000];

/** One life of a process on a history. */
function process(history: MemoryHistory, maxWaiting = 1_000_000) {
  const failures: { waiting: number; dropped: number }[] = [];
  const clock = manualClock();
  const table: SeriesTable = new SeriesTable({
    limits,
    onBirth: (id) => table.need(id, needs[Number(table.metricOf(id).slice(1))] ?? 0),
  });
  const recorder = new HistoryRecorder({
    table,
    history,
    clock,
    shardOf: (tenant) => tenant.length,
    onFailure: (_, state) => failures.push(state),
    maxWaiting,
  });
  const push = (tenant: string, metric: string, at: number, value: number) => {
    const id = table.intern(tenant, metric, none);
    if (table.append(id, at, value) !== appended.unchanged) recorder.record(id, at, value);
    return id;
  };
  return { table, recorder, clock, failures, push };
}

function contentsOf(table: SeriesTable): Record<string, unknown> {
  const contents: Record<string, unknown> = {};
  const window = emptyWindow();
  for (const tenant of ['a', 'bb']) {
    for (const id of table.seriesOf(tenant)) {
      table.view(id, window);
      const points = Array.from({ length: window.count }, (_, i) => {
        const at = window.base + ((window.head + i) & window.mask);
        return [window.times[at]!, window.values[at]!];
      });
      const { bornAt, completeAfter } = window;
      contents[`${tenant} ${table.metricOf(id)}`] = { points, bornAt, completeAfter };
    }
  }
  return contents;
}

describe('refill', () => {
  it('gives the rings of a table that was never interrupted', () => {
    const burst = fc
      .tuple(
        fc.constantFrom('a', 'bb'),
        fc.nat(2),
        fc.integer({ min: 0, max: 400 }),
        fc.integer({ min: 1, max: 90 }),
      )
      .map(([tenant, metric, from, length]) =>
        Array.from({ length }, (_, i) => ({ tenant, metric: `m${metric}`, at: from + i, value: i % 5 })),
      );
    const step = fc.oneof(
      { weight: 4, arbitrary: burst },
      { weight: 1, arbitrary: fc.constantFrom('flush' as const, 'restart' as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const whole = process(new MemoryHistory());
        const history = new MemoryHistory();
        let life = process(history);
        for (const one of steps) {
          if (one === 'flush') expect(life.recorder.flush()).toBe(true);
          else if (one === 'restart') {
            expect(life.recorder.close()).toBe(true);
            life = process(history);
            life.recorder.refill(0, 1e6);
          } else {
            for (const { tenant, metric, at, value } of one) {
              whole.push(tenant, metric, at, value);
              life.push(tenant, metric, at, value);
            }
          }
        }
        life.recorder.close();
        life = process(history);
        life.recorder.refill(0, 1e6);
        expect(contentsOf(life.table)).toEqual(contentsOf(whole.table));
      }),
      { numRuns: 200 },
    );
  });

  it('keeps the ids of series over restarts and gives new ones after them', () => {
    const history = new MemoryHistory();
    const first = process(history);
    first.push('a', 'm0', 1, 1);
    first.push('bb', 'm0', 1, 1);
    first.push('a', 'm1', 1, 1);
    first.recorder.close();
    const second = process(history);
    expect(second.recorder.refill(0, 10)).toEqual({ series: 3, refused: 0, samples: 3 });
    second.push('a', 'm1', 2, 2);
    second.push('a', 'm2', 2, 2);
    second.recorder.close();
    const ids = history.series().map(({ shard, id, tenant, metric }) => `${shard}/${id} ${tenant} ${metric}`);
    expect(ids).toEqual(['1/1 a m0', '2/1 bb m0', '1/2 a m1', '1/3 a m2']);
    expect(history.blocks.at(-1)!.series).toEqual(Uint32Array.of(2, 3));
  });

  it('says from when on a window is complete, and remembers the birth before it', () => {
    const history = new MemoryHistory();
    const first = process(history);
    for (const at of [100, 200, 300]) first.push('a', 'm0', at, at);
    first.push('a', 'm1', 250, 1);
    first.recorder.flush();
    first.push('a', 'm1', 150, 1); // late, after the series was declared
    first.recorder.close();
    const second = process(history);
    second.recorder.refill(200, 1_000);
    expect(contentsOf(second.table)).toEqual({
      'a m0': {
        points: [
          [200, 200],
          [300, 300],
        ],
        bornAt: 100,
        completeAfter: 199,
      },
      'a m1': { points: [[250, 1]], bornAt: 150, completeAfter: 199 },
    });
  });

  it('leaves out series beyond a cap that was lowered', () => {
    const history = new MemoryHistory();
    const first = process(history);
    for (let i = 0; i < 3; i++) first.push('a', `x${i}`, 1, 1);
    first.recorder.close();
    const table = new SeriesTable({ limits: { seriesPerTenant: 2 } });
    const recorder = new HistoryRecorder({
      table,
      history,
      clock: manualClock(),
      shardOf: () => 1,
      onFailure: () => {},
    });
    expect(recorder.refill(0, 10)).toEqual({ series: 2, refused: 1, samples: 2 });
  });
});

describe('flush', () => {
  it('comes one second after the first sample, and not while nothing comes', () => {
    const history = new MemoryHistory();
    const { clock, push } = process(history);
    expect(clock.waiting()).toBe(0);
    push('a', 'm0', 1, 1);
    clock.advance(500);
    push('a', 'm0', 2, 2);
    clock.advance(499);
    expect(history.values).toEqual([]);
    clock.advance(1);
    expect(history.values).toEqual([1, 2]);
    expect(clock.waiting()).toBe(0);
  });

  it('keeps what could not be written, reports it, and writes it in order later', () => {
    const history = new MemoryHistory();
    const { clock, push, failures, recorder } = process(history);
    history.failing = 'before';
    for (let i = 1; i <= 3; i++) {
      push('a', 'm0', i, i);
      clock.advance(1_000);
    }
    expect(failures).toEqual([1, 2, 3].map((waiting) => ({ waiting, dropped: 0 })));
    history.failing = 'no';
    clock.advance(1_000);
    expect(history.values).toEqual([1, 2, 3]);
    expect(recorder.waiting).toBe(0);
    expect(clock.waiting()).toBe(0);
  });

  it('writes again what may have been written', () => {
    const history = new MemoryHistory();
    const { push, recorder, table } = process(history);
    push('a', 'm0', 1, 1);
    history.failing = 'after';
    expect(recorder.flush()).toBe(false);
    history.failing = 'no';
    push('a', 'm0', 2, 2);
    expect(recorder.close()).toBe(true);
    const next = process(history);
    next.recorder.refill(0, 10);
    expect(contentsOf(next.table)).toEqual(contentsOf(table));
  });

  it('loses the oldest samples beyond the bound, counts them, and still declares their series', () => {
    const history = new MemoryHistory();
    const { push, recorder, failures } = process(history, 100);
    history.failing = 'before';
    push('a', 'm1', 0, -1);
    for (let i = 1; i < 250; i++) push('a', 'm0', i, i);
    recorder.flush();
    expect(recorder.waiting).toBe(100);
    expect(failures).toEqual([{ waiting: 100, dropped: 150 }]);
    history.failing = 'no';
    push('a', 'm1', 250, 250);
    recorder.flush();
    expect(history.values.sort((a, b) => a - b)).toEqual(
      Array.from({ length: history.values.length }, (_, i) => 251 - history.values.length + i),
    );
    expect(recorder.dropped + history.values.length).toBe(251);
    expect(history.series()).toHaveLength(2);
  });

  it('stores samples of a series that was dropped meanwhile under its own id', () => {
    const history = new MemoryHistory();
    const { push, recorder, table } = process(history);
    const id = push('a', 'm0', 1, 1);
    recorder.forget(id);
    table.drop(id);
    expect(push('a', 'm1', 2, 2)).toBe(id);
    recorder.close();
    expect(history.series().map((series) => [series.metric, series.id])).toEqual([
      ['m0', 1],
      ['m1', 2],
    ]);
    expect(history.blocks[0]!.series).toEqual(Uint32Array.of(1, 2));
  });
});
