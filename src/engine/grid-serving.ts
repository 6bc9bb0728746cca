// Grid times that are due become work of their tenant, behind the samples that came before them, and are evaluated in
// slices: thousands of series must not hold up anybody.
import type { JointObservation } from '../../analysis/detectors/index.ts';
import { distancesOf } from '../../rules/anomaly-together.ts';
import { gridEvaluatorOf } from '../../rules/index.ts';
import type { SeriesWindow } from '../../rules/types.ts';
import type { Clock } from '../clock.ts';
import type { Detections } from '../detection/detections.ts';
import { emptyWindow, type SeriesTable } from '../ingest/series.ts';
import type { Log } from '../log.ts';
import type { Agenda } from './agenda.ts';
import type { Doors } from './doors.ts';
import { dueTimes } from './due-times.ts';
import type { GridClock } from './grid-clock.ts';
import type { GridGroup } from './grid-group.ts';
import { GridRun } from './grid-run.ts';
import { decideGroup } from './grid-verdict.ts';
import type { Tenant } from './tenant.ts';
import type { Turn } from './turn.ts';

/** What one slice may look at; and a percentile over 4,096 points takes a third of a millisecond. */
const stepsPerSlice = 512;
const stepsPerLook = 16;

export interface GridParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly table: SeriesTable;
  readonly doors: Doors;
  readonly agenda: Agenda;
  readonly detections?: Detections;
}

/** How far a slice may go: rows of the turn, engine time. */
export interface SliceLimit {
  readonly rows: number;
  readonly until: number;
}

export class GridServing {
  /** Grid times done, groups judged, grid times that nobody looked at. */
  readonly counts = { times: 0, evaluations: 0, skipped: 0 };
  readonly #parts: GridParts;
  readonly #window: SeriesWindow = emptyWindow();

  constructor(parts: GridParts) {
    this.#parts = parts;
  }

  /** The deadline of a clock has come. */
  due(tenant: Tenant, clock: GridClock, now: number): void {
    clock.watched = false;
    if (clock.idle || clock.run) return;
    const due = dueTimes(clock, clock.nextAt, now);
    if (due.skipped > 0) {
      this.counts.skipped += due.skipped;
      const { intervalMs } = clock;
      this.#parts.log.warn('grid.skipped', { tenant: tenant.name, intervalMs, times: due.skipped });
    }
    const run = new GridRun(clock, due);
    clock.run = run;
    tenant.enqueue(run);
  }

  /** The same while nobody's samples are taken: such times say nothing. */
  leaveOut(clock: GridClock, now: number): void {
    clock.watched = false;
    if (clock.idle || clock.run) return;
    const { first, last, skipped } = dueTimes(clock, clock.nextAt, now);
    this.counts.skipped += skipped + (last - first) / clock.intervalMs + 1;
    clock.nextAt = last + clock.intervalMs;
    this.#parts.agenda.grid(clock);
  }

  /** Goes on with what is due; true when that is done. */
  slice(tenant: Tenant, run: GridRun, turn: Turn, now: number, limit: SliceLimit): boolean {
    const { clock } = this.#parts;
    for (let steps = 0; !run.stale; ) {
      if (turn.rows >= limit.rows || steps >= stepsPerSlice) return false;
      if (steps % stepsPerLook === 0 && steps > 0 && clock.now() >= limit.until) return false;
      const { group } = run;
      if (group === null && run.regrouping) {
        steps += 1;
        this.#regroup(tenant, run, turn, now);
        continue;
      }
      if (group === null) {
        this.#done(run, turn);
        if (run.at >= run.until) return true;
        run.nextTime();
        continue;
      }
      steps += 1;
      if (run.cursor < group.members.length) this.#take(run, group);
      if (run.cursor < group.members.length) continue;
      this.#judge(tenant, run, group, turn, now);
      run.nextGroup();
    }
    return true;
  }

  /** The next step of it; an alert that it leaves without a group ends here: nothing else could ever end it. */
  #regroup(tenant: Tenant, run: GridRun, turn: Turn, now: number): void {
    const { table, doors } = this.#parts;
    const alert = run.rule.regroup((series) => table.labelsOf(series), tenant.pipeline, now);
    if (alert !== null) doors.step(tenant, { kind: 'rule_removed', alertIds: [alert.id] }, now, turn);
  }

  /** Takes in the next series of the group. */
  #take(run: GridRun, group: GridGroup): void {
    const { rule, readings } = run.rule;
    const member = group.members[run.cursor]!;
    const series = Math.floor(member / readings.length);
    this.#parts.table.view(series, this.#window);
    const wasTrue = group.verdict === 'true' && !group.quiet;
    const reading = member - series * readings.length;
    const sight =
      rule.type === 'anomaly'
        ? (this.#parts.detections?.sightAt(series, rule.detection.key, run.at, rule.windowMs) ?? null)
        : null;
    gridEvaluatorOf(rule).add(rule, reading, this.#window, run.at, wasTrue, run.totals, sight);
    run.cursor += 1;
  }

  #judge(tenant: Tenant, run: GridRun, group: GridGroup, turn: Turn, now: number): void {
    const { openByKey } = tenant.pipeline;
    if (!run.rule.stands(group, openByKey.has(group.key), run.at)) {
      run.rule.release(group, false, run.at);
      return;
    }
    this.counts.evaluations += 1;
    const { rule } = run.rule;
    const joint = this.#joint(run, group, now);
    const input = decideGroup(
      rule,
      group,
      run.totals,
      { ...run.rule.contextOf(group, run.at), joint },
      openByKey.get(group.key),
    );
    if (input !== null) {
      this.#parts.doors.step(tenant, input, now, turn);
      group.verdict = input.verdict;
      group.quiet = input.cause === 'no_data';
      group.refreshWake(openByKey.get(group.key), rule);
    }
    if (group.members.length === 0) run.rule.release(group, openByKey.has(group.key), run.at);
  }

  /** Of a rule over several metrics: what the forest over all of them sees in the group; null: nothing. */
  #joint(run: GridRun, group: GridGroup, now: number): JointObservation | null {
    const { rule, readings } = run.rule;
    const { detections } = this.#parts;
    if (rule.type !== 'anomaly' || rule.joint === undefined || detections === undefined) return null;
    const distances = distancesOf(run.totals);
    if (distances === null) return null;
    return detections.feedTogether(seriesOf(group, readings.length), rule.joint, distances, run.at, now);
  }

  /** Every group was judged at this time; that holds once it is committed. */
  #done(run: GridRun, turn: Turn): void {
    this.counts.times += 1;
    const { clock, at, until } = run;
    turn.committed.push(() => {
      if (run.stale) return;
      clock.nextAt = at + clock.intervalMs;
      if (at < until) return;
      clock.run = null;
      if (!clock.idle) this.#parts.agenda.grid(clock);
    });
  }
}

function* seriesOf({ members }: GridGroup, readings: number): Iterable<number> {
  for (const member of members) yield Math.floor(member / readings);
}
