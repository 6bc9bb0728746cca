// The settings of a channel as its example in examples/channels/ has them, read as a user's file is.
import { join } from 'node:path';
import { loadConfig } from '../config/load.ts';
import { exampleEnvironment } from './example-environment.ts';

/** @param root Folder of the project. */
export function exampleSettings(root: string, kind: string): unknown {
  const cwd = join(root, 'examples/channels');
  const loaded = loadConfig({ file: join(cwd, `${kind}.yaml`), cwd, env: exampleEnvironment, flags: {} });
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  return [...loaded.config.channels.values()].find(({ type }) => type === kind)?.settings;
}
