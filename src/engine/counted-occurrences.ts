// What a frequency rule has heard of, by group: the newest occurrences within its window.
import { mindsFew } from '../../rules/frequency.ts';
import { formatMatcher, matchesAll } from '../../rules/matchers.ts';
import type { CountingRule, PatternRule } from '../../rules/types.ts';
import type { Occurrence } from '../store/store.ts';
import { DistinctLog } from './distinct-log.ts';
import { mostMissedTimes } from './due-times.ts';
import { OccurrenceLog } from './occurrence-log.ts';

export class CountedOccurrences {
  readonly rule: CountingRule;
  /** What is older than this when it is told has left the window at every grid time that is still to be looked at. */
  readonly heardMs: number;
  /**
   * How far back the store is read. A rule about too few knows its groups by what was heard of them: also by what left the
   * window before a whole one had been listened to, so that nobody could say yet that the group fell silent.
   */
  readonly reachMs: number;
  /** What the store knows was read. */
  filled = false;
  #logs = new Map<string, OccurrenceLog | DistinctLog>();
  #size = 0;

  constructor(rule: CountingRule) {
    this.rule = rule;
    const { windowMs, grid } = rule;
    this.heardMs = windowMs + grid.evalDelayMs + mostMissedTimes * grid.intervalMs;
    this.reachMs = mindsFew(rule) && grid.by.length > 0 ? 2 * this.heardMs : windowMs;
  }

  /** Entries of all logs. */
  get size(): number {
    return this.#size;
  }

  /** Groups of which something is known. */
  get groups(): number {
    return this.#logs.size;
  }

  /** The one `alertname` that it counts; null: it may be any. */
  get alertname(): string | null {
    return this.rule.match.find(({ name, op }) => name === 'alertname' && op === '=')?.value ?? null;
  }

  /** Whether the rule counts this; never what it says itself. */
  takes({ rule, labels, found }: Occurrence): boolean {
    const { name, match, distinct } = this.rule;
    if (this.rule.type === 'pattern' && !isMeant(this.rule, found)) return false;
    if (rule === name || !matchesAll(match, labels)) return false;
    return distinct === undefined || labels[distinct] !== undefined;
  }

  has(key: string): boolean {
    return this.#logs.has(key);
  }

  add(key: string, { at, labels }: Occurrence): void {
    const { distinct, grid } = this.rule;
    let log = this.#logs.get(key);
    if (log === undefined) {
      log = distinct === undefined ? new OccurrenceLog() : new DistinctLog(grid.intervalMs);
      this.#logs.set(key, log);
    }
    this.#size += log.add(at, distinct === undefined ? '' : labels[distinct]!);
  }

  count(key: string, at: number): number {
    return this.#logs.get(key)?.count(at - this.rule.windowMs, at) ?? 0;
  }

  /** Lets go of what left the window at grid time `at`. False: nothing was known of the group before either. */
  settle(key: string, at: number): boolean {
    const log = this.#logs.get(key);
    this.#size -= log?.settle(at - this.rule.windowMs, at) ?? 0;
    return log !== undefined;
  }

  /**
   * Whether there is still something to say of a group after it was judged at `at`: what is in its window, or that nothing
   * is, as long as that is not known because nobody listened before `since`.
   */
  holds(key: string, since: number, at: number): boolean {
    const log = this.#logs.get(key);
    if (log === undefined) return false;
    if (log.size > 0 || (mindsFew(this.rule) && since > at - this.rule.windowMs)) return true;
    this.#logs.delete(key);
    return false;
  }

  /** A person ended the alert of this group. False: there is nothing in its window, and it is forgotten. */
  outlives(key: string): boolean {
    const log = this.#logs.get(key);
    if (log === undefined) return false;
    if (log.size > 0) return true;
    this.#logs.delete(key);
    return false;
  }

  /** Groups of which nothing is in the window at `now`, with the time at which they were heard last. */
  *lapsed(now: number): Iterable<readonly [key: string, newestAt: number]> {
    if (this.reachMs === this.rule.windowMs) return;
    for (const [key, { newestAt }] of this.#logs)
      if (newestAt <= now - this.rule.windowMs) yield [key, newestAt];
  }

  forget(key: string): void {
    this.#size -= this.#logs.get(key)?.size ?? 0;
    this.#logs.delete(key);
  }

  clear(): void {
    this.#logs.clear();
    this.#size = 0;
    this.filled = false;
  }

  /** Takes over what an earlier version of the rule has heard; false: that counted something else, or less. */
  adopt(earlier: CountedOccurrences): boolean {
    if (countsOf(earlier.rule) !== countsOf(this.rule) || earlier.reachMs < this.reachMs) return false;
    if (earlier.rule.windowMs < this.rule.windowMs) return false;
    this.#logs = earlier.#logs;
    this.#size = earlier.#size;
    this.filled = earlier.filled;
    return true;
  }
}

/** Whether the finding is one of those that the rule is about. */
function isMeant({ patterns, minConfidence }: PatternRule, found: Occurrence['found']): boolean {
  return found !== undefined && patterns.includes(found.pattern) && found.confidence >= minConfidence;
}

/** What a rule counts, whatever the window and the threshold; of distinct values no more is kept than its grid needs. */
function countsOf(rule: CountingRule): string {
  const { of, match, distinct } = rule;
  const { by, intervalMs, evalDelayMs } = rule.grid;
  const meant = rule.type === 'pattern' ? [rule.patterns, rule.minConfidence] : [];
  const looked = distinct === undefined ? [] : [distinct, intervalMs, evalDelayMs];
  return JSON.stringify([of, match.map(formatMatcher), by, ...meant, ...looked]);
}
