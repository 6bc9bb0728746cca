// `tocsin test`: tests of rules. 0 when everything is as expected, 1 when something is not, 2 for files that are none.
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Problem } from '../../rules/types.ts';
import { listTestFiles } from '../config/rule-folder.ts';
import { junitXml } from '../rule-tests/junit.ts';
import { readTestFile } from '../rule-tests/read.ts';
import { type FileOutcome, failureLines } from '../rule-tests/report.ts';
import { runTest } from '../rule-tests/run.ts';
import type { TestFlags } from './flags.ts';
import { type CliHost, exitCodes } from './host.ts';
import { counted, problemLine, shownFile } from './problems.ts';

export async function testCommand(
  host: CliHost,
  paths: readonly string[],
  flags: TestFlags,
): Promise<number> {
  const { cwd } = host;
  const listed = listTestFiles(paths.map((path) => resolve(cwd, path)));
  const problems: Problem[] = listed.problems.map(({ file, message }) => whole(file, message));
  if (problems.length === 0 && listed.files.length === 0)
    problems.push(whole(paths.join(', '), 'there is no *.test.yaml in this folder'));
  const outcomes: FileOutcome[] = [];
  for (const { path } of listed.files) {
    const read = readTestFile(path);
    if ('problems' in read) {
      problems.push(...read.problems);
      continue;
    }
    const tests = [];
    for (const test of read.tests) tests.push(await runTest(test));
    outcomes.push({ file: shownFile(path, cwd), tests });
  }
  const tests = outcomes.flatMap((one) => one.tests);
  for (const { file, tests } of outcomes) {
    for (const outcome of tests) {
      for (const line of failureLines(file, outcome)) host.out(line);
      for (const { place, what } of outcome.test.untried)
        host.out(`NOT TRIED ${file}:${place.line}:${place.column} ${what}`);
    }
  }
  for (const problem of problems) host.err(problemLine(problem, cwd));
  const failed = tests.filter(({ failures }) => failures.length > 0).length;
  const untried = tests.reduce((sum, { test }) => sum + test.untried.length, 0);
  const summary = [
    `${counted(tests.length, 'test')} in ${counted(outcomes.length, 'file')}`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(untried > 0 ? [`${untried} not tried`] : []),
    ...(problems.length > 0 ? [counted(problems.length, 'problem')] : []),
  ].join(', ');
  if (flags.junit !== undefined) {
    const file = resolve(cwd, flags.junit);
    try {
      writeFileSync(
        file,
        junitXml(
          outcomes,
          problems.map((problem) => problemLine(problem, cwd)),
        ),
      );
    } catch (error) {
      host.err(`${file}: ${error instanceof Error ? error.message : String(error)}`);
      return exitCodes.usage;
    }
  }
  if (problems.length > 0) {
    host.err(summary);
    return exitCodes.usage;
  }
  host.out(`${failed > 0 ? 'FAILED' : 'ok'}: ${summary}`);
  return failed > 0 ? exitCodes.failed : exitCodes.ok;
}

function whole(file: string, message: string): Problem {
  return { file, line: 1, column: 1, path: '', message };
}
