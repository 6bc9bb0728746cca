// Failed checks as people read them.
import { formatDuration } from '../../rules/duration.ts';
import type { TestOutcome } from './run.ts';

export interface FileOutcome {
  /** As it is shown. */
  readonly file: string;
  readonly tests: readonly TestOutcome[];
}

/** A line for each failed check with its place, and below it what was expected (`-`) and got (`+`). */
export function failureLines(file: string, { test, failures }: TestOutcome): readonly string[] {
  return failures.flatMap(({ place, atMs, lines }) => [
    `FAIL ${file}:${place.line}:${place.column} ${test.name}, at ${formatDuration(atMs)}`,
    ...lines.map((line) => `  ${line}`),
  ]);
}
