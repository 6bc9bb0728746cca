import { describe, expect, it } from 'vitest';
import type { SeriesSignal } from '../signals.ts';
import { deviationOf } from './deviation.ts';
import { onsetOf } from './onset.ts';

const latency = { name: 'latency', worse: 'up' } as const;
const availability = { name: 'availability', worse: 'down' } as const;
const minute = 60_000;

const series = (values: readonly number[], everyMs = minute): SeriesSignal => ({
  service: 'a',
  metric: 'latency',
  labels: {},
  times: Float64Array.from(values, (_, n) => n * everyMs),
  values: Float64Array.from(values),
});

describe('the onset', () => {
  it('is the first full sample of a step', () => {
    expect(onsetOf(series([1, 1, 1, 1, 1.1, 5, 5, 5]), latency, 7 * minute)?.at).toBe(5 * minute);
  });

  it('is found in five samples, over a hole in them', () => {
    expect(onsetOf(series([Number.NaN, 100, 90, 88, 100]), availability, 4 * minute)?.at).toBe(2 * minute);
  });

  it('is not there where the series went to the side that is not bad', () => {
    expect(onsetOf(series([100, 100, 100, 40, 40]), latency, 4 * minute)).toBeNull();
  });

  it('asks nothing of what came later', () => {
    expect(onsetOf(series([1, 1, 1, 2, 2, 9, 9, 9, 9]), latency, 4 * minute)?.at).toBe(3 * minute);
  });
});

describe('a deviation', () => {
  it('takes the level from the stretch before the onset and the noise from all that came before', () => {
    const quiet = Array.from({ length: 60 }, (_, n) => 10 + (n % 2 ? 0.5 : -0.5));
    const one = series([...quiet, 20, 20, 20, 20]);
    // Ten hours without samples before the last quiet ones, on another level.
    const times = one.times.map((time, n) => (n < 50 ? time - 600 * minute : time));
    const values = one.values.map((value, n) => (n < 50 ? value * 3 : value));
    const found = deviationOf({ ...one, times, values }, latency, 60 * minute, 63 * minute)!;
    expect(found.level).toBeCloseTo(10, 5);
    expect(found.noise).toBeGreaterThan(2);
    expect(found.score).toBeCloseTo(10 / found.noise, 5);
  });

  it('is small of a slow swing that goes on', () => {
    const swing = series(Array.from({ length: 300 }, (_, n) => 100 + 20 * Math.sin(n / 60)));
    expect(deviationOf(swing, latency, 280 * minute, 290 * minute)!.score).toBeLessThan(4);
  });

  it('is not said where nothing is known of the time before, or after', () => {
    expect(deviationOf(series([1, 2, 3]), latency, 0, 5 * minute)).toBeNull();
    expect(deviationOf(series([1, 2, 3]), latency, 9 * minute, 12 * minute)).toBeNull();
  });
});
