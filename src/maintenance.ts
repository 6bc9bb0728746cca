// Housekeeping in idle turns: retention in small pieces, passive checkpoints, folding of the history, expiry of series,
// and an eye on the wall clock. Due every hour, or when the operator's cron expression says: in UTC, so that node-cron's
// daylight-saving gaps do not matter.
import type { Clock, SystemClock, Timer } from './clock.ts';
import type { TocsinConfig } from './config/config.ts';
import type { Engine } from './engine/engine.ts';
import type { History } from './ingest/history.ts';
import type { Log } from './log.ts';
import type { Store } from './store/store.ts';

interface Job {
  pending: boolean;
  /** Does a bounded piece; true when there may be more. */
  piece(now: number): boolean;
}

/** Runs `work` by a schedule that is known already. */
export type Cron = (name: string, work: () => void) => { stop(): void };

export interface MaintenancePorts {
  readonly engine: Engine;
  readonly store: Store;
  readonly history: History;
  readonly clock: Clock;
  readonly log: Log;
  readonly retention: TocsinConfig['retention'];
  /** Calls back by the operator's schedule; without one, every hour. */
  readonly cron: Cron | null;
  /** The wall clock moved away from ours by more than a minute: to be re-anchored and told. */
  readonly clockJumped: (byMs: number) => void;
}

const restMs = 1_000;
/** Between two pieces of work: 200 rows every 20 ms keep up with 10,000 rows a second and take a tenth of the loop. */
const workMs = 20;
/** After a failure, so that it is not said every second. */
const failedMs = 60_000;
/** Rows that one idle turn deletes at most. */
const rowsPerPiece = 200;
const seriesIdleMs = 6 * 3_600_000;
const hourMs = 3_600_000;
const foldAfterMs = hourMs;
const jumpMs = 60_000;

export function startMaintenance(ports: MaintenancePorts): { stop(): void } {
  const { engine, store, history, clock, log, retention } = ports;
  const jobs: Job[] = [
    { pending: true, piece: (now) => store.retain(retention, now, rowsPerPiece) },
    { pending: true, piece: (now) => history.fold(now - foldAfterMs) },
    { pending: true, piece: (now) => history.forget(now - retention.samplesMs, retention.samplesBytes) },
  ];
  let nextJob = 0;
  let lastCommits = 0;
  let lastCheckpointAt = 0;
  let timer: Timer | null = null;
  let stopped = false;
  const allDue = () => {
    for (const job of jobs) job.pending = true;
    const dropped = engine.expireSeries(clock.now() - seriesIdleMs);
    if (dropped > 0) log.info('series.expired', { dropped });
  };
  const cron = ports.cron?.('maintenance', allDue) ?? null;
  let nextHour = clock.now() + hourMs;

  const tick = () => {
    if (stopped) return;
    let pauseMs = restMs;
    try {
      watchClock();
      if (!cron && clock.now() >= nextHour) {
        nextHour += hourMs;
        allDue();
      }
      if (engine.running && work()) pauseMs = workMs;
    } catch (error) {
      log.error('maintenance.failed', { error: String(error) });
      pauseMs = failedMs;
    }
    timer = clock.at(clock.now() + pauseMs, tick);
  };

  const watchClock = () => {
    if (!('jump' in clock)) return;
    const jumped = (clock as SystemClock).jump(jumpMs);
    if (jumped === 0) return;
    ports.clockJumped(jumped);
    nextHour = clock.now() + hourMs;
  };

  /** One piece of one job, the jobs in turn, so that none waits for another's end; true when there is more. */
  const work = (): boolean => {
    const now = clock.now();
    if (now - lastCheckpointAt >= restMs) {
      lastCheckpointAt = now;
      if (engine.counts.commits === lastCommits) store.checkpoint();
      lastCommits = engine.counts.commits;
    }
    for (let i = 0; i < jobs.length; i++) {
      const job = jobs[nextJob]!;
      nextJob = (nextJob + 1) % jobs.length;
      if (!job.pending) continue;
      job.pending = job.piece(now);
      return true;
    }
    return false;
  };

  timer = clock.at(clock.now() + restMs, tick);
  return {
    stop() {
      stopped = true;
      timer?.cancel();
      cron?.stop();
    },
  };
}

/**
 * The operator's schedule as something that calls back. node-cron costs 12 MiB of memory: it is loaded when there is one.
 * @throws Error when the expression is not one.
 */
export async function cronOf(expression: string): Promise<Cron> {
  const { schedule, validate } = await import('node-cron');
  if (!validate(expression)) {
    throw new Error(
      `retention.schedule: expected a cron expression such as "0 3 * * *", not "${expression}"`,
    );
  }
  return (name, work) => {
    const task = schedule(expression, work, { name, timezone: 'Etc/UTC', noOverlap: true });
    return { stop: () => void task.destroy() };
  };
}
