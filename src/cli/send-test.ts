// `tocsin send-test`: a test by a channel of a running Tocsin, or with --mock by a Tocsin in this process whose channels
// accept and send nothing. 0 when it was accepted, 1 when it failed or nothing came of it in time.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseDuration } from '../../rules/duration.ts';
import { isSyntaxProblem } from '../../rules/syntax-problem.ts';
import type { SendTestFlags } from './flags.ts';
import { type CliHost, exitCodes } from './host.ts';
import { ask, remoteOf } from './remote.ts';
import { type SendTestMethod, sendTestMethods } from './send-test-methods.ts';

/** A request to the API; an exit code when it was refused, which has been said then. */
export type Api = <Body>(
  method: string,
  path: string,
  body?: unknown,
  deadlineMs?: number,
) => Promise<Body | number>;

interface Channel {
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

export async function sendTestCommand(host: CliHost, flags: SendTestFlags): Promise<number> {
  const { channel, method, mock, to } = flags;
  const usage = (text: string): number => {
    host.err(text);
    return exitCodes.usage;
  };
  const patience = parseDuration(flags.poll);
  if (isSyntaxProblem(patience)) return usage(`--poll: ${patience.problem}`);
  if ((channel === undefined) === (method === undefined))
    return usage('one of --channel and --method is needed');
  const known = sendTestMethods.find((one) => one === method);
  if (method !== undefined && known === undefined)
    return usage(`--method: expected one of ${sendTestMethods.join(', ')}`);
  const until = Date.now() + patience;
  if (mock) {
    if (known === undefined) return usage('--mock goes with --method; a channel is mock by `mock: true`');
    const { sendMock } = await import('./send-test-mock.ts');
    const ended = await sendMock(host, known, to, flags, until);
    return typeof ended === 'number' ? ended : told(host, `method=${known}`, ended, flags.poll);
  }
  if (known === 'admin-dlq') return usage('--method admin-dlq needs --mock: nothing is lost for a test');
  const remote = remoteOf(host, flags);
  if (typeof remote === 'number') return remote;
  const api: Api = (verb, path, body, deadlineMs) => ask(host, remote, verb, path, body, deadlineMs);
  const sending = { api, host, until };
  const found = await channelFor(sending, channel, known, to);
  if (typeof found === 'number') return found;
  const ended = await sendTest(sending, found, known?.endsWith('-enqueue') !== true, flags);
  if (typeof ended === 'number') return ended;
  return told(host, known === undefined ? `channel=${found.name}` : `method=${known}`, ended, flags.poll);
}

function told(host: CliHost, what: string, { provider, status, error }: Ended, poll: string): number {
  host.out(`${what} provider=${provider} status=${status}`);
  if (status === 'sent' || status === 'delivered') {
    host.out('OK');
    return exitCodes.ok;
  }
  host.err(error ?? `nothing came of it within ${poll}`);
  return exitCodes.failed;
}

/** The channel of that name, or the first of the method's kind; one that sends to `to`, where that is asked for. */
async function channelFor(
  { api, host }: Sending,
  name: string | undefined,
  method: SendTestMethod | undefined,
  to: string | undefined,
): Promise<Channel | number> {
  if (name !== undefined) return api<Channel>('GET', `/api/v1/channels/${encodeURIComponent(name)}`);
  const list = await api<{ readonly items: readonly Channel[] }>('GET', '/api/v1/channels');
  if (typeof list === 'number') return list;
  const kind = method!.split('-')[0]!;
  const ofKind = list.items.filter((channel) => channel.kind === kind);
  const fitting = ofKind.filter(({ settings }) => to === undefined || [settings.to].flat().includes(to));
  if (fitting[0] !== undefined) return fitting[0];
  host.err(
    ofKind.length === 0
      ? `there is no channel of the kind ${kind}`
      : `no channel of the kind ${kind} sends to ${to}; there are ${ofKind.map((channel) => channel.name).join(', ')}`,
  );
  return exitCodes.failed;
}

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
