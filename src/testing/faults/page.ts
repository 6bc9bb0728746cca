// FAULTS.md, from the matrix and a run.
import type { Outcome, Shown } from './fault.ts';

const intro = `# Faults

What may go wrong, what must happen then, and the tests that show it, with the result of the last whole run of \`npm test\`, which writes this page. "Skipped" names what this machine lacked for a test; a row is never left out.
`;

const escaped = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** "passed", or with the names of what was skipped or failed. */
function resultOf(outcomes: readonly Outcome[]): string {
  if (outcomes.length === 0) return '**did not run**';
  const not = outcomes.filter(({ state }) => state !== 'passed');
  if (not.length === 0) return 'passed';
  return not.map(({ state, name }) => `${state}: ${escaped(name.split(' > ').at(-1)!)}`).join('; ');
}

function row({ fault, state, tests }: Shown): string {
  const held = tests.map(
    ({ held: { file, title }, outcomes }) => `\`${file}\` "${escaped(title)}": ${resultOf(outcomes)}`,
  );
  if (fault.notYet !== undefined) held.push(`not applicable yet: ${escaped(fault.notYet)}`);
  return `| ${fault.id} | ${escaped(fault.fault)} | ${escaped(fault.expected)} | ${held.join('<br>')} | ${state} |`;
}

/** The page; counts first, then a line for each row. */
export function faultsPage(shown: readonly Shown[]): string {
  const count = (state: Shown['state']) => shown.filter((one) => one.state === state).length;
  const states = ['passed', 'skipped', 'failed', 'not applicable yet', 'missing'] as const;
  const counts = states.filter((state) => count(state) > 0).map((state) => `${count(state)} ${state}`);
  return [
    intro,
    `${shown.length} rows: ${counts.join(', ')}.`,
    '',
    '| id | fault | what must happen | shown by | last result |',
    '| --- | --- | --- | --- | --- |',
    ...shown.map(row),
    '',
  ].join('\n');
}
