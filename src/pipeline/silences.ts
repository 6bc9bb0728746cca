// Silences: what somebody said is to be quiet for a while. A silence never changes an alert; it holds back what would be
// said of it. Those that are not over are in memory, filed by their matchers.
import { matcher } from '../../rules/matchers.ts';
import { compileTimeInterval, type TimeInterval } from '../../rules/time-interval.ts';
import type { Labels, Matcher } from '../../rules/types.ts';
import { MatcherIndex } from './matcher-index.ts';
import type { SilenceRow } from './rows.ts';

interface Filed {
  readonly row: SilenceRow;
  readonly matchers: readonly Matcher[];
  readonly calendar: TimeInterval | null;
}

/** What holds a label set at a time. */
export interface Silenced {
  /** Ids of all silences that hold it. */
  readonly ids: readonly string[];
  /** When the last of them ends, epoch milliseconds. */
  readonly until: number;
}

/** The same as it is noted of whatever holds something. */
type Held = { readonly ids: readonly string[]; readonly until: number | null };

/** @throws when a stored matcher is none: they are read before they are stored. */
export function matchersOf({ id, matchers }: Pick<SilenceRow, 'id' | 'matchers'>): readonly Matcher[] {
  return matchers.map(({ name, op, value }) => {
    const built = matcher(name, op, value);
    if ('problem' in built) throw new Error(`silence ${id} has a bad matcher: ${built.problem}`);
    return built;
  });
}

/** When it holds by the calendar; null: all the time. */
export function calendarOf({ id, recurs }: Pick<SilenceRow, 'id' | 'recurs'>): TimeInterval | null {
  return recurs === null ? null : compileTimeInterval(`of silence ${id}`, recurs);
}

/** Whether the silence holds at `now`, and until when in one piece. */
export function holdsUntil(
  { startsAt, endsAt }: Pick<SilenceRow, 'startsAt' | 'endsAt'>,
  calendar: TimeInterval | null,
  now: number,
): number | null {
  if (now < startsAt || now >= endsAt) return null;
  if (calendar === null) return endsAt;
  return calendar.contains(now) ? Math.min(calendar.nextChange(now) ?? endsAt, endsAt) : null;
}

export class Silences {
  readonly #byId = new Map<string, Filed>();
  readonly #index = new MatcherIndex<Filed>();

  get size(): number {
    return this.#byId.size;
  }

  get rows(): SilenceRow[] {
    return [...this.#byId.values()].map(({ row }) => row);
  }

  get(id: string): SilenceRow | undefined {
    return this.#byId.get(id)?.row;
  }

  /** Files the row as it is now, in place of the one of the same id. */
  put(row: SilenceRow): void {
    this.remove(row.id);
    const filed = { row, matchers: matchersOf(row), calendar: calendarOf(row) };
    this.#byId.set(row.id, filed);
    this.#index.add(filed);
  }

  remove(id: string): void {
    const filed = this.#byId.get(id);
    if (!filed) return;
    this.#byId.delete(id);
    this.#index.remove(filed);
  }

  /**
   * What holds the label set at `now`; null when nothing does. `before` is what held it when it was asked last, and is
   * answered itself where that still holds: a look at ten thousand held alerts then leaves nothing behind to collect.
   */
  holding<Before extends Held = never>(
    labels: Labels,
    now: number,
    before: Before | null = null,
  ): Silenced | Before | null {
    if (this.#byId.size === 0) return null;
    const holding: Filed[] = [];
    let until = 0;
    let known = 0;
    for (const filed of this.#index.matching(labels)) {
      const end = holdsUntil(filed.row, filed.calendar, now);
      if (end === null) continue;
      holding.push(filed);
      until = Math.max(until, end);
      if (before?.ids.includes(filed.row.id)) known += 1;
    }
    if (holding.length === 0) return null;
    if (before !== null && before.until === until && known === holding.length && known === before.ids.length)
      return before;
    return { ids: holding.map(({ row }) => row.id).sort(), until };
  }
}
