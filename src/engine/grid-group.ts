// A group of series under one rule: what a pair is for one series. It holds the last verdict and when it had something to
// say; the episode is in the alert's row. There may be tens of thousands: no field too much.
import { wakeAt } from '../../rules/alert-state.ts';
import type { GridRule } from '../../rules/grid.ts';
import type { Labels } from '../../rules/types.ts';
import { seriesLabelsOfKey, subjectOf } from '../pipeline/identify.ts';
import { lifeOf } from '../pipeline/life-cycle.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import type { Subject } from '../pipeline/state.ts';
import type { LastVerdict } from './pair-states.ts';

export class GridGroup {
  /** Key of its alerts, made of the rule's name and the group's labels. */
  readonly key: string;
  /** Its series, ascending: id · (readings of the rule) + reading, see `memberOf`. */
  readonly members: number[] = [];
  verdict: LastVerdict = 'unknown';
  /** Grid time from which an unchanged verdict matters. */
  wakeAt = Number.POSITIVE_INFINITY;
  /** The last verdict came from silence: hysteresis does not apply to it. */
  quiet = false;
  /** It had a series once: that there is none any more means something to it. */
  heard = false;
  /** Engine time from which silence counts, while nothing was heard. */
  since: number;
  /** Last grid time with a value; of an `absent` rule the time at which it was heard last. */
  saidAt = Number.NEGATIVE_INFINITY;
  /** Of an `absent` rule: time of the newest sample that was seen. */
  newestAt = Number.NEGATIVE_INFINITY;

  constructor(key: string, since: number) {
    this.key = key;
    this.since = since;
  }

  labels(rule: GridRule): Labels {
    const labels = seriesLabelsOfKey(rule.name, this.key);
    if (labels === null) throw new Error(`${this.key} is no key of ${rule.name}`);
    return labels;
  }

  subject(rule: GridRule): Subject {
    return subjectOf(rule, this.labels(rule));
  }

  /** Takes verdict and wake time from the open episode, if there is one. One without a value came from silence. */
  attach(alert: AlertRow | undefined, rule: GridRule): void {
    this.forget();
    if (!alert) return;
    this.verdict = alert.keepUntil === null ? 'true' : 'false';
    this.quiet = alert.value === null;
    this.refreshWake(alert, rule);
  }

  refreshWake(alert: AlertRow | undefined, rule: GridRule): void {
    this.wakeAt = alert ? wakeAt(lifeOf(alert), rule) : Number.POSITIVE_INFINITY;
  }

  /** Nothing is known of its verdict: the next true one begins an episode. */
  forget(): void {
    this.verdict = 'unknown';
    this.quiet = false;
    this.wakeAt = Number.POSITIVE_INFINITY;
  }

  /** It takes over series of an earlier group, and with them since when something could be heard of them. */
  follow({ since, saidAt, newestAt }: GridGroup): void {
    this.since = Math.min(this.since, since);
    this.saidAt = Math.max(this.saidAt, saidAt);
    this.newestAt = Math.max(this.newestAt, newestAt);
  }

  /** It ended, and another one of the same labels begins at `since`. */
  beginAgain(since: number): void {
    this.forget();
    this.restart(since);
  }

  /** Silence counts from `now`. */
  restart(now: number): void {
    this.since = now;
    this.saidAt = Number.NEGATIVE_INFINITY;
    this.newestAt = Number.NEGATIVE_INFINITY;
  }
}

/** Where `member` stands, or would stand, in an ascending list. */
export function positionIn(members: readonly number[], member: number): number {
  let low = 0;
  let high = members.length;
  if (high > 0 && members[high - 1]! < member) return high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (members[middle]! < member) low = middle + 1;
    else high = middle;
  }
  return low;
}
