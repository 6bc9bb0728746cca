import { expect, it } from 'vitest';
import { spearman } from './spearman.ts';

it.each([
  [[1, 2, 3, 4], [10, 20, 30, 40], 1],
  [[1, 2, 3, 4], [4, 3, 2, 1], -1],
  // Spearman's formula: 1 − 6 · Σd² / (n (n² − 1)) = 1 − 6 · 4 / 60.
  [[1, 2, 3, 4], [2, 1, 4, 3], 0.6],
  // Equal ones share a rank: Pearson of (1, 2.5, 2.5, 4) and (1, 2, 3, 4).
  [[1, 5, 5, 9], [1, 2, 3, 4], 4.5 / Math.sqrt(4.5 * 5)],
])('of %j and %j it is %d', (one, other, expected) => {
  expect(spearman(one, other)).toBeCloseTo(expected, 12);
});
