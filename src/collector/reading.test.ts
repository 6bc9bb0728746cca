import { expect, it } from 'vitest';
import { Rates } from './reading.ts';

it('gives the growth of a counter per second since the last round', () => {
  const rates = new Rates();
  expect(rates.perSecond('a', 100, 0)).toBeNull();
  rates.endRound();
  expect(rates.perSecond('a', 150, 2_000)).toBe(25);
  rates.endRound();
});

it('gives nothing after a counter went back, and goes on from there', () => {
  const rates = new Rates();
  const at = (total: number, now: number) => {
    const rate = rates.perSecond('a', total, now);
    rates.endRound();
    return rate;
  };
  expect([at(100, 0), at(10, 1_000), at(20, 2_000)]).toEqual([null, null, 10]);
});

it('forgets a counter that was not there for a round', () => {
  const rates = new Rates();
  rates.perSecond('a', 100, 0);
  rates.endRound();
  rates.endRound();
  expect(rates.perSecond('a', 200, 1_000)).toBeNull();
});
