// The oracle of what becomes more urgent by itself, from its documentation alone: not before it has been of its severity
// for as long as a policy says, not while somebody holds it unless that does not matter, and not long after.
import { type Labels, type Severity, severities } from '../../../rules/types.ts';
import type { Effect } from '../../pipeline/effect.ts';
import type { Promotion } from '../../pipeline/escalation.ts';
import { type AlertRow, type EventRow, type NotificationRow, saysFiring } from '../../pipeline/rows.ts';
import { policyFor } from './escalation-plan.ts';
import type { OpenAlerts } from './open-alerts.ts';
import { type Told, toldAt } from './routes.ts';
import { StandingWords } from './standing-words.ts';
import type { Telling } from './telling.ts';
import { type InvariantId, Violation } from './violation.ts';
import type { World } from './world.ts';

const slackMs = 15_000;
const lookEveryMs = 5_000;
const settledAfterMs = 600_000;

interface Known {
  readonly severity: Severity;
  readonly since: number;
}

export class Promotions {
  readonly #world: World;
  readonly #alerts: OpenAlerts;
  readonly #telling: Telling;
  /** Firing alerts: since when each has been of its severity. */
  readonly #known = new Map<string, Known>();
  /** Since when each was due, told, and nobody's. */
  readonly #ripe = new Map<string, number>();
  readonly #words: StandingWords;

  constructor(world: World, alerts: OpenAlerts, telling: Telling) {
    this.#world = world;
    this.#alerts = alerts;
    this.#telling = telling;
    this.#words = new StandingWords(world);
  }

  start(): void {
    const { clock, routing } = this.#world;
    if (![...(routing.escalations?.values() ?? [])].some(({ promote }) => promote.length > 0)) return;
    const look = () => {
      this.#look();
      clock.at(clock.now() + lookEveryMs, look);
    };
    clock.at(clock.now() + lookEveryMs, look);
  }

  onEffect(effect: Effect): void {
    if (effect.put === 'event' && effect.row.subjectKind === 'alert') this.#happened(effect.row);
    if (effect.put === 'notification') this.#said(effect.row);
  }

  #said(row: NotificationRow): void {
    for (const id of Object.keys(row.alerts)) {
      const known = this.#known.get(id);
      if (known === undefined) continue;
      this.#words.said(id, row);
      // It may have become more urgent in the turn that told of it, and be another group's since.
      this.#words.settle(id, this.#labelsOf(id, known.severity));
    }
  }

  #labelsOf(id: string, severity: Severity): Labels {
    return { ...this.#world.journal.alerts.get(id)!.row.labels, severity };
  }

  #happened({ kind, subjectId: id, reason, at, body }: EventRow): void {
    const row = this.#world.journal.alerts.get(id)?.row;
    if (row === undefined || row.kind !== 'alert') return;
    // It fires since its sample, which may be older than the commit.
    if (kind === 'alert.firing')
      this.#known.set(id, { severity: row.effectiveSeverity, since: Math.min(row.firedAt ?? at, at) });
    else if (kind === 'alert.resolved') {
      this.#known.delete(id);
      this.#words.forget(id);
    } else if (kind === 'alert.severity_changed') {
      const [from, to] = [body.from, body.to] as [Severity, Severity];
      let since = at;
      if (reason === 'promoted') since = this.#promoted(row, from, to, at);
      else if (severities.indexOf(to) < severities.indexOf(row.promoted ?? 'info'))
        this.#broken('I3', `${id} falls to ${to}, and was raised to ${row.promoted}`);
      if (this.#known.has(id)) this.#known.set(id, { severity: to, since });
      this.#ripe.delete(id);
      this.#words.settle(id, this.#labelsOf(id, to));
    }
  }

  /** @returns Since when it counts as of the new severity: since it was due, where that was a moment ago. */
  #promoted(row: AlertRow, from: Severity, to: Severity, at: number): number {
    const { counters } = this.#world;
    counters.hit('promoted');
    const known = this.#known.get(row.id);
    if (known === undefined) this.#broken('I3', `${row.id} is raised to ${to} and does not fire`);
    const by = this.#rulesFor(row, from);
    if (this.#telling.routedAt > known.since - settledAfterMs) return at;
    const allowed = by.filter((one) => one.to === to);
    if (allowed.length === 0)
      this.#broken('I3', `${row.id} is raised from ${from} to ${to}, which nobody asked for`);
    // What raised it before was late where nothing ran then, and this counts from when that was due.
    const down = this.#world.downtime(known.since - 3_600_000, at);
    if (!allowed.some(({ afterMs }) => at >= known.since + afterMs - down))
      this.#broken('I3', `${row.id} is raised to ${to} at ${at}, and has been ${from} since ${known.since}`);
    const heldBy = row.ackedAt !== null && row.ackedAt < at ? this.#alerts.heldBy(row, at) : null;
    if (heldBy === 'acknowledged') {
      if (allowed.every((one) => one.while === 'unacknowledged'))
        this.#broken('I8', `${row.id} is raised to ${to} although somebody holds it`);
      counters.hit('promoted although acknowledged');
    }
    const dueAt = Math.min(...allowed.map(({ afterMs }) => known.since + afterMs));
    return at - dueAt <= slackMs ? Math.min(dueAt, at) : at;
  }

  #rulesFor(row: AlertRow, from: Severity): readonly (Promotion & { readonly place: Told })[] {
    const { routing } = this.#world;
    return toldAt(routing, { ...row.labels, severity: from }).flatMap((place) => {
      const { promote } = (place.digest === null ? policyFor(routing, place.route) : null) ?? { promote: [] };
      return promote.filter((one) => one.from === from).map((one) => ({ ...one, place }));
    });
  }

  #look(): void {
    const { clock, journal } = this.#world;
    const now = clock.now();
    for (const [id, { severity, since }] of this.#known) {
      const row = journal.alerts.get(id)!.row;
      const said = journal.notificationsOf.get(id) ?? [];
      const labels = this.#labelsOf(id, severity);
      // The tree may be another one since.
      this.#words.settle(id, labels);
      // Whoever is to hear of it now has heard of it.
      const isTold = (place: Told) => {
        if (!this.#words.stands(id, place, labels)) return false;
        const last = said.findLast(({ receiver }) => receiver === place.receiver);
        // A group that it has left owes its end: the one that it is in may be kept from telling it.
        const left = journal.groups.get(last?.groupId ?? '')?.notified[id]?.left;
        return left === undefined && saysFiring(last?.alerts[id]);
      };
      const due = this.#rulesFor(row, severity).filter(
        ({ afterMs, place }) => since + afterMs <= now && isTold(place),
      );
      const isDue =
        due.some((one) => one.while === 'unresolved') ||
        (due.length > 0 && this.#alerts.heldBy(row, now) === null);
      if (!isDue) {
        this.#ripe.delete(id);
        continue;
      }
      const from = this.#ripe.get(id) ?? now;
      this.#ripe.set(id, from);
      const late = now - Math.max(from, this.#telling.routedAt + settledAfterMs);
      if (late <= slackMs + this.#world.downtime(from, now)) continue;
      if (this.#world.runtime?.engine.running !== true) continue;
      this.#broken('I9', `${id} has been ${severity} since ${since} and is not raised`);
    }
  }

  #broken(id: InvariantId, message: string): never {
    throw new Violation(id, message, this.#world.clock.now());
  }
}
