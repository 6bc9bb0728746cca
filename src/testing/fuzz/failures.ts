// Failing cases as files: the bytes alone, with seed and case in the name.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Finding } from './harness.ts';

export const failureFolder = '.fuzz-failures';

/** Writes the input of a finding below `folder`; gives the line that plays it again. */
export function writeFailure(finding: Finding, folder: string = failureFolder): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${finding.target}-${finding.seed}-${finding.number}.bin`);
  writeFileSync(file, finding.input);
  return `npm run fuzz -- --replay ${file}`;
}

/** Reads a failure, or a regression (`regressions/<target>/<what>.bin`); `target` is null when the path names none. */
export function readFailure(
  file: string,
  targets: readonly string[],
): { readonly target: string | null; readonly input: Uint8Array } {
  const named = /^(.+)-\d+-\d+\.bin$/.exec(basename(file))?.[1] ?? basename(dirname(file));
  return { target: targets.includes(named) ? named : null, input: readFileSync(file) };
}
