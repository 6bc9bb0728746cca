import { expect, it } from 'vitest';
import type { Locale } from '../../channels/message.ts';
import { deliveryLines } from './delivery-lines.ts';
import type { DeliveryFacts } from './facts.ts';
import { sayIn } from './say.ts';

const at = Date.UTC(2026, 2, 14, 3);

/** A delivery that ops-chat refused, that ops-sms carries, and that is `over` now. */
function lines(
  locale: Locale,
  over: Partial<DeliveryFacts['row']>,
  kind = 'delivery.retry',
  reason = 'auth',
) {
  const refused = { attempt: 1, result: 'auth', code: '93000', message: 'no such robot' };
  const body =
    kind === 'delivery.retry' ? { channel: 'ops-chat', next: 'ops-sms', ...refused } : { channel: 'ops-sms' };
  const facts = {
    row: {
      id: 'd',
      channel: 'ops-sms',
      recipient: 'ops-chat',
      state: 'sent',
      reason: null,
      dueAt: at,
      ...over,
    },
    events: [{ at, kind, reason, actor: null, body }],
  } as unknown as DeliveryFacts;
  return deliveryLines(facts, at, sayIn(locale, 'UTC')).map(({ text }) => text);
}

it.each([
  ['en', 'ops-chat does not take the message: 93000 no such robot (auth). ops-sms carries it from here on'],
  ['zh-TW', 'ops-chat 未接受訊息：93000 no such robot (auth)。由 ops-sms 接手傳送'],
  ['zh-CN', 'ops-chat 未接受消息：93000 no such robot (auth)。由 ops-sms 接手发送'],
] as const)('names the channel that refused and the one that took over, in %s', (locale, text) => {
  expect(lines(locale, {})).toEqual([expect.stringContaining(text)]);
});

it('says that nobody took it and that the rounds go on', () => {
  const [, now] = lines('en', { state: 'queued', reason: 'slow_round' });
  expect(now).toContain(
    'No channel has taken the message so far. It is tried every five minutes (slow_round)',
  );
});

it('tells an end that overtook its beginning from an end of what was never told', () => {
  const dropped = (reason: string) => lines('en', { state: 'dropped' }, 'delivery.dropped', reason);
  expect(dropped('resolved_before_send')).toEqual([
    expect.stringContaining('ops-chat is paused'),
    'The message for ops-sms is left out: the alert was over before it could be sent.',
  ]);
  expect(dropped('confirmed')).toContainEqual(expect.stringContaining('somebody had confirmed it'));
  expect(dropped('end_not_told')).toContainEqual(
    'ops-sms is not told that it is over: that channel tells of no ends (send_resolved).',
  );
  expect(dropped('firing_not_sent')).toContainEqual(expect.stringContaining('never got there'));
});

it('says that a paused channel was passed over, where no attempt of it says so', () => {
  expect(lines('en', {}, 'delivery.sent', 'sent')).toEqual([
    'ops-chat is paused since earlier messages failed: ops-sms carries this one (fallback).',
    'ops-sms takes the message.',
  ]);
});

it('tells a message that was taken, was lost, and went on', () => {
  const event = (kind: string, reason: string, body: object) => ({ at, kind, reason, actor: null, body });
  const facts = {
    row: { id: 'd', channel: 'sms', recipient: 'sms', state: 'delivered', reason: null, dueAt: at },
    events: [
      event('delivery.sent', 'sent', { channel: 'sms', attempt: 1 }),
      event('delivery.retry', 'receipt_failed', {
        ...{ channel: 'sms', receipt: 'failed', code: '30005', next: 'mail' },
      }),
      event('delivery.delivered', 'receipt', { channel: 'sms', receipt: 'delivered' }),
    ],
  } as unknown as DeliveryFacts;
  const [, lost, arrived, ...rest] = deliveryLines(facts, at, sayIn('en', 'UTC')).map(({ text }) => text);
  expect(lost).toBe(
    'sms says now that the message did not arrive: 30005. mail carries it from here on (fallback).',
  );
  expect(arrived).toContain('sms');
  expect(rest).toEqual([]);
});
