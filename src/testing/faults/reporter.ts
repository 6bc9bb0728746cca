// Writes FAULTS.md after a whole run of the tests, and fails the run when a row of the matrix has lost its test: no fault
// is silently absent.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Reporter, TestModule, Vitest } from 'vitest/node';
import { type Outcome, shownBy } from './fault.ts';
import { faults } from './matrix.ts';
import { faultsPage } from './page.ts';

export class FaultsReporter implements Reporter {
  #vitest!: Vitest;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[], _errors: readonly unknown[], reason: string): void {
    const { root, testNamePattern } = this.#vitest.config;
    const ran = new Set(modules.map(({ moduleId }) => relative(root, moduleId)));
    // A run of some files or some names says nothing about the rest.
    const partial = faults.some(({ heldBy }) => heldBy.some(({ file }) => !ran.has(file)));
    if (reason === 'interrupted' || testNamePattern !== undefined || (partial && isFiltered(this.#vitest)))
      return;
    const shown = shownBy(
      faults,
      modules.flatMap((module) => outcomesOf(module, root)),
    );
    const missing = shown.filter(({ state }) => state === 'missing').map(({ fault }) => fault.id);
    if (missing.length > 0) {
      // The page keeps what the last whole run said.
      process.stderr.write(`faults without a test that ran: ${missing.join(', ')}\n`);
      process.exitCode = 1;
      return;
    }
    const file = join(root, 'FAULTS.md');
    const page = faultsPage(shown);
    if (readOr(file) !== page) writeFileSync(file, page);
  }
}

/** Only some files were asked for. The field is there, but not in the types. */
function isFiltered(vitest: Vitest): boolean {
  return ((vitest as { readonly filenamePattern?: readonly string[] }).filenamePattern ?? []).length > 0;
}

function outcomesOf(module: TestModule, root: string): Outcome[] {
  const file = relative(root, module.moduleId);
  return [...module.children.allTests()].map((test) => {
    const { state } = test.result();
    return { file, name: test.fullName, state: state === 'passed' || state === 'failed' ? state : 'skipped' };
  });
}

function readOr(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
