// What this disk asks for an fsync: some figures mean something only where that is dear.
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { median } from './statistics.ts';

/** Milliseconds of an fsync after an append of 4 KiB, the median of 50, in a file of `folder` that is removed. */
export function fsyncCostMs(folder: string): number {
  const path = join(folder, 'fsync-probe');
  const file = openSync(path, 'w');
  const block = Buffer.alloc(4_096, 1);
  const times: number[] = [];
  for (let i = 0; i < 50; i++) {
    writeSync(file, block);
    const began = performance.now();
    fsyncSync(file);
    times.push(performance.now() - began);
  }
  closeSync(file);
  rmSync(path);
  return median(times);
}
