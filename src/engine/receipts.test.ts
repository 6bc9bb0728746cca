// Receipts through the engine and the store: in any order with the results they speak of, and over a restart.
import { afterEach, expect, it } from 'vitest';
import type { SendResult } from '../../channels/channel.ts';
import { failingStore } from '../store/contract/failing-store.ts';
import { Stage, type StageOptions } from '../testing/stage.ts';

let stage: Stage;
afterEach(() => stage.close());

const sentAs = (providerId: string) => (): SendResult => ({ kind: 'sent', providerId });

async function fired(options: StageOptions): Promise<void> {
  stage = new Stage({ route: { groupWaitMs: 0 }, ...options });
  await stage.push(99);
  await stage.advance(100);
}

/** The provider's request is answered when this resolves. */
async function receive(
  providerId: string,
  status: 'sent' | 'delivered' | 'failed',
  over: { code?: string; answer?: string } = {},
): Promise<void> {
  const receipt = { providerId, status, code: over.code ?? null, message: null, answer: over.answer ?? null };
  const answered = stage.runtime.engine.receive('hook', [receipt]);
  answered.catch(() => {});
  await stage.advance(10);
  await answered;
}

const delivery = () => stage.store.deliveries('default', {}, 10, null).items[0]!;
const history = () => stage.events('delivery').filter((line) => !line.startsWith('delivery.sent'));
const counts = () => Object.fromEntries(stage.runtime.engine.receiptCounts);

it('moves a delivery by the id that its provider gave it', async () => {
  await fired({ answer: sentAs('SM1') });
  await receive('SM1', 'sent');
  expect(delivery().state).toBe('sent');
  await receive('SM1', 'delivered', { answer: '1' });
  expect(delivery()).toMatchObject({ state: 'delivered', providerId: 'SM1' });
  expect(stage.store.deliveryCounts('default')).toMatchObject({ sent: 0, delivered: 1 });
  await receive('SM1', 'delivered', { answer: '1' });
  await receive('SM1', 'sent');
  expect(history()).toEqual(['delivery.delivered(receipt)', 'delivery.answered']);
});

it('makes a dead letter of what did not arrive, which can be sent again', async () => {
  let n = 0;
  await fired({ answer: () => ({ kind: 'sent', providerId: `SM${++n}` }) });
  await receive('SM1', 'failed', { code: '30005' });
  expect(delivery()).toMatchObject({
    state: 'dead',
    reason: 'receipt_failed',
    lastError: 'receipt_failed: 30005',
  });
  const again = stage.runtime.services.retryDelivery('default', delivery().id, { name: 'key:ann' }, null);
  await stage.advance(100);
  expect((await again).status).toBe(200);
  expect(delivery()).toMatchObject({ state: 'sent', providerId: 'SM2' });
  // The first message is not the one that was sent again.
  await receive('SM1', 'failed');
  expect(delivery().state).toBe('sent');
  await receive('SM2', 'delivered');
  expect(delivery().state).toBe('delivered');
});

it('finds a delivery that was finished before a restart', async () => {
  await fired({ answer: sentAs('SM1') });
  await stage.restart();
  await receive('SM1', 'failed');
  await stage.restart();
  await receive('SM1', 'failed');
  await receive('SM1', 'delivered');
  expect(history()).toEqual(['delivery.dead(receipt_failed)', 'delivery.delivered(receipt)']);
});

it('says the end of an alert whose firing was taken and did not arrive, before and after a restart', async () => {
  await fired({ answer: sentAs('SM1'), receiver: { sendResolved: true } });
  await receive('SM1', 'failed');
  await stage.restart();
  await stage.push(1);
  await stage.advance(3_600_000);
  expect(stage.said().map(([, reason]) => reason)).toEqual(['first', 'resolved']);
});

it('keeps what comes before the result of its attempt, and stores both in one commit', async () => {
  let answer: (result: SendResult) => void = () => {};
  const commits: string[][] = [];
  await fired({
    answer: () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
    wrapStore: (store) => ({
      ...store,
      commit(shards) {
        commits.push(shards.flatMap(({ effects }) => effects.map(({ put }) => put)));
        return store.commit(shards);
      },
    }),
  });
  await receive('SM1', 'delivered');
  expect(delivery().state).toBe('sending');
  answer({ kind: 'sent', providerId: 'SM1' });
  await stage.advance(100);
  expect(delivery().state).toBe('delivered');
  expect(history()).toEqual(['delivery.delivered(receipt)']);
  const together = commits.filter((puts) => puts.includes('delivery.receipt'));
  expect(together).toHaveLength(1);
  expect(together[0]).toContain('delivery.result');
  expect(counts()).toEqual({ 'hook\nearly': 1, 'hook\napplied': 1 });
});

it('takes a receipt and its result in one turn, in whichever order they came', async () => {
  let answer: (result: SendResult) => void = () => {};
  await fired({
    answer: () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  });
  answer({ kind: 'sent', providerId: 'SM1' });
  await Promise.resolve();
  const said = { providerId: 'SM1', code: null, message: null, answer: null };
  const both = [
    stage.runtime.engine.receive('hook', [{ ...said, status: 'delivered' }]),
    stage.runtime.engine.receive('hook', [
      { ...said, status: 'delivered' },
      { ...said, status: 'failed' },
    ]),
  ];
  await stage.advance(100);
  await Promise.all(both);
  expect(delivery().state).toBe('delivered');
  expect(history().filter((line) => line.startsWith('delivery.delivered'))).toHaveLength(1);
});

it('applies one receipt to every message of a call that carried many', async () => {
  stage = new Stage({
    route: { groupWaitMs: 0, groupBy: ['host'] },
    answer: sentAs('batch-1'),
  });
  await stage.push(99, { host: 'a' });
  await stage.push(99, { host: 'b' });
  await stage.advance(100);
  await receive('batch-1', 'delivered');
  expect(stage.store.deliveryCounts('default')).toMatchObject({ delivered: 2 });
});

it('applies what came before the result of a merged call to each of its deliveries', async () => {
  let answer: (result: SendResult) => void = () => {};
  let calls = 0;
  const results: number[] = [];
  stage = new Stage({
    route: { groupWaitMs: 0, groupBy: ['host'] },
    limits: { messagesPerMinute: 1 },
    wrapStore: (store) => ({
      ...store,
      commit(shards) {
        const puts = shards.flatMap(({ effects }) => effects.map(({ put }) => put));
        results.push(puts.filter((put) => put === 'delivery.result').length);
        return store.commit(shards);
      },
    }),
    answer: () => {
      calls += 1;
      if (calls === 1) return { kind: 'sent', providerId: 'SM0' };
      return new Promise((resolve) => {
        answer = resolve;
      });
    },
  });
  const hosts = Array.from({ length: 40 }, (_, n) => `h${n}`);
  for (const host of ['first', ...hosts]) await stage.push(99, { host });
  await stage.advance(60_100);
  expect(calls).toBe(2);
  await receive('SM1', 'delivered');
  answer({ kind: 'sent', providerId: 'SM1' });
  await stage.advance(100);
  expect(stage.store.deliveryCounts('default')).toMatchObject({ sent: 1, delivered: 40 });
  expect(counts()).toEqual({ 'hook\nearly': 1, 'hook\napplied': 40 });
  // All of a call in one turn: a receipt that comes between two turns finds each of them in the store, or none.
  expect(results.filter((n) => n > 0)).toEqual([1, 40]);
});

it('thanks nobody for what could not be stored, and takes it when it comes again', async () => {
  let fail = false;
  await fired({
    answer: sentAs('SM1'),
    wrapStore: (store) =>
      failingStore(store, ({ method }) => {
        if (!fail || method !== 'commit') return null;
        fail = false;
        return { when: 'before' };
      }),
  });
  fail = true;
  await expect(receive('SM1', 'delivered')).rejects.toMatchObject({ code: 'unavailable' });
  expect(delivery().state).toBe('sent');
  await stage.advance(5_000);
  await receive('SM1', 'delivered');
  expect(delivery().state).toBe('delivered');
});

it('keeps what nobody knows within bounds, and counts it', async () => {
  await fired({ answer: sentAs('SM1') });
  await receive('SM-of-somebody-else', 'delivered');
  expect(delivery().state).toBe('sent');
  expect(counts()).toEqual({ 'hook\nearly': 1 });
});

it('hears nothing of a message from the channel that another tenant calls by the same name', async () => {
  await fired({ answer: sentAs('SM1') });
  const failed = { status: 'failed' as const, code: null, message: null, answer: null };
  const receipts = [
    { ...failed, providerId: 'SM1' },
    { ...failed, providerId: 'SM2', deliveryId: delivery().id },
  ];
  const ofAcme = { key: 'acme/hook', meant: (tenant: string) => tenant === 'acme' };
  const answered = stage.runtime.engine.receive('hook', receipts, ofAcme);
  await stage.advance(10);
  await answered;
  expect(delivery()).toMatchObject({ state: 'sent', providerId: 'SM1' });
  expect(history()).toEqual([]);
  expect(counts()).toEqual({ 'acme/hook\nearly': 2 });
});
