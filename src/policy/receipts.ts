// What providers say later of messages that they took: receipts. They come twice, late and in any order; the rank decides
// (queued < sent < failed < delivered), so that the end is the same whatever the order was.
import { deliveryEvent, describe } from './delivery-effects.ts';
import { goOn, loseForGood } from './lost-deliveries.ts';
import type { PlanResult } from './plan-result.ts';
import type { ReceiptInput } from './receipt-input.ts';
import { moveOpen } from './receipts-of-open.ts';
import {
  type NamedBy,
  type ReceiptFate,
  type ReceiptNews,
  type ReceivedDelivery,
  type ReceivedMove,
  receiptBits,
  receiptError,
} from './received-delivery.ts';
import type { AttemptResult } from './retry.ts';
import type { OpenDelivery, PolicyState } from './state.ts';

const longestAnswer = 100;
const longestCode = 100;
const longestMessage = 500;

export function planReceipt(state: PolicyState, input: ReceiptInput, now: number, out: PlanResult): void {
  const before = input.delivery;
  const { named = null } = input;
  const order = state.orders.get(before.orderKey);
  const open = order?.open.find(({ id }) => id === before.id);
  if (named !== null && (open ? open.leaseToken === 0 : isOfAnother(before, named))) {
    out.receipts.push({ fate: 'other', after: before });
    return;
  }
  const receipt = cut(input.receipt);
  const { status, answer } = receipt;
  const bit = status === 'sent' ? 0 : receiptBits[status];
  const fresh = bit !== 0 && (before.receipts & bit) === 0;
  const move =
    order && open
      ? moveOpen(state, order, open, { before, receipt, named }, now, out)
      : moveOf(before, receipt, named, now);
  const onward = !open && move?.state === 'dead' ? goOn(state, input, now, out) : null;
  const moved = onward ?? move;
  const answered = answer !== null && answer !== before.answer;
  const after: ReceivedDelivery = {
    ...before,
    ...moved,
    receipts: onward ? receiptBits.failed : before.receipts | bit,
    answer: answered ? answer : before.answer,
  };
  const applied = moved?.state !== undefined;
  const fate: ReceiptFate = applied ? 'applied' : fresh || answered ? 'noted' : 'repeated';
  out.receipts.push({ fate, after });
  if (fate === 'repeated') return;
  // One that another channel carries has a row of its own that says so.
  if (!onward) out.effects.push(receiptEffect(state, before, after, applied && !open));
  if (applied || fresh) {
    const reason = status === 'failed' ? 'receipt_failed' : 'receipt';
    const kind = !applied
      ? 'delivery.receipt'
      : after.state === 'queued'
        ? 'delivery.retry'
        : `delivery.${after.state}`;
    const body = {
      ...receiptBody(receipt),
      ...(after.channel === before.channel ? {} : { next: after.channel }),
    };
    const of = { ...after, channel: named?.channel ?? before.channel };
    out.effects.push(deliveryEvent(state, of, { kind, reason, body }, now));
  }
  if (answered) {
    const body = { answer, recipient: after.recipient };
    out.effects.push(deliveryEvent(state, after, { kind: 'delivery.answered', reason: null, body }, now));
  }
  if (open || !applied) return;
  if (after.state === 'dead') loseForGood(state, input, now, out);
  else if (before.state === 'dead') {
    const tally = state.tallies.get(before.notificationId);
    if (tally) {
      tally.dead -= 1;
      tally.accepted += 1;
    }
  }
}

/** It speaks of another message than the one that counts for the delivery. */
function isOfAnother({ providerId }: ReceivedDelivery, named: NamedBy): boolean {
  return providerId !== null && providerId !== named.providerId;
}

function receiptEffect(
  state: PolicyState,
  before: ReceivedDelivery,
  after: ReceivedDelivery,
  moved: boolean,
): PlanResult['effects'][number] {
  return {
    put: 'delivery.receipt',
    moved,
    row: {
      tenant: state.tenant,
      id: after.id,
      leaseToken: before.leaseToken,
      providerId: after.providerId,
      state: after.state,
      reason: after.reason,
      lastError: after.lastError,
      finishedAt: after.finishedAt,
      receipts: after.receipts,
      answer: after.answer,
    },
  };
}

/** What the receipt makes of a delivery that has ended; null when it changes nothing. */
function moveOf(
  { state, reason, finishedAt, leaseToken, channel, providerId }: ReceivedDelivery,
  receipt: ReceiptNews,
  named: NamedBy | null,
  now: number,
): ReceivedMove | null {
  const { status } = receipt;
  const failedBefore = state === 'dead' && reason === 'receipt_failed';
  // It was given up, and a message of it has arrived all the same.
  const wentOut = named !== null && state === 'dead' && leaseToken > 0;
  const of = { providerId: named?.providerId ?? providerId };
  const accepted = state === 'sent' && (named === null || named.channel === channel);
  if (status === 'delivered' && (accepted || failedBefore || wentOut))
    return { ...of, state: 'delivered', reason: null, lastError: null, finishedAt: finishedAt ?? now };
  if (status === 'failed' && accepted)
    return {
      ...{ ...of, state: 'dead', reason: 'receipt_failed' },
      ...{ lastError: receiptError(receipt), finishedAt: now },
    };
  // One that was put away or has arrived stays what it is.
  return null;
}

function receiptBody({ status, code, message }: ReceiptNews): Readonly<Record<string, unknown>> {
  return {
    receipt: status,
    ...(code === null ? {} : { code }),
    ...(message === null ? {} : { message }),
  };
}

function cut({ status, code, message, answer }: ReceiptNews): ReceiptNews {
  return {
    status,
    code: code?.slice(0, longestCode) ?? null,
    message: message?.slice(0, longestMessage) ?? null,
    answer: answer?.slice(0, longestAnswer) ?? null,
  };
}

/** The delivery as a result that a provider may speak of leaves it; null when there is nothing to speak of. */
export function acceptedBy(
  delivery: OpenDelivery,
  result: AttemptResult,
  now: number,
): ReceivedDelivery | null {
  const { kind, providerId } = result;
  if (providerId === null || (kind !== 'sent' && kind !== 'delivered' && kind !== 'partial')) return null;
  // A receipt said so while the attempt was under way; see `decideConfirmed`.
  const arrived = delivery.confirmed?.includes(providerId) === true;
  const partial = kind === 'partial' && !arrived;
  return {
    id: delivery.id,
    notificationId: delivery.notificationId,
    channel: delivery.channel,
    recipient: delivery.recipient,
    orderKey: delivery.orderKey,
    leaseToken: delivery.leaseToken,
    state: kind === 'delivered' || arrived ? 'delivered' : 'sent',
    reason: partial ? 'partial' : null,
    lastError: partial ? describe(result) : null,
    finishedAt: now,
    providerId,
    system: delivery.system,
    receipts: arrived ? receiptBits.delivered : 0,
    answer: null,
  };
}
