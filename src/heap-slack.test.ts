import { describe, expect, it } from 'vitest';
import { growingPercent } from './heap-slack.ts';

const mib = 1024 * 1024;

describe('what the heap may grow by', () => {
  it('is about twenty megabytes of a large one, and a bounded share of any', () => {
    expect([20, 60, 67, 100, 140, 400].map((used) => growingPercent(used * mib))).toEqual([
      30, 30, 30, 20, 14, 10,
    ]);
  });
});
