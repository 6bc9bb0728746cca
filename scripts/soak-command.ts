// A part of the soak that is a command of its own: run in its own process group, so that its end is the end of all of it.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { PartResult } from './soak-table.ts';

const root = join(fileURLToPath(import.meta.url), '../..');
/** Of the scheduler; children have it too. */
const behindPriority = 10;
const tsx = join(root, 'node_modules/tsx/dist/cli.mjs');

export interface CommandPart {
  readonly part: string;
  /** The script, below the repository or absolute, then its arguments. TypeScript runs through tsx. */
  readonly command: readonly [string, ...string[]];
  readonly seeds: string;
  /** Flags of Node, before the script; its own children have them, too. */
  readonly flags?: readonly string[];
  /** It only computes: what is timed beside it goes first. */
  readonly behind?: boolean;
  /** Epoch milliseconds at which it is cut off. */
  readonly until: number;
  /** Lines that say what was wrong. */
  readonly telling: RegExp;
  /** What ran, and how often something was wrong, from its lines on standard output. */
  readonly read: (lines: readonly string[]) => { readonly ran: string; readonly violations: number };
}

/** Runs it to its end; what matters of its output goes to `say` when something was wrong, all of it to a file. */
export async function runCommand(part: CommandPart, say: (line: string) => void): Promise<PartResult> {
  const [script, ...args] = part.command;
  const base = { part: part.part, seeds: part.seeds, slowestReadyMs: null };
  if (!existsSync(resolve(root, script)))
    return { ...base, ran: '', result: `skipped: no ${script}`, violations: 0 };
  const loader = script.endsWith('.ts') ? [tsx] : [];
  const child = spawn(process.execPath, [...(part.flags ?? []), ...loader, script, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  if (part.behind === true && child.pid !== undefined) setPriority(child.pid, behindPriority);
  const endGroup = (): void => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  };
  process.once('exit', endGroup);
  const lines: string[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => void lines.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => void errors.push(line));
  let cut = false;
  const timer = setTimeout(
    () => {
      cut = true;
      endGroup();
    },
    Math.max(0, part.until - Date.now()),
  );
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  clearTimeout(timer);
  process.off('exit', endGroup);
  const { ran, violations } = part.read(lines);
  if (code !== 0) {
    const log = join(mkdtempSync(join(tmpdir(), 'tocsin-soak-')), 'output.log');
    writeFileSync(log, [...lines, ...errors, ''].join('\n'));
    say(`${part.part}: exit ${code}, everything that it said: ${log}`);
    for (const line of [...lines.filter((one) => part.telling.test(one)), ...errors.slice(-5)].slice(0, 20)) {
      say(`${part.part}: ${line}`);
    }
  }
  if (cut) return { ...base, ran, result: 'cut off by the time', violations: violations + 1 };
  if (code === 0 && violations === 0) return { ...base, ran, result: 'ok', violations };
  return { ...base, ran, result: `failed (exit ${code})`, violations: Math.max(1, violations) };
}
