import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { SendResult } from '../../channels/channel.ts';
import { hostileMessage } from '../../channels/contract-message.ts';
import { email } from '../../channels/email.ts';
import { Secret } from '../../channels/secret.ts';
import { webhook } from '../../channels/webhook.ts';
import { testCertificate } from '../testing/certificate.ts';
import { startTestHost, type TestHost } from '../testing/channel-host.ts';
import { type ConnectProxyOptions, startConnectProxy } from '../testing/connect-proxy.ts';
import { startReceiver } from '../testing/http-receiver.ts';
import { insideSpellings, loopbackSpellings } from '../testing/inside-addresses.ts';
import { startMailCatcher } from '../testing/mail-catcher.ts';
import type { EgressOptions } from './egress.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
const kept = <T extends { close(): unknown }>(part: T): T => {
  closing.push(() => part.close());
  return part;
};

const message = { ...hostileMessage(), alerts: [] };
const context = () => ({ deliveryId: 'd', attempt: 1, now: 0, signal: AbortSignal.timeout(30_000) });

async function post(url: string, { host }: TestHost): Promise<SendResult> {
  const config = webhook.config.parse({ url });
  const instance = kept(webhook.open(config, host));
  return instance.send(webhook.render(message, { config, locale: 'en' }), context());
}

async function mail(host: string, port: number, from: TestHost, more: object = {}): Promise<SendResult> {
  const settings = { host, port, from_email: 'a@example.com', to: ['b@example.com'], ...more };
  const config = email.config.parse(settings);
  const instance = kept(email.open(config, from.host));
  return instance.send(email.render(message, { config, locale: 'en' }), context());
}

/** A proxy, and a host whose way out leads through it. Whoever resolves a name here does what it must not. */
async function behindProxy(
  options: ConnectProxyOptions,
  { allow = [], ...more }: Partial<EgressOptions> = {},
  login: { username: string; password: Secret } | null = null,
) {
  const proxy = kept(await startConnectProxy(options));
  const { username, password } = login ?? { username: null, password: null };
  const host = kept(
    startTestHost(allow, undefined, {
      proxy: { host: '127.0.0.1', port: proxy.port, username, password },
      lookup: async (name) => {
        throw new Error(`${name} was resolved`);
      },
      ...more,
    }),
  );
  return { proxy, host };
}

describe('through a proxy', () => {
  it('a webhook by HTTP goes in a tunnel, to a name that only the proxy knows', async () => {
    const receiver = kept(await startReceiver());
    const { proxy, host } = await behindProxy({ leads: { 'hook.example:80': receiver.port } });
    expect((await post('http://hook.example/a?b=1', host)).kind).toBe('sent');
    expect(proxy.asked).toEqual(['hook.example:80']);
    expect(proxy.headers[0]).not.toHaveProperty('webhook-id');
    expect(receiver.received).toMatchObject([{ path: '/a?b=1', headers: { host: 'hook.example' } }]);
  });

  it('a webhook by HTTPS checks the certificate of the receiver, not of the proxy', async () => {
    const paths: unknown[] = [];
    const receiver = createTlsServer(testCertificate, (request, response) => {
      paths.push(request.url);
      response.end();
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    closing.push(() => receiver.close());
    const { port } = receiver.address() as AddressInfo;
    const leads = { 'localhost:443': port, 'other.example:443': port };
    const { proxy, host } = await behindProxy({ leads }, { allow: ['localhost'], ca: testCertificate.cert });
    expect((await post('https://localhost/', host)).kind).toBe('sent');
    expect(await post('https://other.example/', host)).toMatchObject({
      kind: 'network',
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    expect(proxy.asked).toEqual(['localhost:443', 'other.example:443']);
    expect(paths).toEqual(['/']);
  });

  it('a mail goes in a tunnel too, also with STARTTLS', async () => {
    for (const starttls of [false, true]) {
      const catcher = kept(await startMailCatcher({ starttls }));
      const { proxy, host } = await behindProxy({ leads: { 'mail.example:587': catcher.port } });
      const more = starttls ? { use_tls: 'starttls', tls_reject_unauthorized: false } : {};
      expect(await mail('mail.example', 587, host, more)).toMatchObject({ kind: 'sent' });
      expect(catcher.received).toMatchObject([{ secure: starttls }]);
      expect(proxy.asked).toEqual(['mail.example:587']);
    }
  });

  it('nothing is lost of what the other side says together with the answer of the proxy', async () => {
    const proxy = createTcpServer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\n220 mail.example\r\n'));
    });
    const port = await listening(proxy);
    const host = kept(
      startTestHost([], undefined, { proxy: { host: '127.0.0.1', port, username: null, password: null } }),
    );
    const socket = await host.host.connect('mail.example', 25, AbortSignal.timeout(30_000));
    let said = '';
    for await (const part of socket) said += String(part);
    expect(said).toBe('220 mail.example\r\n');
  });

  it('it logs in with what the operator gave it, and says nothing of it', async () => {
    const receiver = kept(await startReceiver());
    const login = { username: 'tocsin', password: 'päss:word@/' };
    const options = { leads: { 'hook.example:80': receiver.port }, login };
    const secret = { username: 'tocsin', password: new Secret(login.password) };
    const known = await behindProxy(options, {}, secret);
    expect((await post('http://hook.example/', known.host)).kind).toBe('sent');
    expect(receiver.received[0]!.headers).not.toHaveProperty('proxy-authorization');
    const unknown = await behindProxy(options);
    expect(await post('http://hook.example/', unknown.host)).toEqual({
      kind: 'network',
      code: 'proxy_407',
      message: 'The proxy (egress.proxy) did not lead to the receiver (proxy_407).',
    });
  });

  it('inside addresses are refused before it is asked, in every spelling, and ports and names of which nobody here can know', async () => {
    const { proxy, host } = await behindProxy({ leads: {} });
    const denied = { kind: 'permanent', code: 'egress_denied' };
    for (const spelling of [...loopbackSpellings, ...insideSpellings]) {
      expect([spelling, await post(`http://${spelling}/`, host)]).toMatchObject([spelling, denied]);
      const bare = spelling.replace(/^\[(.*)\]$/, '$1');
      expect([spelling, await mail(bare, 25, host)]).toMatchObject([spelling, denied]);
    }
    expect(await post('http://db.localhost/', host)).toMatchObject(denied);
    expect(await post('http://hook.example:6379/', host)).toMatchObject(denied);
    expect(await mail('mail.example', 6379, host)).toMatchObject(denied);
    expect(proxy.asked).toEqual([]);
  });

  it('what the operator listed may be asked for, on any port', async () => {
    const receiver = kept(await startReceiver());
    const leads = {
      '10.0.0.7:8080': receiver.port,
      'a.internal:8080': receiver.port,
      '[fd00::7]:80': receiver.port,
    };
    const { proxy, host } = await behindProxy({ leads }, { allow: ['10.0.0.0/8', '.internal', 'fd00::/8'] });
    for (const url of ['http://0x0a000007:8080/', 'http://a.internal:8080/', 'http://[fd00:0::7]/'])
      expect([url, (await post(url, host)).kind]).toEqual([url, 'sent']);
    expect(proxy.asked).toEqual(Object.keys(leads));
  });
});

describe('a proxy that fails', () => {
  it.each([403, 500, 502])('makes the attempt network when it answers %i', async (answers) => {
    const { host } = await behindProxy({ leads: {}, answers });
    const failed = { kind: 'network', code: `proxy_${answers}` };
    expect(await post('http://hook.example/', host)).toMatchObject(failed);
    expect(await mail('mail.example', 25, host)).toMatchObject(failed);
  });

  it('makes it network when nobody listens there, it breaks off, or speaks something else', async () => {
    const sayings: readonly [string, (socket: Socket) => unknown][] = [
      ['proxy_ECONNRESET', (socket) => socket.destroy()],
      ['proxy_HPE_INVALID_CONSTANT', (socket) => socket.end('220 mail.example ESMTP\r\n')],
      ['proxy_HPE_HEADER_OVERFLOW', (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(20_000)}`)],
    ];
    for (const [code, saying] of sayings) {
      const port = await listening(
        createTcpServer((socket) => void socket.once('data', () => saying(socket))),
      );
      const host = kept(
        startTestHost([], undefined, { proxy: { host: '127.0.0.1', port, username: null, password: null } }),
      );
      expect(await post('http://hook.example/', host)).toMatchObject({ kind: 'network', code });
    }
    const gone = await startConnectProxy({ leads: {} });
    await gone.close();
    const host = kept(
      startTestHost([], undefined, {
        proxy: { host: '127.0.0.1', port: gone.port, username: null, password: null },
      }),
    );
    const failed = { kind: 'network', code: 'proxy_ECONNREFUSED' };
    expect(await post('http://hook.example/', host)).toMatchObject(failed);
    expect(await mail('mail.example', 25, host)).toMatchObject(failed);
  });

  it('is given up when it does not answer, and when the attempt is over', async () => {
    const short = await behindProxy({ leads: {}, answers: 'hang' }, { deadlines: { connectMs: 20 } });
    const failed = { kind: 'network', code: 'proxy_ETIMEDOUT' };
    expect(await post('http://hook.example/', short.host)).toMatchObject(failed);
    expect(await mail('mail.example', 25, short.host)).toMatchObject(failed);
    const patient = await behindProxy({ leads: {}, answers: 'hang' }, { deadlines: { connectMs: 60_000 } });
    const stop = new AbortController();
    const connecting = patient.host.host.connect('mail.example', 25, stop.signal);
    const reason = new Error('deadline');
    stop.abort(reason);
    await expect(connecting).rejects.toBe(reason);
  });

  it('has its tunnel closed when the other side does not finish its handshake in time', async () => {
    const silent = await listening(createTcpServer());
    const { host } = await behindProxy(
      { leads: { 'hook.example:443': silent } },
      { deadlines: { connectMs: 200 } },
    );
    expect(await post('https://hook.example/', host)).toMatchObject({ kind: 'network', code: 'ETIMEDOUT' });
  });
});

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
