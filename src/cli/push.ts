// `tocsin push`: one sample by hand, for a first try and for scripts.

import type { PushFlags } from './flags.ts';
import { type CliHost, exitCodes } from './host.ts';
import { reasonOf, remoteOf } from './remote.ts';

const deadlineMs = 10_000;

export async function pushCommand(
  host: CliHost,
  metric: string,
  value: number,
  flags: PushFlags,
): Promise<number> {
  const remote = remoteOf(host, flags);
  if (typeof remote === 'number') return remote;
  const url = new URL('/api/v1/metrics', remote.base);
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...remote.headers,
      },
      body: JSON.stringify({ samples: [{ metric, labels: flags.label, value }] }),
      signal: AbortSignal.timeout(deadlineMs),
    });
    text = await response.text();
  } catch (error) {
    host.err(`${url.origin} does not answer: ${reasonOf(error)}`);
    return exitCodes.failed;
  }
  const body = parsed(text);
  if (response.status !== 202) {
    const said = body?.error?.message ?? text.slice(0, 200);
    host.err(`${url.origin} refused the sample (${response.status}): ${said}`);
    return exitCodes.failed;
  }
  const refused = body?.rejected?.[0];
  if (refused !== undefined) {
    host.err(`refused: ${refused.code ?? ''}: ${refused.message ?? ''}`);
    return exitCodes.failed;
  }
  host.out(`accepted: ${metric} ${value}`);
  return exitCodes.ok;
}

interface PushReply {
  readonly error?: { readonly message?: string };
  readonly rejected?: readonly { readonly code?: string; readonly message?: string }[];
}

/** The reply of our own API; null when something else answered. */
function parsed(text: string): PushReply | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as PushReply) : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
