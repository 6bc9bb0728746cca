// The oracle of deliveries: every one ends, none twice for one message and channel, each way to fail and to die has its
// reason, and a dead letter is sent again only when somebody asks for it.

import type { Effect } from '../../pipeline/effect.ts';
import { type DeliveryRow, sayingsTo, saysFiring } from '../../pipeline/rows.ts';
import { HeldUp, scheduleOf } from './held-up.ts';
import type { DeliveryRecord } from './journal.ts';
import { toldAt } from './routes.ts';
import { UnsentEnds } from './unsent-ends.ts';
import { type InvariantId, Violation } from './violation.ts';
import type { World } from './world.ts';

export const crashesOfPoison = 3;

/** Which dead letters somebody asks for: one, or those of a channel. */
export interface LetterRequest {
  readonly tenant: string;
  readonly id?: string;
  readonly channel?: string;
}

/** What a busy provider said to an attempt. */
interface Patience {
  readonly until: number;
  readonly leaseToken: number;
  /** A result of that attempt is stored. */
  heard: boolean;
}

export class Deliveries {
  readonly #world: World;
  readonly #open = new Set<DeliveryRecord>();
  /** Delivery and channel → when its busy provider wants to hear of it again. */
  readonly #busyUntil = new Map<string, Patience>();
  /** Delivery → what it was told last, wherever. */
  readonly #asked = new Map<string, Patience>();
  readonly #letters = new Set<LetterRequest>();
  /** Ends that were not told, until it is seen that nobody there was to hear of them. */
  readonly #untold: DeliveryRow[] = [];
  readonly #unsent: UnsentEnds;
  /** When a lane of a tenant was last called for on a channel. */
  readonly #calledAt = new Map<string, number>();
  readonly #heldUp = new HeldUp();

  constructor(world: World) {
    this.#world = world;
    this.#unsent = new UnsentEnds(world);
  }

  get open(): number {
    return this.#open.size;
  }

  /** How many are open that were made before that time. */
  openSince(at: number): number {
    let n = 0;
    for (const { row } of this.#open) if (row.createdAt < at) n += 1;
    return n;
  }

  /** What is open, in a line for each. */
  get openLines(): readonly string[] {
    return [...this.#open].map(
      ({ row: { id, channel, lane, state, reason, attempts, createdAt, dueAt } }) =>
        `${id} on ${channel} (${lane}) is ${state} (${reason ?? ''}) after ${attempts}, made ${new Date(createdAt).toISOString()}, due ${new Date(dueAt).toISOString()}`,
    );
  }

  /** Somebody asks for dead letters to be sent again, until the answer is there. */
  letterAsked(request: LetterRequest): () => void {
    this.#letters.add(request);
    return () => this.#letters.delete(request);
  }

  /** Of the channel that carries it now: what another asked for is not heeded there. */
  askedForPatience(deliveryId: string, until: number): void {
    const row = this.#world.journal.deliveries.get(deliveryId)?.row;
    if (row === undefined) return;
    const asked = { until, leaseToken: row.leaseToken, heard: false };
    this.#busyUntil.set(`${deliveryId} ${row.channel}`, asked);
    this.#asked.set(deliveryId, asked);
  }

  /** The provider failed a delivery in a way that spends an attempt, and the policy may hear of it. */
  failed(deliveryId: string): void {
    const { journal, clock } = this.#world;
    const record = journal.deliveries.get(deliveryId);
    if (!record) return;
    record.failures += 1;
    const { severity } = journal.notifications.get(record.row.notificationId)!;
    this.#heldUp.failed(record, severity, clock.now());
  }

  onEffect(effect: Effect): void {
    const { journal, counters } = this.#world;
    switch (effect.put) {
      case 'event': {
        const { kind, subjectId, reason } = effect.row;
        if (kind === 'delivery.dead') this.#died(subjectId, reason ?? '');
        else if (kind === 'delivery.retry' && reason === 'payload_too_large')
          counters.hit('message shortened');
        else if (kind === 'delivery.requeued') counters.hit('dead letter requeued');
        else if (kind === 'delivery.discarded') counters.hit('dead letter discarded');
        else if (kind === 'delivery.dropped' && reason === 'resolved_before_send') this.#overtaken(subjectId);
        else if (kind === 'delivery.dropped' && reason === 'superseded') this.#superseded(subjectId);
        else if (kind === 'delivery.dropped' && reason === 'confirmed') this.#confirmed(subjectId);
        else if (kind === 'delivery.dropped' && reason === 'end_not_told')
          this.#untold.push(journal.deliveries.get(subjectId)!.row);
        else if (kind === 'delivery.dropped') this.#notSent(journal.deliveries.get(subjectId)!);
        else if (kind === 'delivery.retry') this.#retried(subjectId);
        else if (kind === 'channel.paused')
          counters.hit(reason === 'auth' ? 'auth paused' : 'breaker opened');
        else if (kind === 'channel.resumed') counters.hit('breaker closed');
        return;
      }
      case 'delivery': {
        const { row } = effect;
        const record = journal.deliveries.get(row.id)!;
        const twins = journal.deliveriesOf
          .get(row.notificationId)!
          .filter((d) => d.row.recipient === row.recipient);
        if (twins.length > 1)
          this.#broken('I13', `notification ${row.notificationId} twice for ${row.channel}`);
        if (row.state === 'queued' || row.state === 'sending') this.#opened(record);
        else if (row.state === 'dropped' && row.reason !== 'end_not_told') this.#notSent(record);
        if (row.state === 'queued') counters.hit('queued behind its order');
        return;
      }
      case 'delivery.result': {
        const record = journal.deliveries.get(effect.result.id);
        if (!record) this.#broken('I14', `a result of an unknown delivery ${effect.result.id}`);
        const { state } = record.row;
        const asked = this.#asked.get(effect.result.id);
        // An answer that died with its process, or came under a lease that was voided, is known to nobody.
        if (asked?.leaseToken === effect.result.leaseToken) asked.heard = true;
        if (effect.result.reason === 'rate_limited') this.#checkPatience(record.row);
        if (state !== 'queued' && state !== 'sending') this.#ended(record);
        if (state === 'sent' || state === 'delivered') this.#checkMayTell(record.row);
        return;
      }
      case 'delivery.requeued': {
        const record = journal.deliveries.get(effect.row.id);
        if (record?.row.state !== 'queued')
          this.#broken('I15', `${effect.row.id} was queued anew and was neither dead nor lost`);
        this.#opened(record);
        this.#checkRequeued(record, effect.row.lost !== undefined);
        return;
      }
      default:
    }
  }

  sendStarted(deliveryId: string): void {
    const record = this.#world.journal.deliveries.get(deliveryId);
    if (!record) return;
    const now = this.#world.clock.now();
    this.#calledAt.set(laneKey(record), now);
    this.#heldUp.called(record, now);
  }

  /**
   * Nothing waits for hours, but behind what failed in its order; where calls are few it may wait for its like, but no lane
   * waits for the others.
   */
  sweep(now: number): void {
    for (const row of this.#untold.splice(0)) this.#checkUntold(row);
    this.#unsent.sweep();
    const few = this.#world.plan.limits.length > 0;
    for (const record of this.#open) {
      const { row, openedAt } = record;
      if (row.state === 'sending' && row.leaseUntil !== null && row.leaseUntil < now - 60_000)
        this.#broken('I14', `${row.id} is leased ${now - row.leaseUntil} ms beyond its end`);
      const moved = few ? (this.#calledAt.get(laneKey(record)) ?? 0) : 0;
      const heldMs = few ? 0 : this.#heldUp.heldMs(record, now);
      if (now - Math.max(openedAt, moved) - heldMs > 7_200_000)
        this.#broken('I14', `${row.id} is open since ${openedAt}`);
    }
  }

  #opened(record: DeliveryRecord): void {
    this.#open.add(record);
    this.#heldUp.opened(record, this.#world.clock.now());
  }

  #checkPatience({ id, channel, dueAt }: DeliveryRow): void {
    const asked = this.#busyUntil.get(`${id} ${channel}`);
    if (asked?.heard && dueAt < asked.until)
      this.#broken('I15', `${id} is due at ${dueAt}, its provider said ${asked.until}`);
  }

  /** Somebody asked for it, and what it says is still so. */
  #checkRequeued({ row }: DeliveryRecord, lost: boolean): void {
    const { journal } = this.#world;
    const asked = [...this.#letters].some(
      ({ tenant, id, channel }) => tenant === row.tenant && (id === row.id || channel === row.channel),
    );
    if (!asked && !lost)
      this.#broken('I3', `${row.id} on ${row.channel} was queued anew and nobody asked for it`);
    const said = journal.notifications.get(row.notificationId)?.alerts ?? {};
    for (const [id, status] of Object.entries(said)) {
      if (saysFiring(status) && journal.alerts.get(id)?.row.state === 'resolved')
        this.#broken('I2', `${row.id} was queued anew and says that ${id} fires, which has ended`);
      if (saysFiring(status) && this.#isOthers(id, row.notificationId))
        this.#broken('I2', `${row.id} was queued anew and says that ${id} fires, which is others' by now`);
      if (status === 'resolved' && this.#firesFor(id, row.notificationId))
        this.#broken('I2', `${row.id} was queued anew and says that ${id} is over, which fires there`);
    }
  }

  /** The same alert fires, it is the receiver's, and that was told last there. */
  #firesFor(alertId: string, notificationId: string): boolean {
    const { journal, routing } = this.#world;
    const { receiver } = journal.notifications.get(notificationId)!;
    const alert = journal.alerts.get(alertId)?.row;
    if (alert === undefined) return false;
    return journal
      .ofKey(alert.tenant, alert.key)
      .some(({ row: { id, state, labels, effectiveSeverity } }) => {
        const last = journal.notificationsOf.get(id)?.findLast((said) => said.receiver === receiver);
        if (state !== 'firing' || !saysFiring(last?.alerts[id])) return false;
        const places = toldAt(routing, { ...labels, severity: effectiveSeverity });
        return places.some((place) => place.receiver === receiver);
      });
  }

  /** The alert fires, and its routes lead to others than the notification was for, who were told last that it is over. */
  #isOthers(alertId: string, notificationId: string): boolean {
    const { journal, routing } = this.#world;
    const { receiver } = journal.notifications.get(notificationId)!;
    const last = journal.notificationsOf.get(alertId)?.findLast((said) => said.receiver === receiver);
    const alert = journal.alerts.get(alertId)?.row;
    if (last?.alerts[alertId] !== 'resolved' || alert === undefined) return false;
    const places = toldAt(routing, { ...alert.labels, severity: alert.effectiveSeverity });
    return places.every((place) => place.receiver !== receiver);
  }

  /** Nobody has it, all of it is over, and it was not urgent. */
  #overtaken(id: string): void {
    const { journal, counters } = this.#world;
    counters.hit('dropped resolved_before_send');
    const { row, accepted } = journal.deliveries.get(id)!;
    const { alerts, severity, receiver } = journal.notifications.get(row.notificationId)!;
    if (severity === 'critical' || severity === 'emergency')
      this.#broken('I2', `${id} is urgent and was dropped since its end came`);
    if (accepted.length > 0) this.#broken('I2', `${id} was dropped as not sent and a provider has it`);
    for (const [alert, saying] of Object.entries(alerts)) {
      const over = journal.notificationsOf
        .get(alert)!
        .some((later) => later.receiver === receiver && later.alerts[alert] === 'resolved');
      if (saying === 'event' || !over)
        this.#broken('I2', `${id} was dropped as overtaken and ${alert} is not over`);
    }
  }

  /**
   * Nobody has it, it was not the first of its order, and later ones say all of it anew: a firing is said by a later firing
   * alone, an end by any later word of its alert.
   */
  #superseded(id: string): void {
    const { journal, counters } = this.#world;
    counters.hit('dropped superseded');
    const { row, accepted } = journal.deliveries.get(id)!;
    if (accepted.length > 0) this.#broken('I2', `${id} was dropped as not sent and a provider has it`);
    const { alerts, receiver } = journal.notifications.get(row.notificationId)!;
    const waiting = [...this.#open].filter(({ row: { orderKey } }) => orderKey === row.orderKey);
    if (!waiting.some((other) => other.row.orderNo < row.orderNo))
      this.#broken('I2', `${id} was the first of its order and was dropped for a later one`);
    // One that was queued anew stands behind newer ones.
    const behind = new Set(
      waiting.flatMap((other) => (other.row.orderNo > row.orderNo ? [other.row.notificationId] : [])),
    );
    for (const [alert, saying] of Object.entries(alerts)) {
      const later = (journal.notificationsOf.get(alert) ?? []).filter(
        (other) => (other.id > row.notificationId && other.receiver === receiver) || behind.has(other.id),
      );
      const said = later.some(
        ({ alerts: { [alert]: anew } }) => saysFiring(anew) || (saying === 'resolved' && anew === 'resolved'),
      );
      if (saying === 'event' || !said)
        this.#broken('I2', `${id} was dropped for a later one, and none says ${alert} (${saying}) anew`);
    }
  }

  /** Somebody has seen the notification, this one was still to be sent, and it says of nothing that it is over. */
  #confirmed(id: string): void {
    const { journal, counters } = this.#world;
    counters.hit('dropped confirmed');
    const { notificationId } = journal.deliveries.get(id)!.row;
    if (!journal.confirmed.has(notificationId))
      this.#broken('I3', `${id} was dropped as confirmed, and nobody has confirmed ${notificationId}`);
    if (Object.values(journal.notifications.get(notificationId)!.alerts).includes('resolved'))
      this.#broken('I1', `${id} was dropped as confirmed, and says that something is over`);
  }

  /** It told of ends alone, and no channel carries those to its recipient that does not tell the same people anyway. */
  #checkUntold({ id, notificationId, recipient }: DeliveryRow): void {
    const { journal, counters } = this.#world;
    counters.hit('dropped end_not_told');
    const sayings = Object.values(sayingsTo(journal.notifications.get(notificationId)!, recipient));
    if (!sayings.includes('resolved') || sayings.some((one) => one !== 'resolved' && one !== 'standing'))
      this.#broken('I1', `${id} was dropped as an end and says ${sayings.join(', ')}`);
    const carrier = this.#carrierOfEnds(recipient);
    const told = (journal.deliveriesOf.get(notificationId) ?? []).map(({ row }) => row.recipient);
    if (carrier !== undefined && (carrier === recipient || !told.includes(carrier)))
      this.#broken('I1', `${id} was dropped as an end, and ${carrier} tells ${recipient} of ends`);
  }

  /** The first channel of the recipient's chain that tells of ends. */
  #carrierOfEnds(recipient: string): string | undefined {
    const { receipts, withoutEnds } = this.#world.plan;
    const chain = [recipient, ...(receipts?.fallback[recipient] ?? [])];
    return chain.find((channel) => !withoutEnds.includes(channel));
  }

  /** What says only that something is over goes out where ends are told. */
  #checkMayTell({ id, notificationId, channel, recipient }: DeliveryRow): void {
    const { journal, plan } = this.#world;
    if (!plan.withoutEnds.includes(channel)) return;
    const sayings = Object.values(sayingsTo(journal.notifications.get(notificationId)!, recipient));
    if (sayings.length > 0 && sayings.every((one) => one === 'resolved'))
      this.#broken('I3', `${id} tells ${channel} of an end, which is told of none`);
  }

  /** The end of what nobody has there: of an alert that a provider was told to fire, it is sent. */
  #notSent({ row }: DeliveryRecord): void {
    this.#world.counters.hit('resolved dropped firing_not_sent');
    // Where nobody is told of ends whoever heard a firing may have heard no end of it before.
    if (this.#carrierOfEnds(row.recipient) !== row.recipient) return;
    this.#unsent.check(row);
  }

  #retried(id: string): void {
    if (this.#world.journal.deliveries.get(id)?.row.reason === 'slow_round')
      this.#world.counters.hit('slow round');
  }

  /** Each way to die has its reason. */
  #died(id: string, reason: string): void {
    const { journal, counters } = this.#world;
    counters.hit('dead letter');
    if (reason === 'poison') counters.hit('poison');
    const record = journal.deliveries.get(id)!;
    const { failures, crashes, row } = record;
    const tries = reason === 'transient' || reason === 'network' || reason === 'unknown';
    const notification = journal.notifications.get(row.notificationId)!;
    if (tries && failures < scheduleOf[notification.severity].attempts)
      this.#broken('I15', `${id} is dead (${reason}) after ${failures} failures`);
    const known = journal.deliveriesOf.get(row.notificationId)!.some(({ accepted }) => accepted.length > 0);
    if (tries && !known && !record.wasDead)
      this.#broken('I15', `${id} is dead (${reason}) although nobody has it: it should be tried in rounds`);
    if (reason === 'poison' && crashes < crashesOfPoison)
      this.#broken('I15', `${id} is dead (poison) after ${crashes} crashes`);
    if (reason === 'rate_limited' || reason === 'auth' || reason === 'breaker_open')
      this.#broken('I15', `${id} is dead (${reason})`);
    if (reason === 'payload_too_large' && !row.shorter)
      this.#broken('I15', `${id} is dead (${reason}) and was not sent in short`);
  }

  #ended(record: DeliveryRecord): void {
    this.#open.delete(record);
    this.#heldUp.ended(record, this.#world.clock.now());
    const { row } = record;
    if ((row.state === 'sent' || row.state === 'delivered') && record.accepted.length === 0)
      this.#broken('I1', `${row.id} is ${row.state} and no provider has it`);
  }

  #broken(id: InvariantId, message: string): never {
    throw new Violation(id, message, this.#world.clock.now());
  }
}

function laneKey({ row: { tenant, channel, lane } }: Pick<DeliveryRecord, 'row'>): string {
  return `${tenant}/${channel}/${lane}`;
}
