// JUnit XML, as continuous integration reads it: a suite for each file, a case for each test.
import { type FileOutcome, failureLines } from './report.ts';

/** `problems` are those of files that could not be used: each is an error of its own. */
export function junitXml(files: readonly FileOutcome[], problems: readonly string[]): string {
  const suites = files.map(({ file, tests }) => {
    const failed = tests.filter(({ failures }) => failures.length > 0).length;
    const cases: string[] = [];
    let skipped = 0;
    for (const outcome of tests) {
      const { test, failures } = outcome;
      const name = `classname=${quoted(file)} name=${quoted(test.name)}`;
      const lines = failureLines(file, outcome).join('\n');
      cases.push(
        failures.length === 0
          ? `    <testcase ${name}/>`
          : `    <testcase ${name}><failure message=${quoted(`${failures.length} failed`)}>${escaped(lines)}</failure></testcase>`,
      );
      for (const { place, what } of test.untried) {
        skipped += 1;
        const at = quoted(`${test.name}:${place.line}:${place.column}`);
        cases.push(
          `    <testcase classname=${quoted(file)} name=${at}><skipped message=${quoted(what)}/></testcase>`,
        );
      }
    }
    const counts = `tests="${cases.length}" failures="${failed}" errors="0" skipped="${skipped}"`;
    return [`  <testsuite name=${quoted(file)} ${counts}>`, ...cases, '  </testsuite>'].join('\n');
  });
  if (problems.length > 0) {
    const count = problems.length;
    suites.push(
      [
        `  <testsuite name="files that cannot be used" tests="${count}" failures="0" errors="${count}" skipped="0">`,
        ...problems.map(
          (problem) =>
            `    <testcase classname="files" name=${quoted(problem)}><error message=${quoted(problem)}/></testcase>`,
        ),
        '  </testsuite>',
      ].join('\n'),
    );
  }
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join('\n')}\n</testsuites>\n`;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return (
    text
      .replace(/[&<>"]/g, (character) => entities[character]!)
      // XML 1.0 has no way to write these.
      .replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
  );
}

function quoted(text: string): string {
  return `"${escaped(text).replaceAll('\n', '&#10;')}"`;
}
