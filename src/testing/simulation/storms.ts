// The oracle of storms, from their documentation alone: what came within the last seconds makes one, neither sooner nor
// later; what it holds is in a summary, once, and every summary adds up; what is urgent is in none; and it ends when it
// has been calm for a while, with the sum of all that.
import type { AlertMessage } from '../../../channels/message.ts';
import type { Effect } from '../../pipeline/effect.ts';
import type { EventRow, NotificationRow } from '../../pipeline/rows.ts';
import type { StormConfig } from '../../pipeline/storm.ts';
import type { Besides } from './besides.ts';
import type { Telling } from './telling.ts';
import { type InvariantId, Violation } from './violation.ts';
import type { World } from './world.ts';

/** A turn that came a little late, or a commit that was tried again. */
const slackMs = 5_000;
/** A storm is entered in the turn of the event that is one too many. */
const enteredWithinMs = 1_000;
const urgent: readonly string[] = ['critical', 'emergency'];
const news: readonly string[] = ['first', 'new_alerts', 'refired', 'event'];

interface Lasting {
  readonly startedAt: number;
  hotAt: number;
  count: number;
  summed: number;
  summaries: number;
}

/** What is known of one tenant. */
interface Known {
  /** When something came, oldest first. */
  readonly came: number[];
  /** When there was one too many, and no storm has begun yet. */
  mustBeginAt: number | null;
  storm: Lasting | null;
  endedAt: number;
}

export class Storms {
  readonly #world: World;
  readonly #besides: Besides;
  readonly #telling: Telling;
  readonly #config: StormConfig | null;
  readonly #tenants = new Map<string, Known>();
  /** `<tenant> <kind>` → when it was seen last. */
  readonly #kinds = new Map<string, number>();
  /** Alerts and events that were the first of their kind. */
  readonly #firsts = new Set<string>();
  /** `<group> <alert>` that a summary told as news → when. */
  readonly #summed = new Map<string, number>();
  /** When another level of its rule made an alert more or less urgent. */
  readonly #movedAt = new Map<string, number>();

  constructor(world: World, besides: Besides, telling: Telling) {
    this.#world = world;
    this.#besides = besides;
    this.#telling = telling;
    this.#config = world.plan.routing.storm ?? null;
  }

  onEffect(effect: Effect, at: number): void {
    if (effect.put === 'event') this.#happened(effect.row);
    else if (effect.put === 'notification') this.#said(effect.row, at);
  }

  /** What should have begun or ended by now. */
  sweep(): void {
    const now = this.#world.clock.now();
    for (const [tenant, known] of this.#tenants) {
      this.#checkBegun(tenant, known, now);
      const { storm } = known;
      if (!storm || !this.#world.calm) continue;
      const end = storm.hotAt + this.#config!.calmMs;
      if (now > end + slackMs + this.#world.downtime(end, now))
        this.#broken('I12', `the storm of ${tenant} lasts at ${now} and was calm since ${storm.hotAt}`);
    }
  }

  #of(tenant: string): Known {
    const known = this.#tenants.get(tenant);
    if (known) return known;
    const made: Known = { came: [], mustBeginAt: null, storm: null, endedAt: 0 };
    this.#tenants.set(tenant, made);
    return made;
  }

  #happened(row: EventRow): void {
    const { kind, reason, tenant, at, subjectId } = row;
    if (kind === 'alert.firing' || (kind === 'event.received' && reason === null))
      this.#came(tenant, subjectId, at);
    else if (kind === 'alert.severity_changed') this.#movedAt.set(subjectId, at);
    else if (kind === 'storm.begun') this.#begun(row);
    else if (kind === 'storm.ended') this.#ended(row);
  }

  #came(tenant: string, id: string, at: number): void {
    const config = this.#config;
    if (config === null) return;
    const known = this.#of(tenant);
    this.#checkBegun(tenant, known, at);
    this.#see(tenant, id, at, config);
    const first = Math.floor(at / 1_000) - config.withinMs / 1_000;
    known.came.push(at);
    while (Math.floor(known.came[0]! / 1_000) <= first) known.came.shift();
    const { storm } = known;
    if (storm) {
      storm.count += 1;
      if (known.came.length > config.calmEvents) storm.hotAt = at;
    } else if (known.came.length > config.events) known.mustBeginAt ??= at;
  }

  #see(tenant: string, id: string, at: number, { newAfterMs }: StormConfig): void {
    const labels = this.#world.journal.alerts.get(id)?.row.labels;
    const kind = `${tenant} ${labels?.alertname ?? ''}`;
    const last = this.#kinds.get(kind);
    if (last === undefined || at - last > newAfterMs) this.#firsts.add(id);
    this.#kinds.set(kind, at);
  }

  #checkBegun(tenant: string, { mustBeginAt }: Known, now: number): void {
    if (mustBeginAt !== null && now > mustBeginAt + enteredWithinMs)
      this.#broken('I12', `no storm of ${tenant} has begun at ${mustBeginAt}, when one too many came`);
  }

  #begun({ tenant, at }: EventRow): void {
    const known = this.#of(tenant);
    const { came, mustBeginAt } = known;
    if (this.#config === null || mustBeginAt === null)
      this.#broken('I12', `a storm of ${tenant} has begun with ${came.length} events`);
    if (known.storm) this.#broken('I12', `a storm of ${tenant} has begun in a storm`);
    // More may have come in the same moment, before anybody could say so.
    const count = came.length;
    known.storm = { startedAt: at, hotAt: at, count, summed: 0, summaries: 0 };
    known.mustBeginAt = null;
    this.#world.counters.hit('storm begun');
  }

  #ended({ tenant, at, body }: EventRow): void {
    const known = this.#of(tenant);
    const storm = known.storm ?? this.#broken('I12', `a storm of ${tenant} has ended that was none`);
    const calmSince = storm.hotAt + this.#config!.calmMs;
    if (at < calmSince)
      this.#broken('I12', `the storm of ${tenant} has ended at ${at}, calm it is at ${calmSince}`);
    const is = JSON.stringify([body.count, body.summed, body.summaries]);
    const was = JSON.stringify([storm.count, storm.summed, storm.summaries]);
    if (is !== was)
      this.#broken('I12', `the storm of ${tenant} says ${is} (came, summed, summaries), and was ${was}`);
    known.storm = null;
    known.endedAt = at;
    this.#world.counters.hit('storm ended');
  }

  #said(row: NotificationRow, at: number): void {
    if (this.#config === null || row.source !== 'alert' || this.#besides.has(row)) return;
    const message = JSON.parse(row.body) as AlertMessage;
    if (row.reason === 'storm') this.#checkSummary(row, message, at);
    else if (news.includes(row.reason)) this.#checkAlone(row, message);
  }

  #checkSummary(row: NotificationRow, message: AlertMessage, at: number): void {
    const { counters, journal } = this.#world;
    const { digest, alerts, changed, truncated, groupKey } = message;
    const known = this.#of(row.tenant);
    const total = changed.length + (changed.length === alerts.length ? truncated : 0);
    const counted = digest?.kinds.reduce((sum, { count }) => sum + count, digest.others);
    if (digest?.total !== total || counted !== total)
      this.#broken('I12', `summary ${row.id} counts ${digest?.total} of ${total}, and ${counted} by kind`);
    if (alerts.length + truncated !== Object.keys(row.alerts).length)
      this.#broken('I12', `summary ${row.id} names ${alerts.length} and leaves out ${truncated} of all`);
    let fresh = 0;
    for (const { id, severity } of alerts) {
      const saying = row.alerts[id]!;
      if (saying === 'resolved' || !changed.includes(id)) continue;
      // That it got worse is no news of it, nor is what another group has told the same people.
      if (saying !== 'standing') fresh += 1;
      const cameAt = journal.alerts.get(id)?.events[0]?.at ?? at;
      if (!known.storm && cameAt > known.endedAt)
        this.#broken(
          'I12',
          `summary ${row.id} has ${id} of ${cameAt}, the storm was over at ${known.endedAt}`,
        );
      if (urgent.includes(severity)) this.#broken('I12', `summary ${row.id} has ${id}, which is ${severity}`);
      const key = `${row.tenant} ${groupKey} ${id}`;
      const before = this.#summed.get(key);
      const since = Math.max(this.#movedAt.get(id) ?? 0, this.#telling.routedAt);
      if (before !== undefined && before > since)
        this.#broken('I12', `${id} is in two summaries of ${groupKey} as news`);
      this.#summed.set(key, at);
      if (journal.alerts.get(id)?.row.state === 'resolved' && saying === 'event')
        counters.hit('storm summary of what has passed');
    }
    counters.hit(known.storm ? 'storm summary' : 'storm summary after its end');
    if (!known.storm) return;
    known.storm.summaries += 1;
    known.storm.summed += fresh;
  }

  /** In a storm only what passes makes a message of its own. */
  #checkAlone(row: NotificationRow, { alerts, changed, groupKey }: AlertMessage): void {
    const { storm } = this.#of(row.tenant);
    if (!storm || groupKey.includes(' digest ')) return;
    const { counters } = this.#world;
    const said = alerts.filter(({ id }) => changed.includes(id) && row.alerts[id] !== 'resolved');
    const kinds = said.map(({ id, severity, labels }) => {
      if (urgent.includes(severity)) return 'urgent';
      if (labels.alertname?.startsWith('tocsin.')) return 'own';
      return this.#firsts.has(id) ? 'first' : null;
    });
    if (kinds.includes('urgent')) counters.hit('storm let something urgent pass');
    if (kinds.includes('first')) counters.hit('storm let a first of its kind pass');
    if (said.length > 0 && kinds.every((kind) => kind === null))
      this.#broken('I12', `${row.reason} of ${said.map(({ id }) => id)} by itself in a storm`);
  }

  #broken(id: InvariantId, message: string): never {
    throw new Violation(id, message, this.#world.clock.now());
  }
}
