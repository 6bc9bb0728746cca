// Channels whose provider grants so many calls in a span: what waits is merged, the urgent goes first, nothing is lost.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ChannelDefinition, defineChannel, type SendResult } from '../../channels/channel.ts';
import type { AlertMessage } from '../../channels/message.ts';
import { silentLog } from '../log.ts';
import type { AttemptResult } from '../policy/retry.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { SlidingWindow } from '../testing/providers/provider.ts';
import { CallLedger } from './call-ledger.ts';
import { ChannelRegistry } from './channel-registry.ts';
import { Dispatcher } from './dispatcher.ts';
import type { Job } from './job.ts';
import { Limiter } from './limiter.ts';
import type { OpenChannel } from './open-channels.ts';

const minute = 60_000;

interface Call {
  readonly channel: string;
  readonly at: number;
  readonly ids: readonly string[];
  readonly message: AlertMessage;
}

type Answer = (call: Call) => SendResult;

interface Options {
  readonly answer?: Answer;
  readonly latencyMs?: number;
  readonly channels?: Readonly<Record<string, Partial<OpenChannel> & { readonly account?: string }>>;
  readonly definition?: Partial<ChannelDefinition>;
  readonly perMinute?: number;
  readonly ledger?: CallLedger;
  /** What waits behind a delivery in its order, by its id. */
  readonly behind?: Readonly<Record<string, readonly Job[]>>;
}

/** Channels of a provider that counts calls itself, and remembers what it took. */
function stage({
  answer,
  latencyMs = 200,
  channels,
  definition: of = {},
  perMinute,
  ledger,
  behind,
}: Options = {}) {
  const clock = new ManualClock();
  const calls: Call[] = [];
  const results = new Map<string, AttemptResult>();
  const released: string[] = [];
  const unwanted = new Set<string>();
  let hungry = 0;
  const open = new Map<string, OpenChannel>();
  for (const [name, { account, ...over }] of Object.entries(
    channels ?? { chat: { limits: [{ calls: 20, perMs: minute }] } },
  )) {
    const definition = defineChannel({
      kind: 'counting',
      label: { en: 'C', 'zh-TW': 'C', 'zh-CN': 'C' },
      config: z.object({}),
      limits: { maxBytes: 1_000_000, concurrency: 4, deadlineMs: 10_000, ...of.limits },
      ...(account !== undefined && { account: () => account }),
      ...(of.merges === false && { merges: false as const }),
      render: (message) => message,
      open: () => ({
        async send(message: AlertMessage, { deliveryId, deliveryIds }) {
          const call = { channel: name, at: clock.now(), ids: deliveryIds ?? [deliveryId], message };
          calls.push(call);
          await new Promise<void>((resolve) => clock.at(clock.now() + latencyMs, resolve));
          return answer?.(call) ?? { kind: 'sent' as const };
        },
        close: async () => {},
      }),
    });
    open.set(name, {
      ...{ name, type: 'counting', settings: {} },
      definition: definition as unknown as ChannelDefinition,
      instance: definition.open({}, null as never) as never,
      ...over,
    });
  }
  const limiter = new Limiter(open, perMinute === undefined ? [] : [{ calls: perMinute, perMs: minute }]);
  const dispatcher = new Dispatcher({
    ...{ clock, log: silentLog, channels: new ChannelRegistry(open), limiter },
    done: (job, result) => void results.set(job.deliveryId, result),
    hungry: () => {
      hungry += 1;
    },
    released: (job) => void released.push(job.deliveryId),
    wanted: ({ deliveryId }) => !unwanted.has(deliveryId),
    ...(ledger && { ledger }),
    ...(behind && { behind: (job: Job, most: number) => behind[job.deliveryId]?.slice(0, most) ?? [] }),
  });
  const job = (deliveryId: string, over: Partial<Job> = {}): Job => ({
    ...{ tenant: 'acme', deliveryId, orderKey: deliveryId, leaseToken: 1, attempt: 1 },
    ...{ channel: 'chat', recipient: 'chat' },
    ...{ lane: 'normal', shorter: false, leaseUntil: clock.now() + 120_000, message: messageOf(deliveryId) },
    ...over,
  });
  return {
    ...{ clock, calls, results, released, unwanted, dispatcher, limiter, job },
    get hungry() {
      return hungry;
    },
    offer: (ids: readonly string[], over: Partial<Job> = {}) =>
      dispatcher.offerAll(ids.map((id) => job(id, over))),
    of: (kind: AttemptResult['kind']) =>
      [...results.values()].filter((result) => result.kind === kind).length,
  };
}

function messageOf(id: string): AlertMessage {
  const labels = { alertname: 'Down', host: id };
  return {
    ...{ id: `n-${id}`, tenant: 'acme', reason: 'first', status: 'firing', receiver: 'ops' },
    ...{ groupKey: `{host="${id}"}`, groupLabels: labels, changed: [`a-${id}`], truncated: 0 },
    ...{ severity: 'warning', priority: 'P4', at: 0, locale: 'en' },
    alerts: [{ id: `a-${id}`, labels, status: 'firing', severity: 'warning', startsAt: 0 }],
  } as unknown as AlertMessage;
}

describe('a channel that changes', () => {
  const chat = (account: string) => ({ account, limits: [{ calls: 1, perMs: minute }] });
  const granted = (limiter: Limiter, at: number) => limiter.admit('chat', 'high', at).ok;

  it('shares an account with no other tenant, whatever it says of itself', () => {
    const { limiter, clock } = stage({ channels: { chat: chat('a') } });
    const now = clock.now();
    const key = 'acme/chat';
    limiter.put(key, { ...channelOf(chat('a')), own: { tenant: 'acme', callback: 'x' } });
    limiter.hold(key, 'account', now, minute);
    expect(granted(limiter, now)).toBe(true);
    expect(limiter.admit(key, 'high', now).ok).toBe(false);
  });

  it('goes on with what was counted of its account, also when it comes back; another account starts anew', () => {
    const { limiter, clock } = stage({ channels: { chat: chat('a') } });
    const now = clock.now();
    expect(granted(limiter, now)).toBe(true);
    limiter.begin('chat', 'acme', 'high').end(now);
    expect(granted(limiter, now + 1)).toBe(false);
    limiter.put('chat', channelOf(chat('a')));
    expect(granted(limiter, now + 1)).toBe(false);
    limiter.remove('chat');
    limiter.put('chat', channelOf(chat('a')));
    expect(granted(limiter, now + 1)).toBe(false);
    limiter.put('chat', channelOf(chat('b')));
    expect(granted(limiter, now + 1)).toBe(true);
  });
});

/** Only what a limiter looks at. */
function channelOf({
  account,
  limits,
}: {
  account: string;
  limits: NonNullable<OpenChannel['limits']>;
}): OpenChannel {
  const definition = { limits: {}, account: () => account } as unknown as ChannelDefinition;
  return { name: 'chat', type: 'counting', settings: {}, definition, limits, instance: null as never };
}

const many = (count: number, prefix = 'd') => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

/** Asks the provider's own count. */
function withinWindow(calls: readonly Call[], most: number, perMs = minute): boolean {
  const window = new SlidingWindow(most, perMs);
  return calls.every(({ at }) => window.take(at));
}

describe('a channel with 20 calls a minute', () => {
  it('brings 500 messages home within a minute, each of them once, in at most 20 calls', async () => {
    const { offer, clock, calls, results, of } = stage();
    offer(many(500));
    await clock.advance(minute);
    expect(of('sent')).toBe(500);
    expect(results.size).toBe(500);
    expect(calls.flatMap(({ ids }) => ids).sort()).toEqual(many(500).sort());
    expect(withinWindow(calls, 20)).toBe(true);
    expect(Math.max(...calls.map(({ ids }) => ids.length))).toBe(50);
  });

  it('says in one message what every merged one says, and tells each result which call it was', async () => {
    const { offer, clock, calls, results } = stage({
      channels: { chat: { limits: [{ calls: 1, perMs: minute }] } },
    });
    offer(['a']);
    offer(['b', 'c']);
    await clock.advance(minute + 1_000);
    expect(calls.map(({ ids }) => ids)).toEqual([['a'], ['b', 'c']]);
    expect(calls[1]!.message).toMatchObject({
      id: 'n-b',
      reason: 'digest',
      groupLabels: { alertname: 'Down' },
    });
    expect(calls[1]!.message.alerts.map(({ id }) => id)).toEqual(['a-b', 'a-c']);
    const call = results.get('b')!.call!;
    expect(call.deliveries).toBe(2);
    expect(results.get('c')!.call).toEqual(call);
    expect(results.get('a')!.call).toBeUndefined();
  });

  it('says in one message what waited while a provider had asked for patience', async () => {
    let asked = false;
    const { offer, clock, calls } = stage({
      channels: { chat: {} },
      answer: () => {
        if (asked) return { kind: 'sent' };
        asked = true;
        return { kind: 'rate_limited', code: '429', message: 'busy', retryAfterMs: 5_000 };
      },
    });
    offer(['a']);
    await clock.advance(1_000);
    offer(['b', 'c', 'd']);
    await clock.advance(10_000);
    expect(calls.map(({ ids }) => ids)).toEqual([['a'], ['b', 'c', 'd']]);
    await clock.advance(10 * minute);
    offer(['e', 'f']);
    await clock.advance(1_000);
    expect(calls.slice(2).map(({ ids }) => ids)).toEqual([['e'], ['f']]);
  });

  it('sends single messages at once while there are calls for them', async () => {
    const { offer, clock, calls } = stage();
    for (const id of many(10)) offer([id]);
    await clock.advance(10_000);
    expect(calls.map(({ ids }) => ids.length)).toEqual(many(10).map(() => 1));
  });

  it('keeps to the window minute after minute, and leaves calls to what is more urgent', async () => {
    const { dispatcher, job, clock, calls, results } = stage();
    for (let second = 0; second < 120; second++) {
      // Groups that may not be merged: each in a language of its own, so to speak.
      const lows = many(3, `low-${second}-`).map((id, i) =>
        job(id, {
          lane: 'low',
          message: { ...messageOf(id), locale: (['en', 'zh-TW', 'zh-CN'] as const)[i]! },
        }),
      );
      dispatcher.offerAll(lows);
      if (second % 40 === 30) {
        dispatcher.offer(job(`high-${second}`, { lane: 'high' }));
        const before = clock.now();
        await clock.advance(1_000);
        const told = calls.find(({ ids }) => ids.includes(`high-${second}`));
        expect(told === undefined ? 'waits' : told.at - before).toBe(0);
      } else await clock.advance(1_000);
    }
    expect(withinWindow(calls, 20)).toBe(true);
    expect(calls.length).toBeGreaterThan(25);
    await clock.advance(2 * minute);
    expect([...results.values()].every(({ kind }) => kind === 'sent')).toBe(true);
  });

  it('sends each alone when the merged call is refused for good, still within the window', async () => {
    const { offer, clock, calls, results, of } = stage({
      answer: ({ ids }) => (ids.includes('bad') ? { kind: 'permanent', message: '400' } : { kind: 'sent' }),
    });
    offer([...many(29), 'bad']);
    await clock.advance(4 * minute);
    expect(results.get('bad')!.kind).toBe('permanent');
    expect(of('sent')).toBe(29);
    expect(withinWindow(calls, 20)).toBe(true);
  });

  it('gives back what somebody has confirmed since the merged call was refused', async () => {
    const { offer, clock, calls, released, unwanted, of } = stage({
      channels: { chat: { limits: [{ calls: 1, perMs: 20_000 }] } },
      answer: ({ ids }) => (ids.length > 1 ? { kind: 'permanent', message: '400' } : { kind: 'sent' }),
    });
    offer(['a', 'seen', 'c']);
    await clock.advance(10_000);
    expect(calls.map(({ ids }) => ids)).toEqual([['a', 'seen', 'c']]);
    unwanted.add('seen');
    await clock.advance(3 * minute);
    expect(calls.slice(1).map(({ ids }) => ids)).toEqual([['a'], ['c']]);
    expect(released).toEqual(['seen']);
    expect(of('sent')).toBe(2);
  });

  it('begins no call for what somebody confirms while the call is written down', async () => {
    const ledger = new CallLedger(() => {});
    const { offer, clock, calls, released, unwanted } = stage({
      ...{ ledger, channels: { chat: { limits: [{ calls: 1, perMs: 20_000 }] } } },
    });
    offer(['a', 'seen']);
    await clock.advance(100);
    ledger.rows();
    unwanted.add('seen');
    ledger.stored();
    await clock.advance(100);
    expect(calls).toEqual([]);
    expect(released).toEqual(['a', 'seen']);
  });

  it('gives back what was refused as a whole where the channel was paused meanwhile', async () => {
    const { offer, clock, calls, released, dispatcher } = stage({
      channels: { chat: { limits: [{ calls: 1, perMs: minute }] } },
      answer: ({ ids }) => (ids.length > 1 ? { kind: 'permanent', message: '400' } : { kind: 'sent' }),
    });
    offer(['a', 'b', 'c']);
    await clock.advance(100);
    dispatcher.pause('acme', 'chat');
    await clock.advance(3 * minute);
    expect(calls).toHaveLength(1);
    expect(released.sort()).toEqual(['a', 'b', 'c']);
  });

  it('merges nothing that a machine reads', async () => {
    const { offer, clock, calls, of } = stage({ definition: { merges: false } });
    offer(many(30));
    await clock.advance(minute + 5_000);
    expect(calls.every(({ ids }) => ids.length === 1)).toBe(true);
    expect(of('sent')).toBe(30);
    expect(withinWindow(calls, 20)).toBe(true);
  });

  it('merges neither tenants nor lanes nor languages', async () => {
    const { dispatcher, job, clock, calls } = stage({
      channels: { chat: { limits: [{ calls: 3, perMs: 10_000 }] } },
    });
    dispatcher.offerAll([
      ...many(3, 'x').map((id) => job(id, { tenant: 'globex' })),
      ...many(3, 'l').map((id) => job(id, { lane: 'low' })),
      ...many(3, 'z').map((id) => job(id, { message: { ...messageOf(id), locale: 'zh-TW' } })),
      ...many(3, 'n').map((id) => job(id)),
    ]);
    await clock.advance(minute);
    const kinds = calls.map(({ ids }) => new Set(ids.map((id) => id[0])).size);
    expect(kinds).toEqual(calls.map(() => 1));
    expect(calls.flatMap(({ ids }) => ids)).toHaveLength(12);
  });
});

describe('what waits behind a message in its order', () => {
  const one = { chat: { limits: [{ calls: 1, perMs: minute }] } };
  const job = stage().job;
  const group = (...ids: string[]) => ids.map((id) => job(id, { orderKey: 'g', leaseUntil: Infinity }));

  it('goes along in the last call there is, not while there are more', async () => {
    const behind = { a: group('b', 'c') };
    const few = stage({ channels: one, behind });
    few.offer(['a'], { orderKey: 'g' });
    const enough = stage({ channels: { chat: { limits: [{ calls: 2, perMs: minute }] } }, behind });
    enough.offer(['a'], { orderKey: 'g' });
    for (const { clock } of [few, enough]) await clock.advance(1_000);
    expect(few.calls.map(({ ids }) => ids)).toEqual([['a', 'b', 'c']]);
    expect([...few.results.keys()]).toEqual(['a', 'b', 'c']);
    expect(enough.calls.map(({ ids }) => ids)).toEqual([['a']]);
    expect(few.dispatcher.of('acme', 'chat')).toEqual({ leased: 0, running: 0 });
  });

  it('waits again where the call is refused as a whole: alone it goes after the one before it', async () => {
    const { offer, clock, calls, released } = stage({
      channels: { chat: { limits: [{ calls: 2, perMs: 10_000 }] } },
      behind: { a: group('b', 'c') },
      answer: ({ ids }) => (ids.length > 1 ? { kind: 'permanent', message: '400' } : { kind: 'sent' }),
    });
    offer(['other', 'a'], { orderKey: 'g' });
    await clock.advance(minute);
    expect(calls.map(({ ids }) => ids)).toEqual([['other'], ['a', 'b', 'c'], ['a']]);
    expect(released).toEqual(['b', 'c']);
  });

  it('stays from the first on that is of another language, or that nobody wants any more', async () => {
    const [b, c] = group('b', 'c');
    const chinese = { ...b!, message: { ...b!.message, locale: 'zh-TW' as const } };
    const other = stage({ channels: one, behind: { a: [chinese, c!] } });
    const seen = stage({ channels: one, behind: { a: [b!, c!] } });
    seen.unwanted.add('b');
    for (const { offer, clock, calls, released } of [other, seen]) {
      offer(['a'], { orderKey: 'g' });
      await clock.advance(1_000);
      expect(calls.map(({ ids }) => ids)).toEqual([['a']]);
      expect(released).toEqual(['b', 'c']);
    }
  });
});

describe('windows that are shared', () => {
  it('count the calls of all channels of one account together', async () => {
    const { dispatcher, job, clock, calls, of } = stage({
      channels: { one: { account: 'team' }, two: { account: 'team' }, other: { account: 'else' } },
      definition: {
        limits: {
          ...{ maxBytes: 1_000, concurrency: 4, deadlineMs: 10_000 },
          rates: [{ scope: 'account', calls: 5, perMs: minute }],
        },
      },
    });
    for (const channel of ['one', 'two', 'other'])
      for (const id of many(6, channel)) dispatcher.offer(job(id, { channel }));
    await clock.advance(2 * minute);
    expect(of('sent')).toBe(18);
    const shared = calls.filter(({ channel }) => channel !== 'other');
    expect(withinWindow(shared, 5)).toBe(true);
    expect(withinWindow(calls, 5)).toBe(false);
  });

  it('count the calls of a tenant on every channel', async () => {
    const { dispatcher, job, clock, calls, of } = stage({ channels: { one: {}, two: {} }, perMinute: 4 });
    for (const channel of ['one', 'two']) {
      for (const id of many(5, channel)) dispatcher.offer(job(id, { channel }));
      dispatcher.offer(job(`globex-${channel}`, { channel, tenant: 'globex' }));
    }
    await clock.advance(1_000);
    expect(calls.filter(({ ids }) => ids[0]!.startsWith('globex'))).toHaveLength(2);
    await clock.advance(2 * minute);
    expect(of('sent')).toBe(12);
    expect(
      withinWindow(
        calls.filter(({ ids }) => !ids[0]!.startsWith('globex')),
        4,
      ),
    ).toBe(true);
  });
});

describe('a provider that asks for patience', () => {
  it('is left alone by everything on the channel until then', async () => {
    let busy = true;
    const { offer, clock, calls, of } = stage({
      answer: () =>
        busy ? { kind: 'rate_limited', message: '429', retryAfterMs: 20_000 } : { kind: 'sent' },
      channels: { chat: {} },
    });
    offer(['first']);
    await clock.advance(1_000);
    busy = false;
    offer(many(5));
    await clock.advance(18_000);
    expect(calls).toHaveLength(1);
    await clock.advance(3_000);
    expect(of('sent')).toBe(5);
  });

  it('and speaks of one recipient alone, is asked for the others at once', async () => {
    let busy = true;
    const { offer, clock, of } = stage({
      answer: () =>
        busy
          ? { kind: 'rate_limited', message: '429', retryAfterMs: 20_000, scope: 'recipient' }
          : { kind: 'sent' },
    });
    offer(['first']);
    await clock.advance(1_000);
    busy = false;
    offer(many(5));
    await clock.advance(1_000);
    expect(of('sent')).toBe(5);
  });
});

describe('what would have to wait for long', () => {
  const hourly = { limits: [{ calls: 2, perMs: 60 * minute }] };

  it('stays in the store until there is a call for it', async () => {
    const on = stage({ channels: { chat: hourly } });
    const { offer, clock, dispatcher, released, calls } = on;
    expect(dispatcher.room('acme', 'chat', 'normal')).toBe(true);
    offer(['a']);
    offer(['b']);
    offer(['c']);
    await clock.advance(1_000);
    offer(['d']);
    expect(calls).toHaveLength(2);
    expect(released).toEqual(['c', 'd']);
    expect(dispatcher.room('acme', 'chat', 'normal')).toBe(false);
    expect(dispatcher.full().normal).toEqual(new Set(['acme/chat']));
    await clock.advance(60 * minute);
    expect(on.hungry).toBe(1);
    expect(dispatcher.room('acme', 'chat', 'normal')).toBe(true);
    expect(dispatcher.full().normal).toEqual(new Set());
  });

  it('goes to the next channel of the chain when it has one, without a call', async () => {
    const { offer, clock, results, calls } = stage({ channels: { chat: { ...hourly, fallback: ['mail'] } } });
    offer(['a']);
    offer(['b']);
    offer(['c']);
    await clock.advance(1_000);
    offer(['d']);
    expect(calls).toHaveLength(2);
    await clock.advance(1_000);
    for (const id of ['c', 'd'])
      expect(results.get(id)).toMatchObject({ kind: 'rate_limited', code: 'limit' });
  });

  it('stays in the store also with a chain, while its lane has the patience for it', async () => {
    const chain = { limits: [{ calls: 2, perMs: 5 * minute }], fallback: ['mail'] };
    const on = stage({ channels: { chat: chain } });
    for (const id of ['a', 'b', 'c']) on.offer([id], { lane: 'low' });
    await on.clock.advance(1_000);
    expect(on.released).toEqual(['c']);
    expect(on.dispatcher.room('acme', 'chat', 'low')).toBe(false);
    // Nobody of a more urgent lane waits that long.
    expect(on.dispatcher.room('acme', 'chat', 'normal')).toBe(true);
    await on.clock.advance(5 * minute);
    expect(on.hungry).toBe(1);
    expect(on.dispatcher.room('acme', 'chat', 'low')).toBe(true);
  });
});

describe('lanes', () => {
  it('have room each: a storm of what is not urgent keeps nothing urgent out', () => {
    const { offer, dispatcher } = stage({ channels: { chat: {} } });
    offer(many(1_000), { lane: 'low' });
    expect(dispatcher.room('acme', 'chat', 'low')).toBe(false);
    expect(dispatcher.room('acme', 'chat', 'high')).toBe(true);
    expect(dispatcher.full()).toEqual({ high: new Set(), normal: new Set(), low: new Set(['acme/chat']) });
  });
});
