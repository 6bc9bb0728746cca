import { describe, expect, test } from 'vitest';
import { TurnBudget } from './turn-budget.ts';

/** The budget after commits of sizes that vary, on a disk with this sync and these rows, milliseconds. */
function budgetOf(syncMs: number, rowMs: number, stallEvery = 0): number {
  const budget = new TurnBudget();
  for (let n = 0; n < 400; n++) {
    const rows = 7 + ((n * 31) % 190);
    const stall = stallEvery > 0 && n % stallEvery === 0 ? 900 : 0;
    budget.committed(rows, syncMs + rows * rowMs + stall);
  }
  return budget.rows;
}

describe('the rows of a turn', () => {
  test('are 200 where a row costs little', () => {
    expect(budgetOf(0.3, 0.005)).toBe(200);
  });

  test('are fewer where a row costs much, so that nobody waits for a long commit', () => {
    expect(budgetOf(0.3, 0.02)).toBe(60);
  });

  test('are never so few that the sync is most of the cost', () => {
    expect(budgetOf(0.1, 0.2)).toBe(30);
  });

  test('stay many where the sync is what takes long', () => {
    expect(budgetOf(20, 0.04)).toBe(200);
  });

  test('are not led astray by a disk that stalls now and then', () => {
    const rows = budgetOf(0.3, 0.02, 50);
    expect(rows).toBeGreaterThanOrEqual(40);
    expect(rows).toBeLessThanOrEqual(80);
  });

  test('are 200 before anything is known, and while all commits are of one size', () => {
    const budget = new TurnBudget();
    expect(budget.rows).toBe(200);
    for (let n = 0; n < 100; n++) budget.committed(200, 9);
    expect(budget.rows).toBe(200);
  });

  test('do not depend on a clock that stands still', () => {
    expect(budgetOf(0, 0)).toBe(200);
  });
});
