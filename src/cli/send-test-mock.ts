// A Tocsin in this process whose channels accept and send nothing, for a test of the way through the queue without a
// provider, a configuration or a server.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type ChannelDefinition, defineChannel, type SendResult } from '../../channels/channel.ts';
import { createTocsin, type Tocsin } from '../app.ts';
import { loadConfig } from '../config/load.ts';
import type { SendTestFlags } from './flags.ts';
import { type CliHost, exitCodes } from './host.ts';
import type { SendTestMethod } from './send-test-methods.ts';
import { type Api, type Ended, sendTest, whenEnded } from './send-test-run.ts';

const config = `
collector: { host: false }
ballast: 0
channels:
  test: { type: console }
  admin: { type: console }
receivers:
  test: { channels: [test] }
  admin: { channels: [admin] }
route: { receiver: test, group_wait: 0s }
administrator: admin
`;

/** Who can be meant by `--to`. */
const recipients: Readonly<Record<string, RegExp>> = {
  email: /^[^\s@]+@[^\s@]+$/,
  sms: /^\+?[0-9]{6,15}$/,
};

/** The exit code when it cannot be tried, which has been said then. */
export async function sendMock(
  host: CliHost,
  method: SendTestMethod,
  to: string | undefined,
  words: Pick<SendTestFlags, 'message' | 'severity' | 'locale'>,
  until: number,
): Promise<Ended | number> {
  const kind = method.split('-')[0]!;
  const expected = recipients[kind];
  if (to !== undefined && expected !== undefined && !expected.test(to)) {
    host.err(`--to: ${kind} cannot be sent to ${JSON.stringify(to)}`);
    return exitCodes.usage;
  }
  host.err('mock: nothing leaves this process');
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-send-test-'));
  const lost = method === 'admin-dlq';
  let tocsin: Tocsin | null = null;
  try {
    const key = randomBytes(24).toString('hex');
    tocsin = await start(folder, key, lost);
    const api = apiOf(tocsin, key, host);
    const sending = { api, host, until };
    if (!lost) {
      const channel = { name: 'test', kind, mock: true };
      return await sendTest(sending, channel, method.endsWith('-send'), words);
    }
    const event = {
      type: 'send-test.lost',
      severity: words.severity ?? 'info',
      message: words.message ?? 'a test',
    };
    const posted = await api('POST', '/api/v1/events', event);
    if (typeof posted === 'number') return posted;
    return await whenEnded(sending, 'mock', () => noticeOf(api));
  } finally {
    await tocsin?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The first thing that the administrator was told. */
async function noticeOf(api: Api): Promise<{ status: string; error: string | null } | number> {
  const list = await api<{ readonly items: readonly { state: string; last_error: string | null }[] }>(
    'GET',
    '/api/v1/deliveries?channel=admin',
  );
  if (typeof list === 'number') return list;
  const notice = list.items.at(-1);
  return { status: notice?.state ?? 'pending', error: notice?.last_error ?? null };
}

/** @param lost The test's channel refuses everything for good. */
async function start(folder: string, key: string, lost: boolean): Promise<Tocsin> {
  const file = join(folder, 'tocsin.yaml');
  writeFileSync(file, config);
  const loaded = loadConfig({ file, cwd: folder, env: {}, flags: { data: join(folder, 'data') } });
  if ('problems' in loaded) throw new Error(loaded.problems.map(({ message }) => message).join('; '));
  const own = (name: string, type: string) =>
    [name, { name, type, settings: {}, fallback: [], limits: [] }] as const;
  const channels = new Map([own('test', lost ? 'refusing' : 'accepting'), own('admin', 'accepting')]);
  const { routing } = loaded.config;
  // Nobody waits for more to come.
  const routes = routing.route.routes.map((route) => ({ ...route, groupWaitMs: 0 }));
  const refusal = { kind: 'permanent', code: 'mock', message: 'refused for the test' } as const;
  return createTocsin({
    config: {
      ...loaded.config,
      ...{ channels, rules: [], routing: { ...routing, route: { ...routing.route, routes } } },
    },
    rules: [],
    adminKey: key,
    durability: 'normal',
    channels: {
      accepting: standIn({ kind: 'sent', providerId: 'mock' }),
      refusing: standIn(refusal),
    },
  });
}

function standIn(result: SendResult): ChannelDefinition {
  return defineChannel({
    kind: 'mock',
    label: { en: 'Mock', 'zh-TW': '模擬', 'zh-CN': '模拟' },
    config: z.strictObject({}),
    limits: { maxBytes: 1_000_000, concurrency: 1, deadlineMs: 5_000 },
    render: (message) => message,
    open: () => ({ send: async () => result, close: async () => {} }),
  }) as ChannelDefinition;
}

function apiOf(tocsin: Tocsin, key: string, host: CliHost): Api {
  return async <Body>(method: string, path: string, body?: unknown) => {
    const response = await tocsin.fetch(
      new Request(new URL(path, 'http://tocsin.test'), {
        method,
        headers: { 'x-api-key': key, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    );
    const said = (await response.json()) as { readonly error?: { readonly message: string } };
    if (response.ok) return said as Body;
    host.err(`refused (${response.status}): ${said.error?.message ?? ''}`);
    return exitCodes.failed;
  };
}
