// The names of percentiles: p1 to p99.9, at most one digit after the point.
import type { Percentile } from '../types.ts';

/** The language of `parsePercentile` as a pattern for JSON Schema. */
export const percentilePattern = '^[pP](?!0?0(\\.|$))\\d{1,2}(\\.\\d)?$';

const shape = /^p(\d{1,2}(?:\.\d)?)$/i;

/** `P95`, `p95.0` → `p95`; undefined for every other text. */
export function parsePercentile(text: string): Percentile | undefined {
  const perMille = perMilleOf(text);
  return perMille === null ? undefined : `p${perMille / 10}`;
}

/** `p99.9` → 999, a whole number, so that no rounding moves a rank; null for what is not a percentile. */
export function perMilleOf(text: string): number | null {
  const found = shape.exec(text);
  if (found === null) return null;
  const perMille = Math.round(Number(found[1]) * 10);
  return perMille >= 10 ? perMille : null;
}
