// Silences: what somebody said is to be quiet for a while. A silence never changes an alert; it holds back what would be
// said of it. Those that are not over are in memory, filed by their matchers.
import { matcher } from '../../rules/matchers.ts';
import type { Labels, Matcher } from '../../rules/types.ts';
import { MatcherIndex } from './matcher-index.ts';
import type { SilenceRow } from './rows.ts';

interface Filed {
  readonly row: SilenceRow;
  readonly matchers: readonly Matcher[];
}

/** What holds a label set at a time. */
export interface Silenced {
  /** Ids of all silences that hold it. */
  readonly ids: readonly string[];
  /** When the last of them ends, epoch milliseconds. */
  readonly until: number;
}

/** @throws when a stored matcher is none: they are read before they are stored. */
export function matchersOf({ id, matchers }: Pick<SilenceRow, 'id' | 'matchers'>): readonly Matcher[] {
  return matchers.map(({ name, op, value }) => {
    const built = matcher(name, op, value);
    if ('problem' in built) throw new Error(`silence ${id} has a bad matcher: ${built.problem}`);
    return built;
  });
}

/** Whether the silence holds at `now`, and until when in one piece. */
export function holdsUntil(
  { startsAt, endsAt }: Pick<SilenceRow, 'startsAt' | 'endsAt'>,
  now: number,
): number | null {
  return startsAt <= now && now < endsAt ? endsAt : null;
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
    const filed = { row, matchers: matchersOf(row) };
    this.#byId.set(row.id, filed);
    this.#index.add(filed);
  }

  remove(id: string): void {
    const filed = this.#byId.get(id);
    if (!filed) return;
    this.#byId.delete(id);
    this.#index.remove(filed);
  }

  /** What holds the label set at `now`; null when nothing does. */
  holding(labels: Labels, now: number): Silenced | null {
    if (this.#byId.size === 0) return null;
    const ids: string[] = [];
    let until = 0;
    for (const { row } of this.#index.matching(labels)) {
      const end = holdsUntil(row, now);
      if (end === null) continue;
      ids.push(row.id);
      until = Math.max(until, end);
    }
    return ids.length === 0 ? null : { ids: ids.sort(), until };
  }
}
