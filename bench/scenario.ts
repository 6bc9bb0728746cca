// What a scenario is given, and how scenarios are run one after the other.
import type { Report } from './report.ts';

export interface Bench {
  readonly report: Report;
  readonly short: boolean;
  /** How long a load that was named lasts; null: as long as it says itself. */
  readonly minutes: number | null;
  /** Progress, on standard error. */
  readonly say: (line: string) => void;
  /** Folder of the project. */
  readonly root: string;
  /** Folder of the compiled program (`src/main.js`) and of the compiled bench. */
  readonly built: string;
  /** An empty folder for data; removed at the end. */
  readonly scratch: string;
  /** Where CPU profiles of the servers go, when asked for. */
  readonly profile: string | null;
}

export interface Scenario {
  readonly id: string;
  /** Runs only when it is named. */
  readonly onlyWhenNamed?: boolean;
  /** Judges durations alone: the short run, which judges none, leaves it out. */
  readonly onlyTimes?: boolean;
  /** Something slow to wait for while others run; its rows are written by `run`. */
  begin?(bench: Bench): Promise<void>;
  run(bench: Bench): Promise<void>;
}

/** Those that `--only` names (by id or by its first words), else all that run by default; fewer in the short run. */
export function chosen(
  scenarios: readonly Scenario[],
  only: readonly string[],
  short = false,
): readonly Scenario[] {
  if (only.length === 0)
    return scenarios.filter(({ onlyWhenNamed, onlyTimes }) => !onlyWhenNamed && !(short && onlyTimes));
  return scenarios.filter(({ id }) => only.some((name) => id === name || id.startsWith(`${name}.`)));
}

/** Runs them in order; one that breaks is a missed row and the rest goes on. Answers the exit code. */
export async function runScenarios(scenarios: readonly Scenario[], bench: Bench): Promise<0 | 1> {
  const broken = new Set<Scenario>();
  const guard = async (scenario: Scenario, work: () => Promise<void> | undefined): Promise<void> => {
    if (broken.has(scenario)) return;
    try {
      await work();
    } catch (error) {
      broken.add(scenario);
      bench.say(error instanceof Error ? (error.stack ?? error.message) : String(error));
      bench.report.broken(scenario.id, error);
    }
  };
  for (const scenario of scenarios) await guard(scenario, () => scenario.begin?.(bench));
  for (const scenario of scenarios) {
    const began = performance.now();
    await guard(scenario, () => scenario.run(bench));
    bench.say(`${scenario.id}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  }
  return bench.report.exitCode;
}
