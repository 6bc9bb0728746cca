import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jointForest } from './joint-forest.ts';
import { seeded } from './random.ts';
import { restoredMemory, savedBytes } from './series-memory.ts';

const minute = 60_000;
const forest = jointForest(3);

/** Three distances of which the first two go together; a normal one each, nearly. */
function rows(count: number, random: () => number): number[][] {
  const bell = () => (random() + random() + random() + random() - 2) * 0.65;
  return Array.from({ length: count }, () => {
    const load = bell();
    return [load + 0.1 * bell(), load + 0.1 * bell(), bell()];
  });
}

const feed = (given: readonly (readonly number[])[], state = forest.create(7), from = 0) =>
  given.map((row, n) => forest.observe(state, row, (from + n) * 5 * minute));

it('finds a combination of values that are usual each, and says which do not fit', () => {
  const given = rows(4_100, seeded(1));
  given[4_000] = [0.6, -0.6, 0.1];
  const said = feed(given);
  const { perWeek, beside, score } = said[4_000]!;
  expect(perWeek).toBeLessThan(0.5);
  expect(score).toBeGreaterThan(0.5);
  const [first, second, third] = beside;
  expect(first!.off).toBeGreaterThan(5);
  expect(second!.off).toBeLessThan(-5);
  expect(Math.abs(third!.off)).toBeLessThan(1);
  // From the second the first is known to a tenth or so.
  expect(first!.expected).toBeCloseTo(-0.6, 1);
  expect(first!.within).toBeLessThan(0.3);
  // The same values, where they fit.
  const fitting = rows(4_100, seeded(1));
  fitting[4_000] = [0.6, 0.6, 0.1];
  expect(feed(fitting)[4_000]!.perWeek).toBeGreaterThan(7);
});

it('cries wolf about as often as it was allowed to', () => {
  const weeks = 3;
  const said = feed(rows(2_016 * (weeks + 1), seeded(3))).slice(-2_016 * weeks);
  const alarms = said.filter(({ perWeek }) => perWeek <= 1).length;
  expect(alarms).toBeLessThanOrEqual(2 * weeks);
});

it('goes on from restored bytes as if it had never been saved', () => {
  const given = rows(700, seeded(4));
  const straight = forest.create(9);
  const all = feed(given, straight);
  // Before the first model, between an order and its effect, and long after.
  for (const cut of [100, 140, 530, 650]) {
    const state = forest.create(9);
    const before = feed(given.slice(0, cut), state);
    const restored = restoredMemory(forest.layout, savedBytes(state));
    expect([...before, ...feed(given.slice(cut), restored, cut)]).toEqual(all);
    expect(Buffer.compare(savedBytes(restored), savedBytes(straight))).toBe(0);
  }
});

it('learns nothing of a row with a hole, raises nothing, and stays finite whatever comes', () => {
  const given = rows(400, seeded(5));
  const state = forest.create(1);
  feed(given, state);
  const before = savedBytes(state);
  for (const hole of [Number.NaN, Number.POSITIVE_INFINITY])
    expect(forest.observe(state, [0, hole, 0], 1e12)).toMatchObject({ tail: 1, beside: [] });
  expect(Buffer.compare(savedBytes(state), before)).toBe(0);
  const odd = fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(0, 1e300, -1e300, 1e-300, 64, -64));
  fc.assert(
    fc.property(fc.array(fc.tuple(odd, odd, odd), { minLength: 1, maxLength: 300 }), (any) => {
      const own = forest.create(2);
      for (const { tail, perWeek, beside } of feed(any, own)) {
        const means = tail > 0 && tail <= 1 && perWeek > 0 && beside.every(({ within }) => within > 0);
        if (!means) throw new Error(JSON.stringify({ tail, perWeek, beside }));
      }
      expect([...own.numbers, ...own.sketch].every(Number.isFinite)).toBe(true);
    }),
    { numRuns: 25, seed: 6 },
  );
});

it('takes constants and metrics that say the same for nothing of their own', () => {
  const random = seeded(8);
  const said = feed(
    Array.from({ length: 2_000 }, () => {
      const value = random() - 0.5;
      return [0, value, value];
    }),
  );
  expect(said.filter(({ perWeek }) => perWeek <= 1)).toEqual([]);
});

it('fits into sixteen KiB with eight metrics, and takes from two to eight', () => {
  const { stateBytes, training } = jointForest(8);
  expect(stateBytes + training.modelBytes).toBeLessThanOrEqual(16_384);
  expect(() => jointForest(1)).toThrow('expected 2 to 8 metrics, found 1');
  expect(() => jointForest(9)).toThrow('expected 2 to 8 metrics, found 9');
});
