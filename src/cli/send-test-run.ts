// A test by one channel over the API, of whichever Tocsin, and the wait for what comes of it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { SendTestFlags } from './flags.ts';
import type { CliHost } from './host.ts';

/** A request to the API; an exit code when it was refused, which has been said then. */
export type Api = <Body>(
  method: string,
  path: string,
  body?: unknown,
  deadlineMs?: number,
) => Promise<Body | number>;

export interface Channel {
  readonly name: string;
  readonly kind: string;
  readonly mock: boolean;
  readonly settings: { readonly to?: unknown };
}
interface TestReply {
  readonly notification_id: string;
  readonly status: string;
  readonly message?: string | null;
}
export interface Sending {
  readonly api: Api;
  readonly host: CliHost;
  /** When it is given up; epoch milliseconds. */
  readonly until: number;
}
/** What came of it; `status` is a notification's. */
export interface Ended {
  readonly provider: string;
  readonly status: string;
  readonly error: string | null;
}

const lookEveryMs = 200;

/** Sends by the channel, and waits until something came of it. */
export async function sendTest(
  sending: Sending,
  { name, kind, mock }: Pick<Channel, 'name' | 'kind' | 'mock'>,
  wait: boolean,
  { message, severity, locale }: Pick<SendTestFlags, 'message' | 'severity' | 'locale'>,
): Promise<Ended | number> {
  const path = `/api/v1/channels/${encodeURIComponent(name)}/test`;
  const left = Math.max(1, sending.until - Date.now());
  const reply = await sending.api<TestReply>('POST', path, { message, severity, locale, wait }, left);
  if (typeof reply === 'number') return reply;
  const provider = mock ? 'mock' : kind;
  if (reply.status !== 'pending')
    return { provider, status: reply.status, error: reply.message ?? reply.status };
  return whenEnded(sending, provider, async () => {
    const one = await sending.api<NotificationReply>('GET', `/api/v1/notifications/${reply.notification_id}`);
    return typeof one === 'number'
      ? one
      : { status: one.status, error: one.deliveries[0]?.last_error ?? null };
  });
}

interface NotificationReply {
  readonly status: string;
  readonly deliveries: readonly { readonly last_error: string | null }[];
}

const ends: readonly string[] = ['sent', 'delivered', 'failed', 'dropped'];

/** Looks until it ended or the time is over. */
export async function whenEnded(
  { until }: Pick<Sending, 'until'>,
  provider: string,
  look: () => Promise<Pick<Ended, 'status' | 'error'> | number>,
): Promise<Ended | number> {
  for (;;) {
    const seen = await look();
    if (typeof seen === 'number') return seen;
    if (ends.includes(seen.status))
      return { provider, status: seen.status, error: seen.error ?? seen.status };
    if (Date.now() + lookEveryMs >= until) return { provider, status: seen.status, error: null };
    await sleep(lookEveryMs);
  }
}
