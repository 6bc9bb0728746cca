// The score of the Numenta Anomaly Benchmark: A. Lavin and S. Ahmad, "Evaluating Real-time Anomaly Detection Algorithms -
// the Numenta Anomaly Benchmark", ICMLA 2015, section II. 0 is a detector that says nothing, 100 one that flags each
// window at its first row and nothing else; below 0 is worse than silence.
import type { SeriesFile } from './corpus.ts';

/** Weights of a window that was found, a row flagged outside of all windows, a window that was missed. */
export interface Profile {
  readonly found: number;
  readonly falseAlarm: number;
  readonly missed: number;
}

export const standard: Profile = { found: 1, falseAlarm: 0.11, missed: 1 };
export const fewFalseAlarms: Profile = { found: 1, falseAlarm: 0.22, missed: 1 };

export interface Scored {
  readonly file: SeriesFile;
  /** One for each row, 0 … 1. */
  readonly scores: Float64Array;
}

export interface Result {
  readonly score: number;
  /** A row counts as flagged from this score on; Infinity where silence is best. */
  readonly threshold: number;
  readonly found: number;
  readonly windows: number;
  /** Rows flagged outside of all windows. */
  readonly falseRows: number;
}

/** Rows at a file's beginning that are not judged: 15 percent, at most those of a file of 5,000. */
export const probation = (rows: number): number => Math.min(Math.floor(0.15 * rows), 750);

/** The paper's scaled sigmoid: 1 far before the window's end, 0 at it, -1 behind; beyond three windows always -1. */
const sigmoid = (y: number): number => (y > 3 ? -1 : 2 / (1 + Math.exp(5 * y)) - 1);

interface Flag {
  readonly score: number;
  /** Index of the window over the whole corpus, -1 outside. */
  readonly window: number;
  readonly gain: number;
}

/** What each judged row is worth when it is flagged, before the profile's weights. */
function flagsOf({ file, scores }: Scored, firstWindow: number, into: Flag[]): void {
  let next = 0;
  let last: readonly [number, number] | null = null;
  const from = probation(scores.length);
  for (let row = 0; row < scores.length; row++) {
    const current = file.windows[next];
    let window = -1;
    let gain = -1;
    if (current && row >= current[0]) {
      window = firstWindow + next;
      gain = sigmoid(-(current[1] - row + 1) / (current[1] - current[0] + 1)) / sigmoid(-1);
      if (row === current[1]) {
        last = current;
        next += 1;
      }
    } else if (last) gain = sigmoid((row - last[1]) / (last[1] - last[0]));
    if (row >= from) into.push({ score: Number.isFinite(scores[row]!) ? scores[row]! : 0, window, gain });
  }
}

/**
 * The score of a corpus at one threshold for all files: the given one, or the one that gives the most, as the benchmark
 * chooses it. Of the flagged rows of a window the best counts.
 */
export function scoreOf(all: readonly Scored[], profile: Profile, threshold?: number): Result {
  const flags: Flag[] = [];
  let windows = 0;
  for (const scored of all) {
    flagsOf(scored, windows, flags);
    windows += scored.file.windows.length;
  }
  flags.sort((a, b) => b.score - a.score);
  const best = new Float64Array(windows).fill(Number.NEGATIVE_INFINITY);
  // Windows that lie wholly in the probation cannot be found, and are not held against anybody by the benchmark.
  const reachable = new Set(flags.map(({ window }) => window).filter((window) => window !== -1)).size;
  let total = -profile.missed * reachable;
  let found = 0;
  let falseRows = 0;
  const outcome = (at: number) => ({ total, threshold: at, found, falseRows });
  let kept = outcome(Number.POSITIVE_INFINITY);
  for (let i = 0; i < flags.length; ) {
    const score = flags[i]!.score;
    if (threshold !== undefined && score < threshold) break;
    for (; i < flags.length && flags[i]!.score === score; i++) {
      const { window, gain } = flags[i]!;
      if (window === -1) {
        total += gain * profile.falseAlarm;
        falseRows += 1;
      } else if (best[window] === Number.NEGATIVE_INFINITY) {
        total += profile.missed + gain * profile.found;
        best[window] = gain;
        found += 1;
      } else if (gain > best[window]!) {
        total += (gain - best[window]!) * profile.found;
        best[window] = gain;
      }
    }
    if (threshold !== undefined || total > kept.total) kept = outcome(score);
  }
  const silent = -profile.missed * windows;
  return {
    score: windows === 0 ? Number.NaN : (100 * (kept.total - silent)) / (profile.found * windows - silent),
    threshold: threshold ?? kept.threshold,
    found: kept.found,
    windows,
    falseRows: kept.falseRows,
  };
}
