// What a frequency rule has heard of, by group: the newest occurrences within its window.
import { formatMatcher, matchesAll } from '../../rules/matchers.ts';
import type { FrequencyRule } from '../../rules/types.ts';
import type { Occurrence } from '../store/store.ts';
import { OccurrenceLog } from './occurrence-log.ts';

export class CountedOccurrences {
  readonly rule: FrequencyRule;
  /** What the store knows was read. */
  filled = false;
  #logs = new Map<string, OccurrenceLog>();

  constructor(rule: FrequencyRule) {
    this.rule = rule;
  }

  /** Entries of all logs. */
  get size(): number {
    let n = 0;
    for (const log of this.#logs.values()) n += log.size;
    return n;
  }

  /** Whether the rule counts this; never what it says itself. */
  takes({ rule, labels }: Occurrence): boolean {
    const { name, match, distinct } = this.rule;
    if (rule === name || !matchesAll(match, labels)) return false;
    return distinct === undefined || labels[distinct] !== undefined;
  }

  /** Answers by how many entries there are more. */
  add(key: string, { at, labels }: Occurrence): number {
    const { distinct } = this.rule;
    let log = this.#logs.get(key);
    if (log === undefined) {
      log = new OccurrenceLog(distinct !== undefined);
      this.#logs.set(key, log);
    }
    return log.add(at, distinct === undefined ? '' : labels[distinct]!);
  }

  count(key: string, at: number): number {
    return this.#logs.get(key)?.count(at - this.rule.windowMs, at) ?? 0;
  }

  /** Lets go of what left the window at grid time `at`. False: nothing was known of the group before either. */
  settle(key: string, at: number): boolean {
    const log = this.#logs.get(key);
    log?.forget(at - this.rule.windowMs);
    return log !== undefined;
  }

  /** Whether there is still something in the window; a group of which nothing is left has been judged once without. */
  holds(key: string): boolean {
    const log = this.#logs.get(key);
    if (log === undefined || log.size > 0) return log !== undefined;
    this.#logs.delete(key);
    return false;
  }

  clear(): void {
    this.#logs.clear();
    this.filled = false;
  }

  /** Takes over what an earlier version of the rule has heard; false: that counted something else, or less. */
  adopt(earlier: CountedOccurrences): boolean {
    if (countsOf(earlier.rule) !== countsOf(this.rule) || earlier.rule.windowMs < this.rule.windowMs)
      return false;
    this.#logs = earlier.#logs;
    this.filled = earlier.filled;
    return true;
  }
}

/** What a rule counts, whatever the window and the threshold. */
function countsOf({ of, match, distinct, grid }: FrequencyRule): string {
  return JSON.stringify([of, match.map(formatMatcher), distinct, grid.by]);
}
