// Stories on the real runtime and store: what happens on a channel whose receiver is down, busy, or refuses the login.
import { afterEach, describe, expect, it } from 'vitest';
import type { SendResult } from '../../channels/channel.ts';
import { labelSet } from '../../rules/labels.ts';
import { type Sent, Stage, type StageOptions } from '../testing/stage.ts';

const minute = 60_000;
const hour = 60 * minute;
let stage: Stage;
afterEach(() => stage.close());

let answer: (sent: Sent) => SendResult | Promise<SendResult>;
const sent: SendResult = { kind: 'sent' };
const down = (): SendResult => ({ kind: 'network', message: 'connection refused' });
const refused = (): SendResult => ({ kind: 'auth', code: '401', message: 'no' });
const busy = (retryAfterMs?: number): SendResult => ({
  kind: 'rate_limited',
  code: '429',
  message: 'slow down',
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});

function open(options: StageOptions = {}): void {
  answer = () => sent;
  stage = new Stage({
    rules: [],
    route: { groupBy: 'all', groupWaitMs: 0 },
    answer: (one) => answer(one),
    ...options,
  });
}
/** Posts one event for each host; each is a message of its own. */
async function post(...hosts: string[]): Promise<void> {
  const posted = hosts.map((host) =>
    stage.runtime.services.postEvent(
      'default',
      {
        type: 'deploy',
        severity: 'info',
        category: 'business',
        message: host,
        labels: labelSet({ host }),
        recipients: [],
      },
      { name: 'key:test' },
      null,
    ),
  );
  for (const one of posted) one.catch(() => {});
  await stage.advance(0);
  await Promise.all(posted);
  await stage.advance(100);
}
const rows = () => stage.store.deliveries('default', {}, 100, null).items;
const states = () => rows().map(({ state, reason }) => (reason === null ? state : `${state}(${reason})`));
const count = (word: string) => states().filter((state) => state === word).length;
const channelEvents = () =>
  [...stage.store.events('default', null, 1_000, null).items]
    .reverse()
    .filter(({ subjectKind }) => subjectKind === 'channel')
    .map(({ kind, reason }) => `${kind}(${reason})`);
const seconds = (ms: number) => Math.round((ms - stage.t0) / 1000);

describe('a receiver that is down', () => {
  it('is asked by one probe at a time, and gets everything once it is back', async () => {
    open();
    answer = down;
    await post('a', 'b', 'c', 'd', 'e', 'f');
    await stage.advance(1_000);
    expect(channelEvents()).toEqual(['channel.paused(network)']);
    await stage.advance(28_000);
    const before = stage.sent.length;
    await post('late');
    expect(stage.sent.length).toBe(before);
    await stage.advance(10 * minute);
    // 30 s, then 60, 120 and 240 s later: four probes, none of which cost anybody an attempt.
    expect(stage.sent.slice(before).map(({ at }) => Math.round(at))).toEqual([30, 90, 210, 450]);
    expect(new Set(stage.sent.slice(before).map(({ deliveryId }) => deliveryId)).size).toBe(4);
    expect(states()).toEqual(Array.from({ length: 7 }, () => 'queued(breaker_open)'));
    expect(rows().every(({ attempts }) => attempts <= 1)).toBe(true);
    answer = () => sent;
    await stage.advance(5 * minute);
    expect(states()).toEqual(Array.from({ length: 7 }, () => 'sent'));
    expect(channelEvents()).toEqual(['channel.paused(network)', 'channel.resumed(network)']);
  });

  it('costs no lease and no claim while nothing may be sent', async () => {
    let claims = 0;
    open({
      wrapStore: (store) => ({
        ...store,
        claimDue: (request) => {
          claims += 1;
          return store.claimDue(request);
        },
      }),
    });
    answer = down;
    await post('a', 'b', 'c', 'd', 'e', 'f');
    await stage.advance(25_000);
    claims = 0;
    const tokens = rows().map(({ leaseToken }) => leaseToken);
    await stage.advance(4_000);
    expect(claims).toBe(0);
    await stage.advance(5 * minute);
    expect(claims).toBeLessThan(40);
    const raised = rows().reduce((sum, { leaseToken }, i) => sum + leaseToken - tokens[i]!, 0);
    expect(raised).toBe(3);
  });

  it('does not keep the others from their channel, nor their order on this one', async () => {
    open({ route: { groupBy: ['alertname'], groupWaitMs: 0, groupIntervalMs: 0 } });
    answer = down;
    await post('a');
    for (let n = 0; n < 6; n++) await post(`b${n}`);
    await stage.advance(5 * minute);
    answer = () => sent;
    await stage.advance(10 * minute);
    const order = stage.sent.filter(
      (one, i, all) => all.findLastIndex((o) => o.deliveryId === one.deliveryId) === i,
    );
    const times = order.map(({ message }) => message.at);
    expect(times).toEqual([...times].sort((x, y) => x - y));
  });

  it('is still paused after a restart, with the same time of the next probe', async () => {
    open();
    answer = down;
    await post('a', 'b', 'c', 'd', 'e');
    await stage.advance(5_000);
    await stage.restart();
    const before = stage.sent.length;
    await stage.advance(20_000);
    expect(stage.sent.length).toBe(before);
    expect(count('queued(breaker_open)')).toBe(5);
    answer = () => sent;
    await stage.advance(10_000);
    expect(states()).toEqual(Array.from({ length: 5 }, () => 'sent'));
  });

  it('goes on after a crash under a probe', async () => {
    open();
    answer = down;
    await post('a', 'b', 'c', 'd', 'e');
    answer = () => new Promise(() => {});
    await stage.advance(30_500);
    expect(rows().filter(({ state }) => state === 'sending')).toHaveLength(1);
    stage.kill();
    answer = () => sent;
    stage.start();
    await stage.advance(10 * minute);
    expect(states()).toEqual(Array.from({ length: 5 }, () => 'sent'));
  });

  it('keeps nothing beyond the 24 hours of a delivery', async () => {
    open();
    answer = down;
    await post('a', 'b', 'c', 'd', 'e');
    await stage.advance(23.9 * hour);
    expect(count('queued(breaker_open)')).toBe(5);
    await stage.advance(0.2 * hour);
    expect(count('dead(expired)')).toBe(5);
    expect(stage.runtime.engine.tenant('default')!.policy.open).toBe(0);
  });

  it('is not kept shut by a message that it cannot take', async () => {
    open();
    answer = down;
    await post('bad', 'b', 'c', 'd', 'e');
    answer = ({ message }) => (message.alerts[0]!.labels.host === 'bad' ? down() : sent);
    await stage.advance(3 * minute);
    expect(count('sent')).toBe(4);
    await stage.advance(5 * minute);
    expect(count('queued(slow_round)')).toBe(1);
  });
});

describe('a refused login', () => {
  it('pauses the channel at once, spends nothing, and everything goes on once it is mended', async () => {
    open();
    answer = refused;
    await post('a');
    await post('b', 'c');
    expect(channelEvents()).toEqual(['channel.paused(auth)']);
    expect(stage.sent).toHaveLength(1);
    expect(count('queued(breaker_open)')).toBe(3);
    await stage.advance(16 * minute);
    expect(stage.sent.map(({ at }) => Math.round(at / 60))).toEqual([0, 5, 10, 15]);
    expect(rows().every(({ attempts }) => attempts === 0)).toBe(true);
    answer = () => sent;
    await stage.advance(5 * minute);
    expect(states()).toEqual(['sent', 'sent', 'sent']);
    expect(channelEvents()).toEqual(['channel.paused(auth)', 'channel.resumed(auth)']);
  });

  it('is shown in health and among the figures', async () => {
    open();
    expect(stage.runtime.services.health()).toMatchObject({ status: 'ok' });
    answer = refused;
    await post('a');
    const { status, ready, checks } = stage.runtime.services.health();
    expect([status, ready]).toEqual(['degraded', true]);
    expect(checks['channel:hook']).toEqual({
      ok: false,
      detail: 'default: paused since the receiver said auth',
    });
  });
});

describe('a receiver that is busy', () => {
  it('is asked again when it said, without an attempt spent', async () => {
    open();
    let times = 0;
    answer = () => (++times <= 6 ? busy(45_000) : sent);
    await post('a');
    await stage.advance(10 * minute);
    expect(stage.sent.map(({ at }) => Math.round(at))).toEqual([0, 45, 90, 135, 180, 225, 270]);
    expect(rows()).toMatchObject([{ state: 'sent', attempts: 1 }]);
    expect(channelEvents()).toEqual([]);
  });
});

describe('a message that is too large', () => {
  it('is sent once more in short, with what was left out counted', async () => {
    open({ route: { groupBy: [], groupWaitMs: 10_000 } });
    answer = ({ message }) =>
      message.alerts.length > 5 ? { kind: 'payload_too_large', code: '413', message: 'too large' } : sent;
    await post(...Array.from({ length: 12 }, (_, i) => `h${i}`));
    await stage.advance(11_000);
    expect(stage.sent.map(({ message }) => [message.alerts.length, message.truncated])).toEqual([
      [12, 0],
      [5, 7],
    ]);
    expect(rows()).toMatchObject([{ state: 'sent', attempts: 1, shorter: true }]);
    expect(seconds(rows()[0]!.finishedAt!)).toBeLessThan(12);
  });
});

describe('a message under which the process dies', () => {
  it('is put aside after the third time; what was not under way is not', async () => {
    open();
    answer = () => new Promise(() => {});
    await post('bad');
    for (let crash = 1; crash <= 3; crash++) {
      expect(rows()).toMatchObject([{ state: 'sending', crashes: crash - 1 }]);
      stage.kill();
      stage.start();
      await stage.advance(100);
    }
    expect(states()).toEqual(['dead(poison)']);
    expect(stage.events('delivery')).toEqual(['delivery.dead(poison)']);
    answer = () => sent;
    await post('good');
    expect(count('sent')).toBe(1);
  });
});
