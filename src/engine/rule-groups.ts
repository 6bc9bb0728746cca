// The groups of one rule on the grid. A group is there as long as one of its series is, or an alert of it is open,
// or its silence has still to be told.
import { type GridRule, groupLabels } from '../../rules/grid.ts';
import { emptyLabels, labelSet } from '../../rules/labels.ts';
import { formatMatcher, matchesAll } from '../../rules/matchers.ts';
import { isAbsent, readingsOf, ruleReferences } from '../../rules/readings.ts';
import type { Labels, NamedState, Reading } from '../../rules/types.ts';
import { alertKey, seriesLabelsOfKey } from '../pipeline/identify.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import type { PipelineState } from '../pipeline/state.ts';
import { GridGroup, positionIn } from './grid-group.ts';
import { NamedStates } from './named-states.ts';
import type { SharedLabels } from './shared-labels.ts';

export type Episodes = Pick<PipelineState, 'openByKey'>;

export class RuleGroups {
  readonly rule: GridRule;
  readonly readings: readonly Reading[];
  readonly groups = new Map<string, GridGroup>();
  /** The rule was removed, or edited and others stand in their place. */
  gone = false;
  /** Of a composite rule without `by`. */
  readonly #shared: SharedLabels | null;
  /** Of a rule that asks for the alerts of others. */
  readonly #named: NamedStates | null;

  constructor(rule: GridRule, shared: SharedLabels | null = null) {
    this.rule = rule;
    this.readings = readingsOf(rule);
    this.#shared = shared;
    const names = ruleReferences(rule);
    this.#named = names.length === 0 ? null : new NamedStates(names);
  }

  /** The labels by which it groups. */
  get by(): readonly string[] {
    return this.#shared?.by ?? this.rule.grid.by;
  }

  /** The one group of everything is looked at also when there is nothing in it, where that may mean something. */
  get #hasRoot(): boolean {
    const { rule } = this;
    if (rule.grid.by.length > 0 || this.#shared !== null) return false;
    return isAbsent(rule) || rule.type !== 'threshold';
  }

  expectRoot(state: Episodes, now: number): void {
    if (this.#hasRoot) this.#group(alertKey(this.rule.name, emptyLabels), state, now);
  }

  /**
   * Takes a series into its group, once for each reading that takes it; `inserted` hears where it was put. False: with
   * this series the rule groups by other labels, and every series has to be bound anew.
   */
  bind(
    series: number,
    metric: string,
    labels: Labels,
    state: Episodes,
    now: number,
    inserted?: (group: GridGroup, position: number) => void,
  ): boolean {
    if (this.#shared !== null) {
      let other = false;
      for (const reading of this.#readingOf(metric, labels))
        other = this.#shared.add(reading, labels) || other;
      if (other) return false;
    }
    for (const reading of this.#readingOf(metric, labels)) {
      const group = this.#group(this.#keyOf(labels), state, now);
      const member = series * this.readings.length + reading;
      const position = positionIn(group.members, member);
      if (group.members[position] === member) continue;
      group.members.splice(position, 0, member);
      inserted?.(group, position);
    }
    return true;
  }

  unbind(
    series: number,
    metric: string,
    labels: Labels,
    removed: (group: GridGroup, position: number) => void,
  ): void {
    for (const reading of this.#readingOf(metric, labels)) {
      const group = this.groups.get(this.#keyOf(labels));
      if (!group) return;
      const member = series * this.readings.length + reading;
      const position = positionIn(group.members, member);
      if (group.members[position] !== member) continue;
      group.members.splice(position, 1);
      removed(group, position);
    }
  }

  /** The readings that take a series. */
  *#readingOf(metric: string, labels: Labels): Iterable<number> {
    for (const [i, reading] of this.readings.entries())
      if (reading.metric === metric && matchesAll(reading.match, labels)) yield i;
  }

  #keyOf(labels: Labels): string {
    return alertKey(this.rule.name, labelSet(groupLabels(this.by, labels)));
  }

  #group(key: string, state: Episodes, now: number): GridGroup {
    let group = this.groups.get(key);
    if (!group) {
      group = new GridGroup(key, now);
      group.attach(state.openByKey.get(key), this.rule);
      this.groups.set(key, group);
    }
    return group;
  }

  /** Before its groups are looked at for grid time `at`: takes up the alerts of the rules that it names. */
  prepare(state: Episodes, at: number): void {
    if (this.#named === null) return;
    this.#named.read(state, at, (labels) => this.#keyOf(labels));
    for (const key of this.#named.keys) this.#group(key, state, at);
  }

  contextOf(group: GridGroup, at: number) {
    return {
      at,
      since: group.since,
      ruleState: (rule: string, state: NamedState): boolean =>
        this.#named?.has(group.key, rule, state) ?? false,
      occurrences: (): number => 0,
    };
  }

  /** Makes the group of an open alert whose series are unknown. False: the rule makes no such group. */
  restore(alert: AlertRow, state: Episodes, now: number): boolean {
    const { name, hash } = this.rule;
    const labels = seriesLabelsOfKey(name, alert.key);
    if (!labels) return false;
    const names = Object.keys(labels);
    if (!names.every((label) => this.by.includes(label))) return false;
    // A label may be missing in a group, but also in the alert because it was grouped by other ones before.
    if (names.length < this.by.length && alert.ruleHash !== hash) return false;
    this.#group(alert.key, state, now);
    return true;
  }

  /** Takes over the groups of an earlier version of the rule that reads and groups the same series. */
  adopt(earlier: RuleGroups, state: Episodes, now: number): boolean {
    const { rule } = this;
    if (readsOf(earlier) !== readsOf(this)) return false;
    const sameSilence = isAbsent(earlier.rule) === isAbsent(rule);
    for (const [key, group] of earlier.groups) {
      if (!sameSilence) group.restart(now);
      group.attach(state.openByKey.get(key), rule);
      this.groups.set(key, group);
    }
    return true;
  }

  /** Takes up what the open episodes say. */
  attach(state: Episodes): void {
    for (const group of this.groups.values()) group.attach(state.openByKey.get(group.key), this.rule);
  }

  /** A person ended this episode, or it is nobody's: a group without series has nothing left to say. */
  forgetEpisode(key: string): void {
    const group = this.groups.get(key);
    if (!group) return;
    if (group.members.length > 0 || this.rule.grid.by.length === 0) group.forget();
    else this.groups.delete(key);
  }

  /** Lets go of a group that nothing can be said of any more. */
  release(group: GridGroup, open: boolean): void {
    if (open || group.members.length > 0) return;
    if (isAbsent(this.rule) || this.rule.noData === 'alert' || this.#hasRoot) return;
    this.groups.delete(group.key);
  }
}

/** Which series a rule reads, and how it groups them. */
function readsOf({ rule, readings, by }: RuleGroups): string {
  return JSON.stringify([rule.type, readings.map((one) => [one.metric, one.match.map(formatMatcher)]), by]);
}
