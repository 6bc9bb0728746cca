// What the engine comes back to: deadlines of groups, of heartbeats and of alerts from outside, the silence of pairs and the times of grids in one heap, and one
// timer for its top.
import type { Clock, Timer } from '../clock.ts';
import { dueAtOf } from '../pipeline/group.ts';
import type { Reminder } from '../pipeline/input.ts';
import type { Group } from '../pipeline/state.ts';
import { type DeadlineHandle, Deadlines } from './deadlines.ts';
import type { GridClock } from './grid-clock.ts';
import type { RulePair } from './rule-pair.ts';
import { patienceOf } from './silence.ts';
import type { Tenant } from './tenant.ts';

type Entry =
  | { readonly group: Group; readonly tenant: Tenant }
  | { readonly pair: RulePair }
  | { readonly reminder: Reminder; readonly tenant: Tenant }
  | { readonly overdue: string; readonly tenant: Tenant }
  | { readonly grid: GridClock };

export class Agenda {
  readonly #clock: Clock;
  readonly #wake: () => void;
  readonly #deadlines = new Deadlines<Entry>();
  readonly #armed = new WeakMap<Group, { readonly at: number; readonly handle: DeadlineHandle }>();
  readonly #reminders = new WeakMap<object, DeadlineHandle>();
  #timer: Timer | null = null;
  #timerAt = Number.POSITIVE_INFINITY;

  /** `wake` is called when the earliest entry is due. */
  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  /** The group's deadline, in place of the one that it had; one that has come is the tenant's work at once. */
  group(tenant: Tenant, group: Group, now: number): void {
    const at = dueAtOf(group);
    const armed = this.#armed.get(group);
    if (armed && armed.at !== at) {
      this.#deadlines.drop(armed.handle);
      this.#armed.delete(group);
    }
    if (at === null) return;
    if (at <= now) tenant.due.add(group.row.groupKey);
    else if (armed?.at !== at) {
      this.#armed.set(group, { at, handle: this.#deadlines.add(at, { group, tenant }) });
      if (at < this.#timerAt) this.arm();
    }
  }

  /**
   * When the group is come back to, epoch milliseconds: its entry is there and the timer is set to it or to an earlier one.
   * Null where nothing would wake it, whatever its row says.
   */
  wakes(group: Group): number | null {
    const armed = this.#armed.get(group);
    if (!armed || !this.#deadlines.holds(armed.handle)) return null;
    return this.#timer !== null && this.#timerAt <= armed.at ? armed.at : null;
  }

  /** An input that is to come at a time, in place of the one that its owner had. */
  remind(tenant: Tenant, reminder: Reminder): void {
    const { owner, at } = reminder;
    const before = this.#reminders.get(owner);
    if (before !== undefined) this.#deadlines.drop(before);
    this.#reminders.delete(owner);
    if (at === null) return;
    this.#reminders.set(owner, this.#deadlines.add(at, { reminder, tenant }));
    if (at < this.#timerAt) this.arm();
  }

  /** Asks at that time whether somebody has taken the notification. */
  overdue(tenant: Tenant, notificationId: string, at: number): void {
    this.#deadlines.add(at, { overdue: notificationId, tenant });
    if (at < this.#timerAt) this.arm();
  }

  /** Looks at the pair when its series has been silent for as long as the rule bears. */
  watch(pair: RulePair, now: number): void {
    this.watchUntil(pair, Math.max(now, pair.quietSince + patienceOf(pair)));
  }

  watchUntil(pair: RulePair, at: number): void {
    pair.watched = true;
    this.#deadlines.add(at, { pair });
    if (at < this.#timerAt) this.arm();
  }

  /** Comes back when the clock's next grid time is due; once at a time. */
  grid(clock: GridClock): void {
    if (clock.watched) return;
    clock.watched = true;
    this.#deadlines.add(clock.dueAt, { grid: clock });
    if (clock.dueAt < this.#timerAt) this.arm();
  }

  /**
   * Deadlines of groups that have come become work of their tenants; `silent` gets the pairs, which stay watched until it
   * is done with them, `grid` the clocks, `remind` the inputs whose time has come, `overdue` the ids of notifications.
   */
  take(
    now: number,
    silent: (pair: RulePair) => void,
    grid: (clock: GridClock) => void,
    remind: (tenant: Tenant, reminder: Reminder) => void,
    overdue: (tenant: Tenant, notificationId: string) => void,
  ): void {
    for (let due = this.#deadlines.take(now); due; due = this.#deadlines.take(now)) {
      const { item } = due;
      if ('pair' in item) {
        silent(item.pair);
        continue;
      }
      if ('grid' in item) {
        grid(item.grid);
        continue;
      }
      if ('reminder' in item) {
        this.#reminders.delete(item.reminder.owner);
        remind(item.tenant, item.reminder);
        continue;
      }
      if ('overdue' in item) {
        overdue(item.tenant, item.overdue);
        continue;
      }
      const { group, tenant } = item;
      this.#armed.delete(group);
      const at = dueAtOf(group);
      if (at !== null && at <= now) tenant.due.add(group.row.groupKey);
    }
  }

  /** Sets the timer to the earliest entry. */
  arm(): void {
    const at = this.#deadlines.next;
    if (at === this.#timerAt && this.#timer) return;
    this.#timer?.cancel();
    this.#timer = null;
    this.#timerAt = at;
    if (!Number.isFinite(at)) return;
    this.#timer = this.#clock.at(at, () => {
      this.#timer = null;
      this.#timerAt = Number.POSITIVE_INFINITY;
      if (this.#clock.now() >= at) this.#wake();
      else this.arm();
    });
  }

  /** Forgets every entry: what they were about is loaded anew. */
  clear(): void {
    this.#deadlines.clear();
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
