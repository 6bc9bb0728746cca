// Receipts in their turn, before the results of attempts: every result that was committed is in the store then, and every
// result of this turn or a later one looks among the receipts that came before it. Between the two nothing is missed.
import { ApiError } from '../errors.ts';
import { EarlyReceipts } from '../policy/early-receipts.ts';
import type { PolicyInput } from '../policy/input.ts';
import { acceptedBy } from '../policy/receipts.ts';
import type { ReceiptFate, ReceiptOf, ReceivedDelivery } from '../policy/received-delivery.ts';
import type { PolicyState } from '../policy/state.ts';
import type { AcceptedDelivery } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { Fifo } from './fifo.ts';
import type { Turn } from './turn.ts';
import type { Waiter } from './waiter.ts';

/** `early`: kept until the result comes. `forgotten`: of those, what no result came for. */
export type ReceiptCount = ReceiptFate | 'early' | 'forgotten';

/** Whose provider calls. */
export interface ReceiptSource {
  /** Its name, and whether a tenant means it by that: another tenant may call its own channel so. */
  readonly channel: string;
  readonly meant: (tenant: string) => boolean;
  /** Tells it apart over all tenants. */
  readonly key: string;
}

interface Arrival extends ReceiptSource {
  readonly receipts: readonly ReceiptOf[];
  readonly waiter: Waiter<void>;
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
  /** Receipts by `channel\nfate`. */
  readonly counts = new Map<string, number>();

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
      const { channel, key, meant, receipts, waiter } = arrival;
      turn.settled.push(() => waiter.resolve());
      turn.failed.push((error) => waiter.reject(error));
      for (const receipt of receipts) {
        const found = store
          .deliveriesOfProvider(channel, receipt.providerId)
          .filter(({ tenant }) => meant(tenant));
        if (found.length === 0) this.#keep(key, receipt, now);
        for (const row of found) {
          const delivery = changed.get(row.id) ?? receivedOf(row);
          const done = plan(row.tenant, { kind: 'receipt', delivery, receipt });
          if (done === null) continue;
          changed.set(row.id, done.after);
          this.#count(key, done.fate);
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
  match(tenant: string, key: string, accepted: ReceivedDelivery, plan: Plan): void {
    let delivery = accepted;
    for (const receipt of this.#early.take(key, accepted.providerId)) {
      const done = plan(tenant, { kind: 'receipt', delivery, receipt });
      if (done === null) continue;
      delivery = done.after;
      this.#count(key, done.fate);
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

function receivedOf(row: AcceptedDelivery): ReceivedDelivery {
  return { ...row, system: row.source === 'system' };
}
