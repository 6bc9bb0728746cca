// What a sample costs: CPU time of this process, since others share the machine.
import type { Detector } from '../../analysis/detectors/index.ts';
import { median } from '../statistics.ts';
import type { SeriesFile } from './corpus.ts';

const cpuUs = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** Median of the rounds and the rounds, in microseconds of CPU for each sample. */
export interface Cost {
  readonly us: number;
  readonly rounds: readonly number[];
}

/** Every file from its beginning, one after the other: a series' state is warm. */
export function costOf(detector: Detector, files: readonly SeriesFile[], rounds: number): Cost {
  const samples = files.reduce((sum, { values }) => sum + values.length, 0);
  const each: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const began = cpuUs();
    for (const { times, values } of files) {
      const state = detector.create(1);
      for (let row = 0; row < values.length; row++) detector.observe(state, values[row]!, times[row]!);
    }
    each.push((cpuUs() - began) / samples);
  }
  return { us: median(each), rounds: each };
}

/**
 * `series` live states that take turns, a sample each: between two samples of a series lie those of all others, and no
 * state is in the cache when its turn comes. The files' values, shifted for each series, ten seconds apart.
 */
export function costOfMany(
  detector: Detector,
  files: readonly SeriesFile[],
  series: number,
  rounds: number,
): Cost {
  const states = Array.from({ length: series }, (_, n) => detector.create(n));
  const each: number[] = [];
  const warmUp = 150;
  let began = cpuUs();
  for (let turn = 0; turn < warmUp + rounds * 20; turn++) {
    if (turn >= warmUp && (turn - warmUp) % 20 === 0) began = cpuUs();
    for (let n = 0; n < series; n++) {
      const { values } = files[n % files.length]!;
      detector.observe(states[n]!, values[(turn + 7 * n) % values.length]!, turn * 10_000);
    }
    if (turn >= warmUp && (turn - warmUp) % 20 === 19) each.push((cpuUs() - began) / (20 * series));
  }
  return { us: median(each), rounds: each };
}
