// `tocsin report`: the report of a period, from a running Tocsin.
import { resolve } from 'node:path';
import { parseDuration } from '../../rules/duration.ts';
import { writeWhole } from '../reports/write-file.ts';
import type { ReportFlags } from './flags.ts';
import { type CliHost, exitCodes } from './host.ts';
import { reasonOf, remoteOf } from './remote.ts';

const deadlineMs = 30_000;

export async function reportCommand(host: CliHost, flags: ReportFlags): Promise<number> {
  const remote = remoteOf(host, flags);
  if (typeof remote === 'number') return remote;
  const url = new URL('/api/v1/reports', remote.base);
  const { searchParams: query } = url;
  query.set('format', flags.format);
  query.set('locale', flags.locale);
  if (flags.tz !== undefined) query.set('tz', flags.tz);
  for (const name of ['from', 'to'] as const) {
    const text = flags[name];
    if (text !== undefined) query.set(name, timeIn(text, Date.now()));
  }
  let text: string;
  try {
    const response = await fetch(url, {
      headers: { ...remote.headers },
      signal: AbortSignal.timeout(deadlineMs),
    });
    text = await response.text();
    if (response.status !== 200) {
      host.err(`${url.origin} refused (${response.status}): ${saidIn(text)}`);
      return exitCodes.failed;
    }
  } catch (error) {
    host.err(`${url.origin} does not answer: ${reasonOf(error)}`);
    return exitCodes.failed;
  }
  if (flags.out === undefined) {
    host.out(text.trimEnd());
    return exitCodes.ok;
  }
  const file = resolve(host.cwd, flags.out);
  try {
    await writeWhole(file, text);
  } catch (error) {
    host.err(`${file}: ${reasonOf(error)}`);
    return exitCodes.failed;
  }
  host.out(`${file}: ${flags.format}`);
  return exitCodes.ok;
}

/** A span before `now` as a time; anything else as it is, for the server to judge. */
function timeIn(text: string, now: number): string {
  const span = parseDuration(text);
  return typeof span === 'number' ? String(now - span) : text;
}

/** What our own API says was wrong, with every problem; the beginning of anything else. */
function saidIn(text: string): string {
  try {
    const { error } = JSON.parse(text) as {
      error?: { message?: string; details?: { problems?: readonly { path: string; message: string }[] } };
    };
    const problems = error?.details?.problems?.map(({ path, message }) => `${path}: ${message}`) ?? [];
    if (error?.message !== undefined) return [error.message, ...problems].join(' ');
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return text.slice(0, 200);
}
