// A running Tocsin that a command speaks to: where it is and with which key, and why it did not answer.
import { type CliHost, exitCodes } from './host.ts';

export interface RemoteFlags {
  readonly url?: string;
  readonly key?: string;
  readonly tenant?: string;
}

export interface Remote {
  readonly base: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The exit code when something is missing, which has been said then. */
export function remoteOf(host: CliHost, flags: RemoteFlags): Remote | number {
  const key = flags.key ?? host.env.TOCSIN_KEY ?? host.env.TOCSIN_ADMIN_KEY;
  if (key === undefined || key === '') {
    host.err('an API key is needed: --key, or TOCSIN_KEY in the environment');
    return exitCodes.usage;
  }
  const base = flags.url ?? host.env.TOCSIN_URL ?? 'http://127.0.0.1:8787';
  if (!URL.canParse(base)) {
    host.err('--url: expected a URL such as http://127.0.0.1:8787');
    return exitCodes.usage;
  }
  const headers = {
    'x-api-key': key,
    ...(flags.tenant !== undefined && { 'x-tenant-id': flags.tenant }),
  };
  return { base, headers };
}

const usualDeadlineMs = 10_000;

/** The body of an answer of the API; the exit code when there is none, which has been said then. */
export async function ask<Body>(
  host: CliHost,
  remote: Remote,
  method: string,
  path: string,
  body?: unknown,
  deadlineMs = usualDeadlineMs,
): Promise<Body | number> {
  const url = new URL(path, remote.base);
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method,
      headers: { ...remote.headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(deadlineMs),
    });
    text = await response.text();
  } catch (error) {
    host.err(`${url.origin} does not answer: ${reasonOf(error)}`);
    return exitCodes.failed;
  }
  const said = parsed(text);
  if (response.ok && said !== null) return said as Body;
  const { message, details } = (said as ErrorReply | null)?.error ?? {};
  host.err(`${url.origin} refused (${response.status}): ${message ?? text.slice(0, 200)}`);
  for (const { path: where, message: problem } of details?.problems ?? []) host.err(`${where}: ${problem}`);
  return exitCodes.failed;
}

interface ErrorReply {
  readonly error?: {
    readonly message?: string;
    readonly details?: { readonly problems?: readonly { readonly path: string; readonly message: string }[] };
  };
}

function parsed(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
