// The times of a grid: one deadline for all rules of a tenant with the same interval and delay. A grid time is due once
// its delay has passed; it counts as done when what it changed is committed, so a failed commit brings it again.
import { firstGridTime, type Timing } from './due-times.ts';
import type { GridGroup } from './grid-group.ts';
import type { RuleGroups } from './rule-groups.ts';

/** The evaluation of due times, which is told when a series comes into a group (or leaves it, -1) while it is under way. */
export interface RunningTimes {
  moved(group: GridGroup, position: number, by: 1 | -1): void;
}

export class GridClock {
  readonly tenant: string;
  readonly intervalMs: number;
  readonly evalDelayMs: number;
  /** The rules that go by it. */
  readonly rules = new Set<RuleGroups>();
  /** The first grid time that is not done. */
  nextAt: number;
  /** Its deadline is in the heap. */
  watched = false;
  /** What is due and in the tenant's queue. */
  run: RunningTimes | null = null;

  constructor(tenant: string, timing: Timing, now: number) {
    this.tenant = tenant;
    this.intervalMs = timing.intervalMs;
    this.evalDelayMs = timing.evalDelayMs;
    this.nextAt = firstGridTime(timing, now);
  }

  get dueAt(): number {
    return this.nextAt + this.evalDelayMs;
  }

  /** No rule goes by it any more. */
  get idle(): boolean {
    return this.rules.size === 0;
  }

  /** What is under way is void, and so is the deadline: the engine takes up its state anew. */
  reset(): void {
    this.watched = false;
    this.run = null;
  }

  /** `now` is another clock's. */
  restart(now: number): void {
    this.nextAt = firstGridTime(this, now);
  }
}
