// Receipts in their turn, before the results of attempts: every result that was committed is in the store then, and every
// result of this turn or a later one looks among the receipts that came before it. Between the two nothing is missed.
import { ApiError } from '../errors.ts';
import { EarlyReceipts } from '../policy/early-receipts.ts';
import type { PolicyInput } from '../policy/input.ts';
import { acceptedBy } from '../policy/receipts.ts';
import type { ReceiptFate, ReceiptNews, ReceiptOf, ReceivedDelivery } from '../policy/received-delivery.ts';
import type { PolicyState } from '../policy/state.ts';
import type { AcceptedDelivery } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { Fifo } from './fifo.ts';
import type { Turn } from './turn.ts';
import type { Waiter } from './waiter.ts';

/** `early`: kept until the result comes. `forgotten`: of those, what no result came for. */
export type ReceiptCount = ReceiptFate | 'early' | 'forgotten';

/** Somebody answered the message of a delivery. */
export interface Answered {
  readonly tenant: string;
  readonly notificationId: string;
  readonly recipient: string;
  readonly channel: string;
  readonly answer: string;
}

interface Arrival {
  readonly channel: string;
  readonly receipts: readonly ReceiptOf[];
  /** Hears of the answers among them, also of those that were given before. */
  readonly waiter: Waiter<readonly Answered[]>;
}

/** What one receipt makes of one delivery, through policy. */
type Plan = (
  tenant: string,
  input: Extract<PolicyInput, { kind: 'receipt' }>,
) => { readonly fate: ReceiptFate; readonly after: ReceivedDelivery } | null;

// A callback has some hundred receipts at most; a provider that is refused comes again.
const mostWaiting = 1_000;

export class ReceiptDesk {
  readonly #waiting = new Fifo<Arrival>();
  readonly #early = new EarlyReceipts();
  /** Hears of answers that came before the result of their message: nobody waits for those any more. */
  readonly #answeredEarly: (answered: Answered) => void;
  /** Receipts by `channel\nfate`. */
  readonly counts = new Map<string, number>();

  constructor(answeredEarly: (answered: Answered) => void = () => {}) {
    this.#answeredEarly = answeredEarly;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Throws ApiError `overloaded` when too many wait. */
  put(arrival: Arrival): void {
    if (this.#waiting.length >= mostWaiting) throw new ApiError('overloaded', { retryAfter: 1 });
    this.#waiting.push(arrival);
  }

  /** Takes what waits until the turn has so many rows. */
  take(store: Pick<Store, 'deliveriesOfProvider'>, now: number, turn: Turn, rows: number, plan: Plan): void {
    /** What receipts of this turn made of deliveries: the store does not know yet. */
    const changed = new Map<string, ReceivedDelivery>();
    while (turn.rows < rows) {
      const arrival = this.#waiting.take();
      if (arrival === undefined) return;
      const { channel, receipts, waiter } = arrival;
      const answers: Answered[] = [];
      turn.settled.push(() => waiter.resolve(answers));
      turn.failed.push((error) => waiter.reject(error));
      for (const receipt of receipts) {
        const found = store.deliveriesOfProvider(channel, receipt.providerId);
        if (found.length === 0) this.#keep(channel, receipt, now);
        for (const row of found) {
          const delivery = changed.get(row.id) ?? receivedOf(row);
          const done = plan(row.tenant, { kind: 'receipt', delivery, receipt });
          if (done === null) continue;
          changed.set(row.id, done.after);
          this.#count(channel, done.fate);
          answers.push(...answeredIn(row.tenant, done.after, receipt));
        }
      }
    }
  }

  /** To be asked before policy takes the result: the delivery that receipts may have come for already. */
  before(state: PolicyState, input: PolicyInput, now: number): ReceivedDelivery | null {
    if (this.#early.size === 0 || input.kind !== 'result') return null;
    const open = state.orders.get(input.orderKey)?.open.find(({ id }) => id === input.deliveryId);
    return open === undefined ? null : acceptedBy(open, input.result, now);
  }

  /** Takes what came early for the delivery, whose result has been planned. */
  match(tenant: string, accepted: ReceivedDelivery, plan: Plan): void {
    let delivery = accepted;
    for (const receipt of this.#early.take(accepted.channel, accepted.providerId)) {
      const done = plan(tenant, { kind: 'receipt', delivery, receipt });
      if (done === null) continue;
      delivery = done.after;
      this.#count(accepted.channel, done.fate);
      for (const answered of answeredIn(tenant, delivery, receipt)) this.#answeredEarly(answered);
    }
  }

  /** Nobody waits any longer: what is here is refused, and its provider comes again. */
  close(error: unknown): void {
    for (const { waiter } of this.#waiting.drain()) waiter.reject(error);
  }

  #keep(channel: string, receipt: ReceiptOf, now: number): void {
    this.#count(channel, 'early');
    const forgotten = this.#early.keep(channel, receipt.providerId, receipt, now);
    if (forgotten > 0) this.#count(channel, 'forgotten', forgotten);
  }

  #count(channel: string, fate: ReceiptCount, by = 1): void {
    const key = `${channel}\n${fate}`;
    this.counts.set(key, (this.counts.get(key) ?? 0) + by);
  }
}

function answeredIn(
  tenant: string,
  { notificationId, recipient, channel }: ReceivedDelivery,
  { answer }: ReceiptNews,
): Answered[] {
  return answer === null ? [] : [{ tenant, notificationId, recipient, channel, answer }];
}

function receivedOf(row: AcceptedDelivery): ReceivedDelivery {
  return { ...row, system: row.source === 'system' };
}
