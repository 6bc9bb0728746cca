// What providers say later of messages that they took: receipts. They come twice, late and in any order; the rank decides
// (queued < sent < failed < delivered), so that the end is the same whatever the order was.
import { deliveryEvent, describe } from './delivery-effects.ts';
import type { PlanResult } from './plan-result.ts';
import {
  type ReceiptFate,
  type ReceiptInput,
  type ReceiptNews,
  type ReceivedDelivery,
  receiptBits,
} from './received-delivery.ts';
import type { AttemptResult } from './retry.ts';
import type { OpenDelivery, PolicyState } from './state.ts';

const longestAnswer = 100;
const longestCode = 100;
const longestMessage = 500;

export function planReceipt(state: PolicyState, input: ReceiptInput, now: number, out: PlanResult): void {
  const before = input.delivery;
  const receipt = cut(input.receipt);
  const { status, code, message, answer } = receipt;
  const bit = status === 'sent' ? 0 : receiptBits[status];
  const fresh = bit !== 0 && (before.receipts & bit) === 0;
  const moved = fresh ? moveOf(before, receipt, now) : null;
  const answered = answer !== null && answer !== before.answer;
  const after: ReceivedDelivery = {
    ...before,
    ...moved,
    receipts: before.receipts | bit,
    answer: answered ? answer : before.answer,
  };
  const fate: ReceiptFate = moved !== null ? 'applied' : fresh || answered ? 'noted' : 'repeated';
  out.receipts.push({ fate, after });
  if (fate === 'repeated') return;
  out.effects.push({
    put: 'delivery.receipt',
    moved: moved !== null,
    row: {
      tenant: state.tenant,
      id: after.id,
      leaseToken: after.leaseToken,
      providerId: after.providerId,
      state: after.state,
      reason: after.reason,
      lastError: after.lastError,
      finishedAt: after.finishedAt,
      receipts: after.receipts,
      answer: after.answer,
    },
  });
  const said = {
    receipt: status,
    ...(code === null ? {} : { code }),
    ...(message === null ? {} : { message }),
  };
  if (fresh) {
    const reason = status === 'failed' ? 'receipt_failed' : 'receipt';
    const kind = moved === null ? 'delivery.receipt' : `delivery.${after.state}`;
    out.effects.push(deliveryEvent(state, after, { kind, reason, body: said }, now));
  }
  if (answered) {
    const body = { answer, recipient: after.recipient };
    out.effects.push(deliveryEvent(state, after, { kind: 'delivery.answered', reason: null, body }, now));
  }
}

/** What the receipt makes of the delivery; null when it changes nothing. */
function moveOf(
  { state, reason, finishedAt }: ReceivedDelivery,
  { status, code, message }: ReceiptNews,
  now: number,
): Pick<ReceivedDelivery, 'state' | 'reason' | 'lastError' | 'finishedAt'> | null {
  const failedBefore = state === 'dead' && reason === 'receipt_failed';
  if (status === 'delivered' && (state === 'sent' || failedBefore))
    return { state: 'delivered', reason: null, lastError: null, finishedAt: finishedAt ?? now };
  if (status === 'failed' && state === 'sent') {
    const lastError = ['receipt_failed', code, message].filter((part) => part !== null).join(': ');
    return { state: 'dead', reason: 'receipt_failed', lastError, finishedAt: now };
  }
  // One that is queued anew, was put away or has arrived stays what it is.
  return null;
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
  return {
    id: delivery.id,
    notificationId: delivery.notificationId,
    channel: delivery.channel,
    recipient: delivery.recipient,
    leaseToken: delivery.leaseToken,
    state: kind === 'delivered' ? 'delivered' : 'sent',
    reason: kind === 'partial' ? 'partial' : null,
    lastError: kind === 'partial' ? describe(result) : null,
    finishedAt: now,
    providerId,
    system: delivery.system,
    receipts: 0,
    answer: null,
  };
}
