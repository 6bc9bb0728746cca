// What providers say of messages whose answer was lost, and of messages that they took and did not bring home: by the
// delivery's own id, in any order with the results, and over a restart.
import { afterEach, describe, expect, it } from 'vitest';
import type { SendResult } from '../../channels/channel.ts';
import { matcher } from '../../rules/matchers.ts';
import type { Matcher } from '../../rules/types.ts';
import type { ReceiptOf } from '../policy/received-delivery.ts';
import { aReceiver, aRoute } from '../testing/builders.ts';
import { type Sent, Stage, type StageOptions } from '../testing/stage.ts';

let stage: Stage;
afterEach(() => stage.close());

const lostAnswer: SendResult = { kind: 'unknown', message: 'no answer' };

async function fired(options: StageOptions): Promise<void> {
  stage = new Stage({ route: { groupWaitMs: 0 }, ...options });
  await stage.push(99);
  await stage.advance(100);
}

/** The provider's request is answered when this resolves. */
async function receive(
  status: ReceiptOf['status'],
  over: Partial<ReceiptOf> & { channel?: string } = {},
): Promise<void> {
  const { channel = 'hook', ...rest } = over;
  const receipt = { providerId: 'SM1', status, code: null, message: null, answer: null, ...rest };
  const answered = stage.runtime.engine.receive(channel, [receipt]);
  answered.catch(() => {});
  await stage.advance(10);
  await answered;
}

const delivery = () => stage.store.deliveries('default', {}, 10, null).items.at(-1)!;
const history = () => stage.events('delivery');
const counts = () => Object.fromEntries(stage.runtime.engine.receiptCounts);
const channels = () => stage.sent.map(({ channel }) => channel);
const later = 900_000;

/** An attempt that does not end until `answer` is called. */
function hanging(): { readonly answer: (result: SendResult) => void; readonly hang: StageOptions['answer'] } {
  let end: (result: SendResult) => void = () => {};
  return {
    answer: (result) => end(result),
    hang: () =>
      new Promise((resolve) => {
        end = resolve;
      }),
  };
}

describe('a receipt that names its delivery', () => {
  it('ends one whose answer was lost: it is not sent again, also over a restart', async () => {
    await fired({ answer: () => lostAnswer });
    expect(delivery()).toMatchObject({ state: 'queued', providerId: null });
    await receive('delivered', { deliveryId: delivery().id });
    expect(delivery()).toMatchObject({ state: 'delivered', providerId: 'SM1', lastError: null });
    await stage.restart();
    await stage.advance(later);
    expect(stage.sent).toHaveLength(1);
    expect(history()).toEqual(['delivery.retry(unknown)', 'delivery.delivered(receipt)']);
    await receive('delivered', { deliveryId: delivery().id });
    await receive('failed', { deliveryId: delivery().id });
    expect(delivery().state).toBe('delivered');
  });

  it('makes the attempt that is under way the last one, whatever comes of it', async () => {
    const { answer, hang } = hanging();
    await fired({ answer: hang! });
    await receive('delivered', { deliveryId: delivery().id });
    expect(delivery()).toMatchObject({ state: 'sending', providerId: 'SM1' });
    answer({ kind: 'transient', message: 'late' });
    await stage.advance(100);
    expect(delivery()).toMatchObject({ state: 'delivered', providerId: 'SM1', lastError: null });
    await stage.advance(later);
    expect(stage.sent).toHaveLength(1);
  });

  it.each([
    ['SM1', 'SM2'],
    ['SM2', 'SM1'],
  ])(
    'counts for the message of the answer, also where one before it arrived: %s, then %s',
    async (...ids) => {
      const { answer, hang } = hanging();
      let attempts = 0;
      // The first was taken as SM1, and the answer was lost.
      await fired({ answer: (sent) => (++attempts === 1 ? lostAnswer : hang!(sent)) });
      for (let n = 0; attempts < 2 && n < 60; n++) await stage.advance(1_000);
      for (const providerId of ids) await receive('delivered', { deliveryId: delivery().id, providerId });
      answer({ kind: 'sent', providerId: 'SM2' });
      await stage.advance(100);
      expect(delivery()).toMatchObject({ state: 'delivered', providerId: 'SM2', lastError: null });
    },
  );

  it('is as good as the answer where the process dies before that', async () => {
    await fired({ answer: hanging().hang! });
    await receive('delivered', { deliveryId: delivery().id });
    stage.kill();
    stage.start();
    await stage.advance(later);
    expect(delivery()).toMatchObject({ state: 'delivered', providerId: 'SM1' });
    expect(stage.sent).toHaveLength(1);
  });

  it('keeps a job from being sent that waits for its turn in memory', async () => {
    const waiting: ((result: SendResult) => void)[] = [];
    await fired({
      rules: [{ labels: {} }],
      route: { groupWaitMs: 0, groupBy: ['host'] },
      answer: () => new Promise((resolve) => waiting.push(resolve)),
    });
    // Four calls at once: the fifth and the sixth wait.
    for (const host of ['b', 'c', 'd', 'e', 'f']) await stage.push(99, { host });
    await stage.advance(100);
    const begun = new Set(stage.sent.map(({ deliveryId }) => deliveryId));
    const { items } = stage.store.deliveries('default', {}, 10, null);
    const held = items.filter(({ id, state }) => state === 'sending' && !begun.has(id));
    expect(held.length).toBeGreaterThan(0);
    for (const { id } of held) await receive('delivered', { deliveryId: id, providerId: `p-${id}` });
    for (const end of waiting.splice(0)) end({ kind: 'sent' });
    await stage.advance(later);
    for (const { id } of held) {
      expect(stage.store.delivery('default', id)!.state).toBe('delivered');
      expect(stage.sent.some(({ deliveryId }) => deliveryId === id)).toBe(false);
    }
  });

  it('of a failure sends it to the next of the chain at once, before or after the lost answer', async () => {
    const { answer, hang } = hanging();
    const options = {
      channels: ['hook', 'mail'],
      fallback: { hook: ['mail'] },
      receiver: { channels: ['hook'] },
    };
    await fired({ ...options, answer: (sent) => (sent.channel === 'hook' ? hang!(sent) : { kind: 'sent' }) });
    await receive('failed', { deliveryId: delivery().id, code: '30005' });
    expect(delivery().state).toBe('sending');
    answer(lostAnswer);
    await stage.advance(100);
    expect(channels()).toEqual(['hook', 'mail']);
    expect(delivery()).toMatchObject({ state: 'sent', channel: 'mail' });
    expect(history()).toEqual(['delivery.retry(unknown)', 'delivery.retry(receipt_failed)', 'delivery.sent']);
    await stage.close();

    await fired({
      ...options,
      answer: ({ channel }) => (channel === 'hook' ? lostAnswer : { kind: 'sent' }),
    });
    await receive('failed', { deliveryId: delivery().id });
    await stage.advance(100);
    expect(channels()).toEqual(['hook', 'mail']);
    // Nothing that its first provider says moves it any more, but that it has arrived there before it went on.
    await receive('failed', { deliveryId: delivery().id });
    await receive('delivered', { deliveryId: delivery().id });
    expect(delivery()).toMatchObject({ state: 'sent', channel: 'mail' });
  });

  it('of a failure makes a dead letter where nobody takes over', async () => {
    await fired({ answer: () => lostAnswer });
    await receive('failed', { deliveryId: delivery().id, code: '30005' });
    expect(delivery()).toMatchObject({ state: 'dead', reason: 'receipt_failed' });
    await receive('delivered', { deliveryId: delivery().id });
    expect(delivery()).toMatchObject({ state: 'delivered', lastError: null });
    expect(stage.sent).toHaveLength(1);
  });

  it('finds those of a call that several were merged into', async () => {
    await fired({ answer: () => lostAnswer });
    const { engine } = stage.runtime;
    await stage.advance(later);
    // Stands for the dispatcher: the result of a merged call, which names what the provider was given.
    const given = '11111111-1111-8111-8111-111111111111';
    const { id, orderKey } = delivery();
    const lease = () => stage.store.delivery('default', id)!.leaseToken;
    expect(delivery().state).toBe('queued');
    engine.complete('default', {
      kind: 'claimed',
      ...{ deliveryId: id, orderKey, leaseToken: lease(), dueAt: 0, channel: 'hook' },
    });
    engine.complete('default', {
      kind: 'result',
      ...{ deliveryId: id, orderKey, leaseToken: lease(), durationMs: 1, draw: 0.5 },
      result: {
        ...{ kind: 'unknown', code: null, message: null, providerId: null, retryAfterMs: null },
        call: { id: 'call', deliveries: 2, given },
      },
    });
    await stage.advance(10);
    const before = stage.sent.length;
    await receive('delivered', { deliveryId: given });
    await stage.advance(later);
    expect(delivery().state).toBe('delivered');
    expect(stage.sent).toHaveLength(before);
  });

  it('says nothing of what another channel carries, of another message, or of nothing', async () => {
    let n = 0;
    await fired({
      channels: ['hook', 'mail'],
      receiver: { channels: ['hook'] },
      answer: () => (++n === 1 ? lostAnswer : { kind: 'sent', providerId: `SM${n}` }),
    });
    const { id } = delivery();
    await receive('delivered', { deliveryId: id, channel: 'mail' });
    expect(delivery().state).toBe('queued');
    await stage.advance(later);
    expect(delivery()).toMatchObject({ state: 'sent', providerId: 'SM2' });
    // The message of the first attempt was never taken for the delivery's.
    await receive('failed', { deliveryId: id, providerId: 'SM1' });
    await receive('delivered', { deliveryId: 'no id', providerId: 'SM9' });
    expect(delivery().state).toBe('sent');
    await receive('failed', { deliveryId: id, providerId: 'SM2' });
    expect(delivery().state).toBe('dead');
    expect(counts()).toEqual({
      ...{ 'mail\nearly': 1, 'hook\nother': 1, 'hook\nearly': 1, 'hook\napplied': 1 },
      // What nobody knew a quarter of an hour before.
      'hook\nforgotten': 1,
    });
  });
});

describe('a message that was taken and did not arrive', () => {
  const chain: StageOptions = {
    channels: ['hook', 'mail', 'admin'],
    fallback: { hook: ['mail'] },
    receiver: { channels: ['hook'] },
    administrator: 'admins',
    receivers: [aReceiver({ name: 'admins', channels: ['admin'] })],
    answer: ({ channel, attempt }: Sent) => ({ kind: 'sent', providerId: `${channel}-${attempt}` }),
  };

  it('goes to the next of the chain, and the administrator hears of it', async () => {
    await fired(chain);
    await receive('failed', { providerId: 'hook-1', code: '30005' });
    await stage.advance(1_000);
    expect(delivery()).toMatchObject({ state: 'sent', channel: 'mail', providerId: 'mail-1' });
    await stage.advance(60_000);
    const [, , notice] = stage.sent;
    expect(channels()).toEqual(['hook', 'mail', 'admin']);
    expect(notice!.message.alerts[0]!.labels.alertname).toBe('tocsin.not_received');
    // What comes again changes nothing; that it has arrived after all is known by the name that the row has forgotten.
    await receive('failed', { providerId: 'hook-1', code: '30005' });
    expect(delivery().state).toBe('sent');
    await receive('delivered', { providerId: 'mail-1', channel: 'mail' });
    expect(delivery().state).toBe('delivered');
  });

  it('is given up where the chain ends, and its notification has failed', async () => {
    await fired(chain);
    await receive('failed', { providerId: 'hook-1' });
    await stage.advance(1_000);
    await receive('failed', { providerId: 'mail-1', channel: 'mail' });
    expect(delivery()).toMatchObject({ state: 'dead', reason: 'receipt_failed' });
    const { items } = stage.store.events('default', null, 100, null);
    const failed = items.filter(({ kind }) => kind === 'notification.failed');
    expect(failed).toMatchObject([{ reason: 'none_accepted', body: { accepted: 0, dead: 1 } }]);
  });

  it('stays where the better news came before it went on', async () => {
    const { hang } = hanging();
    await fired({
      ...chain,
      answer: (sent) => (sent.channel === 'mail' ? hang!(sent) : chain.answer!(sent)),
    });
    await receive('failed', { providerId: 'hook-1' });
    await stage.advance(1_000);
    await receive('delivered', { providerId: 'hook-1' });
    stage.kill();
    stage.start();
    await stage.advance(later);
    expect(delivery()).toMatchObject({ state: 'delivered', providerId: 'hook-1' });
    expect(channels().filter((channel) => channel === 'mail')).toHaveLength(1);
  });

  it('is not sent once what it says is over', async () => {
    await fired({
      ...{ ...chain, receiver: { channels: ['hook'], sendResolved: true } },
      answer: ({ deliveryId }) => ({ kind: 'sent', providerId: `p-${deliveryId}` }),
    });
    await stage.push(1);
    await stage.advance(later);
    await receive('failed', { providerId: `p-${delivery().id}` });
    await stage.advance(60_000);
    expect(delivery()).toMatchObject({ state: 'dead', reason: 'receipt_failed' });
    expect(channels()).not.toContain('mail');
  });

  it('is not sent once its alert is others’ by its severity and says that it fires; the end for those whose it was goes on', async () => {
    const critical = { path: '{}/critical', matchers: [matcher('severity', '=', 'critical') as Matcher] };
    const levels = [
      { severity: 'warning', threshold: 80 },
      { severity: 'critical', threshold: 90 },
    ] as const;
    await fired({
      ...{ ...chain, channels: ['hook', 'mail', 'admin', 'wall'], rules: [{ levels, threshold: 80 }] },
      route: { groupWaitMs: 0, receiver: 'others', routes: [aRoute({ ...critical, groupWaitMs: 0 })] },
      receivers: [...chain.receivers!, aReceiver({ name: 'others', channels: ['wall'] })],
      answer: ({ deliveryId }) => ({ kind: 'sent', providerId: `p-${deliveryId}` }),
    });
    await stage.push(82);
    await stage.advance(1_000);
    const [first, end] = stage.sent;
    expect(channels()).toEqual(['hook', 'hook', 'wall']);
    await receive('failed', { providerId: `p-${first!.deliveryId}` });
    await stage.advance(60_000);
    expect(stage.store.delivery('default', first!.deliveryId)).toMatchObject({ state: 'dead' });
    expect(channels()).not.toContain('mail');
    await receive('failed', { providerId: `p-${end!.deliveryId}` });
    await stage.advance(1_000);
    expect(stage.sent.at(-1)).toMatchObject({ channel: 'mail', message: { reason: 'resolved' } });
  });

  it('is known to be one of several channels', async () => {
    await fired({ ...chain, fallback: {}, receiver: { channels: ['hook', 'mail'] } });
    await receive('failed', { providerId: 'hook-1' });
    const { items } = stage.store.events('default', null, 100, null);
    const ends = items.filter(({ kind }) => kind.startsWith('notification.'));
    expect(ends).toMatchObject([{ kind: 'notification.partial', body: { accepted: 1, dead: 1 } }]);
  });

  it('counts how long those took that did', async () => {
    await fired(chain);
    await stage.advance(2_000);
    await receive('delivered', { providerId: 'hook-1' });
    const [channel] = stage.runtime.services.channels.list('default');
    expect(channel).toMatchObject({ name: 'hook', receipts: { count: 1 } });
    expect(channel!.receipts.p50).toBeGreaterThanOrEqual(2_000);
    expect(channel!.receipts.p95).toBe(channel!.receipts.p50);
  });
});
