// Everything that a run says of one thing (an id, an alert key, a group key): each line of the history, each committed row
// that mentions it, with the notifications and deliveries that came of it, and what is stored and remembered at the end.
import type { Effect } from '../../pipeline/effect.ts';
import type { GroupRow } from '../../pipeline/rows.ts';
import type { World } from './world.ts';

/** A flapping alert makes some hundred lines an hour. */
const mostLines = 20_000;

export class Trace {
  readonly #about: string;
  readonly #world: World;
  readonly #lines: string[] = [];
  /** Notifications and deliveries that came of it, and groups that were seen with it. */
  readonly #related = new Set<string>();
  /** Group id → how its row was shown last. */
  readonly #shown = new Map<string, string>();

  /** `about` is any text: rows are looked at as JSON. */
  constructor(world: World, about: string) {
    this.#world = world;
    this.#about = about;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** A line of the history, which names an id by its end. */
  line(at: number, line: string): void {
    const short = this.#about.slice(-6);
    const general = /^(crash|process|a commit failed|routing changed)/.test(line);
    if (general || line.includes(short) || line.includes(this.#about)) this.#add(at, line);
  }

  /** After it is in the journal. */
  onEffect(effect: Effect, at: number): void {
    switch (effect.put) {
      case 'group':
        this.#group(effect.row, at);
        return;
      case 'notification': {
        const { id, receiver, reason, groupId, alerts } = effect.row;
        if (!this.#mentions(effect.row)) return;
        this.#related.add(id);
        this.#add(at, `notification ${id} ${receiver} ${reason} group ${groupId} ${JSON.stringify(alerts)}`);
        return;
      }
      case 'delivery':
        if (this.#related.has(effect.row.notificationId)) this.#related.add(effect.row.id);
        return;
      case 'delivery.result':
        if (this.#related.has(effect.result.id))
          this.#add(
            at,
            `delivery ${effect.result.id} is ${effect.result.state} (${effect.result.reason ?? ''})`,
          );
        return;
      case 'event':
        if (this.#mentions(effect.row)) this.#add(at, `  ${JSON.stringify(effect.row.body)}`);
        return;
      default:
        if (this.#mentions(effect)) this.#add(at, `stored ${JSON.stringify(effect)}`);
    }
  }

  /** What is stored and remembered of it now. */
  end(): void {
    const { journal, runtime, clock } = this.#world;
    const now = clock.now();
    for (const { row } of journal.alerts.values())
      if (this.#mentions(row)) this.#add(now, `alert ${JSON.stringify(row)}`);
    for (const row of journal.groups.values())
      if (this.#mentions(row) || this.#related.has(row.id)) this.#add(now, `group ${JSON.stringify(row)}`);
    for (const id of this.#related) {
      const row = journal.deliveries.get(id)?.row;
      if (row)
        this.#add(now, `delivery ${row.id} of ${row.notificationId} on ${row.channel} is ${row.state}`);
    }
    for (const { name, pipeline } of runtime?.engine.tenants ?? []) {
      for (const { row, members, held, suppressed } of pipeline.groups.values()) {
        const known = { members: [...members], held: [...held], suppressed: [...suppressed] };
        if (!this.#mentions(row) && !this.#mentions(known)) continue;
        this.#add(
          now,
          `${name} remembers group ${row.groupKey}, due ${row.nextAt}: ${JSON.stringify(known)}`,
        );
      }
    }
  }

  /** What the row says of it, where that has changed. */
  #group(row: GroupRow, at: number): void {
    if (!this.#related.has(row.id) && !this.#mentions(row)) return;
    this.#related.add(row.id);
    const notified = Object.entries(row.notified).filter(([id, entry]) => this.#mentions({ [id]: entry }));
    const shown = JSON.stringify({ nextAt: row.nextAt, why: row.nextReason, sent: row.lastSentAt, notified });
    if (this.#shown.get(row.id) === shown) return;
    this.#shown.set(row.id, shown);
    this.#add(at, `group ${row.groupKey} ${shown}`);
  }

  #mentions(row: object): boolean {
    return JSON.stringify(row).includes(this.#about.replaceAll('"', '\\"'));
  }

  #add(at: number, line: string): void {
    if (this.#lines.length < mostLines)
      this.#lines.push(`${new Date(at).toISOString().slice(5, 23)} ${line}`);
  }
}
