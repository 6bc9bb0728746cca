// CPU time of another process of this machine.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { platform } from 'node:os';
import { promisify } from 'node:util';
import { type ProcessTime, parseProcStat, parsePsTime } from './proc-stat.ts';

const run = promisify(execFile);
const psDeadlineMs = 2_000;

/** CPU time that process `pid` has used so far; null when there is no such process (any more). */
export async function processTime(pid: number): Promise<ProcessTime | null> {
  if (platform() === 'linux') {
    try {
      return parseProcStat(await readFile(`/proc/${pid}/stat`, 'utf8'));
    } catch (error) {
      if (isGone(error)) return null;
      throw error;
    }
  }
  try {
    const { stdout } = await run('ps', ['-o', 'time=', '-p', String(pid)], { timeout: psDeadlineMs });
    const cpuMs = parsePsTime(stdout);
    return cpuMs === null ? null : { cpuMs, started: '' };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 1) return null; // ps found none
    throw error;
  }
}

/** ESRCH: the process ended between the opening of the file and the read. */
function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH');
}
