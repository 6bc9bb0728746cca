// How many calls a channel has left, for whoever looks at it.
import { expect, it } from 'vitest';
import { Limiter } from './limiter.ts';
import type { OpenChannel } from './open-channels.ts';

const channel = (over: Partial<OpenChannel>): OpenChannel =>
  ({ type: 'chat', settings: {}, definition: { limits: {} }, ...over }) as OpenChannel;

it('each window of a channel says how many calls may begin now', () => {
  const minutely = { calls: 3, perMs: 60_000 };
  const limiter = new Limiter(
    new Map([['chat', channel({ limits: [minutely, { calls: 2, perMs: 5_000 }] })]]),
  );
  const left = (now: number) => limiter.levels('chat', now).map((window) => window.left);
  expect(left(0)).toEqual([3, 2]);
  const calls = [limiter.begin('chat', 'acme', 'normal'), limiter.begin('chat', 'acme', 'normal')];
  expect(left(100)).toEqual([1, 0]);
  for (const call of calls) call.end(200);
  expect(left(5_201)).toEqual([1, 2]);
  expect(left(60_201)).toEqual([3, 2]);
  limiter.hold('chat', 'channel', 60_201, 1_000);
  expect(left(60_300)).toEqual([0, 0]);
  expect(limiter.levels('nothing', 0)).toEqual([]);
});
