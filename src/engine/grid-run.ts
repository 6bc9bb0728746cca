// Where the evaluation of due grid times stands, so that it can stop after any series and go on in another turn: the
// times in order, at each the rules, of each the groups, of each the series.
import { clearTotals, emptyTotals, type GroupTotals } from '../../rules/across.ts';
import type { DueTimes } from './due-times.ts';
import type { GridClock } from './grid-clock.ts';
import type { GridGroup } from './grid-group.ts';
import type { RuleGroups } from './rule-groups.ts';

export class GridRun {
  readonly kind = 'grid';
  readonly clock: GridClock;
  readonly until: number;
  /** The grid time that is looked at. */
  at: number;
  /** Series of the current group that were taken in. */
  cursor = 0;
  /** Of the current group, one for each reading of its rule. */
  readonly totals: GroupTotals[] = [];
  #rules: readonly RuleGroups[];
  #rule = -1;
  #groups: Iterator<GridGroup> | null = null;
  #group: GridGroup | null = null;

  constructor(clock: GridClock, due: DueTimes) {
    this.clock = clock;
    this.at = due.first;
    this.until = due.last;
    this.#rules = inOrder(clock);
  }

  /** Something else was begun in its place. */
  get stale(): boolean {
    return this.clock.run !== this;
  }

  get rule(): RuleGroups {
    return this.#rules[this.#rule]!;
  }

  /** The rule that is looked at does not have all its groups yet. */
  get regrouping(): boolean {
    return this.#groups === null && this.#rule >= 0 && !this.rule.gone && this.rule.regrouping;
  }

  /** The group that is looked at; null while its rule regroups, and when every group of this grid time was. */
  get group(): GridGroup | null {
    while (this.#group === null || this.rule.gone) {
      this.#group = null;
      if (this.#rule >= 0 && !this.rule.gone) {
        if (this.#groups === null && this.rule.regrouping) return null;
        this.#groups ??= this.rule.groups.values();
        const next = this.#groups.next();
        if (!next.done) {
          this.#group = next.value;
          this.cursor = 0;
          this.#clear(this.rule.readings.length);
          continue;
        }
      }
      if (this.#rule + 1 >= this.#rules.length) return null;
      this.#rule += 1;
      this.#groups = null;
      this.rule.prepare();
    }
    return this.#group;
  }

  #clear(readings: number): void {
    while (this.totals.length < readings) this.totals.push(emptyTotals());
    for (let i = 0; i < readings; i++) clearTotals(this.totals[i]!);
  }

  /** The current group has been judged. */
  nextGroup(): void {
    this.#group = null;
  }

  /** On to the next grid time. */
  nextTime(): void {
    this.at += this.clock.intervalMs;
    this.#rules = inOrder(this.clock);
    this.#rule = -1;
    this.#groups = null;
    this.#group = null;
  }

  /** A series came into a group before this position (or, with -1, left it): the rest is where it was. */
  moved(group: GridGroup, position: number, by: 1 | -1): void {
    if (group === this.#group && position < this.cursor) this.cursor += by;
  }
}

/** A rule that names others comes behind them, so that it sees what they say at the same time. */
function inOrder(clock: GridClock): readonly RuleGroups[] {
  return [...clock.rules].sort((a, b) => a.rank - b.rank);
}
