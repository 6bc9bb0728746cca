// The frequency rules of one tenant: who counts what occurs. What nobody counts costs a look into a map.
import type { OccurrenceKind, Rule } from '../../rules/types.ts';
import type { Occurrence } from '../store/store.ts';
import type { CountedOccurrences } from './counted-occurrences.ts';
import type { Episodes, RuleGroups } from './rule-groups.ts';

/** Entries of all logs of a tenant; what comes on top is not counted, and told in a figure. */
export const mostOccurrences = 500_000;
/** Groups that a tenant's rules count by: each takes about as much memory as a series. */
const mostCountedGroups = 100_000;

type Counter = readonly [CountedOccurrences, RuleGroups];

/** Rules of one kind: by the one `alertname` that they count, and those that may count any. */
interface Counting {
  readonly byName: Map<string, Counter[]>;
  readonly any: Counter[];
}

/** A sample may be this much older than its arrival, and so may what it made fire. */
const lateMs = 3_600_000;
const aheadMs = 300_000;

/** What has to be read from the store of a kind. */
export interface Unread {
  readonly kind: OccurrenceKind;
  /** How far back. */
  readonly reachMs: number;
  /** Of these types of events or rules; null: of any. */
  readonly names: readonly string[] | null;
}

/** By how much a row may be older than its occurrence: an alert is born when it becomes pending. */
export function bornBeforeMs(kind: OccurrenceKind, rules: readonly Rule[]): number {
  if (kind === 'events') return aheadMs;
  return aheadMs + lateMs + rules.reduce((most, { forMs }) => Math.max(most, forMs), 0);
}

const bounds = { entries: mostOccurrences, groups: mostCountedGroups };

export class CountingRules {
  readonly #most: typeof bounds;
  /** Occurrences for which there was no room. */
  uncounted = 0;
  #kinds = new Map<OccurrenceKind, Counting>();
  #all: Counter[] = [];
  // At least what there is; looked up where it may be too much.
  #entries = 0;
  #groups = 0;

  constructor(most = bounds) {
    this.#most = most;
  }

  /** Entries of all logs. */
  get size(): number {
    return this.#all.reduce((sum, [{ size }]) => sum + size, 0);
  }

  /** The rules are told anew. */
  clear(): void {
    this.#kinds.clear();
    this.#all = [];
  }

  add(counted: CountedOccurrences, groups: RuleGroups): void {
    this.#all.push([counted, groups]);
    this.#entries += counted.size;
    this.#groups += counted.groups;
    let kind = this.#kinds.get(counted.rule.of);
    if (kind === undefined) {
      kind = { byName: new Map(), any: [] };
      this.#kinds.set(counted.rule.of, kind);
    }
    const name = counted.alertname;
    const list = name === null ? kind.any : (kind.byName.get(name) ?? []);
    list.push([counted, groups]);
    if (name !== null) kind.byName.set(name, list);
  }

  counts(kind: OccurrenceKind): boolean {
    return this.#kinds.has(kind);
  }

  /** An event occurred, or an alert began to fire. */
  occurred(kind: OccurrenceKind, occurrence: Occurrence, state: Episodes, now: number): void {
    const rules = this.#kinds.get(kind);
    if (rules === undefined) return;
    // A time far ahead would stay for as long.
    const timely = occurrence.at > now + aheadMs ? { ...occurrence, at: now + aheadMs } : occurrence;
    for (const list of [rules.byName.get(occurrence.labels.alertname ?? ''), rules.any])
      for (const [counted, groups] of list ?? [])
        if (timely.at > now - counted.heardMs) this.#put(counted, groups, timely, state, now);
  }

  #put(
    counted: CountedOccurrences,
    groups: RuleGroups,
    occurrence: Occurrence,
    state: Episodes,
    now: number,
  ): void {
    if (!counted.takes(occurrence)) return;
    if (this.#room(() => groups.hears(occurrence))) {
      const { size, groups: known } = counted;
      groups.occurred(occurrence, state, now);
      this.#entries += counted.size - size;
      this.#groups += counted.groups - known;
    } else this.uncounted += 1;
  }

  /** Whether one more may be kept, of a group that is `known` or of a new one. */
  #room(known: () => boolean): boolean {
    const full = () => this.#entries >= this.#most.entries || (this.#groups >= this.#most.groups && !known());
    if (!full()) return true;
    // The logs let go of what is past by themselves.
    this.#entries = this.size;
    this.#groups = this.#all.reduce((sum, [{ groups }]) => sum + groups, 0);
    return !full();
  }

  /** The kinds that rules count of which nothing was read from the store yet, and what has to be read of them. */
  unread(): readonly Unread[] {
    const kinds = new Map<OccurrenceKind, { reachMs: number; names: Set<string> | null }>();
    for (const [counted] of this.#all) {
      if (counted.filled) continue;
      const { alertname, reachMs } = counted;
      const kind = kinds.get(counted.rule.of) ?? { reachMs: 0, names: new Set<string>() };
      kind.reachMs = Math.max(kind.reachMs, reachMs);
      if (alertname === null) kind.names = null;
      else kind.names?.add(alertname);
      kinds.set(counted.rule.of, kind);
    }
    return [...kinds].map(([kind, { reachMs, names }]) => ({ kind, reachMs, names: names && [...names] }));
  }

  /**
   * What was stored of a kind, the newest first, for the rules of which nothing was read yet; answers those. What is timed
   * ahead comes from a clock that was wrong: when it occurred is not known.
   */
  fill(
    kind: OccurrenceKind,
    occurrences: readonly Occurrence[],
    state: Episodes,
    now: number,
  ): readonly CountedOccurrences[] {
    const byName = new Map<string, Occurrence[]>();
    for (const occurrence of occurrences) {
      const name = occurrence.labels.alertname ?? '';
      const list = byName.get(name);
      if (list) list.push(occurrence);
      else byName.set(name, [occurrence]);
    }
    const filled: CountedOccurrences[] = [];
    for (const [counted, groups] of this.#all) {
      if (counted.filled || counted.rule.of !== kind) continue;
      const { alertname, reachMs } = counted;
      const heard = (alertname === null ? occurrences : (byName.get(alertname) ?? [])).filter(
        (one) => one.at > now - reachMs && one.at <= now + aheadMs && counted.takes(one),
      );
      // In order of time each of them comes at the end of its log.
      heard.sort((a, b) => a.at - b.at);
      for (const occurrence of heard) this.#put(counted, groups, occurrence, state, now);
      counted.filled = true;
      filled.push(counted);
    }
    return filled;
  }
}
