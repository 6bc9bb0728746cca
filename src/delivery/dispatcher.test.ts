import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ChannelDefinition, defineChannel, type SendResult } from '../../channels/channel.ts';
import type { AlertMessage } from '../../channels/message.ts';
import { silentLog } from '../log.ts';
import { ManualClock, macrotask } from '../testing/manual-clock.ts';
import { ChannelRegistry } from './channel-registry.ts';
import { Dispatcher } from './dispatcher.ts';
import type { Job } from './job.ts';

/** One channel that takes `most` messages a call, one call at a time unless told otherwise, each ended by `answer`. */
function bundling(most: number, maxBytes = 1_000, concurrency = 1) {
  const clock = new ManualClock();
  const calls: string[][] = [];
  const results: string[] = [];
  const waiting: ((result: SendResult) => void)[] = [];
  const unwanted = new Set<string>();
  const call = (ids: string[]) => {
    calls.push(ids);
    return new Promise<SendResult>((resolve) => waiting.push(resolve));
  };
  const definition = defineChannel({
    kind: 'bundling',
    label: { en: 'B', 'zh-TW': 'B', 'zh-CN': 'B' },
    config: z.object({}),
    limits: { maxBytes, concurrency, deadlineMs: 10_000 },
    render: (message) => message.reason,
    open: () => ({
      send: (_payload: string, { deliveryId }) => call([deliveryId]),
      bundle: {
        most,
        bytes: (payload: string) => payload.length,
        send: (items) => call(items.map(({ deliveryId }) => deliveryId)),
      },
      close: async () => {},
    }),
  });
  const dispatcher = new Dispatcher({
    clock,
    log: silentLog,
    channels: new ChannelRegistry(
      new Map([
        [
          'hook',
          {
            name: 'hook',
            type: 'bundling',
            definition: definition as ChannelDefinition,
            settings: {},
            instance: definition.open({}, null as never) as never,
          },
        ],
      ]),
    ),
    done: (job, result) => void results.push(`${job.deliveryId} ${result.kind}`),
    hungry: () => {},
    released: (job) => void results.push(`${job.deliveryId} released`),
    wanted: ({ deliveryId }) => !unwanted.has(deliveryId),
  });
  return {
    clock,
    unwanted,
    calls,
    results,
    dispatcher,
    offer(deliveryId: string, over: Partial<Job> = {}) {
      dispatcher.offer({
        tenant: 'acme',
        deliveryId,
        orderKey: deliveryId,
        leaseToken: 1,
        leaseUntil: clock.now() + 120_000,
        attempt: 1,
        channel: 'hook',
        recipient: 'hook',
        lane: 'normal',
        shorter: false,
        message: { reason: 'first', locale: 'en' } as AlertMessage,
        ...over,
      });
    },
    async answer(result: SendResult) {
      waiting.shift()!(result);
      await macrotask();
    },
  };
}

describe('a channel that takes several messages in one call', () => {
  it('gets what waits, without waiting for more, and answers for all of them', async () => {
    const { offer, answer, calls, results } = bundling(3);
    for (const id of ['a', 'b', 'c', 'd', 'e']) offer(id);
    await answer({ kind: 'sent' });
    await answer({ kind: 'transient', message: 'no' });
    await answer({ kind: 'sent' });
    expect(calls).toEqual([['a'], ['b', 'c', 'd'], ['e']]);
    expect(results).toEqual(['a sent', 'b transient', 'c transient', 'd transient', 'e sent']);
  });

  it('never gets two tenants, or two lanes, in one call', async () => {
    const { offer, answer, calls } = bundling(10);
    offer('a');
    offer('b');
    offer('x', { tenant: 'other' });
    offer('c');
    offer('urgent', { lane: 'high' });
    for (let n = 0; n < 4; n++) await answer({ kind: 'sent' });
    expect(calls).toEqual([['a'], ['urgent'], ['b', 'c'], ['x']]);
  });

  it('gets each alone when it refuses the call for good: one bad message costs no other', async () => {
    const { offer, answer, calls, results } = bundling(10);
    for (const id of ['first', 'good', 'bad']) offer(id);
    await answer({ kind: 'sent' });
    await answer({ kind: 'permanent', message: '400' });
    await answer({ kind: 'sent' });
    await answer({ kind: 'permanent', message: '400' });
    expect(calls).toEqual([['first'], ['good', 'bad'], ['good'], ['bad']]);
    expect(results).toEqual(['first sent', 'good sent', 'bad permanent']);
  });

  it('gets none alone that somebody has confirmed while it refused the call', async () => {
    const { offer, answer, calls, results, unwanted } = bundling(10);
    for (const id of ['first', 'a', 'seen', 'b']) offer(id);
    await answer({ kind: 'sent' });
    unwanted.add('seen');
    await answer({ kind: 'permanent', message: '400' });
    await answer({ kind: 'sent' });
    await answer({ kind: 'sent' });
    expect(calls).toEqual([['first'], ['a', 'seen', 'b'], ['a'], ['b']]);
    expect(results.sort()).toEqual(['a sent', 'b sent', 'first sent', 'seen released']);
  });

  it('gets no more bytes than it takes', async () => {
    const { offer, answer, calls } = bundling(10, 12);
    for (const id of ['0', 'a', 'b', 'c', 'd', 'e']) offer(id);
    for (let n = 0; n < 4; n++) await answer({ kind: 'sent' });
    expect(calls).toEqual([['0'], ['a', 'b'], ['c', 'd'], ['e']]);
  });

  it('that hangs ends for all of them at the deadline', async () => {
    const { offer, answer, clock, results } = bundling(10);
    for (const id of ['first', 'a', 'b']) offer(id);
    await answer({ kind: 'sent' });
    await clock.advance(12_000);
    expect(results).toEqual(['first sent', 'a unknown', 'b unknown']);
  });
});

describe('a channel that makes several calls at once', () => {
  it('begins eight in a pass of the loop, beside what is urgent and the first of other tenants', async () => {
    const { clock, offer, calls } = bundling(1, 1_000, 32);
    for (let n = 0; n < 20; n++) offer(`a${n}`, { tenant: 'storm' });
    expect(calls).toHaveLength(8);
    offer('urgent', { tenant: 'storm', lane: 'high' });
    offer('b0', { tenant: 'quiet' });
    offer('b1', { tenant: 'quiet' });
    expect(calls.flat().slice(8)).toEqual(['urgent', 'b0']);
    await clock.advance(0);
    expect(calls.flat()).toHaveLength(23);
    expect(calls.flat().slice(10, 18)).toContain('b1');
  });

  it('keeps an eighth of them for tenants that have none under way', async () => {
    const { clock, offer, answer, calls } = bundling(1, 1_000, 16);
    for (let n = 0; n < 30; n++) offer(`a${n}`, { tenant: 'storm' });
    await clock.advance(0);
    expect(calls).toHaveLength(14);
    offer('b0', { tenant: 'quiet' });
    offer('b1', { tenant: 'quiet' });
    expect(calls.at(-1)).toEqual(['b0']);
    expect(calls).toHaveLength(15);
    await answer({ kind: 'sent' });
    // The shared part is taken: a kept place is for who has none under way.
    offer('c0', { tenant: 'third' });
    expect(calls.at(-1)).toEqual(['c0']);
    expect(calls.flat().filter((id) => id.startsWith('a')).length).toBeLessThanOrEqual(14);
  });

  it('gives every place to one tenant where there are too few to keep any', () => {
    const { offer, calls } = bundling(1, 1_000, 3);
    for (let n = 0; n < 5; n++) offer(`a${n}`, { tenant: 'storm' });
    expect(calls).toHaveLength(3);
  });
});
