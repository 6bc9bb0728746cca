// `tocsin send-test`: a test by a channel of a running Tocsin, or with --mock by a Tocsin in this process whose channels
// accept and send nothing. 0 when it was accepted, 1 when it failed or nothing came of it in time.
import { parseDuration } from '../../rules/duration.ts';
import { isSyntaxProblem } from '../../rules/syntax-problem.ts';
import type { SendTestFlags } from './flags.ts';
import { type CliHost, exitCodes } from './host.ts';
import { ask, remoteOf } from './remote.ts';
import { type SendTestMethod, sendTestMethods } from './send-test-methods.ts';
import { type Api, type Channel, type Ended, type Sending, sendTest } from './send-test-run.ts';

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
