// Durations as Prometheus writes them: `30s`, `1m30s`, `4h`, `1d`, `500ms`, `0`. Units from large to small, each once.
import type { SyntaxProblem } from './syntax-problem.ts';

const unitsMs = [
  ['y', 365 * 86_400_000],
  ['w', 7 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

const shape = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** The same language as a pattern for JSON Schema. */
export const durationPattern = '^(?=.)(0|(\\d+y)?(\\d+w)?(\\d+d)?(\\d+h)?(\\d+m)?(\\d+s)?(\\d+ms)?)$';

/** Ten years: far beyond any window or `for`, and safe to add to a time. */
export const longestDurationMs = 10 * 365 * 86_400_000;

/** Milliseconds of a duration, or what is wrong with it. A bare number has no unit and is refused, except 0. */
export function parseDuration(value: string | number): number | SyntaxProblem {
  if (value === 0 || value === '0') return 0;
  const found = typeof value === 'string' ? shape.exec(value) : null;
  if (found === null || value === '') {
    const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value);
    return { problem: `expected a duration such as 30s, 1m30s, 4h or 1d, got ${shown}`, offset: 0 };
  }
  let ms = 0;
  for (let i = 0; i < unitsMs.length; i++) ms += Number(found[i + 1] ?? 0) * unitsMs[i]![1];
  if (ms > longestDurationMs) return { problem: 'expected a duration of at most 10y', offset: 0 };
  return ms;
}

/** The shortest text of a span in days and smaller units (`90d`, `1m30s`); reading it gives the span again. */
export function formatDuration(ms: number): string {
  let rest = Math.max(0, Math.round(ms));
  if (rest === 0) return '0s';
  let text = '';
  for (const [unit, unitMs] of unitsMs.slice(2)) {
    const count = Math.floor(rest / unitMs);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * unitMs;
  }
  return text;
}
