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
import type { Occurrence } from '../store/store.ts';
import { CountedOccurrences } from './counted-occurrences.ts';
import { GridGroup, positionIn } from './grid-group.ts';
import { NamedStates } from './named-states.ts';
import type { SharedLabels } from './shared-labels.ts';

export type Episodes = Pick<PipelineState, 'openByKey'>;

/** Groups by labels that are others now: their series go over one by one. */
interface Outgrown {
  readonly by: readonly string[];
  readonly groups: Map<string, GridGroup>;
  /** Series of the first of them that went over. */
  cursor: number;
}

export class RuleGroups {
  readonly rule: GridRule;
  readonly readings: readonly Reading[];
  /** The names of the rules whose alerts it asks for. */
  readonly names: readonly string[];
  /** How many rules that name one another it comes behind: at one grid time the least is looked at first. */
  rank = 0;
  /** The rule was removed, or edited and others stand in their place. */
  gone = false;
  #groups = new Map<string, GridGroup>();
  /** The labels by which it groups. */
  #by: readonly string[];
  /** Of a composite rule without `by`. */
  readonly #shared: SharedLabels | null;
  readonly #named = new NamedStates();
  #outgrown: Outgrown | null = null;
  /** Alerts of the rules that it names, from before anything was known of the labels to join on. */
  readonly #unplaced = new Set<AlertRow>();
  /** By fewer labels than it groups by: the keys that its groups with series would have. Kept while alerts are restored. */
  readonly #withFewer = new Map<string, Set<string>>();
  readonly #heedsAbsence: boolean;
  /** Of a rule that counts. */
  readonly counted: CountedOccurrences | null;

  constructor(rule: GridRule, shared: SharedLabels | null = null) {
    this.rule = rule;
    this.readings = readingsOf(rule);
    this.names = ruleReferences(rule);
    this.#shared = shared;
    this.#by = shared?.by ?? rule.grid.by;
    this.counted = rule.type === 'frequency' || rule.type === 'pattern' ? new CountedOccurrences(rule) : null;
    this.#heedsAbsence = this.readings.some(({ aggregate }) => aggregate === 'absent');
  }

  get groups(): ReadonlyMap<string, GridGroup> {
    return this.#groups;
  }

  /** The one group of everything is looked at also when there is nothing in it, where that may mean something. */
  get #hasRoot(): boolean {
    const { rule } = this;
    if (rule.grid.by.length > 0 || this.#shared !== null) return false;
    return isAbsent(rule) || rule.type !== 'threshold';
  }

  /** A group that has something to say also when nothing is in it any more. */
  #stays({ heard }: GridGroup): boolean {
    return this.#hasRoot || (heard && (this.#heedsAbsence || this.rule.noData === 'alert'));
  }

  expectRoot(state: Episodes, now: number): void {
    if (this.#hasRoot) this.#group(alertKey(this.rule.name, emptyLabels), state, now);
  }

  /** Takes a series into its group, once for each reading that takes it; `inserted` hears where it was put. */
  bind(
    series: number,
    metric: string,
    labels: Labels,
    state: Episodes,
    now: number,
    inserted?: (group: GridGroup, position: number) => void,
  ): void {
    for (const reading of this.#readingOf(metric, labels)) {
      this.#shared?.add(reading, labels);
      const group = this.#group(this.#keyOf(labels), state, now);
      const position = insert(group, series * this.readings.length + reading);
      if (position !== null) inserted?.(group, position);
    }
  }

  unbind(
    series: number,
    metric: string,
    labels: Labels,
    removed: (group: GridGroup, position: number) => void,
  ): void {
    for (const reading of this.#readingOf(metric, labels)) {
      const member = series * this.readings.length + reading;
      const group = this.#groups.get(this.#keyOf(labels));
      const position = group === undefined ? null : remove(group, member);
      if (group !== undefined && position !== null) removed(group, position);
      else if (this.#outgrown !== null) {
        // It has not gone over yet.
        const before = this.#outgrown.groups.get(this.#keyOf(labels, this.#outgrown.by));
        if (before !== undefined) remove(before, member);
      }
    }
  }

  /** The readings that take a series. */
  *#readingOf(metric: string, labels: Labels): Iterable<number> {
    for (const [i, reading] of this.readings.entries())
      if (reading.metric === metric && matchesAll(reading.match, labels)) yield i;
  }

  #keyOf(labels: Labels, by: readonly string[] = this.#by): string {
    // Shared labels may be thousands, where somebody sends ever new ones; a series has a few of them.
    const own = by.length > 16 ? Object.keys(labels).filter((name) => isAmong(by, name)) : by;
    return alertKey(this.rule.name, labelSet(groupLabels(own, labels)));
  }

  #group(key: string, state: Episodes, now: number): GridGroup {
    let group = this.#groups.get(key);
    if (!group) {
      group = new GridGroup(key, now);
      group.attach(state.openByKey.get(key), this.rule);
      this.#groups.set(key, group);
    }
    return group;
  }

  /** An episode of a rule that it names; a group that is there for this alone could be heard `since` then. */
  name(alert: AlertRow, state: Episodes, since: number): void {
    if (this.#shared?.known === false) {
      this.#unplaced.add(alert);
      return;
    }
    const key = this.#keyOf(alert.labels);
    this.#named.put(key, alert);
    this.#group(key, state, since);
  }

  /** Every episode of the rules that it names is told anew. */
  forgetNamed(): void {
    this.#named.clear();
    this.#unplaced.clear();
  }

  /** Before its groups are looked at: where the labels that its series share are others now, regrouping begins. */
  prepare(): void {
    this.#withFewer.clear();
    for (const alert of this.#unplaced) if (alert.state === 'resolved') this.#unplaced.delete(alert);
    const by = this.#shared?.by ?? this.#by;
    if (by === this.#by || this.#outgrown !== null) return;
    this.#outgrown = { by: this.#by, groups: this.#groups, cursor: 0 };
    this.#groups = new Map();
    this.#by = by;
  }

  /** Not every series is in its group yet: `regroup` has to be called until this is over. */
  get regrouping(): boolean {
    return this.#outgrown !== null || (this.#unplaced.size > 0 && this.#shared?.known === true);
  }

  /** The next step of regrouping. Answers an open alert that no group stands for any more. */
  regroup(labelsOf: (series: number) => Labels, state: Episodes, now: number): AlertRow | null {
    const outgrown = this.#outgrown;
    if (outgrown === null) {
      for (const alert of this.#unplaced) {
        this.#unplaced.delete(alert);
        this.name(alert, state, now);
        break;
      }
      return null;
    }
    const [before] = outgrown.groups.values();
    if (before === undefined) {
      this.#outgrown = null;
      return null;
    }
    const member = before.members[outgrown.cursor];
    if (member !== undefined) {
      outgrown.cursor += 1;
      const labels = labelsOf(Math.floor(member / this.readings.length));
      const group = this.#group(this.#keyOf(labels), state, now);
      group.follow(before);
      insert(group, member);
      return null;
    }
    outgrown.groups.delete(before.key);
    outgrown.cursor = 0;
    for (const alert of this.#named.take(before.key)) this.name(alert, state, Math.min(now, before.since));
    return this.#groups.has(before.key) ? null : (state.openByKey.get(before.key) ?? null);
  }

  /** Whether a group stands for the alerts of this key. */
  covers(key: string): boolean {
    return this.#groups.has(key) || this.#outgrown?.groups.has(key) === true;
  }

  /** Whether there is anything to say of a group at `at`; one without series may be there for an alert alone. */
  stands(group: GridGroup, open: boolean, at: number): boolean {
    this.#named.settle(group.key, at);
    if (this.counted?.settle(group.key, at)) return true;
    return open || group.members.length > 0 || this.#stays(group) || this.#named.any(group.key, at);
  }

  contextOf(group: GridGroup, at: number) {
    return {
      at,
      since: group.since,
      ruleState: (rule: string, state: NamedState): boolean => this.#named.has(group.key, rule, state, at),
      occurrences: (): number => this.counted?.count(group.key, at) ?? 0,
    };
  }

  /** Whether something of the group of this occurrence was counted before. */
  hears({ labels }: Occurrence): boolean {
    return this.counted?.has(this.#keyOf(labels)) ?? false;
  }

  /** Something that the rule counts occurred. */
  occurred(occurrence: Occurrence, state: Episodes, now: number): void {
    const key = this.#keyOf(occurrence.labels);
    this.#group(key, state, now);
    this.counted?.add(key, occurrence);
  }

  /** Makes the group of an open alert whose series are unknown. False: the rule makes no such group. */
  restore(alert: AlertRow, state: Episodes, now: number): boolean {
    const { name, hash } = this.rule;
    const labels = seriesLabelsOfKey(name, alert.key);
    if (!labels) return false;
    const names = Object.keys(labels);
    if (!names.every((label) => this.#by.includes(label))) return false;
    // A label may be missing in a group, but also in the alert because it was grouped by other ones before.
    if (names.length < this.#by.length && (alert.ruleHash !== hash || this.#outgrew(alert.key, names)))
      return false;
    this.#group(alert.key, state, now);
    return true;
  }

  /**
   * Whether the series of a group by these labels are in groups by more of them now. Where other rules are named it may be
   * there for an alert that lacks the others, beside those of the series: to end it would say that all is well.
   */
  #outgrew(key: string, by: readonly string[]): boolean {
    if (this.#shared === null || this.names.length > 0) return false;
    const id = by.join('\0');
    let keys = this.#withFewer.get(id);
    if (!keys) {
      keys = new Set();
      for (const group of this.#groups.values())
        if (group.members.length > 0) keys.add(this.#keyOf(group.labels(this.rule), by));
      this.#withFewer.set(id, keys);
    }
    return keys.has(key);
  }

  /** Takes over the groups of an earlier version of the rule that reads and groups the same series. */
  adopt(earlier: RuleGroups, state: Episodes, now: number): boolean {
    const { rule } = this;
    if (earlier.#outgrown !== null || readsOf(earlier.rule) !== readsOf(rule)) return false;
    if (earlier.#by.join('\0') !== this.#by.join('\0')) return false;
    if (this.counted !== null && !(earlier.counted && this.counted.adopt(earlier.counted))) return false;
    const sameSilence = isAbsent(earlier.rule) === isAbsent(rule);
    for (const [key, group] of earlier.#groups) {
      if (!sameSilence) group.restart(now);
      group.attach(state.openByKey.get(key), rule);
      this.#groups.set(key, group);
    }
    return true;
  }

  /** The labels that its readings share, for another version of the rule that reads the same. */
  sharedWith(rule: GridRule): SharedLabels | null {
    if (rule.type !== 'composite' || !rule.shared) return null;
    return readsOf(rule) === readsOf(this.rule) ? this.#shared : null;
  }

  /** Takes up what the open episodes say. */
  attach(state: Episodes): void {
    for (const group of this.#groups.values()) group.attach(state.openByKey.get(group.key), this.rule);
  }

  /** A person ended this episode, or it is nobody's: a group without series has nothing left to say. */
  forgetEpisode(key: string): void {
    const group = this.#groups.get(key);
    if (!group) return;
    const counts = this.counted?.outlives(key) ?? false;
    if (group.members.length > 0 || this.#hasRoot || counts || this.#named.keeps(key)) group.forget();
    else this.#groups.delete(key);
  }

  /** Lets go of a group that nothing can be said of any more. */
  release(group: GridGroup, open: boolean, at: number): void {
    if (this.counted?.holds(group.key, group.since, at)) return;
    if (open || group.members.length > 0 || this.#stays(group) || this.#named.any(group.key, at)) return;
    // What began after `at` is known already if it came before `at` was looked at. It begins a group as if it had come later.
    const begins = this.#named.nextAfter(group.key, at);
    if (begins === null) this.#groups.delete(group.key);
    else group.beginAgain(Math.max(group.since, begins));
  }
}

/** Which series a rule reads. */
function readsOf(rule: GridRule): string {
  return JSON.stringify([
    rule.type,
    readingsOf(rule).map((one) => [one.metric, one.match.map(formatMatcher)]),
  ]);
}

/** Whether an ascending list has it. */
function isAmong(list: readonly string[], name: string): boolean {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle]! < name) low = middle + 1;
    else high = middle;
  }
  return list[low] === name;
}

/** Answers where it was put; null: it was there already. */
function insert(group: GridGroup, member: number): number | null {
  const { members } = group;
  group.heard = true;
  const position = positionIn(members, member);
  if (members[position] === member) return null;
  members.splice(position, 0, member);
  return position;
}

/** Answers where it was; null: nowhere. */
function remove({ members }: GridGroup, member: number): number | null {
  const position = positionIn(members, member);
  if (members[position] !== member) return null;
  members.splice(position, 1);
  return position;
}
