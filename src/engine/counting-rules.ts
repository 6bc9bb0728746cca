// The frequency rules of one tenant: who counts what occurs. What nobody counts costs a look into a map.
import type { FrequencyRule, OccurrenceKind, Rule } from '../../rules/types.ts';
import type { Occurrence } from '../store/store.ts';
import type { Episodes, RuleGroups } from './rule-groups.ts';

/** Entries of all logs of a tenant; what comes on top is not counted, and told in a figure. */
export const mostOccurrences = 500_000;

/** Rules of one kind: by the one `alertname` that they count, and those that may count any. */
interface Counting {
  readonly byName: Map<string, RuleGroups[]>;
  readonly any: RuleGroups[];
}

/** A sample may be this much older than its arrival, and so may what it made fire. */
const lateMs = 3_600_000;
const aheadMs = 300_000;

/** By how much a row may be older than its occurrence: an alert is born when it becomes pending. */
export function bornBeforeMs(kind: OccurrenceKind, rules: readonly Rule[]): number {
  if (kind === 'events') return aheadMs;
  return aheadMs + lateMs + rules.reduce((most, { forMs }) => Math.max(most, forMs), 0);
}

export class CountingRules {
  /** Occurrences for which there was no room. */
  uncounted = 0;
  #kinds = new Map<OccurrenceKind, Counting>();
  #all: RuleGroups[] = [];
  #entries = 0;

  /** The rules are told anew. */
  clear(): void {
    this.#kinds.clear();
    this.#all = [];
  }

  add(rule: FrequencyRule, groups: RuleGroups): void {
    this.#all.push(groups);
    let kind = this.#kinds.get(rule.of);
    if (kind === undefined) {
      kind = { byName: new Map(), any: [] };
      this.#kinds.set(rule.of, kind);
    }
    const name = rule.match.find(({ name, op }) => name === 'alertname' && op === '=')?.value;
    if (name === undefined) kind.any.push(groups);
    else kind.byName.set(name, [...(kind.byName.get(name) ?? []), groups]);
  }

  counts(kind: OccurrenceKind): boolean {
    return this.#kinds.has(kind);
  }

  /** An event occurred, or an alert began to fire. */
  occurred(kind: OccurrenceKind, occurrence: Occurrence, state: Episodes, now: number): void {
    const rules = this.#kinds.get(kind);
    if (rules === undefined) return;
    for (const groups of rules.byName.get(occurrence.labels.alertname ?? '') ?? [])
      this.#put(groups, occurrence, state, now);
    for (const groups of rules.any) this.#put(groups, occurrence, state, now);
  }

  #put(groups: RuleGroups, occurrence: Occurrence, state: Episodes, now: number): void {
    // The logs let go of what is past by themselves: what they hold is counted when it may be too much.
    if (this.#entries >= mostOccurrences)
      this.#entries = this.#all.reduce((sum, { counted }) => sum + (counted?.size ?? 0), 0);
    if (this.#entries >= mostOccurrences) this.uncounted += 1;
    // A time far ahead would stay for as long.
    else
      this.#entries += groups.occurred(
        { ...occurrence, at: Math.min(occurrence.at, now + aheadMs) },
        state,
        now,
      );
  }

  /** The kinds that rules count of which nothing was read from the store yet, and how far back that has to go. */
  unread(): readonly { readonly kind: OccurrenceKind; readonly windowMs: number }[] {
    const longest = new Map<OccurrenceKind, number>();
    for (const { counted } of this.#all) {
      if (counted === null || counted.filled) continue;
      const { of, windowMs } = counted.rule;
      longest.set(of, Math.max(windowMs, longest.get(of) ?? 0));
    }
    return [...longest].map(([kind, windowMs]) => ({ kind, windowMs }));
  }

  /** What was stored of a kind, for the rules of which nothing was read yet. */
  fill(kind: OccurrenceKind, occurrences: readonly Occurrence[], state: Episodes, now: number): void {
    for (const groups of this.#all) {
      const { counted } = groups;
      if (counted === null || counted.filled || counted.rule.of !== kind) continue;
      for (const occurrence of occurrences)
        if (occurrence.at > now - counted.rule.windowMs) this.#put(groups, occurrence, state, now);
      counted.filled = true;
    }
  }
}
