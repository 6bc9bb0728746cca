// The oracle of notifications: from the episodes and events that were committed and the routing tree it says who must
// be told by when, what may not be said, and what the providers may have accepted.
import type { AlertMessage } from '../../../channels/message.ts';
import { severities } from '../../../rules/types.ts';
import type { Effect } from '../../pipeline/effect.ts';
import type { Route } from '../../pipeline/routing.ts';
import type { AlertRow, NotificationRow } from '../../pipeline/rows.ts';
import type { Accepted, AlertRecord, DeliveryRecord } from './journal.ts';
import { placesOf, routeAt } from './routes.ts';
import { Violation } from './violation.ts';
import type { World } from './world.ts';

const slackMs = 15_000;
const attemptsOfSchedule = 4;
const crashesOfPoison = 3;

/** Which dead letters somebody asks for: one, or those of a channel. */
export interface LetterRequest {
  readonly tenant: string;
  readonly id?: string;
  readonly channel?: string;
}

export class Telling {
  readonly #world: World;
  /** Fired alerts and events of which somebody is still to be told. */
  readonly #owed = new Set<string>();
  readonly #firing = new Set<string>();
  readonly #unchecked = new Map<string, { row: NotificationRow; channels: readonly string[] }>();
  readonly #open = new Set<DeliveryRecord>();
  /** group id → alert key → when it was last spoken of. */
  readonly #spoken = new Map<string, Map<string, { id: string; at: number }>>();
  readonly #lastOfGroup = new Map<string, number>();
  /** order key → largest order number accepted. */
  readonly #order = new Map<string, number>();
  readonly #wire = new Map<string, string>();
  readonly #acks = new Map<string, { at: number; until: number | null }>();
  /** Delivery → when its busy provider wants to hear of it again. */
  readonly #busyUntil = new Map<string, number>();
  readonly #acking = new Map<string, number>();
  readonly #letters = new Set<LetterRequest>();
  /** When another level of its rule made an alert more or less urgent. */
  readonly #movedAt = new Map<string, number>();
  routedAt = 0;
  rulesAt = 0;

  constructor(world: World) {
    this.#world = world;
  }

  get openDeliveries(): number {
    return this.#open.size;
  }

  /** A client was told that its acknowledgement holds until then; null: to the end of the episode. */
  acknowledged(alertId: string, until: number | null): void {
    this.#acks.set(alertId, { at: this.#world.clock.now(), until });
  }

  /** Somebody asks for dead letters to be sent again, until the answer is there. */
  letterAsked(request: LetterRequest): () => void {
    this.#letters.add(request);
    return () => this.#letters.delete(request);
  }

  askedForPatience(deliveryId: string, until: number): void {
    this.#busyUntil.set(deliveryId, until);
  }

  /** A client asks for an acknowledgement, until the answer is there. */
  acknowledging(alertId: string): () => void {
    this.#acking.set(alertId, (this.#acking.get(alertId) ?? 0) + 1);
    return () => {
      this.#acking.set(alertId, (this.#acking.get(alertId) ?? 1) - 1);
    };
  }

  #asksAboutAcks(alertId: string): boolean {
    return (this.#acking.get(alertId) ?? 0) > 0;
  }

  #isHeldBack(alertId: string, at: number): boolean {
    const ack = this.#acks.get(alertId);
    return ack !== undefined && ack.at < at && (ack.until === null || ack.until > at);
  }

  onEffect(effect: Effect, at: number): void {
    const { journal, counters } = this.#world;
    switch (effect.put) {
      case 'event': {
        const { row } = effect;
        if (row.kind === 'alert.firing') {
          this.#owed.add(row.subjectId);
          this.#firing.add(row.subjectId);
        } else if (row.kind === 'alert.severity_changed') {
          this.#movedAt.set(row.subjectId, at);
          if (this.#firing.has(row.subjectId)) this.#owed.add(row.subjectId);
        } else if (row.kind === 'alert.resolved') this.#firing.delete(row.subjectId);
        else if (row.kind === 'alert.acknowledged') counters.hit('acknowledged');
        else if (row.kind === 'event.received') {
          if (row.body.type === 'tocsin.dead_letters') counters.hit('dead letters told');
          if (row.reason === null) this.#owed.add(row.subjectId);
          else counters.hit('event deduplicated');
        } else if (row.kind === 'notify.held') counters.hit('held by dedupe window');
        else if (row.kind === 'notify.skipped') {
          if (row.reason === 'resolved_before_notify') counters.hit('resolved before notify');
          if (row.reason === 'routed_elsewhere') counters.hit('routed elsewhere');
          if (row.reason === 'send_resolved_off') counters.hit('send_resolved off');
          this.#checkSkip(row.subjectId, row.reason ?? '', String(row.body.groupKey), at);
        } else if (row.kind === 'delivery.dead') this.#died(row.subjectId, row.reason ?? '');
        else if (row.kind === 'delivery.retry') {
          if (row.reason === 'payload_too_large') counters.hit('message shortened');
        } else if (row.kind === 'delivery.requeued') counters.hit('dead letter requeued');
        else if (row.kind === 'delivery.discarded') counters.hit('dead letter discarded');
        else if (row.kind === 'channel.paused')
          counters.hit(row.reason === 'auth' ? 'auth paused' : 'breaker opened');
        else if (row.kind === 'channel.resumed') counters.hit('breaker closed');
        else if (row.kind === 'delivery.dropped') counters.hit('resolved dropped firing_not_sent');
        return;
      }
      case 'group':
        if (effect.row.lastReason === 'acknowledged') counters.hit('acknowledged repeat suppressed');
        return;
      case 'group.closed':
        counters.hit('group closed');
        return;
      case 'notification':
        this.#said(effect.row, at);
        return;
      case 'delivery': {
        const { row } = effect;
        const record = journal.deliveries.get(row.id)!;
        const twins = journal.deliveriesOf
          .get(row.notificationId)!
          .filter((d) => d.row.channel === row.channel);
        if (twins.length > 1)
          this.#broken('I13', `notification ${row.notificationId} twice for ${row.channel}`);
        if (row.state === 'queued' || row.state === 'sending') this.#open.add(record);
        else if (row.state === 'dropped') counters.hit('resolved dropped firing_not_sent');
        if (row.state === 'queued') counters.hit('queued behind its order');
        return;
      }
      case 'delivery.result': {
        const record = journal.deliveries.get(effect.result.id);
        if (!record) this.#broken('I14', `a result of an unknown delivery ${effect.result.id}`);
        const { state } = record.row;
        if (effect.result.reason === 'rate_limited')
          this.#checkPatience(effect.result.id, effect.result.dueAt);
        if (state !== 'queued' && state !== 'sending') this.#ended(record);
        return;
      }
      case 'delivery.requeued': {
        const record = journal.deliveries.get(effect.row.id);
        if (record?.row.state !== 'queued')
          this.#broken('I15', `${effect.row.id} was queued anew and was not dead`);
        this.#open.add(record);
        this.#checkRequeued(record);
        return;
      }
      default:
    }
  }

  #checkPatience(id: string, dueAt: number): void {
    const until = this.#busyUntil.get(id) ?? 0;
    if (dueAt < until) this.#broken('I15', `${id} is due at ${dueAt}, its provider said ${until}`);
  }

  /** Somebody asked for it, and what it says is still so. */
  #checkRequeued({ row }: DeliveryRecord): void {
    const { journal } = this.#world;
    const asked = [...this.#letters].some(
      ({ tenant, id, channel }) => tenant === row.tenant && (id === row.id || channel === row.channel),
    );
    if (!asked) this.#broken('I3', `${row.id} on ${row.channel} was queued anew and nobody asked for it`);
    const said = journal.notifications.get(row.notificationId)?.alerts ?? {};
    for (const [id, status] of Object.entries(said)) {
      if (status === 'firing' && journal.alerts.get(id)?.row.state === 'resolved')
        this.#broken('I2', `${row.id} was queued anew and says that ${id} fires, which has ended`);
    }
  }

  /** Each way to die has its reason. */
  #died(id: string, reason: string): void {
    const { journal, counters } = this.#world;
    counters.hit('dead letter');
    if (reason === 'poison') counters.hit('poison');
    const record = journal.deliveries.get(id)!;
    const { failures, crashes, row } = record;
    const tries = reason === 'transient' || reason === 'network' || reason === 'unknown';
    if (tries && failures < attemptsOfSchedule)
      this.#broken('I15', `${id} is dead (${reason}) after ${failures} failures`);
    if (reason === 'poison' && crashes < crashesOfPoison)
      this.#broken('I15', `${id} is dead (poison) after ${crashes} crashes`);
    if (reason === 'rate_limited' || reason === 'auth' || reason === 'breaker_open')
      this.#broken('I15', `${id} is dead (${reason})`);
    if (reason === 'payload_too_large' && !row.shorter)
      this.#broken('I15', `${id} is dead (${reason}) and was not sent in short`);
  }

  /** The provider failed a delivery in a way that spends an attempt, and the policy may hear of it. */
  failed(deliveryId: string): void {
    const record = this.#world.journal.deliveries.get(deliveryId);
    if (record) record.failures += 1;
  }

  // -- at the provider ------------------------------------------------------------------------------------------

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
    if (message.tenant !== record.row.tenant) this.#broken('I3', `${deliveryId} crosses tenants`);
    if (message.id !== record.row.notificationId) this.#broken('I3', `${deliveryId} carries another message`);
    for (const { id, status } of message.alerts) {
      const alert = journal.alerts.get(id);
      if (!alert || alert.row.tenant !== message.tenant)
        this.#broken('I3', `${id} is not the tenant's alert`);
      else if (alert.row.kind === 'alert' && alert.firedAt === null) this.#broken('I3', `${id} never fired`);
      else if (
        status === 'resolved' &&
        alert.resolvedAt === null &&
        this.routedAt === 0 &&
        !this.#movedAt.has(id)
      )
        this.#broken('I3', `${id} is said to be resolved and fires`);
    }
  }

  accepted(accepted: Accepted): void {
    const { journal } = this.#world;
    const record = journal.deliveries.get(accepted.deliveryId);
    if (!record) this.#broken('I3', `${accepted.deliveryId} was accepted without a row`);
    const { orderKey, orderNo, tenant } = record.row;
    const wire = `${accepted.channel} ${accepted.message.id}`;
    if ((this.#wire.get(wire) ?? accepted.deliveryId) !== accepted.deliveryId)
      this.#broken('I13', `${accepted.message.id} under two ids`);
    this.#wire.set(wire, accepted.deliveryId);
    if (record.accepted.length > 1) {
      const before = record.accepted.at(-2)!;
      const excuse = before.ambiguous || journal.voided.some((at) => at >= before.at - 20_000);
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
      if (!this.#got(id, accepted.channel, accepted.message.receiver))
        this.#broken('I2', `resolved of ${id} on ${accepted.channel} without its firing`);
    }
  }

  /** Firing of the alert reached the channel, or died on the way. */
  #got(alertId: string, channel: string, receiver: string): boolean {
    const { journal } = this.#world;
    return (journal.notificationsOf.get(alertId) ?? []).some(
      (n) =>
        n.alerts[alertId] === 'firing' &&
        n.receiver === receiver &&
        (journal.deliveriesOf.get(n.id) ?? []).some(
          (d) => d.row.channel === channel && (d.accepted.length > 0 || d.wasDead),
        ),
    );
  }

  // -- decisions ------------------------------------------------------------------------------------------------

  #said(row: NotificationRow, at: number): void {
    const { counters, journal, routing } = this.#world;
    const reason = row.reason as AlertMessage['reason'];
    if (reason === 'flapping')
      this.#broken('I11', `${row.id} calls an alert flapping, which is not asked for`);
    counters.hit(reason);
    if (reason === 'resolved' || reason === 'some_resolved') this.#checkWantsResolves(row);
    for (const [id, status] of Object.entries(row.alerts))
      if (status === 'resolved' && journal.alerts.get(id)?.row.state === 'firing') counters.hit('taken back');
    const receiver = routing.receivers.get(row.receiver ?? '');
    this.#unchecked.set(row.id, { row, channels: receiver?.channels ?? [] });
    const groupId = row.groupId ?? '';
    const message = JSON.parse(row.body) as AlertMessage;
    const group = journal.groups.get(groupId);
    const route = group && routeAt(routing, group.receiver, group.route);
    const last = this.#lastOfGroup.get(groupId) ?? 0;
    const settled = this.routedAt < last && this.routedAt < at - 600_000;
    if (reason === 'repeat') {
      // What another group said of an alert that came from there is repeated when that is so old.
      const cameFromElsewhere = Object.keys(row.alerts).some((id) => this.#movedAt.has(id));
      // So is, at its end, what somebody had acknowledged.
      const ended = Object.keys(row.alerts).some((id) => {
        const until = journal.alerts.get(id)?.row.ackUntil ?? 0;
        return until > last && until <= row.createdAt;
      });
      const early = route && row.createdAt - last < route.repeatIntervalMs;
      if (ended && early) counters.hit('told at the end of an acknowledgement');
      if (group && early && settled && !cameFromElsewhere && !ended)
        this.#broken('I11', `repeat of ${group.groupKey} after ${row.createdAt - last} ms`);
      if (Object.keys(row.alerts).every((id) => this.#isHeldBack(id, row.createdAt)))
        this.#broken('I8', `repeat of ${groupId} although everything is acknowledged`);
    }
    let spoken = this.#spoken.get(groupId);
    if (!spoken) {
      spoken = new Map();
      this.#spoken.set(groupId, spoken);
    }
    const early: string[] = [];
    for (const id of message.changed) {
      const alert = journal.alerts.get(id)?.row;
      if (!alert || !receiver) continue;
      const before = spoken.get(alert.key);
      const within =
        before &&
        before.id !== id &&
        !this.#movedAt.has(id) &&
        row.createdAt - before.at < this.#window(alert, receiver.name);
      if (within && row.alerts[id] !== 'resolved') early.push(id);
    }
    const quiet = this.routedAt < at - 600_000 && this.rulesAt < at - 600_000;
    if (quiet && early.length > 0 && early.length === message.changed.length)
      this.#broken('I11', `${reason} of ${early.join(', ')} within the dedupe window`);
    for (const id of Object.keys(row.alerts)) {
      const alert = journal.alerts.get(id)?.row;
      if (!alert) continue;
      spoken.set(alert.key, { id, at: row.createdAt });
    }
    this.#lastOfGroup.set(groupId, row.createdAt);
  }

  #checkWantsResolves({ id, receiver }: NotificationRow): void {
    if (this.#world.routing.receivers.get(receiver ?? '')?.sendResolved === false)
      this.#broken('I3', `${id} says resolved to ${receiver}, who wants none`);
  }

  #window(alert: AlertRow, receiver: string): number {
    const rule = this.#world.rules.find((r) => r.name === alert.rule && r.tenant === alert.tenant);
    return rule?.dedupeWindowMs ?? this.#world.routing.receivers.get(receiver)?.dedupeWindowMs ?? 0;
  }

  #checkSkip(alertId: string, reason: string, groupKey: string, at: number): void {
    const record = this.#world.journal.alerts.get(alertId);
    if (!record) return;
    if (reason === 'resolved_before_notify' && record.row.state !== 'resolved')
      this.#broken('I1', `${alertId} was skipped as resolved and fires`);
    if (reason === 'receiver_gone') this.#broken('I1', `${alertId} was skipped: receiver gone`);
    if (reason === 'within_dedupe_window' && record.row.kind === 'event') {
      const { journal } = this.#world;
      const told = journal
        .ofKey(record.row.tenant, record.row.key)
        .some(
          ({ row }) =>
            row.id !== alertId &&
            (journal.notificationsOf.get(row.id) ?? []).some((n) => groupKey.startsWith(`${n.receiver}:`)),
        );
      const inGroup = [...this.#owed].some((id) => journal.alerts.get(id)?.row.key === record.row.key);
      // Routed anew since: the twin that is told in this turn may not be owed any more, see `#settled`.
      const reroutedSince = this.routedAt > (record.events[0]?.at ?? 0);
      if (!told && !inGroup && !reroutedSince)
        this.#broken('I1', `event ${alertId} was skipped at ${at} and none like it was told`);
    }
  }

  #ended(record: DeliveryRecord): void {
    this.#open.delete(record);
    const { row } = record;
    if ((row.state === 'sent' || row.state === 'delivered') && record.accepted.length === 0)
      this.#broken('I1', `${row.id} is ${row.state} and no provider has it`);
  }

  // -- from time to time ----------------------------------------------------------------------------------------

  sweep(): void {
    const { journal, clock } = this.#world;
    const now = clock.now();
    for (const { row, channels } of this.#unchecked.values()) {
      const made = new Set((journal.deliveriesOf.get(row.id) ?? []).map((d) => d.row.channel));
      for (const channel of channels)
        if (!made.has(channel)) this.#broken('I1', `notification ${row.id} has no delivery on ${channel}`);
    }
    this.#unchecked.clear();
    for (const id of [...this.#owed]) {
      const record = journal.alerts.get(id)!;
      if (this.#settled(record, now)) this.#owed.delete(id);
    }
    for (const id of this.#firing) this.#checkRepeat(journal.alerts.get(id)!, now);
    if (!this.#world.runtime?.engine.running || this.#world.downtime(now - 200_000, now) > 0) return;
    for (const { row, openedAt } of this.#open) {
      if (row.state === 'sending' && row.leaseUntil !== null && row.leaseUntil < now - 60_000)
        this.#broken('I14', `${row.id} is leased ${now - row.leaseUntil} ms beyond its end`);
      if (now - openedAt > 7_200_000) this.#broken('I14', `${row.id} is open since ${openedAt}`);
    }
    for (const group of journal.groups.values()) {
      if (group.nextAt !== null && group.nextAt < now - 30_000)
        this.#broken('I14', `group ${group.groupKey} was due at ${group.nextAt} (${group.nextReason})`);
    }
  }

  /** Everybody who is to be told of it was told, or a row says why not. Throws when it is too late for that. */
  #settled(record: AlertRecord, now: number): boolean {
    const { row } = record;
    const { journal, routing } = this.#world;
    const firedAt = row.kind === 'event' ? (record.events[0]?.at ?? 0) : (record.firedAt ?? 0);
    const ended = row.kind === 'alert' ? record.resolvedAt : null;
    // Routed anew after its end: who is to hear of it then depends on what the old groups had said.
    if (this.routedAt > (ended ?? (row.kind === 'event' ? firedAt : Number.POSITIVE_INFINITY))) return true;
    let open = false;
    const movedAt = this.#movedAt.get(row.id) ?? 0;
    for (const route of placesOf(routing, labelsOf(row))) {
      const told = (journal.notificationsOf.get(row.id) ?? []).some(
        (n) => n.receiver === route.receiver && (movedAt === 0 || ended !== null || saysEnough(n, row)),
      );
      const skipped = (journal.skips.get(row.id) ?? []).some(
        (s) =>
          s.kind === 'notify.skipped' &&
          s.reason !== 'routed_elsewhere' &&
          s.groupKey.startsWith(`${route.receiver}:`),
      );
      if (told || skipped) continue;
      open = true;
      const from = Math.max(firedAt, ended ?? 0, this.routedAt, movedAt);
      const by = from + this.#patience(route, row) + (ended === null ? 0 : route.resolveWaitMs);
      if (now > by + this.#world.downtime(firedAt, now))
        this.#broken(
          'I1',
          `${row.kind} ${row.id} (${row.key}) fired at ${firedAt}, nobody told ${route.receiver}`,
        );
    }
    return !open;
  }

  #patience(route: Route, row: AlertRow): number {
    return route.groupWaitMs + route.groupIntervalMs + this.#window(row, route.receiver) + slackMs;
  }

  #checkRepeat(record: AlertRecord, now: number): void {
    const { row } = record;
    const { journal, routing } = this.#world;
    const ackedUntil = this.#ackedUntil(row, now);
    if (ackedUntil > now) return;
    for (const route of placesOf(routing, labelsOf(row))) {
      const last = (journal.notificationsOf.get(row.id) ?? [])
        .filter((n) => n.receiver === route.receiver)
        .at(-1);
      if (!last) continue;
      const from = Math.max(last.createdAt, this.routedAt, ackedUntil, this.#movedAt.get(row.id) ?? 0);
      const ended = ackedUntil > last.createdAt && ackedUntil === from;
      const by = from + (ended ? route.groupIntervalMs : route.repeatIntervalMs) + this.#patience(route, row);
      if (now > by + this.#world.downtime(from, now))
        this.#broken(
          'I1',
          `${row.id} still fires and ${route.receiver} heard nothing since ${last.createdAt}`,
        );
    }
  }

  /** When the acknowledgement that a client was told of ends; Infinity where it does not, or may be another since. */
  #ackedUntil(row: AlertRow, now: number): number {
    if (row.ackedAt === null) return 0;
    const told = this.#acks.get(row.id);
    if (told === undefined || told.until === null || this.#asksAboutAcks(row.id))
      return Number.POSITIVE_INFINITY;
    return told.until > now ? Number.POSITIVE_INFINITY : told.until;
  }

  /** After quiescence: whatever was said firing and ended was taken back. */
  checkResolves(now: number): void {
    const { journal, routing } = this.#world;
    for (const record of journal.alerts.values()) {
      const { row } = record;
      if (row.kind !== 'alert' || record.firedAt === null || record.resolvedAt === null) continue;
      if (this.routedAt >= record.firedAt || record.resolvedAt > now - 900_000) continue;
      const places = placesOf(routing, labelsOf(row)).map(({ receiver }) => receiver);
      const notified = journal.notificationsOf.get(row.id) ?? [];
      const moved = this.#movedAt.has(row.id);
      // Of an alert that moved also those who heard of it on the way.
      for (const receiver of new Set(moved ? notified.map((n) => n.receiver ?? '') : places)) {
        if (routing.receivers.get(receiver)?.sendResolved !== true) continue;
        const all = notified.filter((n) => n.receiver === receiver);
        if (!all.some((n) => n.alerts[row.id] === 'firing')) continue;
        const takenBack = (moved ? all.slice(-1) : all).some((n) => n.alerts[row.id] === 'resolved');
        const again = journal
          .ofKey(row.tenant, row.key)
          .some((other) => (other.firedAt ?? 0) > record.firedAt!);
        if (!takenBack && !again)
          this.#broken('I1', `${row.id} ended at ${record.resolvedAt} and ${receiver} believes it fires`);
      }
    }
  }

  #broken(id: 'I1' | 'I2' | 'I3' | 'I8' | 'I11' | 'I13' | 'I14' | 'I15', message: string): never {
    throw new Violation(id, message, this.#world.clock.now());
  }
}

/** Labels as routes read them. */
function labelsOf({ labels, effectiveSeverity }: AlertRow): AlertRow['labels'] {
  return { ...labels, severity: effectiveSeverity };
}

/** The notification says of the alert that it is as urgent as it is, or more so. */
function saysEnough(notification: NotificationRow, { id, effectiveSeverity }: AlertRow): boolean {
  const { alerts } = JSON.parse(notification.body) as AlertMessage;
  const said = alerts.find((alert) => alert.id === id);
  return said === undefined || severities.indexOf(said.severity) >= severities.indexOf(effectiveSeverity);
}
