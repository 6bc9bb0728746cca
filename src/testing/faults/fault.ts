// The matrix of faults: what may go wrong, what must happen then, and which tests show it.

/** A test, by its file and its name (or a part of the name that says which). */
export interface Held {
  readonly file: string;
  readonly title: string;
}

export interface Fault {
  /** R and a number for reliability, S and a number for security. */
  readonly id: string;
  readonly fault: string;
  readonly expected: string;
  readonly heldBy: readonly Held[];
  /** What of the row cannot happen to the program as it is today, and why. Alone it stands for the whole row. */
  readonly notYet?: string;
}

/** What became of one test in a run. */
export interface Outcome {
  readonly file: string;
  /** With the names of its groups, outermost first. */
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'skipped';
}

/** A row with what the last run showed of it. */
export interface Shown {
  readonly fault: Fault;
  readonly state: Outcome['state'] | 'not applicable yet' | 'missing';
  readonly tests: readonly { readonly held: Held; readonly outcomes: readonly Outcome[] }[];
}

/** What a run showed of each row. A row is missing when one of its tests did not run at all, or when it has neither test nor reason. */
export function shownBy(faults: readonly Fault[], outcomes: readonly Outcome[]): Shown[] {
  return faults.map((fault) => {
    const tests = fault.heldBy.map((held) => ({
      held,
      outcomes: outcomes.filter(({ file, name }) => file === held.file && name.includes(held.title)),
    }));
    return { fault, tests, state: stateOf(fault, tests) };
  });
}

function stateOf(fault: Fault, tests: Shown['tests']): Shown['state'] {
  if (tests.length === 0) return fault.notYet === undefined ? 'missing' : 'not applicable yet';
  if (tests.some(({ outcomes }) => outcomes.length === 0)) return 'missing';
  const states = new Set(tests.flatMap(({ outcomes }) => outcomes.map(({ state }) => state)));
  if (states.has('failed')) return 'failed';
  return states.has('skipped') ? 'skipped' : 'passed';
}
