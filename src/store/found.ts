// A finding of the analysis as rules hear of it.
import type { FindingRow } from '../pipeline/rows.ts';
import type { Occurrence } from './store.ts';

/** It occurs whenever more is said of it. */
export function occurrenceOf({ scope, updatedAt, pattern, confidence }: FindingRow): Occurrence {
  return { rule: null, labels: scope, at: updatedAt, found: { pattern, confidence } };
}
