import { expect, it } from 'vitest';
import { PassBudget } from './pass-budget.ts';

it('has another one begin each pass: who always has more leaves something to the others', () => {
  const passes: (() => void)[] = [];
  const begun: Record<string, number> = { a: 0, b: 0, c: 0 };
  const pump = (station: string): void => {
    for (; !budget.spent(0); budget.take(false, 0)) begun[station]! += 1;
    budget.wait(station);
  };
  const budget: PassBudget<string> = new PassBudget((callback) => passes.push(callback), pump);
  for (const station of ['a', 'b', 'c']) pump(station);
  for (let pass = 0; pass < 9; pass++) passes.shift()!();
  expect(Object.values(begun).sort()).toEqual([24, 24, 32]);
});

it('leaves more of a pass to urgent ones for a second after one of them', () => {
  const passes: (() => void)[] = [];
  const budget = new PassBudget<string>(
    (callback) => passes.push(callback),
    () => {},
  );
  const begunIn = (now: number): number => {
    let begun = 0;
    for (; !budget.spent(now); begun++) budget.take(false, now);
    for (const pass of passes.splice(0)) pass();
    return begun;
  };
  expect(begunIn(0)).toBe(8);
  budget.take(true, 0);
  for (const pass of passes.splice(0)) pass();
  expect([begunIn(1), begunIn(999), begunIn(1_000)]).toEqual([1, 1, 8]);
});
