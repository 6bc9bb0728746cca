import { expect, it } from 'vitest';
import { PassBudget } from './pass-budget.ts';

it('has another one begin each pass: who always has more leaves something to the others', () => {
  const passes: (() => void)[] = [];
  const begun: Record<string, number> = { a: 0, b: 0, c: 0 };
  const pump = (station: string): void => {
    for (; !budget.spent; budget.take()) begun[station]! += 1;
    budget.wait(station);
  };
  const budget: PassBudget<string> = new PassBudget((callback) => passes.push(callback), pump);
  for (const station of ['a', 'b', 'c']) pump(station);
  for (let pass = 0; pass < 9; pass++) passes.shift()!();
  expect(Object.values(begun).sort()).toEqual([24, 24, 32]);
});
