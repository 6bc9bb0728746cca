// Runs cases: in rounds over all targets, each case from its own chance, and tells what was found. A case that takes
// long is played three times more: what is slow every time is slow, what was slow once met a busy machine.
import { caseRandom } from './case-random.ts';
import { type Check, type Opened, type Target, Violation } from './target.ts';

/** CPU of one case above which it counts as a hang. */
export const slowMs = 100;
const replays = 3;
/** Findings of a target that are kept with their input; more are counted. */
const kept = 5;

export interface Finding {
  readonly target: string;
  readonly seed: number;
  readonly number: number;
  readonly kind: 'violation' | 'slow';
  readonly message: string;
  readonly input: Uint8Array;
}

export interface TargetReport {
  readonly name: string;
  cases: number;
  ms: number;
  slowest: { ms: number; number: number };
  /** Cases above 100 ms, all four times. */
  slow: number;
  found: number;
  readonly findings: Finding[];
}

export interface FuzzReport {
  readonly seed: number;
  readonly cases: number;
  readonly targets: readonly TargetReport[];
  readonly findings: readonly Finding[];
}

export interface FuzzPlan {
  readonly seed: number;
  readonly targets: readonly Target[];
  /** Over all targets, dealt out by weight; each gets one at least. */
  readonly cases: number;
  /** Rounds over all targets; one unless told otherwise. */
  readonly rounds?: number;
  /** `performance.now()` after which no further case begins. */
  readonly until?: number;
  /** Whether a slow case is a finding (a soak) or only counted (a test, where time proves nothing). */
  readonly slowIsFinding?: boolean;
  /** Told of each case before it runs. */
  readonly onCase?: (target: number, number: number) => void;
  readonly onRound?: (round: number, targets: readonly TargetReport[]) => void | Promise<void>;
}

/** Runs a plan to its end. Never rejects for what a case does. */
export async function fuzz(plan: FuzzPlan): Promise<FuzzReport> {
  const { seed, targets } = plan;
  const rounds = plan.rounds ?? 1;
  const weights = targets.reduce((sum, { weight }) => sum + weight, 0);
  const reports = targets.map(({ name }): TargetReport => {
    return { name, cases: 0, ms: 0, slowest: { ms: 0, number: 0 }, slow: 0, found: 0, findings: [] };
  });
  for (let round = 0; round < rounds; round++) {
    for (const [index, target] of targets.entries()) {
      const share = Math.max(1, Math.round((plan.cases * target.weight) / weights));
      const end = Math.ceil((share * (round + 1)) / rounds);
      await runSlice(plan, index, reports[index]!, end);
    }
    await plan.onRound?.(round, reports);
    if (plan.until !== undefined && performance.now() >= plan.until) break;
  }
  const cases = reports.reduce((sum, report) => sum + report.cases, 0);
  return { seed, cases, targets: reports, findings: reports.flatMap(({ findings }) => findings) };
}

/** Plays the cases of one target from where its report stands up to `end`. */
async function runSlice(plan: FuzzPlan, index: number, report: TargetReport, end: number): Promise<void> {
  if (report.cases >= end) return;
  const target = plan.targets[index]!;
  const { seed } = plan;
  const opened = await target.open();
  // Most inputs end in an error that is thrown and caught; their stacks would cost as much as all the rest.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const began = performance.now();
  try {
    while (report.cases < end) {
      const number = report.cases++;
      plan.onCase?.(index, number);
      const input = target.input(caseRandom(seed, target.name, number));
      const before = performance.now();
      if (plan.until !== undefined && before >= plan.until) {
        report.cases--;
        break;
      }
      let message: string | null = null;
      try {
        const running = opened.check(input);
        if (running !== undefined) await running;
      } catch (error) {
        message = told(error);
      }
      const ms = performance.now() - before;
      if (message !== null) {
        // Once more with a stack, for whoever reads it.
        Error.stackTraceLimit = stackTraceLimit;
        message = (await messageOf(opened.check, input)) ?? `${message} (not the second time)`;
        Error.stackTraceLimit = 0;
        add(report, { target: target.name, seed, number, kind: 'violation', message, input });
      }
      const least = ms > slowMs ? await leastCpu(opened, input, ms) : ms;
      if (least > report.slowest.ms) report.slowest = { ms: least, number };
      if (least <= slowMs) continue;
      report.slow++;
      if (plan.slowIsFinding !== true) continue;
      const slow = `took ${least.toFixed(0)} ms of CPU, ${replays + 1} times`;
      add(report, { target: target.name, seed, number, kind: 'slow', message: slow, input });
    }
  } finally {
    report.ms += performance.now() - began;
    Error.stackTraceLimit = stackTraceLimit;
    await opened.close?.();
  }
}

function add(report: TargetReport, finding: Finding): void {
  report.found++;
  // The same words again are the same fault again.
  const words = (message: string) => message.replaceAll(/"(?:[^"\\]|\\.)*"?|\d+/g, '0').slice(0, 60);
  if (report.findings.some(({ message }) => words(message) === words(finding.message))) return;
  if (report.findings.length < kept) report.findings.push(finding);
}

/** The least time that an input takes over some more plays: by the CPU of the process or by the clock, whichever is less. */
async function leastCpu({ check }: Opened, input: Uint8Array, first: number): Promise<number> {
  let least = first;
  for (let i = 0; i < replays; i++) {
    const cpu = process.cpuUsage();
    const before = performance.now();
    await messageOf(check, input);
    const wall = performance.now() - before;
    const { user, system } = process.cpuUsage(cpu);
    least = Math.min(least, wall, (user + system) / 1_000);
  }
  return least;
}

/** What is wrong with an input; null when nothing is. */
export async function messageOf(check: Check, input: Uint8Array): Promise<string | null> {
  try {
    await check(input);
    return null;
  } catch (error) {
    return told(error);
  }
}

function told(error: unknown): string {
  if (error instanceof Violation) return error.message;
  if (error instanceof Error) return error.stack ?? String(error);
  return `threw ${String(error)}`;
}
