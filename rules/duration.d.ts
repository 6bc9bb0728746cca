import type { SyntaxProblem } from './syntax-problem.ts';
/** The same language as a pattern for JSON Schema. */
export declare const durationPattern = '^(0|(\\d+y)?(\\d+w)?(\\d+d)?(\\d+h)?(\\d+m)?(\\d+s)?(\\d+ms)?)$';
/** Ten years: far beyond any window or `for`, and safe to add to a time. */
export declare const longestDurationMs: number;
/** Milliseconds of a duration, or what is wrong with it. A bare number has no unit and is refused, except 0. */
export declare function parseDuration(value: string | number): number | SyntaxProblem;
/** The shortest text of a span in days and smaller units (`90d`, `1m30s`); reading it gives the span again. */
export declare function formatDuration(ms: number): string;
