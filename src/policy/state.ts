// What policy remembers of one tenant between inputs: the open deliveries in their order. Everything else is in rows.
import type { ConfirmationRow, Lane, Saying } from '../pipeline/rows.ts';
import type { PeopleOfTenant } from './recipient-ways.ts';
import type { Strategies, Strategy } from './strategy.ts';
import type { Ways } from './ways.ts';

export const deliveryTtlMs = 24 * 3_600_000;

/** A delivery that is not finished. */
export interface OpenDelivery {
  readonly id: string;
  readonly notificationId: string;
  /** The channel that the receiver names. */
  readonly recipient: string;
  /** The one of its chain that carries it now. */
  channel: string;
  readonly orderKey: string;
  readonly orderNo: number;
  readonly lane: Lane;
  readonly expiresAt: number;
  readonly alerts: Readonly<Record<string, Saying>>;
  /** Alerts whose end it tells, and of which another group of the same people is still to tell it. */
  readonly endsAgain?: Set<string>;
  /** Its message is about the program itself. */
  readonly system: boolean;
  state: 'queued' | 'sending';
  dueAt: number;
  /** Those that count against the schedule. */
  attempts: number;
  /** Times in a row that the provider was busy; not stored. */
  busy: number;
  /** The provider found the whole message too large. */
  shorter: boolean;
  /** It tells of ends alone: a channel that carries none does not take over. */
  readonly end?: true;
  /** It waits for the end of its person's quiet hours. */
  quiet?: boolean;
  /** Its schedule is spent: it is tried again every few minutes, until somebody takes it. */
  slow: boolean;
  /** Somebody may have it already: an attempt went out and was not refused. */
  maybe: boolean;
  /** It was lost before and is sent once more: to lose it again tells nothing new. */
  readonly again?: boolean;
  /** The provider's ids of messages of which receipts said that they arrived while an attempt was under way, the newest last. */
  confirmed?: readonly string[];
  leaseToken: number;
  /** What was dropped behind it, by alert: it counts when this one has ended. */
  lostAfter?: Map<string, LostWords>;
}

/** Firings and ends of an alert that nobody will hear, in turn. */
export type LostWords = 'f' | 'r' | 'fr' | 'rf';

/** The deliveries of one (group, recipient, channel): accepted in `orderNo` order, one at a time. */
export interface Order {
  lastNo: number;
  /** Ascending by `orderNo`. */
  readonly open: OpenDelivery[];
  /** Alerts whose firing died on this way and was not said since: their resolve is not sent either, whoever says it. */
  readonly unsaid: Set<string>;
  /** Alerts of which the firing was heard and the last end was not. */
  readonly believed: Set<string>;
}

export type ChannelFailure = 'transient' | 'network' | 'unknown' | 'auth';

/** One channel of the tenant. `closed` counts failures in a row; that count alone is not stored. */
export interface Breaker {
  readonly channel: string;
  state: 'closed' | 'open';
  failures: number;
  reason: ChannelFailure | null;
  openedAt: number;
  probeAt: number;
  waitMs: number;
  /** The delivery that asks now. Not stored: after a restart its lease is void. */
  probe: string | null;
  /** When the next probe goes out if this one fails. */
  afterProbeAt: number;
  /** The probe before: what was due since then has its place by that time; infinite when there was none. Not stored. */
  askedAt: number;
}

export type Confirmed = Pick<ConfirmationRow, 'at' | 'actor' | 'name' | 'via'>;

/** How far a notification with an open delivery has come. */
export interface Tally {
  readonly notificationId: string;
  readonly strategy: Strategy;
  readonly createdAt: number;
  /** Nobody is called in its place: it is about the program itself, is such a call, or a person sends it again. */
  readonly last: boolean;
  /** A person sends it again and watches what comes of it: its schedule, and no slow rounds. */
  readonly again: boolean;
  open: number;
  accepted: number;
  dead: number;
  /** Who said that it was seen, by recipient (null: none of them). From then on nothing more of it is sent. */
  readonly confirmed: Map<string | null, Confirmed>;
  /** The time is set at which somebody else hears of it, if nobody has by then; or that was done. */
  armed: boolean;
}

/** What the configuration says of how messages are brought home. */
export interface DeliveryPolicy {
  readonly ways: Ways;
  /** Those of the configuration, and the built-in ones that it does not replace. */
  readonly strategies: Strategies;
  /** Where people are who do not say; absent: UTC. */
  readonly timeZone?: string;
  /** Absent: nobody is known by name. */
  readonly people?: PeopleOfTenant;
}

export interface PolicyState {
  readonly tenant: string;
  readonly newId: () => string;
  ways: Ways;
  strategies: Strategies;
  people?: PeopleOfTenant;
  /** Of notifications with an open delivery, by id. */
  readonly tallies: Map<string, Tally>;
  readonly orders: Map<string, Order>;
  /** By channel; a channel that never failed has none. */
  readonly breakers: Map<string, Breaker>;
  /** Open deliveries over all orders. */
  open: number;
}

export function emptyPolicyState(
  tenant: string,
  newId: () => string,
  { ways, strategies, people }: DeliveryPolicy,
): PolicyState {
  return {
    tenant,
    newId,
    ways,
    strategies,
    ...(people && { people }),
    tallies: new Map(),
    orders: new Map(),
    breakers: new Map(),
    open: 0,
  };
}

export function orderAt(state: PolicyState, key: string): Order {
  let order = state.orders.get(key);
  if (!order) {
    order = { lastNo: 0, open: [], unsaid: new Set(), believed: new Set() };
    state.orders.set(key, order);
  }
  return order;
}

/** Takes a finished delivery out; the order goes when it has nothing to remember. */
export function finish(state: PolicyState, order: Order, delivery: OpenDelivery): void {
  const index = order.open.indexOf(delivery);
  if (index < 0) throw new Error(`delivery ${delivery.id} is not open`);
  order.open.splice(index, 1);
  state.open -= 1;
  if (isSettled(order)) state.orders.delete(delivery.orderKey);
}

/** There is nothing to remember of it. */
export function isSettled({ open, unsaid, believed }: Order): boolean {
  return open.length === 0 && unsaid.size === 0 && believed.size === 0;
}
