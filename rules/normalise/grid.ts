// When a rule over several series, or over occurrences, is looked at, and how what it reads is grouped.
import type { Grid } from '../types.ts';

interface GridDraft {
  readonly by?: readonly string[] | undefined;
  readonly interval?: number | undefined;
  readonly eval_delay?: number | undefined;
}

/** Of samples: they come every fifteen seconds or so, and a little late. */
const ofSamples = { intervalMs: 15_000, evalDelayMs: 2_000 };
/** Of events and alerts: they are timed when they come. */
export const ofOccurrences = { intervalMs: 5_000, evalDelayMs: 0 };

export function gridParts(draft: GridDraft, usual: Omit<Grid, 'by'> = ofSamples): Grid {
  return {
    by: draft.by ?? [],
    intervalMs: draft.interval ?? usual.intervalMs,
    evalDelayMs: draft.eval_delay ?? usual.evalDelayMs,
  };
}
