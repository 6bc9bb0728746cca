// When each alert fired of late: what the patterns that look at one alert over hours read. Told once for all of them; most
// alerts fire once, and of those nothing is kept but that.
import type { Mark } from './mark.ts';
import { RecentMap } from './recent-map.ts';

const keysKept = 4_000;
const marksKept = 40;

/** The latest marks of one alert, two at least, oldest first. The same object as long as the alert is remembered. */
export interface History {
  readonly key: string;
  /** Replaced with each mark, never changed. */
  marks: readonly Mark[];
}

export class Histories {
  readonly #known = new RecentMap<Mark | History>(keysKept);

  /** The alert fired: its history with this mark; null at its first one, and where the mark is no later than its last. */
  add(key: string, mark: Mark): History | null {
    const known = this.#known.use(key);
    if (known === undefined) {
      this.#known.set(key, mark);
      return null;
    }
    const last = 'marks' in known ? known.marks.at(-1)! : known;
    if (mark.at <= last.at) return null;
    if ('marks' in known) {
      known.marks = [...known.marks, mark].slice(-marksKept);
      return known;
    }
    const history: History = { key, marks: [known, mark] };
    this.#known.set(key, history);
    return history;
  }

  /** All that is held, for those who count it. */
  values(): (Mark | History)[] {
    return this.#known.values();
  }
}
