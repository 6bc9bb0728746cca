// Stories on the real runtime and store: dead letters of alerts that went to others since, by their severity. What says that
// one fires is not sent to those whose it was, and what says that it is over for them is.
import { afterEach, describe, expect, it } from 'vitest';
import type { SendResult } from '../../channels/channel.ts';
import { matcher } from '../../rules/matchers.ts';
import type { Level, Matcher } from '../../rules/types.ts';
import type { Receiver, Route } from '../pipeline/routing.ts';
import { aReceiver, aRoute } from '../testing/builders.ts';
import { type Sent, Stage, type StageOptions } from '../testing/stage.ts';

const minute = 60_000;
const actor = { name: 'key:ann' };
let stage: Stage;
afterEach(() => stage.close());

let answer: (sent: Sent) => SendResult;
const sent: SendResult = { kind: 'sent' };
const gone: SendResult = { kind: 'permanent', code: '410', message: 'gone' };

function open(options: StageOptions): void {
  answer = () => sent;
  stage = new Stage({ answer: (one) => answer(one), ...options });
}
async function settled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  await stage.advance(100);
  return promise;
}
/** A sample, and time for what it causes to be sent. */
async function push(value: number): Promise<void> {
  await stage.push(value);
  await stage.advance(100);
}
const rows = () => stage.store.deliveries('default', {}, 200, null).items;
const dead = () => rows().filter(({ state }) => state === 'dead');
const retry = (id: string) => settled(stage.runtime.services.retryDelivery('default', id, actor, null));
const retryAll = () =>
  settled(stage.runtime.services.retryDeliveries('default', { filter: {}, limit: 100 }, actor, null));
const code = (body: unknown) => (body as { error?: { code: string } }).error?.code;

describe('a dead letter of an alert that goes to others by its severity', () => {
  const levels: readonly Level[] = [
    { severity: 'warning', threshold: 80 },
    { severity: 'critical', threshold: 90 },
  ];
  const atOnce = { groupWaitMs: 0, groupIntervalMs: 0 };
  const onCall = {
    ...{ path: '{}/{severity="critical"}', receiver: 'on-call', ...atOnce },
    matchers: [matcher('severity', '=', 'critical') as Matcher],
  };
  /** Of what is critical the pager is told, of the rest the hook. */
  const toOthers = (receiver: Partial<Receiver> = {}, others: Partial<Route> = onCall): StageOptions => ({
    rules: [{ levels, threshold: 80 }],
    channels: ['hook', 'pager', 'last'],
    route: { ...atOnce, routes: [aRoute(others)] },
    receiver: { dedupeWindowMs: 0, ...receiver },
    receivers: [
      aReceiver({ name: 'on-call', channels: ['pager'], dedupeWindowMs: 0 }),
      aReceiver({ name: 'last', channels: ['last'] }),
    ],
  });
  const refusing = (name: string) => (one: Sent) => (one.channel === name ? gone : sent);
  const toldTo = (name: string) =>
    stage.sent
      .filter(({ channel }) => channel === name)
      .map(({ message: { reason, alerts } }) => `${reason} ${alerts[0]!.severity}`);

  it('is not sent to those whose it is not any more: nobody would tell them its end, also when it is told anew', async () => {
    open(toOthers());
    answer = refusing('pager');
    await push(95);
    const [letter] = dead();
    await push(82);
    expect(rows().map(({ channel, state }) => `${channel} ${state}`)).toEqual([
      'hook sent',
      'pager dropped',
      'pager dead',
    ]);
    answer = () => sent;
    expect(code((await retry(letter!.id)).body)).toBe('delivery_superseded');
    await stage.restart();
    expect(code((await retry(letter!.id)).body)).toBe('delivery_superseded');
    // Its group is gone.
    await stage.advance(3 * 60 * minute);
    expect(await retryAll()).toMatchObject({ body: { requeued: 0, superseded: 1 } });
    expect(toldTo('pager')).toEqual(['first critical']);
    await push(96);
    await push(83);
    expect(toldTo('pager')).toEqual(['first critical', 'first critical', 'resolved warning']);
  });

  describe('and says "resolved"', () => {
    const receiverOf = (id: string) => stage.store.notification('default', id)!.receiver;
    /** The pager has that it fires, and never heard that it goes to others now. */
    async function endIsLost(options: StageOptions): Promise<string> {
      open(options);
      await push(95);
      answer = refusing('pager');
      await push(82);
      answer = () => sent;
      const letter = dead().find(({ notificationId: id }) => receiverOf(id) === 'on-call');
      expect(letter).toMatchObject({ recipient: 'pager' });
      return letter!.id;
    }

    it('is sent while it fires for others: for those people it is over, and nobody else says so', async () => {
      const id = await endIsLost(toOthers());
      await stage.restart();
      expect((await retry(id)).status).toBe(200);
      expect(toldTo('pager')).toEqual(['first critical', 'resolved warning', 'resolved warning']);
      await push(10);
      await push(83);
      expect(toldTo('pager')).toHaveLength(3);
    });

    it('is not sent once it is theirs again', async () => {
      const id = await endIsLost(toOthers());
      await push(96);
      expect(code((await retry(id)).body)).toBe('delivery_superseded');
      await push(82);
      expect(toldTo('pager').slice(-2)).toEqual(['first critical', 'resolved warning']);
    });

    it.each<readonly [string, StageOptions]>([
      ['on the same channel', toOthers({ channels: ['hook', 'pager'] })],
      ['on another that it takes over from', { ...toOthers(), fallback: { hook: ['pager'] } }],
      ['to people, who may be the same', toOthers({ to: [] })],
    ])('is not sent where others say that it fires %s', async (_, options) => {
      const id = await endIsLost(options);
      expect(code((await retry(id)).body)).toBe('delivery_superseded');
    });

    it('is not sent where a step of the others’ escalation has said that it fires', async () => {
      const to = [{ kind: 'channel' as const, name: 'pager' }];
      const step = { afterMs: 10 * minute, to, strategy: null, severities: null, during: [] };
      const policy = { name: 'up', steps: [step], repeat: 1, confirm: 'any' as const, promote: [] };
      const id = await endIsLost({ ...toOthers({ escalation: 'up' }), escalations: [policy] });
      await stage.advance(11 * minute);
      expect(toldTo('pager').at(-1)).toBe('escalation_step warning');
      expect(code((await retry(id)).body)).toBe('delivery_superseded');
    });
  });

  it('is sent where it is theirs again and they were told so since', async () => {
    open(toOthers());
    answer = refusing('pager');
    await push(95);
    const [letter] = dead();
    await push(82);
    await push(96);
    answer = () => sent;
    expect((await retry(letter!.id)).status).toBe(200);
    await push(83);
    expect(toldTo('pager').slice(-2)).toEqual(['first critical', 'resolved warning']);
  });

  it('is sent where the same people hear of it in a digest from now on', async () => {
    const digest = { everyMs: 60 * minute, severities: ['warning' as const], max: 100, to: null };
    open(toOthers({ digest }, { ...onCall, receiver: 'ops' }));
    answer = () => gone;
    await push(95);
    const [letter] = dead();
    await push(82);
    answer = () => sent;
    expect((await retry(letter!.id)).status).toBe(200);
    await push(10);
    await stage.advance(61 * minute);
    expect(toldTo('hook')).toEqual(['first critical', 'first critical', 'digest warning']);
    expect(stage.sent.at(-1)!.message.alerts).toMatchObject([{ status: 'resolved' }]);
  });

  it('is sent to those who are called where nobody takes a message, and hear no ends', async () => {
    open({ ...toOthers(), emergency: 'last' });
    answer = ({ channel }) => (channel === 'hook' ? sent : gone);
    await push(95);
    await stage.advance(61 * minute);
    const called = dead().find(({ channel }) => channel === 'last');
    await push(82);
    answer = () => sent;
    expect((await retry(called!.id)).status).toBe(200);
    expect(toldTo('last')).toEqual(['undelivered critical', 'undelivered critical']);
  });
});
