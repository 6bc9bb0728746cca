import { describe, expect, it } from 'vitest';
import { EarlyReceipts } from './early-receipts.ts';
import { emptyPlan } from './plan-result.ts';
import { acceptedBy, planReceipt } from './receipts.ts';
import type { ReceiptNews, ReceivedDelivery } from './received-delivery.ts';
import { emptyPolicyState, type OpenDelivery } from './state.ts';

const t0 = 1_700_000_000_000;
const taken: ReceivedDelivery = {
  id: 'd1',
  notificationId: 'n1',
  channel: 'phone',
  recipient: 'phone',
  orderKey: 'ops phone',
  leaseToken: 1,
  state: 'sent',
  reason: null,
  lastError: null,
  finishedAt: t0,
  providerId: 'SM1',
  system: false,
  receipts: 0,
  answer: null,
};
const news = (status: ReceiptNews['status'], over: Partial<ReceiptNews> = {}): ReceiptNews => ({
  status,
  code: null,
  message: null,
  answer: null,
  ...over,
});
const lost = news('failed', { code: '30005', message: 'Unknown destination' });

/** The receipts one after the other: the delivery at the end, and what its history says. */
function told(receipts: readonly ReceiptNews[], from: Partial<ReceivedDelivery> = {}) {
  let delivery: ReceivedDelivery = { ...taken, ...from };
  const state = emptyPolicyState('default', () => 'id', { ways: new Map(), strategies: new Map() });
  const history: string[] = [];
  const fates: string[] = [];
  for (const receipt of receipts) {
    const out = emptyPlan();
    planReceipt(state, { kind: 'receipt', delivery, receipt }, t0 + 1_000, out);
    const [{ after, fate }] = out.receipts as [{ after: ReceivedDelivery; fate: string }];
    delivery = after;
    fates.push(fate);
    for (const effect of out.effects)
      if (effect.put === 'event')
        history.push(
          effect.row.reason === null ? effect.row.kind : `${effect.row.kind}(${effect.row.reason})`,
        );
  }
  return { delivery, history, fates };
}

function orders<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, i) => orders(items.filter((_, j) => j !== i)).map((rest) => [item, ...rest]));
}

describe('a receipt', () => {
  it('moves what was sent to delivered, once', () => {
    const { delivery, history, fates } = told([news('delivered'), news('delivered')]);
    expect(delivery).toMatchObject({ state: 'delivered', reason: null, finishedAt: t0 });
    expect(history).toEqual(['delivery.delivered(receipt)']);
    expect(fates).toEqual(['applied', 'repeated']);
  });

  it('of a message that is on its way changes nothing, before and after it has arrived', () => {
    expect(told([news('sent')]).fates).toEqual(['repeated']);
    expect(told([news('delivered'), news('sent')]).delivery.state).toBe('delivered');
  });

  it('of a failure makes a dead letter with the code of the provider', () => {
    const { delivery, history } = told([lost]);
    expect(delivery).toMatchObject({
      state: 'dead',
      reason: 'receipt_failed',
      lastError: 'receipt_failed: 30005: Unknown destination',
      finishedAt: t0 + 1_000,
    });
    expect(history).toEqual(['delivery.dead(receipt_failed)']);
  });

  it('has the same end in any order, and nothing of it is kept back', () => {
    for (const order of orders([news('sent'), lost, news('delivered'), news('delivered')])) {
      const { delivery, history } = told(order);
      expect(delivery).toMatchObject({ state: 'delivered', receipts: 3, lastError: null });
      expect(history).toHaveLength(2);
    }
  });

  it('leaves alone what was queued anew or put away since, and says so in its history', () => {
    for (const state of ['queued', 'sending', 'dropped'] as const) {
      const { delivery, history, fates } = told([news('delivered'), lost], { state, finishedAt: null });
      expect(delivery.state).toBe(state);
      expect(history).toEqual(['delivery.receipt(receipt)', 'delivery.receipt(receipt_failed)']);
      expect(fates).toEqual(['noted', 'noted']);
    }
  });

  it('that brings an answer tells it once', () => {
    const pressed = news('delivered', { answer: '1' });
    const { history, delivery } = told([pressed, pressed, news('delivered', { answer: '2' })]);
    expect(history).toEqual(['delivery.delivered(receipt)', 'delivery.answered', 'delivery.answered']);
    expect(delivery.answer).toBe('2');
  });

  it('is cut where its provider says too much', () => {
    const { delivery } = told([news('failed', { code: 'c'.repeat(5_000), message: 'm'.repeat(5_000) })]);
    expect(delivery.lastError!.length).toBeLessThan(700);
  });
});

describe('receipts that come before their result', () => {
  const open: OpenDelivery = {
    ...{ id: 'd1', notificationId: 'n1', recipient: 'phone', channel: 'phone', orderKey: 'ops phone' },
    ...{ orderNo: 1, lane: 'normal', expiresAt: t0 + 60_000, alerts: {}, system: false, state: 'sending' },
    ...{ dueAt: t0, attempts: 0, busy: 0, shorter: false, slow: false, maybe: true, leaseToken: 1 },
  };
  const answer = { kind: 'sent', code: null, message: null, providerId: 'SM1', retryAfterMs: null } as const;

  it('leave a message delivered that has arrived, whatever is said of it after that', () => {
    const { delivery, fates } = told([lost], acceptedBy({ ...open, confirmed: ['SM1'] }, answer, t0)!);
    expect(delivery).toMatchObject({ state: 'delivered', reason: null, receipts: 3 });
    expect(fates).toEqual(['noted']);
  });

  it('of one that has not arrived, or of another message of its delivery, count as after it', () => {
    for (const confirmed of [undefined, ['SM0']]) {
      const before = { ...open, ...(confirmed && { confirmed }) };
      expect(told([lost], acceptedBy(before, answer, t0)!).delivery.state).toBe('dead');
    }
  });

  it('are kept for ten minutes, and given out once', () => {
    const early = new EarlyReceipts();
    early.keep('phone', 'SM1', news('sent'), t0);
    early.keep('phone', 'SM1', news('delivered'), t0 + 1);
    early.keep('mail', 'SM1', lost, t0 + 2);
    expect(early.take('phone', 'SM1').map(({ status }) => status)).toEqual(['sent', 'delivered']);
    expect(early.take('phone', 'SM1')).toEqual([]);
    expect(early.keep('phone', 'SM2', news('sent'), t0 + 600_001)).toBe(0);
    expect(early.keep('phone', 'SM3', news('sent'), t0 + 600_002)).toBe(1);
    expect(early.take('mail', 'SM1')).toEqual([]);
  });

  it('of a message that tells of several are given out for each of them', () => {
    const early = new EarlyReceipts();
    early.keep('sms', 'SM1', news('delivered'), t0);
    const taken = [1, 2, 3].map(() => early.take('sms', 'SM1', 3).map(({ status }) => status));
    expect(taken).toEqual([['delivered'], ['delivered'], ['delivered']]);
    expect(early.take('sms', 'SM1', 3)).toEqual([]);
    early.keep('sms', 'SM2', news('delivered'), t0);
    early.take('sms', 'SM2', 2);
    // What was taken for one of them is not forgotten, though nobody asks for the other.
    expect(early.keep('sms', 'SM3', news('sent'), t0 + 600_001)).toBe(0);
  });

  it('are bounded, of one message and in all', () => {
    const early = new EarlyReceipts();
    for (let i = 0; i < 100; i++) early.keep('phone', 'SM0', news('sent'), t0);
    expect(early.take('phone', 'SM0')).toHaveLength(8);
    let forgotten = 0;
    for (let i = 0; i < 10_100; i++) forgotten += early.keep('phone', `SM${i}`, news('sent'), t0);
    expect([early.size, forgotten]).toEqual([10_000, 100]);
    expect(early.take('phone', 'SM99')).toEqual([]);
    expect(early.take('phone', 'SM100')).toHaveLength(1);
  });
});
