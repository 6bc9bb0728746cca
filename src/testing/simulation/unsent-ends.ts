// The oracle of ends that are not sent, since nobody heard that the alert fires: no provider has that it does, or an end has
// come since, also out of another group of the receiver that the alert went to. Where that one is still on its way it has to
// go out.
import { type DeliveryRow, type Saying, saysFiring } from '../../pipeline/rows.ts';
import type { Accepted, DeliveryRecord } from './journal.ts';
import { Violation } from './violation.ts';
import type { World } from './world.ts';

/** What a delivery says of an alert to one recipient. */
interface Word {
  readonly record: DeliveryRecord;
  readonly receiver: string | null;
  readonly saying: Saying | undefined;
}

/** An end that was not sent, and the one that is on its way to the same people. */
interface Relied {
  readonly unsent: DeliveryRow;
  readonly alert: string;
  readonly on: DeliveryRecord;
}

export class UnsentEnds {
  readonly #world: World;
  readonly #relied = new Set<Relied>();

  constructor(world: World) {
    this.#world = world;
  }

  /** This was not sent. */
  check(row: DeliveryRow): void {
    const { alerts } = this.#world.journal.notifications.get(row.notificationId)!;
    for (const alert of Object.keys(alerts)) this.#checkOne(row, alert);
  }

  /** What was on its way has gone out, or is a dead letter that somebody sees. */
  sweep(): void {
    for (const relied of this.#relied) {
      const { unsent, alert, on } = relied;
      if (isOpen(on) && on.accepted.length === 0) continue;
      this.#relied.delete(relied);
      if (on.row.state === 'dropped' && !this.#isSaidToFireAnew(on, alert)) this.#checkOne(unsent, alert);
    }
  }

  #checkOne(unsent: DeliveryRow, alert: string): void {
    const words = this.#wordsTo(unsent.recipient, alert);
    const heard = words.findLast(
      ({ record: { row, accepted } }) => row.orderKey === unsent.orderKey && accepted.length > 0,
    );
    if (heard === undefined || !saysFiring(heard.saying)) return;
    const ends = words.filter(({ receiver, saying }) => receiver === heard.receiver && saying === 'resolved');
    const isSince = ({ record }: Word) =>
      record.accepted.length > 0 && takenAt(record) > takenAt(heard.record);
    if (ends.some(isSince)) return;
    // Another group took that word over, and its end waits for what is before it, or for its channel.
    const later = words.slice(words.indexOf(heard) + 1);
    const coming = ends.find(
      (end) => later.includes(end) && isOpen(end.record) && end.record.row.orderKey !== unsent.orderKey,
    );
    if (coming === undefined)
      throw new Violation(
        'I1',
        `${unsent.id} is the end of ${alert}, was dropped, and ${unsent.recipient} has that it fires`,
        this.#world.clock.now(),
      );
    this.#relied.add({ unsent, alert, on: coming.record });
  }

  /** In the order in which they were said. */
  #wordsTo(recipient: string, alert: string): readonly Word[] {
    const { notificationsOf, deliveriesOf } = this.#world.journal;
    return (notificationsOf.get(alert) ?? []).flatMap(({ id, alerts, receiver }) =>
      (deliveriesOf.get(id) ?? [])
        .filter(({ row }) => row.recipient === recipient)
        .map((record) => ({ record, receiver, saying: alerts[alert] })),
    );
  }

  /** A later message of its order takes the place of the end and says that it fires: the next end is that one's. */
  #isSaidToFireAnew(end: DeliveryRecord, alert: string): boolean {
    if (end.row.reason !== 'superseded') return false;
    const words = this.#wordsTo(end.row.recipient, alert);
    const at = words.findIndex(({ record }) => record === end);
    return words
      .slice(at + 1)
      .some(({ record, saying }) => record.row.orderKey === end.row.orderKey && saysFiring(saying));
  }
}

const isOpen = ({ row: { state } }: DeliveryRecord) => state === 'queued' || state === 'sending';

/**
 * When a provider had it. What the same one takes once more under the same id, since its answer was lost, says nothing new
 * and counts by the first time; what had not arrived, was queued anew, or went through another channel, by the later one.
 */
function takenAt({ accepted, openedAt, lost }: DeliveryRecord): number {
  const last = accepted.at(-1)!;
  const isSame = ({ channel, at }: Accepted) => channel === last.channel && at >= openedAt;
  return (lost ? last : (accepted.find(isSame) ?? last)).at;
}
