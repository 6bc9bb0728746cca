// Test files: our own format and promtool's become the same tests, or every problem with its place.
import { dirname, resolve } from 'node:path';
import type { Problem } from '../../rules/types.ts';
import { isRecord, own } from '../config/plain.ts';
import { readTextFile } from '../config/read-file.ts';
import { readRules } from '../config/rule-files.ts';
import { type Path, readSource, type Source } from '../config/source.ts';
import { zodProblems } from '../config/zod-problems.ts';
import { readOwnTests } from './own-format.ts';
import { readPromtoolTests } from './promtool-format.ts';
import type { Reading } from './reading.ts';
import type { ReadTestFile } from './rule-test.ts';

const longestFile = 1024 * 1024;
const mostProblems = 100;

/** Reads one file of tests with the rules that it names; touches nothing. */
export function readTestFile(file: string): ReadTestFile {
  const text = readTextFile(file, longestFile);
  if (typeof text !== 'string')
    return { problems: [{ file, line: 1, column: 1, path: '', message: text.problem }] };
  const source = readSource(file, text);
  if ('problems' in source) return source;
  const problems: Problem[] = [];
  const reading: Reading = {
    file,
    source,
    complain: (path, message) => void problems.push(source.problem(path, message)),
    place(path) {
      const { line, column } = source.problem(path, '');
      return { line, column };
    },
    rules(files, path) {
      const read = readRules(files.map((name) => resolve(dirname(file), name)));
      problems.push(...read.problems.map((problem) => missingFile(problem, source, path)));
      return read.rules;
    },
    shaped(schema) {
      const parsed = schema.safeParse(source.value);
      if (parsed.success) return parsed.data;
      problems.push(...zodProblems(source, parsed.error, schema, [], new Map()));
      return undefined;
    },
  };
  if (!isRecord(source.value)) reading.complain([], 'expected a map with the key tests');
  const tests =
    own(source.value, 'rule_files') === undefined ? readOwnTests(reading) : readPromtoolTests(reading);
  if (problems.length > 0) {
    const sorted = problems.sort((a, b) => a.line - b.line || a.column - b.column);
    return { problems: sorted.slice(0, mostProblems) };
  }
  return { file, tests };
}

/** A rule file that is not there is a problem of the file that names it. */
function missingFile(problem: Problem, source: Source, path: Path): Problem {
  return problem.line === 1 && problem.message.startsWith('there is no such file')
    ? source.problem(path, `${problem.file}: ${problem.message}`)
    : problem;
}
