// The oracle of digests, from their documentation alone: what is collected is in the digest of the next time on the clock,
// once, or a row says why not; a digest goes out at such a time, when it is full, or when somebody wants it now; what is
// urgent is in none.
import type { AlertMessage } from '../../../channels/message.ts';
import { mostInDigest } from '../../pipeline/digest-rule.ts';
import type { Effect } from '../../pipeline/effect.ts';
import type { RoutingConfig } from '../../pipeline/routing.ts';
import type { AlertRow, EventRow, GroupRow, NotificationRow } from '../../pipeline/rows.ts';
import type { Besides } from './besides.ts';
import type { Holding } from './holding.ts';
import { slotBefore, spanOf, toldAt } from './routes.ts';
import type { Telling } from './telling.ts';
import { type InvariantId, Violation } from './violation.ts';
import type { World } from './world.ts';

/** A turn that came a little late, or a commit that was tried again. */
const slackMs = 5_000;
const urgent: readonly string[] = ['critical', 'emergency'];

interface Waiting {
  readonly id: string;
  readonly receiver: string;
  readonly since: number;
  /** The time on the clock after that. */
  readonly by: number;
  /** Another level of its rule made it another group's meanwhile, perhaps this one's again. */
  readonly moved: boolean;
}

interface Place {
  readonly receiver: string;
  readonly everyMs: number;
}

/** The digests that collect it, by tenant and key of the group. Routes share one unless they have mute times. */
function placesIn(routing: RoutingConfig, row: AlertRow): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  const labels = { ...row.labels, severity: row.effectiveSeverity };
  for (const { receiver, digest, route } of toldAt(routing, labels)) {
    if (digest === null) continue;
    const { everyMs } = digest;
    const path = route.mute.length > 0 || route.active.length > 0 ? route.path : '{}';
    places.set(`${row.tenant} ${receiver}:${path} digest ${spanOf(everyMs)}:{}`, { receiver, everyMs });
  }
  return places;
}

export class Digests {
  readonly #world: World;
  readonly #holding: Holding;
  readonly #telling: Telling;
  readonly #besides: Besides;
  /** By tenant and key of the group → by id. */
  readonly #waiting = new Map<string, Map<string, Waiting>>();
  readonly #known = new Map<string, Pick<AlertRow, 'state'> & { severity: string }>();
  /** Also those that their last message closed. */
  readonly #groups = new Map<string, GroupRow>();
  /** What left one without being told, and when: it counted until then. */
  readonly #skipped = new Map<string, { at: number; ids: string[] }>();
  /** By group: when somebody wanted it. */
  readonly #wantedAt = new Map<string, number>();
  /** Tenant and key of a group → the last time on the clock at which its digest went out. */
  readonly #slots = new Map<string, number>();
  /** `<tenant> <group key> <id>` of events, and of alerts that had ended, that a digest told of. */
  readonly #told = new Set<string>();

  constructor(world: World, holding: Holding, telling: Telling, besides: Besides) {
    this.#world = world;
    this.#holding = holding;
    this.#telling = telling;
    this.#besides = besides;
  }

  /** Routes are going to be others: what fires and was not collected there before may be, or no longer. */
  routed(next: RoutingConfig): void {
    const { routing, clock, journal } = this.#world;
    for (const { row } of journal.alerts.values()) {
      const waits = [...this.#waiting.values()].some((waiting) => waiting.has(row.id));
      // An event may wait elsewhere to be told.
      const untold = row.kind === 'event' && row.nextAt !== null;
      if (row.state !== 'firing' && !waits && !untold) continue;
      const places = placesIn(next, row);
      for (const [key, waiting] of this.#waiting) if (!places.has(key)) waiting.delete(row.id);
      const before = placesIn(routing, row);
      for (const [key, told] of places)
        if (!before.has(key)) this.#collectAt(key, told, next, row, clock.now(), true);
    }
  }

  onEffect(effect: Effect, at: number): void {
    if (effect.put === 'group') this.#groups.set(effect.row.id, { ...effect.row });
    else if (effect.put === 'alert') this.#became(effect.row, at);
    else if (effect.put === 'event') this.#happened(effect.row);
    else if (effect.put === 'notification') this.#said(effect.row, at);
  }

  /** What has waited longer than until its time is lost. */
  sweep(): void {
    if (!this.#world.calm) return;
    const now = this.#world.clock.now();
    for (const waiting of this.#waiting.values()) {
      for (const each of waiting.values()) {
        if (now <= each.by + slackMs + this.#world.downtime(each.since, now)) continue;
        if (!this.#mayWaitOn(each, now))
          this.#broken('I1', `${each.id} is not in the digest of ${each.by} for ${each.receiver}`);
      }
    }
  }

  #happened({ kind, subjectId: id, subjectKind, reason, at, body }: EventRow): void {
    if (kind === 'digest.flushed') this.#wantedAt.set(id, at);
    if (subjectKind !== 'alert') return;
    const row = this.#world.journal.alerts.get(id)?.row;
    if (!row) return;
    if (kind === 'event.received' && reason === null) this.#collect(row, at);
    // What another group of the receiver leaves out says nothing of its digest.
    else if (kind === 'notify.skipped') this.#leave(`${row.tenant} ${String(body.groupKey)}`, id, at);
  }

  /** The rows of a commit come after its events, so what fires is read here. */
  #became(row: AlertRow, at: number): void {
    if (row.kind !== 'alert') return;
    const before = this.#known.get(row.id);
    this.#known.set(row.id, { state: row.state, severity: row.effectiveSeverity });
    if (row.state !== 'firing') return;
    if (before?.state !== 'firing') this.#collect(row, at);
    else if (before.severity !== row.effectiveSeverity) {
      for (const key of this.#waiting.keys()) this.#leave(key, row.id, at);
      this.#collect(row, at, true);
    }
  }

  #collect(row: AlertRow, at: number, moved = false): void {
    const { routing } = this.#world;
    for (const [key, told] of placesIn(routing, row)) this.#collectAt(key, told, routing, row, at, moved);
  }

  #collectAt(
    key: string,
    { receiver, everyMs }: Place,
    routing: RoutingConfig,
    { id }: AlertRow,
    since: number,
    moved: boolean,
  ): void {
    const waiting = this.#waiting.get(key) ?? new Map<string, Waiting>();
    this.#waiting.set(key, waiting);
    waiting.set(id, { id, receiver, since, by: slotBefore(routing, everyMs, since) + everyMs, moved });
  }

  /** It counted until now. */
  #leave(key: string, id: string, at: number): void {
    if (this.#waiting.get(key)?.delete(id) !== true) return;
    const before = this.#skipped.get(key);
    this.#skipped.set(key, { at, ids: before?.at === at ? [...before.ids, id] : [id] });
  }

  #mayWaitOn({ id, since, moved }: Waiting, now: number): boolean {
    // Routed anew, it may be told otherwise, or was before.
    if (moved || this.#telling.routedAt >= since - 1_000) return true;
    const { journal } = this.#world;
    const record = journal.alerts.get(id)!;
    if (record.row.kind === 'event') return false;
    // Of an alert that was held back the next digest after that tells, which the oracle of telling looks at.
    const labels = { ...record.row.labels, severity: record.row.effectiveSeverity };
    const hold = this.#holding.of(id, record.row.tenant, labels, now);
    const held = (journal.skips.get(id) ?? []).some(({ kind }) => kind === 'notify.held');
    return held || hold.by !== null || hold.endedAt > 0;
  }

  #said(row: NotificationRow, at: number): void {
    if (this.#besides.has(row)) return;
    const group = this.#groups.get(row.groupId ?? '');
    if (row.reason === 'digest' && group) this.#wentOut(row, group, at);
    const waiting = group && this.#waiting.get(`${row.tenant} ${group.groupKey}`);
    for (const id of Object.keys(row.alerts)) waiting?.delete(id);
  }

  #wentOut(row: NotificationRow, group: GroupRow, at: number): void {
    const { counters, journal } = this.#world;
    const { digest, changed, truncated, alerts } = JSON.parse(row.body) as AlertMessage;
    const counted = digest?.kinds.reduce((sum, { count }) => sum + count, digest.others);
    const total = changed.length + (changed.length === alerts.length ? truncated : 0);
    if (digest?.total !== total || counted !== total)
      this.#broken('I3', `digest ${row.id} counts ${digest?.total} of ${total}, and ${counted} by kind`);
    for (const { id, severity } of alerts) {
      const saying = row.alerts[id]!;
      if (saying !== 'resolved' && urgent.includes(severity))
        this.#broken('I3', `digest ${row.id} has ${id}, which is ${severity}`);
    }
    for (const [id, saying] of Object.entries(row.alerts)) {
      if (saying !== 'event') continue;
      if (journal.alerts.get(id)?.row.kind === 'alert') counters.hit('digest of what has passed');
      const told = `${row.tenant} ${group.groupKey} ${id}`;
      if (this.#told.has(told)) this.#broken('I11', `${id} is in two digests of ${group.groupKey}`);
      this.#told.add(told);
    }
    this.#checkTime(row, group, at);
  }

  #checkTime(row: NotificationRow, group: GroupRow, at: number): void {
    const { counters, routing } = this.#world;
    const rules = this.#rulesOf(group);
    const [{ everyMs } = this.#broken('I3', `${group.groupKey} is a digest that nobody asked for`)] = rules;
    if (this.#wantedAt.get(group.id) === at) {
      counters.hit('digest flushed');
      return;
    }
    const waiting = `${row.tenant} ${group.groupKey}`;
    const skipped = this.#skipped.get(waiting);
    // What comes and goes is one.
    const ids = [...(this.#waiting.get(waiting)?.keys() ?? []), ...(skipped?.at === at ? skipped.ids : [])];
    const waits = new Set(ids.map((id) => this.#world.journal.alerts.get(id)?.row.key)).size;
    const full = waits >= Math.min(...rules.map(({ max }) => max)) || ids.length >= mostInDigest;
    const slot = slotBefore(routing, everyMs, at);
    const late = at - slot;
    if (late <= slackMs + this.#world.downtime(slot, at)) {
      if (late > slackMs) counters.hit('digest late');
      const key = `${row.tenant} ${group.groupKey}`;
      if (this.#slots.get(key) === slot && !full)
        this.#broken('I11', `${group.groupKey} went out twice for ${slot}`);
      this.#slots.set(key, slot);
    } else if (full) counters.hit('digest full');
    else
      this.#broken(
        'I3',
        `digest ${row.id} of ${group.groupKey} goes out at ${at}, ${late} ms after its time, with ${waits} of which is known: ${JSON.stringify(row.alerts)}, not ${[...(this.#waiting.get(waiting)?.keys() ?? [])]}`,
      );
  }

  /** What of the receivers' rules leads into this digest. */
  #rulesOf({ receiver, route }: GroupRow) {
    return [...this.#world.routing.receivers.values()].flatMap(({ name, digest }) => {
      if (!digest || (digest.to ?? name) !== receiver) return [];
      return route.endsWith(` digest ${spanOf(digest.everyMs)}`) ? [digest] : [];
    });
  }

  #broken(id: InvariantId, message: string): never {
    throw new Violation(id, message, this.#world.clock.now());
  }
}
