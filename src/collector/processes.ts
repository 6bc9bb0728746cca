// Sources that measure processes: this one, and others by their pid. CPU is in per cent of ONE core.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { cpuUsage, memoryUsage } from 'node:process';
import { processTime } from './process-time.ts';
import { Rates, type Reading, type Source } from './reading.ts';

// Each look wakes the process: 50 times a second costs less than 0.1 % of a core.
const delayResolutionMs = 20;

const ownLabels = { process: 'tocsin' };

/** `process.cpu.usage`, `process.memory.rss_bytes` and `process.event_loop_delay_ms` (p99 since the last reading). */
export function ownProcessSource(): Source & { close(): void } {
  const rates = new Rates();
  const delay = monitorEventLoopDelay({ resolution: delayResolutionMs });
  delay.enable();
  return {
    name: 'process',
    read(now) {
      const readings: Reading[] = [
        { metric: 'process.memory.rss_bytes', value: memoryUsage.rss(), labels: ownLabels },
      ];
      // The histogram holds the whole time between two looks, so an idle loop shows the resolution itself.
      if (delay.count > 0) {
        const value = Math.max(0, delay.percentile(99) / 1e6 - delayResolutionMs);
        readings.push({ metric: 'process.event_loop_delay_ms', value, labels: ownLabels });
      }
      delay.reset();
      const { user, system } = cpuUsage();
      const cpuMsPerSecond = rates.perSecond('cpu', (user + system) / 1_000, now);
      rates.endRound();
      if (cpuMsPerSecond !== null) {
        readings.push({ metric: 'process.cpu.usage', value: cpuMsPerSecond / 10, labels: ownLabels });
      }
      return readings;
    },
    close() {
      delay.disable();
    },
  };
}

/** `process.cpu.usage` of processes that somebody asked for, under the names that they gave. */
export class WatchedProcesses implements Source {
  readonly name = 'watched processes';
  readonly #watched = new Map<string, number>();
  readonly #rates = new Rates();

  /** Measures process `pid` as `process=<name>` until it ends or the returned function is called. */
  watch(name: string, pid: number): () => void {
    this.#watched.set(name, pid);
    return () => {
      if (this.#watched.get(name) === pid) this.#watched.delete(name);
    };
  }

  async read(now: number): Promise<readonly Reading[]> {
    const readings: Reading[] = [];
    for (const [name, pid] of [...this.#watched]) {
      const time = await processTime(pid);
      if (time === null) {
        if (this.#watched.get(name) === pid) this.#watched.delete(name);
        continue;
      }
      const cpuMsPerSecond = this.#rates.perSecond(`${name} ${pid} ${time.started}`, time.cpuMs, now);
      if (cpuMsPerSecond === null) continue;
      readings.push({ metric: 'process.cpu.usage', value: cpuMsPerSecond / 10, labels: { process: name } });
    }
    this.#rates.endRound();
    return readings;
  }
}
