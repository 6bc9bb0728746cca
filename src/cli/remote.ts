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

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
