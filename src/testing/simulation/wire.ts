// The oracle at the provider: what is sent has its row, its cause and its turn, goes to nobody else, comes in order, and
// is accepted once.

import type { AlertMessage } from '../../../channels/message.ts';
import { type DeliveryRow, saysFiring } from '../../pipeline/rows.ts';
import { crashesOfPoison } from './deliveries.ts';
import type { Accepted } from './journal.ts';
import { type InvariantId, Violation } from './violation.ts';
import type { World } from './world.ts';

export class Wire {
  readonly #world: World;
  /** An alert that fires may be said to be resolved: its receiver hears no more of it. */
  readonly #mayBeTakenBack: (alertId: string) => boolean;
  /** order key → largest order number accepted. */
  readonly #order = new Map<string, number>();
  readonly #wire = new Map<string, string>();

  constructor(world: World, mayBeTakenBack: (alertId: string) => boolean) {
    this.#world = world;
    this.#mayBeTakenBack = mayBeTakenBack;
  }

  sendStarted(deliveryId: string, message: AlertMessage): void {
    const { journal } = this.#world;
    const record = journal.deliveries.get(deliveryId);
    if (!record) this.#broken('I3', `${deliveryId} is sent without a row`);
    const { tenant, channel } = record.row;
    const breaker = journal.breakers.get(`${tenant}/${channel}`);
    if (breaker?.state === 'open' && this.#world.clock.now() < breaker.probeAt)
      this.#broken('I15', `${deliveryId} is sent on ${channel}, which is paused until ${breaker.probeAt}`);
    if (record.crashes >= crashesOfPoison)
      this.#broken('I15', `${deliveryId} is sent after ${record.crashes} crashes`);
    if (record.row.state !== 'sending') this.#broken('I3', `${deliveryId} is sent while ${record.row.state}`);
    if (record.row.dueAt > this.#world.clock.now())
      this.#broken('I15', `${deliveryId} is sent before ${record.row.dueAt}, when it is due`);
    if (message.tenant !== record.row.tenant) this.#broken('I5', `${deliveryId} crosses tenants`);
    if (message.id !== record.row.notificationId) this.#broken('I3', `${deliveryId} carries another message`);
    for (const { id, status } of message.alerts) {
      const alert = journal.alerts.get(id);
      if (!alert) this.#broken('I3', `${id} is no alert`);
      else if (alert.row.tenant !== message.tenant) this.#broken('I5', `${id} is not the tenant's alert`);
      else if (alert.row.kind === 'alert' && alert.firedAt === null) this.#broken('I3', `${id} never fired`);
      else if (status === 'resolved' && alert.resolvedAt === null && !this.#mayBeTakenBack(id))
        this.#broken('I3', `${id} is said to be resolved and fires`);
    }
  }

  accepted(accepted: Accepted): void {
    const { journal } = this.#world;
    const record = journal.deliveries.get(accepted.deliveryId);
    if (!record) this.#broken('I3', `${accepted.deliveryId} was accepted without a row`);
    const { orderKey, orderNo, tenant, recipient } = record.row;
    const wire = `${recipient} ${accepted.message.id}`;
    if ((this.#wire.get(wire) ?? accepted.deliveryId) !== accepted.deliveryId)
      this.#broken('I13', `${accepted.message.id} under two ids`);
    this.#wire.set(wire, accepted.deliveryId);
    if (record.accepted.length > 1) {
      const before = record.accepted.at(-2)!;
      // Another channel carries what its provider lost.
      const excuse = before.ambiguous || record.lost || journal.voided.some((at) => at >= before.at - 20_000);
      if (!excuse) this.#broken('I13', `${accepted.deliveryId} was accepted ${record.accepted.length} times`);
      return;
    }
    const order = `${tenant} ${orderKey}`;
    const last = this.#order.get(order) ?? 0;
    // An attempt that began under a lease that was voided since may come in after the delivery has ended otherwise.
    const straggles =
      record.row.state !== 'sending' && journal.voided.some((at) => at >= accepted.at - 20_000);
    if (orderNo < last && !straggles) this.#broken('I2', `${accepted.deliveryId} was overtaken`);
    this.#order.set(order, Math.max(last, orderNo));
    for (const { id, kind, status } of accepted.message.alerts) {
      if (kind !== 'alert' || status !== 'resolved') continue;
      // A digest may tell at once that it fired and ended.
      if (journal.notifications.get(accepted.message.id)?.alerts[id] === 'event') continue;
      if (!this.#got(id, record.row, accepted.message))
        this.#broken('I2', `resolved of ${id} on ${recipient} without its firing`);
    }
  }

  /**
   * Firing of the alert reached the channel, died on the way, or was confirmed when somebody might have had it; or it waits in
   * the order of another group, which the alert has left: what is said of different groups is not in order.
   */
  #got(alertId: string, { recipient, orderKey }: DeliveryRow, { receiver, alerts }: AlertMessage): boolean {
    const { journal } = this.#world;
    const moved = this.#mayBeTakenBack(alertId);
    // What says other things too is sent all the same: that something fires, or the end of what was heard.
    const heard = (id: string) =>
      (journal.notificationsOf.get(id) ?? []).some(
        (n) =>
          saysFiring(n.alerts[id]) &&
          (journal.deliveriesOf.get(n.id) ?? []).some(
            ({ row, accepted }) =>
              (row.orderKey === orderKey && (accepted.length > 0 || row.leaseToken > 0)) ||
              // Another group of the receiver said it there, and this one goes on for it.
              (n.receiver === receiver &&
                row.recipient === recipient &&
                accepted.length > 0 &&
                this.#mayBeTakenBack(id)),
          ),
      );
    const only = alerts.every(({ id, status }) => status === 'resolved' && (id === alertId || !heard(id)));
    return (journal.notificationsOf.get(alertId) ?? []).some(
      (n) =>
        saysFiring(n.alerts[alertId]) &&
        n.receiver === receiver &&
        (journal.deliveriesOf.get(n.id) ?? []).some(
          ({ row, accepted, wasDead }) =>
            row.recipient === recipient &&
            (accepted.length > 0 ||
              wasDead ||
              (row.reason === 'confirmed' && (!only || row.leaseToken > 0)) ||
              (moved && row.orderKey !== orderKey && (row.state === 'queued' || row.state === 'sending'))),
        ),
    );
  }

  #broken(id: InvariantId, message: string): never {
    throw new Violation(id, message, this.#world.clock.now());
  }
}
