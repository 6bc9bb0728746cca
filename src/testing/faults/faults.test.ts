import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Fault, type Outcome, shownBy } from './fault.ts';
import { faults } from './matrix.ts';
import { faultsPage } from './page.ts';

const held = { file: 'src/a.test.ts', title: 'goes on' };
const row = (over: Partial<Fault> = {}): Fault => ({
  id: 'R1',
  fault: 'a kill',
  expected: 'it goes on',
  heldBy: [held],
  ...over,
});
const ran = (state: Outcome['state'], name = 'a kill > goes on'): Outcome => ({
  file: held.file,
  name,
  state,
});

describe('the matrix of faults', () => {
  it('has every row, each with tests or with the reason why it cannot happen yet', () => {
    const numbers = (letter: string, most: number) =>
      Array.from({ length: most }, (_, i) => `${letter}${i + 1}`);
    expect(faults.map(({ id }) => id)).toEqual([...numbers('R', 23), ...numbers('S', 25)]);
    const empty = faults.filter(({ heldBy, notYet }) => heldBy.length === 0 && notYet === undefined);
    expect(empty.map(({ id }) => id)).toEqual([]);
  });

  it('names files that exist', () => {
    const root = fileURLToPath(new URL('../../..', import.meta.url));
    const files = faults.flatMap(({ heldBy }) => heldBy.map(({ file }) => file));
    expect(files.filter((file) => !existsSync(root + file))).toEqual([]);
  });
});

describe('what a run shows of a row', () => {
  const stateOf = (fault: Fault, ...outcomes: Outcome[]) => shownBy([fault], outcomes)[0]!.state;

  it('is passed when each of its tests ran and passed', () => {
    expect(stateOf(row(), ran('passed'), ran('passed', 'another'))).toBe('passed');
  });

  it('is failed or skipped when one of them was', () => {
    expect(stateOf(row(), ran('passed'), ran('failed', 'a kill > goes on twice'))).toBe('failed');
    expect(stateOf(row(), ran('passed'), ran('skipped', 'goes on (needs root)'))).toBe('skipped');
  });

  it('is missing when a test did not run, also under its name in another file', () => {
    expect(stateOf(row())).toBe('missing');
    expect(stateOf(row(), ran('passed', 'a kill > stops'))).toBe('missing');
    expect(stateOf(row(), { ...ran('passed'), file: 'src/b.test.ts' })).toBe('missing');
    expect(stateOf(row({ heldBy: [] }))).toBe('missing');
  });

  it('is not applicable yet when there is a reason and no test', () => {
    expect(stateOf(row({ heldBy: [], notYet: 'there is no cluster' }))).toBe('not applicable yet');
    expect(stateOf(row({ notYet: 'half of it' }), ran('passed'))).toBe('passed');
  });
});

describe('FAULTS.md', () => {
  it('says of each row which test shows it, and names what was skipped', () => {
    const page = faultsPage(
      shownBy(
        [row(), row({ id: 'R2', heldBy: [], notYet: 'no power | yet' })],
        [ran('skipped', 'a kill > goes on (needs root)')],
      ),
    );
    expect(page).toContain('2 rows: 1 skipped, 1 not applicable yet.');
    expect(page).toContain(
      '| R1 | a kill | it goes on | `src/a.test.ts` "goes on": skipped: goes on (needs root) | skipped |',
    );
    expect(page).toContain('not applicable yet: no power \\| yet | not applicable yet |');
  });
});
