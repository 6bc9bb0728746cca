// The oracle of whom the steps of escalations told: they hear of the end when the receiver of the group does, or, where the
// alert is another group's by then, when that one tells the same receiver.
import type { GroupRow, NotificationRow } from '../../pipeline/rows.ts';
import { type Besides, endsOf } from './besides.ts';
import { type InvariantId, Violation } from './violation.ts';
import type { World } from './world.ts';

/** Somebody whom a step told is to hear of the end. */
interface OwedEnd {
  readonly groupId: string;
  readonly alertId: string;
  readonly channels: readonly string[];
  readonly at: number;
}

export class StepEnds {
  readonly #world: World;
  readonly #besides: Besides;
  /** Group → alert → channels that a step has told of it → when it did last. */
  readonly #told = new Map<string, Map<string, Map<string, number>>>();
  /** `<receiver> <tenant> <alert key>` of all that a step has ever told. */
  readonly #everTold = new Set<string>();
  #owed: OwedEnd[] = [];

  constructor(world: World, besides: Besides) {
    this.#world = world;
    this.#besides = besides;
  }

  /** A step told the channels of these alerts. */
  stepTold({ groupId, receiver, alerts, createdAt }: NotificationRow, channels: readonly string[]): void {
    const told = this.#told.get(groupId!) ?? new Map<string, Map<string, number>>();
    this.#told.set(groupId!, told);
    for (const id of Object.keys(alerts)) {
      const times = channels.map((channel) => [channel, createdAt] as const);
      told.set(id, new Map([...(told.get(id) ?? []), ...times]));
      this.#everTold.add(this.#heard(receiver, id));
    }
  }

  #heard(receiver: string | null, id: string): string {
    const { tenant, key } = this.#world.journal.alerts.get(id)!.row;
    return `${receiver} ${tenant} ${key}`;
  }

  /** The receiver of the group heard something. */
  receiverTold(row: NotificationRow): void {
    const groupId = row.groupId!;
    for (const alertId of endsOf(row)) {
      const own = this.#world.routing.receivers.get(row.receiver ?? '')?.channels ?? [];
      const told = this.#told.get(groupId);
      const channels = [...(told?.get(alertId)?.keys() ?? [])].filter((name) => !own.includes(name));
      told?.delete(alertId);
      if (channels.length > 0) this.#owed.push({ groupId, alertId, channels, at: row.createdAt });
    }
  }

  /** Others than the receiver heard of an end. */
  endTold(row: NotificationRow): void {
    const ended = endsOf(row);
    const told = this.#owed.filter(
      ({ groupId, alertId }) => groupId === row.groupId && ended.includes(alertId),
    );
    this.#world.counters.hit('end of a step told');
    this.#owed = this.#owed.filter((owed) => !told.includes(owed));
    if (told.length > 0) return;
    this.#world.counters.hit('end of a step told by another group');
    if (!ended.some((id) => this.#everTold.has(this.#heard(row.receiver, id))))
      this.#broken('I3', `${row.id} tells of an end that nobody is to hear of but its receiver`);
  }

  /** Another group goes on with the escalation of the first one. */
  handOver(from: string, to: string): void {
    const all = this.#told.get(to) ?? new Map<string, Map<string, number>>();
    for (const [id, channels] of this.#told.get(from) ?? [])
      all.set(id, new Map([...(all.get(id) ?? []), ...channels]));
    this.#told.delete(from);
    this.#told.set(to, all);
  }

  /**
   * An alert has left a group for this one of the same receiver, which says from now on that it is over: also where the
   * alert comes back to the first one, which knows of no step then.
   */
  passedOn(heir: GroupRow): void {
    const { journal } = this.#world;
    const known = new Set(heir.escalation?.told.flatMap(({ alerts }) => alerts));
    if (known.size === 0) return;
    for (const [groupId, told] of this.#told) {
      const group = journal.groups.get(groupId);
      if (groupId === heir.id || group?.tenant !== heir.tenant || group.receiver !== heir.receiver) continue;
      for (const [id, channels] of [...told]) {
        const left = group.notified[id]?.status !== 'firing' && known.has(id);
        if (!left || group.escalation?.told.some(({ alerts }) => alerts.includes(id))) continue;
        told.delete(id);
        const all = this.#told.get(heir.id) ?? new Map<string, Map<string, number>>();
        all.set(id, new Map([...(all.get(id) ?? []), ...channels]));
        this.#told.set(heir.id, all);
      }
    }
  }

  /** A commit is through: what its receiver heard, the others did, too. */
  sweep(): void {
    const [late] = this.#owed;
    if (late !== undefined) this.#silent(late.alertId, late.at, late.channels);
  }

  /** After quiescence: where the receiver heard of the end, everybody did whom a step told. */
  checkAll(): void {
    const { journal } = this.#world;
    for (const [groupId, alerts] of this.#told) {
      const receiver = journal.groups.get(groupId)?.receiver ?? this.#receiverOf(groupId);
      for (const [id, channels] of alerts) {
        const { resolvedAt } = journal.alerts.get(id) ?? { resolvedAt: null };
        const said = (journal.notificationsOf.get(id) ?? []).filter((row) => row.receiver === receiver);
        const own = said.filter((row) => !this.#besides.has(row));
        if (resolvedAt === null || own.at(-1)?.alerts[id] !== 'resolved') continue;
        const ends = said.filter((row) => this.#besides.has(row) && endsOf(row).includes(id));
        const always = this.#world.routing.receivers.get(receiver ?? '')?.channels ?? [];
        const hasHeard = (channel: string, toldAt: number) =>
          always.includes(channel) ||
          ends.some(
            (row) =>
              row.createdAt >= toldAt &&
              (journal.deliveriesOf.get(row.id) ?? []).some((sent) => sent.row.recipient === channel),
          );
        const deaf = [...channels].flatMap(([channel, toldAt]) =>
          hasHeard(channel, toldAt) ? [] : [channel],
        );
        if (deaf.length > 0) this.#silent(id, resolvedAt, deaf);
      }
    }
  }

  /** Of a group that is closed: what it said. */
  #receiverOf(groupId: string): string | null {
    for (const [id] of this.#told.get(groupId) ?? [])
      for (const row of this.#world.journal.notificationsOf.get(id) ?? [])
        if (row.groupId === groupId) return row.receiver;
    return null;
  }

  #silent(alertId: string, at: number, channels: readonly string[]): never {
    this.#broken(
      'I1',
      `${alertId} ended at ${at}, and ${channels.join(', ')}, told by a step, heard nothing`,
    );
  }

  #broken(id: InvariantId, message: string): never {
    throw new Violation(id, message, this.#world.clock.now());
  }
}
