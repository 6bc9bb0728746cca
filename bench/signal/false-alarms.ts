// How many alarms come where none should, by how many were asked for? Rows within labelled windows do not count, neither as
// time nor as alarms, and neither do those in which the benchmark lets detectors learn.
import type { Observation } from '../../analysis/detectors/index.ts';
import type { SeriesFile } from './corpus.ts';
import { probation } from './score.ts';

const weekMs = 7 * 86_400_000;
const hourMs = 3_600_000;
/** Alarms that are nearer than this many rows, or than eight hours where that is less, are one: as the detectors count. */
const incidentRows = 32;
const incidentMs = 8 * hourMs;
/** A row stands for at most this much time; behind a gap nobody watched. */
const longestRowMs = 2 * hourMs;

export interface FalseAlarms {
  readonly observed: number;
  readonly asked: number;
}

/** Alarms of a rule that allows `perWeek` of them, over the rows of one file that are outside of all windows. */
export function falseAlarmsOf(file: SeriesFile, said: readonly Observation[], perWeek: number): FalseAlarms {
  let observed = 0;
  let asked = 0;
  let lastRow = Number.NEGATIVE_INFINITY;
  let lastAt = Number.NEGATIVE_INFINITY;
  for (let row = probation(said.length); row < said.length; row++) {
    const at = file.times[row]!;
    const clean = !file.windows.some(([from, to]) => row >= from && row <= to);
    if (clean && row > 0)
      asked += (perWeek * Math.min(Math.max(0, at - file.times[row - 1]!), longestRowMs)) / weekMs;
    if (said[row]!.perWeek > perWeek) continue;
    if (clean && (row - lastRow > incidentRows || at - lastAt > incidentMs)) observed += 1;
    lastRow = row;
    lastAt = at;
  }
  return { observed, asked };
}
