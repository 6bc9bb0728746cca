// The soak's part of hostile input: src/testing/fuzz over all targets, in a process of its own.
import { join } from 'node:path';
import type { CommandPart } from './soak-command.ts';

/** Cases of a soak in full, of half an hour. */
const fullCases = 20_000_000;
const fullMinutes = 30;
/** Most of the soak: the mutants come after it. */
const share = 0.8;

/** `compiled`: folder of the compiled program; `until`: epoch milliseconds of the end of the soak. */
export function fuzzing(minutes: number, seed: number, until: number, compiled: string): CommandPart {
  const cases = Math.round(fullCases * Math.min(1, minutes / fullMinutes));
  const within = (minutes * share).toFixed(2);
  return {
    part: 'hostile input',
    telling: /^FOUND |^HANG |^replay: /,
    command: [
      join(compiled, 'src/testing/fuzz/run.js'),
      '--seed',
      String(seed),
      '--cases',
      String(cases),
      '--minutes',
      within,
    ],
    seeds: String(seed),
    behind: true,
    until,
    read(lines) {
      const summary = lines.find((line) => /^seed \d+: \d+ cases/.test(line));
      const found = Number(/ (\d+) findings/.exec(summary ?? '')?.[1] ?? 1);
      return { ran: summary?.replace(/^seed \d+: /, '') ?? `0 of ${cases} cases`, violations: found };
    },
  };
}
