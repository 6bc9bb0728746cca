// What of an order may go along in the call of its first delivery.
import { expect, it } from 'vitest';
import { howManyGoAlong } from './go-along.ts';
import type { OpenDelivery, Order } from './state.ts';

const waiting = (
  id: string,
  alerts: OpenDelivery['alerts'],
  over: Partial<OpenDelivery> = {},
): OpenDelivery =>
  ({ id, alerts, state: 'queued', channel: 'chat', shorter: false, ...over }) as OpenDelivery;
const going = waiting('going', { a: 'firing' }, { state: 'sending' });
const along = (open: readonly OpenDelivery[], over: Partial<Order> = {}, most = 50) =>
  howManyGoAlong(
    { lastNo: 9, open: [...open], unsaid: new Set(), believed: new Set(), ...over },
    'going',
    most,
  );

it('is what waits right behind it, at most as many as there is room for', () => {
  const behind = ['1', '2', '3'].map((id) => waiting(id, { [id]: 'firing' }));
  expect(along([going, ...behind])).toBe(3);
  expect(along([going, ...behind], {}, 2)).toBe(2);
  expect(along([behind[0]!, going, ...behind.slice(1)])).toBe(0);
  expect(along([])).toBe(0);
});

it('ends with the first that is on another channel, too large, or on its way already', () => {
  for (const other of [{ channel: 'mail' }, { shorter: true }, { state: 'sending' as const }]) {
    const stays = waiting('2', { b: 'firing' }, other);
    expect(along([going, waiting('1', { c: 'firing' }), stays, waiting('3', { d: 'firing' })])).toBe(1);
  }
});

it('is no end of what was lost, or what will have been: that is decided when it is its turn', () => {
  const end = waiting('1', { b: 'resolved' });
  const next = waiting('2', { c: 'firing' });
  expect(along([going, end, next])).toBe(2);
  expect(along([going, end, next], { unsaid: new Set(['b']) })).toBe(0);
  const lostAfter = new Map([['b', 'f' as const]]);
  expect(along([{ ...going, lostAfter }, end, next])).toBe(0);
  expect(along([going, { ...next, lostAfter }, end])).toBe(1);
  // What says that it fires is sent in any case.
  expect(along([going, waiting('1', { b: 'firing' })], { unsaid: new Set(['b']) })).toBe(1);
});
