// Receipts in their turn, before the results of attempts: every result that was committed is in the store then, and every
// result of this turn or a later one looks among the receipts that came before it. Between the two nothing is missed.
import { ApiError } from '../errors.ts';
import type { Effect } from '../pipeline/effect.ts';
import { EarlyReceipts, namedKey } from '../policy/early-receipts.ts';
import type { PolicyInput } from '../policy/input.ts';
import { acceptedBy } from '../policy/receipts.ts';
import type {
  NamedBy,
  ReceiptFate,
  ReceiptNews,
  ReceiptOf,
  ReceivedDelivery,
} from '../policy/received-delivery.ts';
import type { OpenDelivery, PolicyState } from '../policy/state.ts';
import type { AcceptedDelivery } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { Fifo } from './fifo.ts';
import { OtherNames } from './other-names.ts';
import { ReceiptLatencies } from './receipt-latencies.ts';
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
  /** Hears of the answers among them, also of those that were given before. */
  readonly waiter: Waiter<readonly Answered[]>;
}

export type ReceiptInput = Extract<PolicyInput, { kind: 'receipt' }>;

/** What one receipt makes of one delivery, through policy; null when its tenant is not there. */
type Plan = (
  tenant: string,
  input: ReceiptInput,
) => { readonly fate: ReceiptFate; readonly after: ReceivedDelivery } | null;

export interface ReceiptPorts {
  readonly store: Pick<Store, 'deliveriesOfProvider' | 'deliveryNamed'>;
  readonly policyOf: (tenant: string) => PolicyState | undefined;
  readonly plan: Plan;
}

/** A result whose delivery receipts may have come for already. */
export interface Awaited {
  readonly open: OpenDelivery;
  /** As an accepting result leaves it; null: the result names no message. */
  readonly accepted: ReceivedDelivery | null;
  /** What the provider was given with the message. */
  readonly given: string;
  /** Deliveries that the message tells of. */
  readonly together: number;
  readonly channel: string;
  readonly unknown: boolean;
  readonly policy: PolicyState;
}

// A callback has some hundred receipts at most; a provider that is refused comes again.
const mostWaiting = 1_000;

export class ReceiptDesk {
  readonly #waiting = new Fifo<Arrival>();
  readonly #early = new EarlyReceipts();
  readonly #names = new OtherNames();
  readonly latencies = new ReceiptLatencies();
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
  take(ports: ReceiptPorts, now: number, turn: Turn, rows: number): void {
    /** What receipts of this turn made of deliveries: the store does not know yet. */
    const changed = new Map<string, ReceivedDelivery>();
    while (turn.rows < rows) {
      const arrival = this.#waiting.take();
      if (arrival === undefined) return;
      const { channel, key, meant, receipts, waiter } = arrival;
      const answers: Answered[] = [];
      turn.settled.push(() => waiter.resolve(answers));
      turn.failed.push((error) => waiter.reject(error));
      for (const receipt of receipts) {
        const known = ports.store
          .deliveriesOfProvider(channel, receipt.providerId)
          .filter(({ tenant }) => meant(tenant));
        const rows = known.length > 0 ? known : this.#named(arrival, receipt, ports, now);
        if (rows.length === 0) this.#keep(key, receipt, now);
        for (const row of rows) {
          const named = known.length > 0 ? {} : { named: { channel, providerId: receipt.providerId } };
          const delivery = changed.get(row.id) ?? receivedOf(row);
          const done = ports.plan(row.tenant, { kind: 'receipt', delivery, receipt, ...named });
          if (done === null) continue;
          changed.set(row.id, done.after);
          this.#done(row.tenant, key, receipt.providerId, delivery, done, now);
          answers.push(...answeredIn(row.tenant, done.after, receipt));
        }
      }
    }
  }

  /** Deliveries that the receipt names in another way than by a provider's id that is stored. */
  #named(
    { channel, key, meant }: ReceiptSource,
    receipt: ReceiptOf,
    { store, policyOf }: ReceiptPorts,
    now: number,
  ): AcceptedDelivery[] {
    const { deliveryId, providerId, status } = receipt;
    const ids = [
      ...this.#names.of(namedKey(deliveryId ?? ''), now),
      ...this.#names.of(`${key} ${providerId}`, now),
      ...(deliveryId === undefined ? [] : [deliveryId]),
    ];
    const found = [...new Set(ids)].flatMap((id) => store.deliveryNamed(id) ?? []);
    return found.filter((row) => {
      if (!meant(row.tenant)) return false;
      const policy = policyOf(row.tenant);
      if (!policy) return false;
      // Who signs for one channel says nothing of what only others carry.
      const chain = policy.ways.get(row.recipient)?.chain ?? [];
      if (row.channel !== channel && !chain.includes(channel)) return false;
      // What is lost while the attempt is under way waits for its result, which says whether that is this message.
      return status !== 'failed' || openOf(policy, row)?.state !== 'sending';
    });
  }

  /** To be asked before policy takes the result: the delivery that receipts may have come for already. */
  before(state: PolicyState, input: PolicyInput, now: number): Awaited | null {
    if (input.kind !== 'result') return null;
    const { result } = input;
    const merged = result.call?.given;
    const open = openOf(state, { orderKey: input.orderKey, id: input.deliveryId });
    if (open === undefined) return null;
    if (this.#early.size === 0 && merged === undefined && open.confirmed === undefined) return null;
    const unknown = result.kind === 'unknown';
    if (unknown && merged !== undefined) this.#names.add(namedKey(merged), open.id, now);
    const given = merged ?? open.id;
    const accepted = acceptedBy(open, result, now);
    const together = result.call?.deliveries ?? 1;
    return { open, accepted, given, together, channel: open.channel, unknown, policy: state };
  }

  /** Takes what came early for the delivery, whose result has been planned to these effects. */
  match(
    tenant: string,
    key: string,
    awaited: Awaited,
    effects: readonly Effect[],
    plan: Plan,
    now: number,
  ): void {
    const { open, accepted, given, together, channel, unknown, policy } = awaited;
    if (open.confirmed !== undefined && endsAsDelivered(effects, open.id)) {
      this.#count(key, 'applied');
      // It arrived before its provider answered.
      this.latencies.note(tenant, key, 0);
    }
    if (accepted !== null && accepted.providerId !== null) {
      let delivery = accepted;
      const { providerId } = accepted;
      for (const receipt of this.#early.take(key, providerId, together)) {
        const done = plan(tenant, { kind: 'receipt', delivery, receipt });
        if (done === null) continue;
        this.#done(tenant, key, providerId, delivery, done, now);
        delivery = done.after;
        for (const answered of answeredIn(tenant, delivery, receipt)) this.#answeredEarly(answered);
      }
    }
    // All deliveries of one call are told the same; what the last of them leaves goes with time.
    const named = unknown ? this.#early.look(key, namedKey(given)) : [];
    let delivery = unanswered(open, openOf(policy, open) !== undefined);
    for (const receipt of named) {
      const by: NamedBy = { channel, providerId: receipt.providerId };
      const done = plan(tenant, { kind: 'receipt', delivery, receipt, named: by });
      if (done === null) continue;
      this.#done(tenant, key, receipt.providerId, delivery, done, now);
      delivery = done.after;
      for (const answered of answeredIn(tenant, delivery, receipt)) this.#answeredEarly(answered);
    }
  }

  /** Nobody waits any longer: what is here is refused, and its provider comes again. */
  close(error: unknown): void {
    for (const { waiter } of this.#waiting.drain()) waiter.reject(error);
  }

  #keep(key: string, receipt: ReceiptOf, now: number): void {
    this.#count(key, 'early');
    let forgotten = this.#early.keep(key, receipt.providerId, receipt, now);
    const { deliveryId } = receipt;
    if (deliveryId !== undefined) {
      const { providerId } = receipt;
      forgotten += this.#early.keep(key, providerId, receipt, now, namedKey(deliveryId));
    }
    if (forgotten > 0) this.#count(key, 'forgotten', forgotten);
  }

  #done(
    tenant: string,
    key: string,
    providerId: string,
    before: ReceivedDelivery,
    { fate, after }: { readonly fate: ReceiptFate; readonly after: ReceivedDelivery },
    now: number,
  ): void {
    this.#count(key, fate);
    if (fate !== 'applied') return;
    // Another channel carries it: the row has forgotten this message, of which better news may come.
    if (after.channel !== before.channel) this.#names.add(`${key} ${providerId}`, after.id, now);
    if (after.state === 'delivered' && before.state === 'sent' && before.finishedAt !== null)
      this.latencies.note(tenant, key, now - before.finishedAt);
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

function openOf(
  { orders }: PolicyState,
  { orderKey, id }: { readonly orderKey: string; readonly id: string },
): OpenDelivery | undefined {
  return orders.get(orderKey)?.open.find((open) => open.id === id);
}

function endsAsDelivered(effects: readonly Effect[], id: string): boolean {
  return effects.some(
    (effect) =>
      effect.put === 'delivery.result' && effect.result.id === id && effect.result.state === 'delivered',
  );
}

/** The delivery as an attempt without an answer leaves it. */
function unanswered(open: OpenDelivery, goesOn: boolean): ReceivedDelivery {
  const { id, notificationId, channel, recipient, orderKey, leaseToken, system } = open;
  return {
    ...{
      id,
      notificationId,
      channel,
      recipient,
      orderKey,
      leaseToken,
      system,
      state: goesOn ? 'queued' : 'dead',
    },
    ...{ reason: null, lastError: null, finishedAt: null, providerId: null, receipts: 0, answer: null },
  };
}
