// The groups of one rule over several series. A group is there as long as one of its series is, or an alert of it is open,
// or its silence has still to be told.
import { type GridRule, groupLabels } from '../../rules/grid.ts';
import { emptyLabels, labelSet } from '../../rules/labels.ts';
import { formatMatcher, matchesAll } from '../../rules/matchers.ts';
import type { Labels } from '../../rules/types.ts';
import { alertKey, seriesLabelsOfKey } from '../pipeline/identify.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import type { PipelineState } from '../pipeline/state.ts';
import { GridGroup, positionIn } from './grid-group.ts';

type Episodes = Pick<PipelineState, 'openByKey'>;

export class RuleGroups {
  readonly rule: GridRule;
  readonly groups = new Map<string, GridGroup>();
  /** The rule was removed, or edited and others stand in their place. */
  gone = false;

  constructor(rule: GridRule) {
    this.rule = rule;
  }

  /** The one group of all series is looked at also when there are none: that is what `absent` is about. */
  expectRoot(state: Episodes, now: number): void {
    if (this.rule.aggregate === 'absent' && this.rule.grid.by.length === 0)
      this.#group(alertKey(this.rule.name, emptyLabels), state, now);
  }

  /** Takes a series into its group if the rule reads it; `inserted` hears where it was put. */
  bind(
    series: number,
    labels: Labels,
    state: Episodes,
    now: number,
    inserted?: (group: GridGroup, position: number) => void,
  ): void {
    const key = this.#keyOf(labels);
    if (key === null) return;
    const group = this.#group(key, state, now);
    const position = positionIn(group.members, series);
    if (group.members[position] === series) return;
    group.members.splice(position, 0, series);
    inserted?.(group, position);
  }

  unbind(series: number, labels: Labels, removed: (group: GridGroup, position: number) => void): void {
    const key = this.#keyOf(labels);
    const group = key === null ? undefined : this.groups.get(key);
    if (!group) return;
    const position = positionIn(group.members, series);
    if (group.members[position] !== series) return;
    group.members.splice(position, 1);
    removed(group, position);
  }

  #keyOf(labels: Labels): string | null {
    const { rule } = this;
    if (!matchesAll(rule.match, labels)) return null;
    return alertKey(rule.name, labelSet(groupLabels(rule.grid, labels)));
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

  /** Makes the group of an open alert whose series are unknown. False: the rule makes no such group. */
  restore(alert: AlertRow, state: Episodes, now: number): boolean {
    const { name, hash, grid } = this.rule;
    const labels = seriesLabelsOfKey(name, alert.key);
    if (!labels) return false;
    const names = Object.keys(labels);
    if (!names.every((label) => grid.by.includes(label))) return false;
    // A label may be missing in a group, but also in the alert because it was grouped by other ones before.
    if (names.length < grid.by.length && alert.ruleHash !== hash) return false;
    this.#group(alert.key, state, now);
    return true;
  }

  /** Takes over the groups of an earlier version of the rule that reads and groups the same series. */
  adopt(earlier: RuleGroups, state: Episodes, now: number): boolean {
    const { rule } = this;
    if (readsOf(earlier.rule) !== readsOf(rule)) return false;
    const sameSilence = earlier.rule.aggregate === rule.aggregate;
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
    if (this.rule.aggregate === 'absent' || this.rule.noData === 'alert') return;
    this.groups.delete(group.key);
  }
}

/** Which series a rule reads, and how it groups them. */
function readsOf({ metric, match, grid }: GridRule): string {
  return JSON.stringify([metric, match.map(formatMatcher), grid.by]);
}
