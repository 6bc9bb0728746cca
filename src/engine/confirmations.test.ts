// Somebody says that a notification was seen: what that stops, what it leaves, and that it is said once.
import { afterEach, describe, expect, it } from 'vitest';
import type { SendResult } from '../../channels/channel.ts';
import type { ConfirmOrder, ConfirmOutcome } from '../services.ts';
import { failingStore } from '../store/contract/failing-store.ts';
import { Stage, type StageOptions } from '../testing/stage.ts';

const busy: SendResult = { kind: 'transient', message: 'busy' };

let stage: Stage;
afterEach(() => stage.close());

/** Both channels are told; what `mail` answers is the story's. */
function open(options: StageOptions = {}): void {
  stage = new Stage({
    channels: ['hook', 'mail'],
    receiver: { channels: ['hook', 'mail'] },
    route: { groupWaitMs: 0 },
    ...options,
  });
}

async function confirm(over: Partial<ConfirmOrder> = {}): Promise<ConfirmOutcome> {
  const [first] = stage.sent;
  const answer = stage.runtime.services.confirm('default', {
    notificationId: first!.message.id,
    recipient: 'hook',
    actor: 'link:hook',
    name: 'ann',
    via: 'link',
    note: null,
    ...over,
  });
  answer.catch(() => {});
  await stage.advance(0);
  return answer;
}

const told = (channel: string) =>
  stage.sent.filter((one) => one.channel === channel).map(({ message }) => message.reason);
const deliveries = () =>
  stage.store
    .deliveries('default', {}, 100, null)
    .items.map(({ channel, state, reason }) => `${channel} ${state} ${reason ?? ''}`.trim())
    .sort();
const confirmations = () =>
  stage.store
    .events('default', null, 1_000, null)
    .items.filter(({ kind }) => kind === 'notification.confirmed');

describe('a confirmation', () => {
  it('stops what is still queued, acknowledges the alerts for whoever gave it, and is one event', async () => {
    open({ answer: ({ channel }) => (channel === 'mail' ? busy : { kind: 'sent' }) });
    await stage.push(91);
    await stage.advance(100);
    expect(deliveries()).toEqual(['hook sent', 'mail queued transient']);
    const outcome = await confirm({ note: 'on it' });
    expect(outcome).toMatchObject({ fresh: true, acknowledged: 1, dropped: 1 });
    expect(deliveries()).toEqual(['hook sent', 'mail dropped confirmed']);
    const [alert] = stage.store.alerts('default', {}, 1, null).items;
    expect(alert).toMatchObject({ ackedBy: 'ann', state: 'firing' });
    expect(confirmations()).toMatchObject([
      {
        reason: 'link',
        actor: 'link:hook',
        keep: 2,
        body: { recipient: 'hook', name: 'ann', note: 'on it', dropped: 1 },
      },
    ]);
    const before = told('mail').length;
    await stage.advance(3_600_000);
    expect(told('mail')).toHaveLength(before);
  });

  it('is given once for each recipient, also over a restart', async () => {
    open();
    await stage.push(91);
    await stage.advance(100);
    expect(await confirm()).toMatchObject({ fresh: true });
    const again = {
      fresh: false,
      acknowledged: 0,
      dropped: 0,
      confirmation: { name: 'ann', at: stage.clock.now() },
    };
    await stage.advance(5_000);
    expect(await confirm({ name: 'bob' })).toMatchObject(again);
    await stage.restart();
    expect(await confirm({ name: 'bob', via: 'api' })).toMatchObject(again);
    expect(await confirm({ recipient: 'mail', name: 'bob' })).toMatchObject({ fresh: true, acknowledged: 0 });
    expect(await confirm({ recipient: null, name: null, actor: 'key:cy', via: 'api' })).toMatchObject({
      fresh: true,
    });
    expect(confirmations()).toHaveLength(3);
    const { id } = stage.sent[0]!.message;
    expect(stage.store.confirmations('default', id).map(({ recipient, name }) => [recipient, name])).toEqual([
      ['hook', 'ann'],
      [null, null],
      ['mail', 'bob'],
    ]);
  });

  it('twice in one turn is one', async () => {
    open();
    await stage.push(91);
    await stage.advance(100);
    const both = [confirm({ name: 'ann' }), confirm({ name: 'bob' })];
    const outcomes = await Promise.all(both);
    expect(outcomes.map((one) => 'fresh' in one && one.fresh)).toEqual([true, false]);
    expect(confirmations()).toHaveLength(1);
  });

  it('takes an alert from nobody who holds it', async () => {
    open();
    await stage.push(91);
    await stage.advance(100);
    await confirm({ name: 'ann' });
    expect(await confirm({ recipient: 'mail', name: 'bob' })).toMatchObject({ acknowledged: 0 });
    expect(stage.store.alerts('default', {}, 1, null).items[0]).toMatchObject({ ackedBy: 'ann' });
  });

  it('does not call back what is under way, and lets it not be tried again', async () => {
    let fail: (result: SendResult) => void = () => {};
    open({
      answer: ({ channel }) =>
        channel === 'hook' ? { kind: 'sent' } : new Promise<SendResult>((resolve) => (fail = resolve)),
    });
    await stage.push(91);
    await stage.advance(100);
    expect(await confirm()).toMatchObject({ dropped: 0 });
    fail(busy);
    await stage.advance(100);
    expect(deliveries()).toEqual(['hook sent', 'mail dropped confirmed']);
  });

  it('stops what waits for its turn on a channel that is busy with others', async () => {
    const ends: ((result: SendResult) => void)[] = [];
    open({
      answer: ({ channel }) =>
        channel === 'hook' ? { kind: 'sent' } : new Promise<SendResult>((resolve) => ends.push(resolve)),
      route: { groupBy: 'all', groupWaitMs: 0 },
    });
    for (const host of ['a', 'b', 'c', 'd', 'e']) await stage.push(91, { host });
    await stage.advance(100);
    expect(told('mail')).toHaveLength(4);
    expect(deliveries().filter((one) => one.startsWith('mail'))).toEqual(Array(5).fill('mail sending'));
    const last = stage.sent.findLast(({ channel }) => channel === 'hook')!;
    await confirm({ notificationId: last.message.id });
    for (const end of ends) end({ kind: 'sent' });
    await stage.advance(600_000);
    expect(told('mail')).toHaveLength(4);
    expect(deliveries().filter((one) => one.startsWith('mail'))).toEqual([
      'mail dropped confirmed',
      ...Array(4).fill('mail sent'),
    ]);
  });

  it('does not stop what somebody has sent again after it', async () => {
    let mail: SendResult = { kind: 'permanent', message: '400' };
    open({
      channels: ['hook', 'mail', 'chat'],
      receiver: { channels: ['hook', 'mail', 'chat'] },
      answer: ({ channel }) =>
        channel === 'hook' ? { kind: 'sent' } : channel === 'mail' ? mail : new Promise<SendResult>(() => {}),
    });
    await stage.push(91);
    await stage.advance(100);
    await confirm();
    expect(deliveries()).toEqual(['chat sending', 'hook sent', 'mail dead permanent']);
    const [dead] = stage.store.deliveries('default', { states: ['dead'] }, 1, null).items;
    mail = busy;
    await stage.advance(5_000);
    const again = stage.runtime.services.retryDelivery('default', dead!.id, { name: 'key:ann' }, null);
    await stage.advance(100);
    await again;
    expect(deliveries()).toEqual(['chat sending', 'hook sent', 'mail queued transient']);
    stage.kill();
    stage.start();
    mail = { kind: 'sent' };
    await stage.advance(60_000);
    expect(deliveries()).toEqual(['chat dropped confirmed', 'hook sent', 'mail sent']);
  });

  it('holds for what was under way when the process died', async () => {
    open({
      answer: ({ channel }) => (channel === 'hook' ? { kind: 'sent' } : new Promise<SendResult>(() => {})),
    });
    await stage.push(91);
    await stage.advance(100);
    await confirm();
    stage.kill();
    stage.start();
    await stage.advance(100);
    expect(deliveries()).toEqual(['hook sent', 'mail dropped confirmed']);
  });

  it('keeps the end from nobody who heard of the beginning, and tells it to nobody else', async () => {
    let mail: SendResult = { kind: 'sent' };
    open({
      answer: ({ channel }) => (channel === 'mail' ? mail : { kind: 'sent' }),
      route: { groupWaitMs: 0, groupIntervalMs: 1_000, resolveWaitMs: 0 },
    });
    await stage.push(91, { host: 'a' });
    await stage.advance(2_000);
    mail = busy;
    await stage.push(10, { host: 'a' });
    await stage.advance(5_000);
    const end = stage.sent.find(({ message }) => message.status === 'resolved')!;
    // Whoever confirms the end stops nothing: those who heard that it fires have to hear it.
    expect(await confirm({ notificationId: end.message.id })).toMatchObject({ fresh: true, dropped: 0 });
    mail = { kind: 'sent' };
    await stage.advance(600_000);
    expect(told('mail').at(-1)).toBe('resolved');
  });

  it('of a message that never got there keeps its end back as well', async () => {
    open({
      answer: ({ channel }) => (channel === 'mail' ? busy : { kind: 'sent' }),
      route: { groupWaitMs: 0, groupIntervalMs: 1_000, resolveWaitMs: 0 },
    });
    await stage.push(91);
    await stage.advance(100);
    await confirm();
    const tried = told('mail').length;
    await stage.push(10);
    await stage.advance(10_000);
    expect(told('hook')).toEqual(['first', 'resolved']);
    expect(told('mail')).toHaveLength(tried);
    expect(deliveries()).toContain('mail dropped firing_not_sent');
  });

  it('calls nobody else in the place of whoever has seen it', async () => {
    open({ answer: () => busy });
    await stage.push(91);
    await stage.advance(100);
    await confirm({ recipient: null, actor: 'key:ann', via: 'api' });
    expect(deliveries()).toEqual(['hook dropped confirmed', 'mail dropped confirmed']);
    expect(stage.events('delivery').filter((one) => one.includes('dead'))).toEqual([]);
  });

  it('that could not be stored is not given, and can be given again', async () => {
    let fails = false;
    open({
      wrapStore: (store) =>
        failingStore(store, ({ method }) => {
          if (method !== 'commit' || !fails) return null;
          fails = false;
          return { when: 'before' };
        }),
    });
    await stage.push(91);
    await stage.advance(100);
    fails = true;
    await expect(confirm()).rejects.toMatchObject({ code: 'unavailable' });
    await stage.advance(2_000);
    expect(confirmations()).toEqual([]);
    expect(await confirm()).toMatchObject({ fresh: true, acknowledged: 1 });
  });

  it('of many alerts is given over several turns, all of them acknowledged', async () => {
    open({ route: { groupWaitMs: 1_000 } });
    await stage.pushAll(Array.from({ length: 400 }, (_, i) => ({ value: 91, host: `h${i}` })));
    await stage.advance(2_000);
    expect(await confirm()).toMatchObject({ fresh: true, acknowledged: 400 });
    expect(
      stage.store.alerts('default', { acknowledged: { is: false, at: stage.clock.now() } }, 5, null).items,
    ).toEqual([]);
  });

  it('is refused for a recipient that it did not go to, for another tenant and for nothing', async () => {
    open();
    await stage.push(91);
    await stage.advance(100);
    expect(await confirm({ recipient: 'chat@mallory' })).toEqual({ refused: 'recipient_not_found' });
    expect(await confirm({ notificationId: '0190a000-0000-7000-8000-00001234abcd' })).toEqual({
      refused: 'notification_not_found',
    });
    const { id } = stage.sent[0]!.message;
    const foreign = stage.runtime.services.confirm('globex', {
      ...{ notificationId: id, recipient: 'hook', actor: 'link:hook', name: null, via: 'link', note: null },
    });
    await stage.advance(0);
    expect(await foreign).toEqual({ refused: 'notification_not_found' });
    expect(confirmations()).toEqual([]);
  });
});
