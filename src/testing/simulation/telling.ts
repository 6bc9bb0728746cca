// The oracle of notifications: from the episodes and events that were committed, the routing tree, and what holds them
// back it says who must be told by when, and what may not be said.
import type { AlertMessage, NotifyReason } from '../../../channels/message.ts';
import { severities } from '../../../rules/types.ts';
import type { Effect } from '../../pipeline/effect.ts';
import { type AlertRow, type GroupRow, type NotificationRow, saysFiring } from '../../pipeline/rows.ts';
import type { Acks } from './acks.ts';
import type { Besides } from './besides.ts';
import type { Hold, Holding } from './holding.ts';
import type { AlertRecord } from './journal.ts';
import { longestDigestMs, placesThatOweTheEnd, routeAt, slotBefore, type Told, toldAt } from './routes.ts';
import { type InvariantId, Violation } from './violation.ts';
import type { World } from './world.ts';

const slackMs = 15_000;

/** The longest resolve_wait, group_interval and dedupe window, whatever tree they were of. */
const endsWithinMs = 900_000;

/** Inputs of one moment are taken in one turn or in several. */
const routedGraceMs = 1_000;

export class Telling {
  readonly #world: World;
  readonly #acks: Acks;
  readonly #holding: Holding;
  readonly #besides: Besides;
  /** Fired alerts and events of which somebody is still to be told. */
  readonly #owed = new Set<string>();
  readonly #firing = new Set<string>();
  /** Alerts that were said to fire and have ended: their receivers are to hear of that. */
  readonly #ended = new Set<string>();
  readonly #unchecked = new Map<string, { row: NotificationRow; channels: readonly string[] }>();
  /** group id → alert key → when it was last spoken of. */
  readonly #spoken = new Map<string, Map<string, { id: string; at: number }>>();
  readonly #lastOfGroup = new Map<string, number>();
  /** When another level of its rule made an alert more or less urgent. */
  readonly #movedAt = new Map<string, number>();
  routedAt = 0;
  /** By group: when somebody wanted its digest. */
  readonly #wantedAt = new Map<string, number>();
  rulesAt = 0;
  /** When the last alert became more or less urgent. */
  lastMovedAt = 0;

  constructor(world: World, acks: Acks, holding: Holding, besides: Besides) {
    this.#world = world;
    this.#acks = acks;
    this.#holding = holding;
    this.#besides = besides;
  }

  /** What fires may be said to be resolved, where another receiver hears of it from now on. */
  mayBeTakenBack(alertId: string): boolean {
    return this.routedAt !== 0 || this.#movedAt.has(alertId);
  }

  onEffect(effect: Effect, at: number): void {
    const { counters } = this.#world;
    switch (effect.put) {
      case 'event': {
        const { row } = effect;
        if (row.kind === 'alert.firing') {
          this.#owed.add(row.subjectId);
          this.#firing.add(row.subjectId);
        } else if (row.kind === 'alert.severity_changed') {
          this.#movedAt.set(row.subjectId, at);
          this.lastMovedAt = at;
          if (this.#firing.has(row.subjectId)) this.#owed.add(row.subjectId);
        } else if (row.kind === 'alert.resolved') {
          if (this.#firing.delete(row.subjectId)) this.#ended.add(row.subjectId);
        } else if (row.kind === 'alert.acknowledged') counters.hit('acknowledged');
        else if (row.kind === 'digest.flushed') this.#wantedAt.set(row.subjectId, at);
        else if (row.kind === 'notify.suppressed') {
          counters.hit(row.reason === 'silenced' ? 'silenced' : 'inhibited');
        } else if (row.kind === 'silence.ended') counters.hit('silence ended');
        else if (row.kind === 'event.received') {
          if (row.body.type === 'silence.ending') counters.hit('silence reminded of');
          if (row.body.type === 'tocsin.dead_letters') counters.hit('dead letters told');
          if (row.reason === null) this.#owed.add(row.subjectId);
          else counters.hit('event deduplicated');
        } else if (row.kind === 'notify.held') counters.hit('held by dedupe window');
        else if (row.kind === 'notify.skipped') {
          if (row.reason === 'resolved_before_notify') counters.hit('resolved before notify');
          if (row.reason === 'routed_elsewhere') counters.hit('routed elsewhere');
          if (row.reason === 'send_resolved_off') counters.hit('send_resolved off');
          this.#checkSkip(row.subjectId, row.reason ?? '', String(row.body.groupKey), at);
        }
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
      default:
    }
  }

  // -- decisions ------------------------------------------------------------------------------------------------

  #said(row: NotificationRow, at: number): void {
    const { counters, journal, routing } = this.#world;
    const reason = row.reason as NotifyReason;
    if (reason === 'flapping')
      this.#broken('I11', `${row.id} calls an alert flapping, which is not asked for`);
    counters.hit(reason);
    if (reason === 'resolved' || reason === 'some_resolved') this.#checkWantsResolves(row);
    if (this.#besides.has(row)) {
      // Its receiver did not hear of it.
      this.#checkHeldBack(row, at);
      return;
    }
    for (const [id, status] of Object.entries(row.alerts))
      if (status === 'resolved' && journal.alerts.get(id)?.row.state === 'firing') counters.hit('taken back');
    const receiver = routing.receivers.get(row.receiver ?? '');
    this.#unchecked.set(row.id, { row, channels: receiver?.channels ?? [] });
    const groupId = row.groupId ?? '';
    const message = JSON.parse(row.body) as AlertMessage;
    const group = journal.groups.get(groupId);
    const route = group && routeAt(routing, group.receiver, group.route);
    this.#checkHeldBack(row, at);
    const last = this.#lastOfGroup.get(groupId) ?? 0;
    const settled = this.routedAt < last && this.routedAt < at - 600_000;
    if (reason === 'repeat') {
      // What another group said of an alert that came from there is repeated when that is so old.
      const cameFromElsewhere = Object.keys(row.alerts).some((id) => this.#movedAt.has(id));
      // Of what was said longest ago: what was held back meanwhile is repeated on its own time.
      const saidAt = (id: string) =>
        this.#spoken.get(groupId)?.get(journal.alerts.get(id)?.row.key ?? '')?.at ??
        (message.changed.includes(id) ? undefined : this.#takenOverAt(id, row.receiver)) ??
        last;
      const oldest = Object.keys(row.alerts).reduce((min, id) => Math.min(min, saidAt(id)), last);
      // At its end what somebody had acknowledged is said again, too.
      const ended = Object.keys(row.alerts).some((id) => {
        const until = journal.alerts.get(id)?.row.ackUntil ?? 0;
        return until > saidAt(id) && until <= row.createdAt;
      });
      const early = route && row.createdAt - oldest < route.repeatIntervalMs;
      if (ended && early) counters.hit('told at the end of an acknowledgement');
      if (group && early && settled && !cameFromElsewhere && !ended)
        this.#broken('I11', `repeat of ${group.groupKey} after ${row.createdAt - oldest} ms`);
    }
    const collected = reason === 'digest' || reason === 'storm';
    const repeats = reason === 'repeat' || (collected && message.changed.length === 0);
    if (repeats && Object.keys(row.alerts).every((id) => this.#acks.holds(id, row.createdAt)))
      this.#broken('I8', `repeat of ${groupId} although everything is acknowledged`);
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
      // An event in a digest counts by when it came.
      const came = collected && alert.kind === 'event' ? alert.firedAt : null;
      const within =
        before &&
        before.id !== id &&
        !this.#movedAt.has(id) &&
        (came ?? row.createdAt) - before.at < this.#window(alert, receiver.name);
      if (within && row.alerts[id] !== 'resolved') early.push(id);
    }
    const quiet = this.routedAt < at - 600_000 && this.rulesAt < at - 600_000;
    // A repeat is about those that stand; what fires anew meanwhile is in the list, but not its cause.
    const standing = reason === 'repeat' && Object.keys(row.alerts).length > message.changed.length;
    // At its time a digest says all that it has, and also to whoever wants it now.
    const wanted =
      reason === 'storm' ||
      (reason === 'digest' &&
        (this.#wantedAt.get(groupId) === at || (group !== undefined && this.#isOnTime(group, at))));
    if (quiet && !standing && !wanted && early.length > 0 && early.length === message.changed.length)
      this.#broken('I11', `${reason} of ${early.join(', ')} within the dedupe window`);
    for (const id of Object.keys(row.alerts)) {
      const alert = journal.alerts.get(id)?.row;
      if (!alert) continue;
      spoken.set(alert.key, { id, at: row.createdAt });
    }
    this.#lastOfGroup.set(groupId, row.createdAt);
  }

  /**
   * When the receiver heard last of an alert, before the tree was changed: a group that goes on with what others said has
   * that time from them, and repeats it by that, however long it was held back since.
   */
  #takenOverAt(alertId: string, receiver: string | null): number | undefined {
    return this.#heard(alertId).findLast((n) => n.receiver === receiver && n.createdAt < this.routedAt)
      ?.createdAt;
  }

  /** Nothing is decided of an alert that a silence or another alert holds back, in the order of the commits. */
  #checkHeldBack(row: NotificationRow, at: number): void {
    const { journal, counters } = this.#world;
    for (const [id, status] of Object.entries(row.alerts)) {
      const alert = journal.alerts.get(id)?.row;
      if (!alert) continue;
      const { by, endedAt } = this.#hold(alert, at);
      // Decided in the turn in which it became more urgent: by what it was before, perhaps.
      // So it is of one that inhibits others.
      const isMoving = this.#movedAt.get(id) === at || (by === 'inhibited' && this.lastMovedAt === at);
      if (by !== null && !isMoving && at >= this.routedAt + routedGraceMs)
        this.#broken('I10', `${row.reason} of ${id} (${alert.key}) for ${row.receiver}, which is ${by}`);
      if (endedAt === 0 || alert.kind === 'event') continue;
      counters.hit(status === 'resolved' ? 'resolve told after a hold' : 'told after a hold');
    }
  }

  #hold(row: AlertRow, at: number): Hold {
    return this.#holding.of(row.id, row.tenant, labelsOf(row), at);
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
    if (reason === 'silenced' || reason === 'inhibited') {
      const { by, endedAt } = this.#hold(record.row, at);
      const since = Math.min(record.firedAt ?? at, record.events[0]?.at ?? at);
      // Of one that moved the silence may have taken the severity that it had.
      const moved = this.#movedAt.has(alertId);
      if (by === null && endedAt < since && this.routedAt < since && !moved)
        this.#broken('I1', `${alertId} was skipped as ${reason} and nothing holds it back`);
      if (record.row.kind === 'event') this.#world.counters.hit('event held back');
    }
    if (reason === 'receiver_gone') this.#broken('I1', `${alertId} was skipped: receiver gone`);
    if (reason === 'within_dedupe_window' && record.row.kind === 'event') {
      const { journal } = this.#world;
      const told = journal
        .ofKey(record.row.tenant, record.row.key)
        .some(
          ({ row }) =>
            row.id !== alertId && this.#heard(row.id).some((n) => groupKey.startsWith(`${n.receiver}:`)),
        );
      const inGroup = [...this.#owed].some((id) => journal.alerts.get(id)?.row.key === record.row.key);
      // Routed anew since: the twin that is told in this turn may not be owed any more, see `#settled`.
      const reroutedSince = this.routedAt > (record.events[0]?.at ?? 0);
      if (!told && !inGroup && !reroutedSince)
        this.#broken('I1', `event ${alertId} was skipped at ${at} and none like it was told`);
    }
  }

  // -- from time to time ----------------------------------------------------------------------------------------

  sweep(): void {
    const { journal, clock } = this.#world;
    const now = clock.now();
    for (const { row, channels } of this.#unchecked.values()) {
      const made = new Set((journal.deliveriesOf.get(row.id) ?? []).map((d) => d.row.recipient));
      for (const channel of channels)
        if (!made.has(channel)) this.#broken('I1', `notification ${row.id} has no delivery on ${channel}`);
    }
    this.#unchecked.clear();
    for (const id of [...this.#owed]) {
      const record = journal.alerts.get(id)!;
      if (this.#settled(record, now)) this.#owed.delete(id);
    }
    for (const id of this.#firing) {
      this.#checkRepeat(journal.alerts.get(id)!, now);
      this.#checkLeft(journal.alerts.get(id)!, now);
    }
    for (const id of [...this.#ended])
      if (this.#isTakenBack(journal.alerts.get(id)!, now)) this.#ended.delete(id);
    if (!this.#world.calm) return;
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
    const hold = this.#hold(row, now);
    const movedAt = this.#movedAt.get(row.id) ?? 0;
    for (const place of toldAt(routing, labelsOf(row))) {
      const { receiver, route } = place;
      const told = this.#heard(row.id).some(
        (n) => n.receiver === receiver && (movedAt === 0 || ended !== null || saysEnough(n, row)),
      );
      const skipped = (journal.skips.get(row.id) ?? []).some(
        (s) =>
          s.kind === 'notify.skipped' &&
          s.reason !== 'routed_elsewhere' &&
          s.groupKey.startsWith(`${receiver}:`),
      );
      if (told || skipped) continue;
      open = true;
      if (hold.by !== null) continue;
      const from = Math.max(firedAt, ended ?? 0, this.routedAt, movedAt, hold.endedAt);
      const by = from + this.#patience(place, row) + (ended === null ? 0 : route.resolveWaitMs);
      if (now > by + this.#world.downtime(firedAt, now))
        this.#broken('I1', `${row.kind} ${row.id} (${row.key}) fired at ${firedAt}, nobody told ${receiver}`);
    }
    return !open;
  }

  #patience({ route, receiver, digest }: Told, row: AlertRow): number {
    const collected = Math.max(digest?.everyMs ?? 0, this.#world.routing.storm?.everyMs ?? 0);
    return route.groupWaitMs + route.groupIntervalMs + collected + this.#window(row, receiver) + slackMs;
  }

  #checkRepeat(record: AlertRecord, now: number): void {
    const { row } = record;
    const { routing } = this.#world;
    const ackedUntil = this.#acks.until(row, now);
    const hold = this.#hold(row, now);
    if (ackedUntil > now || hold.by !== null) return;
    for (const place of toldAt(routing, labelsOf(row))) {
      const { receiver, route } = place;
      const last = this.#heard(row.id)
        .filter((n) => n.receiver === receiver)
        .at(-1);
      if (!last) continue;
      const takenBackAt = this.#acks.takenBackAt(row.id);
      const movedAt = this.#movedAt.get(row.id) ?? 0;
      const from = Math.max(last.createdAt, this.routedAt, ackedUntil, movedAt, takenBackAt);
      const ended = ackedUntil > last.createdAt && ackedUntil === from;
      const again = from + (ended ? route.groupIntervalMs : route.repeatIntervalMs);
      const by = Math.max(again, hold.endedAt) + this.#patience(place, row);
      if (now > by + this.#world.downtime(from, now))
        this.#broken('I1', `${row.id} still fires and ${receiver} heard nothing since ${last.createdAt}`);
    }
  }

  /** It fires on, and who heard of it and is not its receiver any more has heard so. */
  #checkLeft(record: AlertRecord, now: number): void {
    const { row } = record;
    const movedAt = Math.max(this.#movedAt.get(row.id) ?? 0, this.routedAt);
    if (movedAt === 0) return;
    const { by, endedAt } = this.#hold(row, now);
    const from = Math.max(movedAt, endedAt);
    if (by !== null || now <= from + this.#endsWithinMs + this.#world.downtime(from, now)) return;
    const places = toldAt(this.#world.routing, labelsOf(row)).map(({ receiver }) => receiver);
    for (const receiver of this.#believers(record))
      if (!places.includes(receiver))
        this.#broken('I1', `${row.id} went elsewhere at ${movedAt} and ${receiver} believes it fires`);
  }

  /** A digest at its time on the clock, or a little later. */
  #isOnTime({ route }: GroupRow, at: number): boolean {
    const [, count, unit] = / digest (\d+)([mh])$/.exec(route) ?? [];
    const everyMs = Number(count) * (unit === 'h' ? 3_600_000 : 60_000);
    const slot = slotBefore(this.#world.routing, everyMs, at);
    return at - slot <= 5_000 + this.#world.downtime(slot, at);
  }

  /** After quiescence: whatever was said firing and ended was taken back. */
  checkResolves(now: number): void {
    for (const record of this.#world.journal.alerts.values()) {
      const { row, firedAt, resolvedAt } = record;
      if (row.kind !== 'alert' || firedAt === null || resolvedAt === null) continue;
      const { by, endedAt } = this.#hold(row, now);
      if (by !== null || Math.max(resolvedAt, endedAt) > now - this.#endsWithinMs) continue;
      for (const receiver of this.#believers(record))
        this.#broken('I1', `${row.id} ended at ${resolvedAt} and ${receiver} believes it fires`);
    }
  }

  /** Nobody who heard that it fires is still to hear of its end. Throws when it is too late for that. */
  #isTakenBack(record: AlertRecord, now: number): boolean {
    const { row, resolvedAt } = record;
    const { routing } = this.#world;
    const believers = this.#believers(record);
    if (believers.length === 0 || resolvedAt === null) return true;
    const { by, endedAt } = this.#hold(row, now);
    if (by !== null) return false;
    const from = Math.max(resolvedAt, endedAt, this.routedAt);
    const places = toldAt(routing, labelsOf(row));
    for (const receiver of believers) {
      const own = places.filter((place) => place.receiver === receiver);
      for (const place of placesThatOweTheEnd(own, this.#saidBy(row.id, receiver))) {
        const until = from + place.route.resolveWaitMs + this.#patience(place, row);
        if (now > until + this.#world.downtime(resolvedAt, now))
          this.#broken('I1', `${row.id} ended at ${resolvedAt}, ${receiver} heard that it fires and no end`);
      }
    }
    return false;
  }

  /** Paths of the groups that told the receiver that it fires. */
  #saidBy(alertId: string, receiver: string): readonly string[] {
    return this.#heard(alertId)
      .filter((n) => n.receiver === receiver && saysFiring(n.alerts[alertId]))
      .flatMap(({ groupId }) => this.#world.journal.groups.get(groupId ?? '')?.route ?? []);
  }

  /** Receivers that were told that it fires, and not that it does not any more. */
  #believers(record: AlertRecord): readonly string[] {
    const { journal, routing } = this.#world;
    const { row, firedAt } = record;
    const places = toldAt(routing, labelsOf(row)).map(({ receiver }) => receiver);
    const notified = this.#heard(row.id);
    const moved = this.#movedAt.has(row.id) || this.routedAt >= (firedAt ?? 0);
    const again = journal.ofKey(row.tenant, row.key).some((other) => (other.firedAt ?? 0) > (firedAt ?? 0));
    if (again) return [];
    // Of an alert that moved, or was routed anew, also those who heard of it on the way.
    return [...new Set(moved ? notified.map((n) => n.receiver ?? '') : places)].filter((receiver) => {
      if (routing.receivers.get(receiver)?.sendResolved !== true) return false;
      const all = notified.filter((n) => n.receiver === receiver);
      if (!all.some((n) => saysFiring(n.alerts[row.id]))) return false;
      const last = all.at(-1)!.alerts[row.id];
      // A digest or a storm's summary that tells of it as of something that has passed tells its end.
      if (moved && last === 'event') return false;
      return !(moved ? [last] : all.map((n) => n.alerts[row.id])).includes('resolved');
    });
  }

  /** What receivers were told of it. */
  #heard(alertId: string): readonly NotificationRow[] {
    const all = this.#world.journal.notificationsOf.get(alertId) ?? [];
    return all.filter((row) => !this.#besides.has(row));
  }

  /** Whatever tree it is of, and the next digest after that. */
  get #endsWithinMs(): number {
    return endsWithinMs + longestDigestMs(this.#world.plan.routing);
  }

  #broken(id: InvariantId, message: string): never {
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
