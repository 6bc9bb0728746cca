// Stories on the real runtime and store: dead letters, what people do with them, and the alarm when they pile up.

import { afterEach, describe, expect, it } from 'vitest';
import type { SendResult } from '../../channels/channel.ts';
import { labelSet } from '../../rules/labels.ts';
import { type Store, StoreError } from '../store/store.ts';
import { type Sent, Stage, type StageOptions } from '../testing/stage.ts';

const minute = 60_000;
const actor = { name: 'key:ann' };
let stage: Stage;
afterEach(() => stage.close());

let answer: (sent: Sent) => SendResult;
const sent: SendResult = { kind: 'sent' };
const gone: SendResult = { kind: 'permanent', code: '410', message: 'gone' };

function open(options: StageOptions = {}): void {
  answer = () => sent;
  stage = new Stage({
    route: { groupBy: 'all', groupWaitMs: 0, resolveWaitMs: 0 },
    receiver: { dedupeWindowMs: 0 },
    answer: (one) => answer(one),
    ...options,
  });
}
async function settled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  await stage.advance(100);
  return promise;
}
const post = (host: string, type = 'deploy') =>
  settled(
    stage.runtime.services.postEvent(
      'default',
      {
        type,
        severity: 'info',
        category: 'business',
        message: host,
        labels: labelSet({ host }),
        recipients: [],
      },
      actor,
      null,
    ),
  );
/** A sample, and time for what it causes to be sent. */
async function push(value: number): Promise<void> {
  await stage.push(value);
  await stage.advance(100);
}
const rows = () => stage.store.deliveries('default', {}, 200, null).items;
const dead = () => rows().filter(({ state }) => state === 'dead');
const retry = (id: string) => settled(stage.runtime.services.retryDelivery('default', id, actor, null));
const discard = (id: string) =>
  settled(stage.runtime.services.discardDelivery('default', id, { note: 'noise' }, actor, null));
const retryAll = (filter = {}, limit = 100) =>
  settled(stage.runtime.services.retryDeliveries('default', { filter, limit }, actor, null));
const told = () => stage.sent.map(({ message }) => `${message.status} ${message.alerts[0]!.labels.host}`);
const code = (body: unknown) => (body as { error?: { code: string } }).error?.code;

describe('a dead letter', () => {
  it('is sent again under its id when somebody asks for it, and the log says who', async () => {
    open();
    answer = () => gone;
    await post('a');
    const [letter] = dead();
    answer = () => sent;
    const { status, body } = await retry(letter!.id);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: letter!.id,
      state: 'queued',
      attempts: 0,
      reason: null,
      finished_at: null,
    });
    expect(stage.sent.map(({ deliveryId, attempt }) => [deliveryId, attempt])).toEqual([
      [letter!.id, 1],
      [letter!.id, 1],
    ]);
    expect(stage.events('delivery')).toEqual([
      'delivery.dead(permanent)',
      'delivery.requeued(permanent)',
      'delivery.sent',
    ]);
    const { items } = stage.store.events('default', { kind: 'delivery', id: letter!.id }, 10, null);
    expect(items.find(({ kind }) => kind === 'delivery.requeued')).toMatchObject({
      actor: 'key:ann',
      keep: 2,
    });
    expect(code((await retry(letter!.id)).body)).toBe('delivery_not_dead');
    expect(code((await retry('018bcfe5-6800-7708-8707-070707070707')).body)).toBe('delivery_not_found');
  });

  it('has its whole schedule again, and 24 hours', async () => {
    open();
    answer = () => gone;
    await post('a');
    await stage.advance(20 * 3_600_000);
    answer = () => ({ kind: 'transient', message: 'no' });
    await retry(dead()[0]!.id);
    const from = stage.sent.length;
    await stage.advance(5 * minute);
    expect(stage.sent.slice(from - 1).map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(dead()).toMatchObject([{ attempts: 2, reason: 'transient' }]);
  });

  it('is queued once, whoever else asks for it in the same turn', async () => {
    open();
    answer = () => gone;
    await post('a');
    answer = () => sent;
    const { id } = dead()[0]!;
    const { services } = stage.runtime;
    const answers = [
      services.discardDelivery('default', id, { note: null }, actor, null),
      services.retryDelivery('default', id, actor, null),
      services.discardDelivery('default', id, { note: null }, actor, null),
    ];
    await stage.advance(100);
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 409, 409]);
    expect(rows()).toMatchObject([{ state: 'dropped', reason: 'discarded' }]);
    expect(stage.runtime.engine.tenant('default')!.policy.open).toBe(0);
  });

  it('goes behind what was decided for its audience since', async () => {
    open({ route: { groupBy: ['alertname'], groupWaitMs: 0, groupIntervalMs: 0 } });
    answer = () => gone;
    await post('a');
    const [letter] = dead();
    answer = () => ({ kind: 'transient', message: 'no' });
    await post('b');
    answer = () => sent;
    await retry(letter!.id);
    await stage.advance(minute);
    expect(told()).toEqual(['firing a', 'firing b', 'firing b', 'firing a']);
  });

  it('that says "firing" is not sent again once the alert has ended', async () => {
    open();
    answer = () => gone;
    await push(95);
    const [letter] = dead();
    await push(10);
    await stage.advance(minute);
    answer = () => sent;
    expect(code((await retry(letter!.id)).body)).toBe('delivery_superseded');
    expect(await retryAll()).toEqual({ status: 200, body: { requeued: 0, superseded: 1, more: false } });
    expect(told()).toEqual(['firing a']);
  });

  it('that says "resolved" is not sent again once the alert fires anew', async () => {
    open();
    await push(95);
    await stage.advance(minute);
    answer = () => gone;
    await push(10);
    await stage.advance(minute);
    expect(dead()).toHaveLength(1);
    answer = () => sent;
    await push(96);
    await stage.advance(minute);
    expect(code((await retry(dead()[0]!.id)).body)).toBe('delivery_superseded');
    expect(told()).toEqual(['firing a', 'resolved a', 'firing a']);
  });

  it('that fires still is told, and its end after it', async () => {
    open();
    answer = () => gone;
    await push(95);
    answer = () => sent;
    expect((await retry(dead()[0]!.id)).status).toBe(200);
    await push(10);
    await stage.advance(minute);
    expect(told()).toEqual(['firing a', 'firing a', 'resolved a']);
  });

  it('that dies once more after a later message was heard keeps nobody from the end, also over a restart', async () => {
    open({ route: { groupBy: 'all', groupWaitMs: 0, resolveWaitMs: 0, repeatIntervalMs: 10 * minute } });
    answer = () => gone;
    await push(91);
    answer = () => sent;
    await stage.advance(11 * minute);
    answer = () => gone;
    await retry(dead()[0]!.id);
    answer = () => sent;
    stage.kill();
    stage.start();
    await push(10);
    await stage.advance(minute);
    expect(told().at(-1)).toBe('resolved a');
    expect(rows().filter(({ state }) => state === 'dropped')).toEqual([]);
  });

  it('is put away with a note; its resolve is not sent either, also after a restart', async () => {
    open();
    answer = () => gone;
    await push(95);
    expect(await discard(dead()[0]!.id)).toMatchObject({
      status: 200,
      body: { state: 'dropped', reason: 'discarded', last_error: 'permanent: 410: gone' },
    });
    expect(stage.events('delivery')).toEqual(['delivery.dead(permanent)', 'delivery.discarded(discarded)']);
    await stage.restart();
    answer = () => sent;
    await push(10);
    await stage.advance(2 * minute);
    expect(told()).toEqual(['firing a']);
    expect(rows().map(({ state, reason }) => [state, reason])).toEqual([
      ['dropped', 'firing_not_sent'],
      ['dropped', 'discarded'],
    ]);
  });

  it('goes out with all others of its channel in the order in which they were made', async () => {
    open({ route: { groupBy: ['alertname'], groupWaitMs: 0, groupIntervalMs: 0 } });
    answer = () => gone;
    for (const host of ['a', 'b', 'c', 'd']) await post(host);
    answer = () => sent;
    const from = stage.sent.length;
    expect(await retryAll({ channel: 'mail' })).toMatchObject({ body: { requeued: 0 } });
    expect(await retryAll({ since: stage.clock.now() + 1 })).toMatchObject({ body: { requeued: 0 } });
    expect(await retryAll({ channel: 'hook' }, 3)).toEqual({
      status: 200,
      body: { requeued: 3, superseded: 0, more: true },
    });
    expect(await retryAll()).toEqual({ status: 200, body: { requeued: 1, superseded: 0, more: false } });
    await stage.advance(minute);
    expect(told().slice(from)).toEqual(['firing a', 'firing b', 'firing c', 'firing d']);
  });

  it('of a paused channel waits with the others', async () => {
    open();
    answer = () => gone;
    await post('a');
    answer = () => ({ kind: 'auth', code: '401', message: 'no' });
    await post('b');
    const [letter] = dead();
    expect(await retry(letter!.id)).toMatchObject({ body: { state: 'queued', reason: 'breaker_open' } });
    answer = () => sent;
    await stage.advance(6 * minute);
    expect(rows().map(({ state }) => state)).toEqual(['sent', 'sent']);
  });
});

describe('dead letters that pile up', () => {
  const alarms = () =>
    stage.store
      .alerts('default', { kind: 'event' }, 200, null)
      .items.filter(({ labels }) => labels.alertname === 'tocsin.dead_letters');

  it('are told once an hour, as an event of their own', async () => {
    open({ limits: { deadLettersAlert: 3 } });
    answer = ({ message }) => (message.alerts[0]!.labels.alertname === 'deploy' ? gone : sent);
    await post('a');
    await post('b');
    expect(alarms()).toHaveLength(0);
    await post('c');
    expect(alarms()).toHaveLength(1);
    expect(stage.sent.at(-1)!.message.alerts[0]).toMatchObject({
      kind: 'event',
      severity: 'high',
      labels: { alertname: 'tocsin.dead_letters' },
    });
    for (const host of ['d', 'e', 'f', 'g']) await post(host);
    expect(alarms()).toHaveLength(1);
    await stage.restart();
    for (const host of ['h', 'i', 'j']) await post(host);
    expect(alarms()).toHaveLength(1);
    await stage.advance(61 * minute);
    for (const host of ['k', 'l', 'm']) await post(host);
    expect(alarms()).toHaveLength(2);
  });

  it('are told later when the alarm could not be stored', async () => {
    let failures = 2;
    const wrapStore = (store: Store): Store => ({
      ...store,
      commit(commits) {
        const alarm = commits.some(({ effects }) => JSON.stringify(effects).includes('tocsin.dead_letters'));
        if (alarm && failures-- > 0) throw new StoreError('full', 'no room');
        return store.commit(commits);
      },
    });
    open({ limits: { deadLettersAlert: 1 }, wrapStore });
    answer = ({ message }) => (message.alerts[0]!.labels.alertname === 'deploy' ? gone : sent);
    await post('a');
    expect(alarms()).toHaveLength(0);
    await stage.advance(30_000);
    expect(alarms()).toHaveLength(1);
  });

  it('do not count those of an hour ago', async () => {
    open({ limits: { deadLettersAlert: 3 } });
    answer = () => gone;
    await post('a');
    await post('b');
    await stage.advance(61 * minute);
    await post('c');
    expect(alarms()).toHaveLength(0);
  });

  it('are not told of what told of them', async () => {
    open({ limits: { deadLettersAlert: 1 } });
    answer = () => gone;
    await post('a');
    await stage.advance(5 * 60 * minute);
    expect(alarms()).toHaveLength(1);
    expect(dead()).toHaveLength(2);
    const source = dead().map(({ id }) => stage.store.delivery('default', id)!.source);
    expect(source).toEqual(['system', 'alert']);
  });
});
