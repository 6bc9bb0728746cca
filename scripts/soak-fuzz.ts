// The soak's part of hostile input: src/testing/fuzz over all targets, in a process of its own.
import type { CommandPart } from './soak-command.ts';

/** Cases of a soak in full, of half an hour. */
const fullCases = 20_000_000;
const fullMinutes = 30;
/** Half of the soak: the rest of its lane has to fit in, too. */
const share = 0.5;

/** `until`: epoch milliseconds of the end of the soak. */
export function fuzzing(minutes: number, seed: number, until: number): CommandPart {
  const cases = Math.round(fullCases * Math.min(1, minutes / fullMinutes));
  const within = (minutes * share).toFixed(2);
  return {
    part: 'hostile input',
    telling: /^FOUND |^HANG |^replay: /,
    command: [
      'src/testing/fuzz/run.ts',
      '--seed',
      String(seed),
      '--cases',
      String(cases),
      '--minutes',
      within,
    ],
    seeds: String(seed),
    until,
    read(lines) {
      const summary = lines.find((line) => /^seed \d+: \d+ cases/.test(line));
      const found = Number(/ (\d+) findings/.exec(summary ?? '')?.[1] ?? 1);
      return { ran: summary?.replace(/^seed \d+: /, '') ?? `0 of ${cases} cases`, violations: found };
    },
  };
}
