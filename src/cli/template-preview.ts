// `tocsin template preview`: what a running Tocsin would send in the words of a template, over its API.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { TemplatePreviewFlags } from './flags.ts';
import { type CliHost, exitCodes } from './host.ts';
import { ask, reasonOf, remoteOf } from './remote.ts';

interface Preview {
  readonly title: string | null;
  readonly text: string | null;
  readonly problems: readonly string[];
  readonly payload: unknown;
}

export async function templatePreviewCommand(
  host: CliHost,
  name: string | undefined,
  flags: TemplatePreviewFlags,
): Promise<number> {
  const { file, channel, sample, notification, locale } = flags;
  let template: string | { text: string } | undefined = name;
  if (file !== undefined) {
    try {
      template = { text: readFileSync(resolve(host.cwd, file), 'utf8') };
    } catch (error) {
      host.err(`${file}: ${reasonOf(error)}`);
      return exitCodes.usage;
    }
  }
  if (template === undefined) {
    host.err('expected the name of a template, or --file');
    return exitCodes.usage;
  }
  const remote = remoteOf(host, flags);
  if (typeof remote === 'number') return remote;
  const body = { template, channel, sample, notification_id: notification, locale };
  const got = await ask<Preview>(host, remote, 'POST', '/api/v1/templates/preview', body);
  if (typeof got === 'number') return got;
  const shown = typeof got.payload === 'string' ? got.payload : JSON.stringify(got.payload, null, 2);
  host.out(flags.json ? JSON.stringify(got, null, 2) : shown);
  for (const problem of got.problems) host.err(problem);
  return got.problems.length === 0 ? exitCodes.ok : exitCodes.failed;
}
