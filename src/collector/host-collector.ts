// Measures this machine and this process, and pushes what it found as samples like any other client. A source that fails
// costs its own samples only.
import { hostname } from 'node:os';
import { labelSet } from '../../rules/labels.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Log } from '../log.ts';
import type { RawSample } from '../services.ts';
import { diskSource, loadSource, memorySource, networkSource, processorSource } from './machine.ts';
import { ownProcessSource, WatchedProcesses } from './processes.ts';
import type { Reading, Source } from './reading.ts';

export interface HostCollectorOptions {
  readonly clock: Clock;
  readonly intervalMs: number;
  /** Takes the samples of one round; a rejection is logged and the round lost. */
  readonly push: (samples: readonly RawSample[]) => unknown;
  readonly log: Log;
  /** Value of the label `host`; default the machine's name. */
  readonly host?: string;
  /** Folders whose disks are measured beside `/`, such as the data folder. */
  readonly folders?: readonly string[];
}

export interface HostCollector {
  /** Reports `process.cpu.usage{process=<name>}` of another process, until it ends or the returned function is called. */
  watchProcess(name: string, pid: number): () => void;
  stop(): void;
}

/** Starts to collect: a first round at once (counters only begin there), then one each `intervalMs`. */
export function startHostCollector(options: HostCollectorOptions): HostCollector {
  const { clock, intervalMs, log } = options;
  const host = options.host ?? hostname();
  const own = ownProcessSource();
  const watched = new WatchedProcesses();
  const sources: readonly Source[] = [
    processorSource(),
    loadSource(),
    memorySource(),
    diskSource(['/', ...(options.folders ?? [])]),
    networkSource(),
    own,
    watched,
  ];
  const failing = new Set<string>();
  let timer: Timer | null = null;
  let stopped = false;

  /** Reads one source; a failure is logged when it begins, not at each round. */
  const readingsOf = async (source: Source, now: number): Promise<readonly Reading[]> => {
    try {
      const readings = await source.read(now);
      failing.delete(source.name);
      return readings;
    } catch (error) {
      if (!failing.has(source.name)) {
        log.warn('collector.source_failed', { source: source.name, error: String(error) });
      }
      failing.add(source.name);
      return [];
    }
  };

  const round = async (): Promise<void> => {
    const now = clock.now();
    const readings = (await Promise.all(sources.map((source) => readingsOf(source, now)))).flat();
    if (stopped) return;
    const samples = readings.map(
      ({ metric, value, labels }, index): RawSample => ({
        index,
        metric,
        labels: labelSet({ host, ...labels }),
        value,
        timestamp: now,
      }),
    );
    try {
      await options.push(samples);
    } catch (error) {
      log.warn('collector.push_failed', { samples: samples.length, error: String(error) });
    }
  };

  const run = (due: number): void => {
    void round().then(() => {
      if (stopped) return;
      // Rounds keep their beat; those that were missed (a suspended machine) are not made up for.
      const next = Math.max(due + intervalMs, clock.now() + 1);
      timer = clock.at(next, () => run(next));
    });
  };
  run(clock.now());

  return {
    watchProcess: (name, pid) => watched.watch(name, pid),
    stop() {
      stopped = true;
      timer?.cancel();
      own.close();
    },
  };
}
