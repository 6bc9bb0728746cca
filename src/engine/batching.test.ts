import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Stage } from '../testing/stage.ts';

interface Sample {
  readonly host: string;
  readonly value: number;
  readonly at: number;
}

/** Samples of three series in time order, a second apart, around the threshold of 80. */
const stream = fc.array(
  fc.record({ host: fc.constantFrom('a', 'b', 'c'), value: fc.constantFrom(10, 75, 90) }),
  {
    minLength: 1,
    maxLength: 60,
  },
);

async function episodes(samples: readonly Sample[], sizes: readonly number[]): Promise<unknown[]> {
  const stage = new Stage({
    rules: [
      { name: 'For', forMs: 3_000, keepFiringForMs: 2_000, resolveThreshold: 70 },
      { name: 'Avg', aggregate: 'avg', windowMs: 4_000, threshold: 60 },
      { name: 'P90', aggregate: 'p90', windowMs: 6_000, threshold: 74 },
      { name: 'Noise', aggregate: 'stddev', windowMs: 6_000, threshold: 20 },
      { name: 'Rate', aggregate: 'rate', windowMs: 5_000, threshold: 10, resolveThreshold: 5 },
    ],
    route: { groupWaitMs: 0, groupIntervalMs: 0, resolveWaitMs: 0 },
  });
  try {
    let i = 0;
    for (let n = 0; i < samples.length; n++) {
      const size = sizes.length === 0 ? samples.length : sizes[n % sizes.length]!;
      await stage.pushAll(samples.slice(i, i + size));
      i += size;
    }
    const { items } = stage.store.alerts('default', {}, 1_000, null);
    return items
      .map(({ key, state, pendingSince, firedAt, resolvedAt, resolveReason }) => ({
        key,
        state,
        pendingSince,
        firedAt,
        resolvedAt,
        resolveReason,
      }))
      .sort((a, b) => (a.key + a.pendingSince < b.key + b.pendingSince ? -1 : 1));
  } finally {
    await stage.close();
  }
}

describe('the episodes of a stream', () => {
  it('are the same one by one, in any batches, and all at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        stream,
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        async (values, sizes) => {
          const start = 1_700_000_000_000 - 600_000;
          const samples = values.map(({ host, value }, i) => ({ host, value, at: start + i * 1_000 }));
          const oneByOne = await episodes(samples, [1]);
          expect(await episodes(samples, sizes)).toEqual(oneByOne);
          expect(await episodes(samples, [])).toEqual(oneByOne);
        },
      ),
      { numRuns: 40 },
    );
  });
});
