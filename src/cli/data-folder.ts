// The data folder for commands that work on it without serving: --data as it is, else what `serve` would take.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadConfig } from '../config/load.ts';
import type { DataFlags } from './flags.ts';
import { type CliHost, exitCodes } from './host.ts';
import { counted, problemLine } from './problems.ts';

/** The database of state, or the exit code after the reason was said. */
export function stateFile(host: CliHost, flags: DataFlags): { readonly file: string } | number {
  const folder = dataFolder(host, flags);
  if (typeof folder === 'number') return folder;
  const file = join(folder, 'tocsin.db');
  if (existsSync(file)) return { file };
  host.err(`${file}: there is no such file; --data FOLDER names the data folder`);
  return exitCodes.failed;
}

function dataFolder(host: CliHost, { config: file, data }: DataFlags): string | number {
  const { env, cwd } = host;
  // A configuration that cannot be used is no reason to leave somebody locked out.
  if (data !== undefined) return resolve(cwd, data);
  const loaded = loadConfig({ ...(file !== undefined && { file }), cwd, env, flags: {} });
  if ('config' in loaded) return loaded.config.data;
  for (const problem of loaded.problems) host.err(problemLine(problem, cwd));
  host.err(`${counted(loaded.problems.length, 'problem')}; --data FOLDER needs no configuration`);
  return exitCodes.usage;
}
