// A canary on this machine that counts every connection, on a port on which public addresses may be called, and every
// way that we know of to make the program call it: the URL of a webhook, the server of a mail, a redirect, a resolver
// that changes its mind. There is no callback URL in the product; where one comes it leaves by the same egress.
import { createServer } from 'node:http';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import type { SendResult } from '../../channels/channel.ts';
import { hostileMessage } from '../../channels/contract-message.ts';
import { email } from '../../channels/email.ts';
import { webhook } from '../../channels/webhook.ts';
import { startTestHost, type TestHost } from '../testing/channel-host.ts';
import { insideSpellings, loopbackSpellings, urlSpellings } from '../testing/inside-addresses.ts';
import { startTestApp } from '../testing/test-app.ts';
import type { ResolvedAddress } from './name-places.ts';

let reached = 0;
const open = new Set<Socket>();
/** Answers whoever speaks as a receiver of webhooks does, and turns away whoever waits to be greeted, as mails do. */
const canary = createTcpServer((socket) => {
  reached += 1;
  open.add(socket);
  const greeting = setTimeout(() => socket.end('554 not here\r\n'), 150);
  socket.once('data', () => {
    clearTimeout(greeting);
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    clearTimeout(greeting);
    open.delete(socket);
  });
});
/** The first of the ordinary ports that is free here, for IPv4 and IPv6; null when none is. */
const port = await firstFree(canary, [2525, 587, 465, 25, 80]);
afterAll(() => {
  for (const socket of open) socket.destroy();
  canary.close();
});

async function firstFree(server: Server, ports: readonly number[]): Promise<number | null> {
  for (const host of ['::', '0.0.0.0']) {
    for (const one of ports) {
      const listening = await new Promise<boolean>((resolve) => {
        server.once('error', () => resolve(false));
        server.listen(one, host, () => resolve(true));
      });
      server.removeAllListeners('error');
      if (listening) return one;
    }
  }
  return null;
}

const hosts = [...loopbackSpellings, ...insideSpellings];
const bare = (host: string) => host.replace(/^\[(.*)\]$/, '$1');
const urls = [...hosts, ...urlSpellings].map((host) => `http://${host}:${port}/`);

/** One event through the whole program, to a webhook for each URL and a mail for each host: what became of each. */
async function throughTheProgram(allow: readonly string[]): Promise<Map<string, string>> {
  const good = urls.filter((url) => webhook.config.safeParse({ url }).success);
  const channels = [
    ...good.map((url) => ({ type: 'webhook', url })),
    ...hosts.map((host) => ({
      type: 'email',
      host: bare(host),
      port,
      from_email: 'a@example.com',
      to: ['b@example.com'],
    })),
  ];
  const names = channels.map((_, i) => `c${i}`);
  const became = new Map<string, string>();
  let ended: () => void = () => {};
  const all = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const config = {
    collector: { host: false },
    channels: Object.fromEntries(channels.map((channel, i) => [`c${i}`, channel])),
    receivers: { a: { channels: names.slice(0, 100) }, b: { channels: names.slice(100) } },
    route: {
      receiver: 'a',
      group_wait: '0s',
      routes: [
        { receiver: 'a', match: ['severity="info"'], continue: true },
        { receiver: 'b', match: ['severity="info"'] },
      ],
    },
    egress: { allow },
  };
  const app = await startTestApp(JSON.stringify(config), 'rules: []', {
    onEvents(events) {
      for (const { row } of events) {
        if (!/^delivery\.(sent|retry|dead)$/.test(row.kind)) continue;
        const { channel, code } = row.body as { channel: string; code?: string };
        const { type, ...where } = channels[Number(channel.slice(1))]!;
        const name = `${type} ${'url' in where ? where.url : (where as { host: string }).host}`;
        became.set(name, row.kind === 'delivery.sent' ? 'sent' : `${row.kind} ${code ?? ''}`);
      }
      if (became.size === channels.length) ended();
    },
  });
  const event = { type: 't', severity: 'info', message: 'm' };
  expect((await app.call('POST', '/api/v1/events', event)).status).toBe(202);
  await all;
  await app.close();
  return became;
}

const message = { ...hostileMessage(), alerts: [] };
const send = async (url: string, { host }: TestHost): Promise<SendResult> => {
  const config = webhook.config.parse({ url });
  const instance = webhook.open(config, host);
  const payload = webhook.render(message, { config, locale: 'en' });
  const context = { deliveryId: 'd', attempt: 1, now: 0, signal: AbortSignal.timeout(30_000) };
  const result = await instance.send(payload, context);
  await instance.close();
  return result;
};

describe.skipIf(port === null)('a canary (skipped where every ordinary port is taken)', () => {
  it(`is not reached by a webhook's URL or a mail's server, in ${urls.length + hosts.length} spellings`, async () => {
    const before = reached;
    const became = await throughTheProgram([]);
    expect(reached).toBe(before);
    expect(became.size).toBeGreaterThan(140);
    for (const [name, what] of became) expect([name, what]).toEqual([name, 'delivery.dead egress_denied']);
  });

  it('has it refused already in the configuration where a URL holds a user or is none', () => {
    const refused = urls.filter((url) => !webhook.config.safeParse({ url }).success);
    expect(refused.map((url) => url.replace(`:${port}/`, ''))).toEqual([
      'http://127.0.0.1%2f',
      'http://127.0.0.1%00',
      'http://[::1%25lo]',
      'http://public.example@127.0.0.1',
      'http://public.example:80@127.0.0.1',
      'http://public.example%40@127.1',
      'http://a:b@localhost',
    ]);
  });

  it('is reached by them where the operator allows it', async () => {
    const before = reached;
    const became = await throughTheProgram(['127.0.0.0/8', '0.0.0.0', '::1', '::', 'localhost']);
    expect(reached).toBeGreaterThan(before + 40);
    expect([...became].filter(([, what]) => what === 'sent').length).toBeGreaterThan(25);
  });

  it('says what to do about it', async () => {
    const strict = startTestHost([]);
    expect(await send(`http://127.0.0.1:${port}/`, strict)).toEqual({
      kind: 'permanent',
      code: 'egress_denied',
      message:
        'This address is not public or not on an ordinary port, so it is not called; the operator can list it in egress.allow.',
    });
    await strict.close();
  });

  it('is not reached by a redirect of any kind to any spelling', async () => {
    let location = '';
    let status = 0;
    const redirector = createServer((request, response) => {
      request.resume();
      response.writeHead(status, { location }).end();
    });
    await new Promise<void>((resolve) => redirector.listen(0, '127.0.0.1', resolve));
    const address = redirector.address();
    const from = `http://redirector.example:${typeof address === 'object' ? address?.port : 0}/`;
    const host = startTestHost(['redirector.example', '127.0.0.0/8', '::1', 'localhost'], undefined, {
      lookup: async () => [{ address: '127.0.0.1', family: 4 }],
    });
    const before = reached;
    const statuses = [300, 301, 302, 303, 304, 305, 307, 308];
    const tries = [
      ...statuses.map((one) => [one, urls[0]!] as const),
      ...urls.map((url, i) => [statuses[i % statuses.length]!, url] as const),
    ];
    for (const [answer, to] of tries) {
      status = answer;
      // A header holds Latin-1: what is Unicode goes as its bytes, as servers send it.
      location = Buffer.from(to, 'utf8').toString('latin1');
      expect([to, await send(from, host)]).toMatchObject([to, { kind: 'permanent', code: String(status) }]);
    }
    expect(reached).toBe(before);
    // What would have been followed may be called.
    expect((await send(`http://127.0.0.1:${port}/`, host)).kind).toBe('sent');
    expect(reached).toBe(before + 1);
    await host.close();
    redirector.closeAllConnections();
    redirector.close();
  });

  it('is not reached by a name whose resolver changes its mind, or mixes its answers', async () => {
    const here: ResolvedAddress = { address: '127.0.0.1', family: 4 };
    // TEST-NET-1 stands for a public address that nobody has: an answer in it is taken, and dialled in vain.
    const elsewhere: ResolvedAddress = { address: '192.0.2.1', family: 4 };
    const mapped: ResolvedAddress = { address: '::ffff:127.0.0.1', family: 6 };
    const scoped: ResolvedAddress = { address: 'fe80::1%lo', family: 6 };
    const answers: readonly (readonly (readonly ResolvedAddress[])[])[] = [
      [[elsewhere], [here]],
      [[here, elsewhere]],
      [[elsewhere, here]],
      [[mapped, here, scoped]],
      [[here], [elsewhere], [here]],
    ];
    const before = reached;
    for (const answered of answers) {
      let asked = 0;
      const host = startTestHost(['192.0.2.1'], undefined, {
        lookup: async () => answered[Math.min(asked++, answered.length - 1)]!,
        deadlines: { connectMs: 30 },
      });
      const settings = email.config.parse({
        host: 'rebind.example',
        port,
        from_email: 'a@example.com',
        to: ['b@example.com'],
      });
      const mail = email.open(settings, host.host);
      const payload = email.render(message, { config: settings, locale: 'en' });
      for (let attempt = 1; attempt <= 3; attempt++) {
        const context = { deliveryId: 'd', attempt, now: 0, signal: AbortSignal.timeout(30_000) };
        const results = [
          await send(`http://rebind.example:${port}/`, host),
          await mail.send(payload, context),
        ];
        for (const { kind } of results) expect(['network', 'permanent']).toContain(kind);
      }
      expect(asked).toBe(6);
      await mail.close();
      await host.close();
    }
    expect(reached).toBe(before);
  });

  it('is not reached as a proxy that the environment names', async () => {
    const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'];
    for (const name of names) process.env[name] = `http://127.0.0.1:${port}`;
    process.env.NODE_USE_ENV_PROXY = '1';
    const receiver = createServer((_request, response) => response.end('here'));
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const address = receiver.address();
    const host = startTestHost(['127.0.0.0/8']);
    const before = reached;
    try {
      const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;
      expect((await send(url, host)).kind).toBe('sent');
      expect(
        (
          await host.host.connect('127.0.0.1', Number(new URL(url).port), AbortSignal.timeout(5_000))
        ).destroy(),
      );
      expect(reached).toBe(before);
    } finally {
      for (const name of [...names, 'NODE_USE_ENV_PROXY']) delete process.env[name];
      await host.close();
      receiver.closeAllConnections();
      receiver.close();
    }
  });
});
