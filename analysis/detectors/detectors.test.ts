import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Detector, detectorNames, detectors, type Observation, restore, save, seen } from './index.ts';
import { seeded } from './random.ts';

const minute = 60_000;
const fiveMinutes = 5 * minute;
const day = 24 * 60 * minute;

/** A day's wave with noise, five minutes apart; from `from` on, `days` long. */
function wave(days: number, random: () => number, from = 0): { at: number; value: number }[] {
  return Array.from({ length: (days * day) / fiveMinutes }, (_, n) => {
    const at = from + n * fiveMinutes;
    return { at, value: 100 + 20 * Math.sin((2 * Math.PI * at) / day) + 4 * (random() - 0.5) };
  });
}

function feed(
  detector: Detector,
  samples: readonly { at: number; value: number }[],
  state = detector.create(7),
): Observation[] {
  return samples.map(({ at, value }) => detector.observe(state, value, at));
}

/** Alarms of a rule that allows one false alarm a week; samples within an hour of another alarm are the same. */
function alarmsOf(said: readonly Observation[]): number[] {
  const rows = said.flatMap(({ perWeek }, row) => (perWeek <= 1 ? [row] : []));
  return rows.filter((row, n) => n === 0 || row - rows[n - 1]! > 12);
}

/** Any number a program may send, and what it may send by mistake. */
const anyValue = fc.oneof(
  fc.double(),
  fc.double({ min: -1e3, max: 1e3 }),
  fc.integer({ min: -2, max: 2 }),
  fc.constantFrom(Number.NaN, Infinity, -Infinity, 1.7e308, -1.7e308, 5e-324, -0, 1e30, 1e-30),
);
/** How the clock goes on: mostly forward, sometimes it stands, jumps back or far ahead. */
const anyStep = fc.oneof(
  { weight: 8, arbitrary: fc.constant(minute) },
  { weight: 1, arbitrary: fc.integer({ min: -10 * day, max: 400 * day }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, Number.NaN) },
);

describe.each(detectorNames)('%s', (name) => {
  const detector = detectors[name];

  it('answers any values at any times with numbers that mean something', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyValue, anyStep), { minLength: 1, maxLength: 300 }), (samples) => {
        const state = detector.create(1);
        let at = 1_700_000_000_000;
        for (const [value, step] of samples) {
          if (Number.isNaN(step)) detector.observe(state, value, step);
          else at += step;
          const said = detector.observe(state, value, at);
          const { score, tail, perWeek, expected } = said;
          const means =
            score >= 0 && score < 1 && tail > 0 && tail <= 1 && perWeek > 0 && Number.isFinite(perWeek);
          const inOrder =
            expected === null || (expected.low <= expected.mid && expected.mid <= expected.high);
          if (!means || !inOrder) throw new Error(JSON.stringify({ value, at, said }));
        }
        expect([...state.numbers, ...state.sketch].every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 25, seed: 2 },
    );
  });

  it('goes on from restored bytes as if it had never been saved', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.nat(500), (seed, cut) => {
        const samples = wave(1.8, seeded(seed));
        const straight = detector.create(seed);
        let saved = detector.create(seed);
        const before = feed(detector, samples.slice(0, cut), saved);
        saved = restore(detector, save(saved));
        const all = [...before, ...feed(detector, samples.slice(cut), saved)];
        expect(all).toEqual(feed(detector, samples, straight));
        expect(Buffer.compare(save(saved), save(straight))).toBe(0);
        expect(saved.bytes.byteLength).toBe(detector.stateBytes);
      }),
      { numRuns: 2, seed: 3 },
    );
  });

  it('does not look ahead: what it said stays when other samples follow', () => {
    const samples = wave(1.5, seeded(4));
    const cut = 380;
    const other = samples.map((sample, n) => (n < cut ? sample : { ...sample, value: -sample.value }));
    expect(feed(detector, other).slice(0, cut)).toEqual(feed(detector, samples).slice(0, cut));
  });

  it('takes sixteen KiB for a series at most, with a model that waits for its effect', () => {
    expect(detector.create(1).bytes.byteLength).toBe(detector.stateBytes);
    expect(detector.stateBytes + (detector.training?.modelBytes ?? 0)).toBeLessThanOrEqual(16_384);
  });

  it('refuses bytes of another detector and cut ones', () => {
    const other = detectors[name === 'zscore' ? 'seasonal' : 'zscore'];
    const bytes = save(detector.create(1));
    expect(() => restore(other, bytes)).toThrow(/state of a series: expected/);
    expect(() => restore(detector, bytes.slice(8))).toThrow(/expected \d+ bytes, found \d+/);
    bytes[0] = bytes[0]! ^ 0xff;
    expect(() => restore(detector, bytes)).toThrow(/expected kind \d in version/);
  });

  it('says what is missing while it learns, and raises no alarm then', () => {
    const said = feed(detector, wave(1, seeded(5)));
    expect(said[0]!.learning).toEqual({ samples: 128, ms: 12 * 60 * minute });
    expect(said[100]!.learning).toEqual({ samples: 28, ms: 12 * 60 * minute - 99 * fiveMinutes });
    expect(said.slice(0, 145).every(({ tail, learning }) => tail === 1 && learning !== null)).toBe(true);
    expect(said.at(-1)!.learning).toBeNull();
  });

  it('finds a value that is far from all that was, and says on which side', () => {
    const samples = wave(5, seeded(6));
    samples[1_300] = { ...samples[1_300]!, value: 300 };
    samples[1_400] = { ...samples[1_400]!, value: -300 };
    const said = feed(detector, samples);
    // A forest knows that a value is alone, not how far away.
    expect(said[1_300]!.perWeek).toBeLessThan(name === 'isolation-forest' ? 7 : 1);
    expect(said[1_300]!.direction).toBe('above');
    expect(said[1_300]!.score).toBeGreaterThan(0.5);
    expect(said[1_400]!.direction).toBe('below');
    expect(said[1_399]!.expected!.low).toBeGreaterThan(-100);
  });

  it('takes a constant, holes, gaps and a moved clock for nothing of their own', () => {
    const random = seeded(8);
    const constant = Array.from({ length: 2_000 }, (_, n) => ({ at: n * fiveMinutes, value: 45 }));
    expect(alarmsOf(feed(detector, constant))).toEqual([]);

    const samples = wave(10, random);
    const before = alarmsOf(feed(detector, samples)).length;
    const holes = samples.map((sample, n) =>
      n % 5 === 0 ? { ...sample, value: [Number.NaN, Infinity, -Infinity][n % 3]! } : sample,
    );
    expect(alarmsOf(feed(detector, holes)).length).toBeLessThanOrEqual(before + 1);
    const gap = [...wave(6, seeded(9)), ...wave(4, seeded(10), 9 * day)];
    expect(alarmsOf(feed(detector, gap)).length).toBeLessThanOrEqual(before + 1);
    const setBack = [...wave(6, seeded(9)), ...wave(4, seeded(10), 2 * day)];
    const state = detector.create(7);
    expect(alarmsOf(feed(detector, setBack, state)).length).toBeLessThanOrEqual(before + 1);
    // The sample at which the clock went back is lost; from there on that is the time.
    expect(seen(state).samples).toBe(setBack.length - 1);
  });

  it('cries wolf about as often as a rule allows it', () => {
    const weeks = 4;
    const said = feed(detector, wave(7 * (weeks + 1), seeded(14))).slice(-weeks * 2_016);
    const alarmsAt = (allowed: number) => {
      const rows = said.flatMap(({ perWeek }, row) => (perWeek <= allowed ? [row] : []));
      return rows.filter((row, n) => n === 0 || row - rows[n - 1]! > 32).length;
    };
    // A plain z-score hears nothing unusual in a wave that never leaves its range.
    expect(alarmsAt(7)).toBeGreaterThanOrEqual(name === 'zscore' ? 0 : weeks);
    expect(alarmsAt(7)).toBeLessThanOrEqual(2 * 7 * weeks);
    expect(alarmsAt(0.1)).toBeLessThanOrEqual(2);
  });

  it('takes a counter that begins again at zero for the counter that it is', () => {
    const random = seeded(11);
    let total = 5_000;
    const samples = Array.from({ length: 1_500 }, (_, n) => {
      total = n === 1_200 ? 3 : total + 5 + Math.floor(10 * random());
      return { at: n * fiveMinutes, value: total };
    });
    const said = feed(detector, samples);
    expect(alarmsOf(said).filter((row) => row >= 1_200 && row < 1_240)).toEqual([]);
    // In the unit of the counter: what it was before is not added.
    expect(said[1_250]!.expected!.high).toBeLessThan(10_000);
  });
});

describe('the forest', () => {
  const forest = detectors['isolation-forest'];
  const samples = wave(8, seeded(12));

  it('gives the same scores whether its models grew beside the stream or in it', () => {
    const alone = feed(forest, samples);
    const state = forest.create(7);
    let grown = 0;
    const helped = samples.map(({ at, value }) => {
      const said = forest.observe(state, value, at);
      const order = forest.training!.wanted(state);
      if (order && forest.training!.provide(state, forest.training!.grow(order))) grown += 1;
      return said;
    });
    expect(grown).toBe(3);
    expect(helped).toEqual(alone);
  });

  it('grows models of the size that it says', () => {
    const state = forest.create(7);
    feed(forest, samples.slice(0, 130), state);
    const { nodes } = forest.training!.grow(forest.training!.wanted(state)!);
    expect(nodes.byteLength).toBe(forest.training!.modelBytes);
  });

  it('is another with another seed', () => {
    const last = (seed: number) => feed(forest, samples, forest.create(seed)).map(({ tail }) => tail);
    expect(last(1)).not.toEqual(last(2));
  });

  it('refuses a model that it did not order', () => {
    const state = forest.create(7);
    feed(forest, samples.slice(0, 130), state);
    const order = forest.training!.wanted(state)!;
    expect(order.rows.length).toBe(128 * order.width);
    const other = forest.training!.grow({ ...order, seed: order.seed + 1 });
    expect(forest.training!.provide(state, other)).toBe(false);
  });

  it('leaves Math.random as it was', () => {
    const before = Math.random;
    feed(forest, samples.slice(0, 200));
    expect(Math.random).toBe(before);
  });
});

it('the seasonal detectors know a weekday from a Sunday', () => {
  const random = seeded(13);
  const samples = wave(42, random).map(({ at, value }) => ({
    at,
    value: Math.floor(at / day) % 7 === 3 ? 20 + (value - 100) / 10 : value,
  }));
  const said = feed(detectors.seasonal, samples);
  const noonOf = (n: number) => said[(n * day + day / 4) / fiveMinutes]!.expected!.mid;
  expect(noonOf(38)).toBeLessThan(40); // a Sunday
  expect(noonOf(39)).toBeGreaterThan(90);
});
