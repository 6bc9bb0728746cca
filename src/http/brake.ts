// Slows down whoever guesses: after ten failures within a minute an address (or the id of a key) has to wait, and each
// failure after the wait doubles it. The table is bounded; the least recently used entry goes first.

const failuresAllowed = 10;
const withinMs = 60_000;
const firstWaitMs = 10_000;
/** 10 s doubled seven times, cut: seven failures after the first wait, one after each, come here. */
const longestWaitMs = 900_000;
/** So long without a failure after a wait, and everything is forgotten. */
const forgottenAfterMs = 600_000;
const mostEntries = 10_000;

interface Entry {
  readonly since: number;
  readonly failures: number;
  /** Waits so far. */
  readonly waits: number;
  readonly until: number;
}

export class Brake {
  readonly #entries = new Map<string, Entry>();
  readonly #most: number;

  constructor(most: number = mostEntries) {
    this.#most = most;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** How long `who` has to wait from `now` on (epoch milliseconds); 0 for nobody in particular and for most. */
  waitMs(who: string, now: number): number {
    const left = (this.#entries.get(who)?.until ?? now) - now;
    // More than was ever asked for: the clock was set back.
    return left <= 0 || left > longestWaitMs ? 0 : left;
  }

  /** Counts a failure; true when it brings a wait. Failures during a wait count for nothing. */
  failed(who: string, now: number): boolean {
    const known = this.#entries.get(who);
    if (known !== undefined && this.waitMs(who, now) > 0) return false;
    const entry = next(known, now);
    this.#entries.delete(who);
    if (this.#entries.size >= this.#most) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    }
    this.#entries.set(who, entry);
    return entry.until > now;
  }
}

function next(known: Entry | undefined, now: number): Entry {
  const first: Entry = { since: now, failures: 1, waits: 0, until: 0 };
  if (known === undefined || now < known.since) return first;
  const { waits, since } = known;
  if (waits > 0 && now - known.until >= forgottenAfterMs) return first;
  const goesOn = now - since < withinMs;
  const failures = goesOn ? known.failures + 1 : 1;
  if (waits === 0 && failures < failuresAllowed) {
    return { since: goesOn ? since : now, failures, waits, until: 0 };
  }
  const until = now + Math.min(firstWaitMs * 2 ** waits, longestWaitMs);
  return { since: now, failures: 0, waits: waits + 1, until };
}
