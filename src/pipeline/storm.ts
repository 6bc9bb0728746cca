// Storms: so many new alerts and events in so short a time that a message for each says nothing any more. Counted in
// buckets of a second, entered by one more than may come within a span, and over when it has been calm for a while. Knows
// also which kinds of alerts were seen lately: the first of its kind is told by itself whatever else comes.
import type { AlertRow, StormRow } from './rows.ts';

export interface StormConfig {
  /** So many new alerts and events are none yet, one more is … */
  readonly events: number;
  /** … within this time, whole seconds. */
  readonly withinMs: number;
  /** What it holds is told so often. */
  readonly everyMs: number;
  /** It is calm while no more than so many come within that time, … */
  readonly calmEvents: number;
  /** … and over when it has been calm for so long. */
  readonly calmMs: number;
  /** What was not seen for so long is the first of its kind. */
  readonly newAfterMs: number;
  /** So many of these are told by themselves in one storm. */
  readonly newAtMost: number;
}

/** Kinds that are remembered. */
const mostKinds = 10_000;
/** Firsts of their kind that may still wait to be told. */
const mostFirsts = 1_000;
/** Kinds that a storm counts by name. */
const mostKindsInStorm = 200;
/** When a kind was seen is stored anew after such a part of the time for which it counts. */
const storedAgainAfter = 1 / 24;

const secondMs = 1_000;

/** What is counted as the same kind: the name of the alert, or the type of the event. */
export function kindOf({ labels, rule, source }: Pick<AlertRow, 'labels' | 'rule' | 'source'>): string {
  return labels.alertname ?? rule ?? source;
}

/** New alerts and events of the last seconds. */
class Seconds {
  readonly #buckets: Int32Array;
  #last = 0;
  #sum = 0;

  /** The present second and those before it: a span of this many seconds at most, so that it never counts too much. */
  constructor(seconds: number) {
    this.#buckets = new Int32Array(seconds);
  }

  /** One more at `at`; answers how many there are then. */
  add(at: number): number {
    this.#moveTo(Math.floor(at / secondMs));
    const i = this.#last % this.#buckets.length;
    this.#buckets[i] = (this.#buckets[i] ?? 0) + 1;
    this.#sum += 1;
    return this.#sum;
  }

  #moveTo(second: number): void {
    // A clock that was put back counts in the newest second.
    if (second <= this.#last) return;
    const { length } = this.#buckets;
    if (second - this.#last >= length) {
      this.#buckets.fill(0);
      this.#sum = 0;
    } else
      for (let s = this.#last + 1; s <= second; s++) {
        this.#sum -= this.#buckets[s % length]!;
        this.#buckets[s % length] = 0;
      }
    this.#last = second;
  }
}

interface SeenKind {
  /** As it is stored. */
  readonly at: number;
  /** The alert that was the first of it then. */
  readonly first: string;
}

/** What a kind that was seen is to the store. */
interface Seen {
  /** The alert that was the first of it. */
  readonly first: string;
  /** A kind that is remembered no more. */
  readonly forgotten: string | null;
}

/** One tenant's. */
export class Storms {
  #config: StormConfig | null;
  #seconds: Seconds;
  /** By name, those stored longest ago first. */
  readonly #kinds = new Map<string, SeenKind>();
  /** Ids of alerts that were the first of their kind. */
  readonly #firsts = new Set<string>();
  /** Those of them that were told by themselves in the present storm. */
  readonly #passed = new Set<string>();
  /** The present one, or the last. */
  row: StormRow | null = null;

  constructor(config: StormConfig | null) {
    this.#config = config;
    this.#seconds = secondsOf(config);
  }

  get config(): StormConfig | null {
    return this.#config;
  }

  /** The one that lasts. */
  get present(): StormRow | null {
    return this.row !== null && this.row.endedAt === null ? this.row : null;
  }

  /** Kinds in memory. */
  get size(): number {
    return this.#kinds.size;
  }

  /** What is known stays known; of another span the count begins anew. */
  configure(config: StormConfig | null): void {
    if (config?.withinMs !== this.#config?.withinMs) this.#seconds = secondsOf(config);
    this.#config = config;
  }

  /** Something began to fire at `at`, before this process took over; in the order of time. */
  recount(at: number): void {
    if (this.#config !== null) this.#seconds.add(at);
  }

  /** A kind that was seen before this process took over; those stored longest ago come first. */
  recall(name: string, at: number, first: string): void {
    this.#kinds.set(name, { at, first });
    this.#firsts.add(first);
    while (this.#firsts.size > mostFirsts) this.#firsts.delete(this.#firsts.values().next().value!);
  }

  /** An alert began to fire, or an event came; answers how many came within the span, with it. */
  count(now: number): number {
    return this.#seconds.add(now);
  }

  /** One of this kind is there; null where that need not be stored. */
  see(alert: AlertRow, now: number): Seen | null {
    const config = this.#config;
    if (config === null) return null;
    const kind = kindOf(alert);
    const known = this.#kinds.get(kind);
    const againMs = config.newAfterMs * storedAgainAfter;
    if (known !== undefined && now - known.at < againMs) return null;
    // When it was stored may be so long before it was seen last.
    const isFirst = known === undefined || now - known.at > config.newAfterMs + againMs;
    const first = isFirst ? alert.id : known.first;
    this.#kinds.delete(kind);
    this.#kinds.set(kind, { at: now, first });
    if (isFirst) {
      this.#firsts.add(alert.id);
      if (this.#firsts.size > mostFirsts) this.#firsts.delete(this.#firsts.values().next().value!);
    }
    let forgotten: string | null = null;
    if (this.#kinds.size > mostKinds) {
      forgotten = this.#kinds.keys().next().value!;
      this.#kinds.delete(forgotten);
    }
    return { first, forgotten };
  }

  /** Whether the alert is one of the few firsts of their kind that the present storm lets through. */
  letsFirst(alertId: string): boolean {
    if (this.#passed.has(alertId)) return true;
    if (!this.#firsts.has(alertId) || this.#passed.size >= (this.#config?.newAtMost ?? 0)) return false;
    this.#passed.add(alertId);
    return true;
  }

  begin(row: StormRow): void {
    this.row = row;
    this.#passed.clear();
  }

  end(now: number): void {
    if (this.row) this.row.endedAt = now;
    this.#passed.clear();
  }

  /** When what it holds is told next, after `now`. */
  tickAfter(startedAt: number, everyMs: number, now: number): number {
    return startedAt + (Math.floor(Math.max(0, now - startedAt) / everyMs) + 1) * everyMs;
  }
}

function secondsOf(config: StormConfig | null): Seconds {
  return new Seconds(config === null ? 1 : Math.max(1, Math.floor(config.withinMs / secondMs)));
}

/** When the storm is over if nothing more comes, or comes slowly enough. */
export function endsAt({ hotAt }: StormRow, { calmMs }: StormConfig): number {
  return hotAt + calmMs;
}

/** The storm counts one more of this kind. */
export function countKind(row: StormRow, kind: string): void {
  row.count += 1;
  const known = row.kinds.get(kind);
  if (known !== undefined || row.kinds.size < mostKindsInStorm) row.kinds.set(kind, (known ?? 0) + 1);
}
