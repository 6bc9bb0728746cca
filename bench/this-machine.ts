// Where a run took place: figures mean nothing without it.
import { cpus, loadavg, release, totalmem } from 'node:os';

export interface Machine {
  readonly command: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  /** Of the last minute. */
  readonly load: number;
  readonly tookMs: number;
}

export function thisMachine(command: string, tookMs: number): Machine {
  const all = cpus();
  return {
    command,
    at: Date.now(),
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryGiB: totalmem() / 1024 ** 3,
    kernel: release(),
    node: process.version,
    load: loadavg()[0]!,
    tookMs,
  };
}
