// Housekeeping in idle turns: retention in small pieces, passive checkpoints, folding of the history, expiry of series,
// and an eye on the wall clock. What is hourly happens with the first tick of an hour (UTC).
import type { Clock, SystemClock, Timer } from './clock.ts';
import type { TocsinConfig } from './config/config.ts';
import type { Engine } from './engine/engine.ts';
import type { History } from './ingest/history.ts';
import type { Log } from './log.ts';
import type { Store } from './store/store.ts';

export interface MaintenancePorts {
  readonly engine: Engine;
  readonly store: Store;
  readonly history: History;
  readonly clock: Clock;
  readonly log: Log;
  readonly retention: TocsinConfig['retention'];
  /** A wall clock that moved away from ours by more than a minute. */
  readonly clockJumped: (byMs: number) => void;
}

const tickMs = 1_000;
/** While the history is folded or shortened: a piece takes a few milliseconds, so most of the time stays for others. */
const pieceTickMs = 25;
/** After a failure, so that it is not said every second. */
const failedTickMs = 60_000;
/** Rows that one idle turn deletes at most. */
const rowsPerTick = 200;
const seriesIdleMs = 6 * 3_600_000;
const foldAfterMs = 3_600_000;
const jumpMs = 60_000;

const hourOf = (at: number) => Math.floor(at / 3_600_000);

export function startMaintenance(ports: MaintenancePorts): { stop(): void } {
  const { engine, store, history, clock, log, retention } = ports;
  let retaining = true;
  let folding = true;
  let forgetting = true;
  let lastCommits = 0;
  let timer: Timer | null = null;
  let stopped = false;
  let hour = hourOf(clock.now());

  const hourly = () => {
    retaining = true;
    folding = true;
    forgetting = true;
    const dropped = engine.expireSeries(clock.now() - seriesIdleMs);
    if (dropped > 0) log.info('series.expired', { dropped });
  };

  const tick = () => {
    if (stopped) return;
    let pauseMs = tickMs;
    try {
      watchClock();
      const now = hourOf(clock.now());
      if (now !== hour) {
        hour = now;
        hourly();
      }
      if (engine.running && work()) pauseMs = pieceTickMs;
    } catch (error) {
      log.error('maintenance.failed', { error });
      pauseMs = failedTickMs;
    }
    timer = clock.at(clock.now() + pauseMs, tick);
  };

  const watchClock = () => {
    if (!('drift' in clock)) return;
    const system = clock as SystemClock;
    const drift = system.drift();
    if (Math.abs(drift) < jumpMs) return;
    system.reanchor();
    ports.clockJumped(drift);
  };

  /** One piece of work a tick, so that no turn of the loop waits long for it; true when the next had better come soon. */
  const work = (): boolean => {
    const now = clock.now();
    const quiet = engine.counts.commits === lastCommits;
    lastCommits = engine.counts.commits;
    if (retaining) {
      retaining = store.retain(retention, now, rowsPerTick);
      return false;
    }
    if (folding) {
      folding = history.fold(now - foldAfterMs);
      return folding;
    }
    if (forgetting) {
      forgetting = history.forget(now - retention.samplesMs, retention.samplesBytes);
      return forgetting;
    }
    if (quiet) store.checkpoint();
    return false;
  };

  timer = clock.at(clock.now() + tickMs, tick);
  return {
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}
