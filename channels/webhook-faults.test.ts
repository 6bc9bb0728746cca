// What a webhook's attempt comes to when the network or the receiver misbehaves: certainly not accepted (`network`),
// nobody knows (`unknown`), or an answer. Never a lost message, never one for ever, never a socket too many.
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AttemptsOf, attemptsOf } from '../src/testing/attempts-of.ts';
import { signedCertificates, testCertificate } from '../src/testing/certificate.ts';
import { startTestHost } from '../src/testing/channel-host.ts';
import { type FaultMode, type FaultProxy, startFaultProxy } from '../src/testing/fault-proxy.ts';
import { type Receiver, type ReceiverOptions, startReceiver } from '../src/testing/http-receiver.ts';
import { macrotask } from '../src/testing/manual-clock.ts';
import { trustTestAuthority } from '../src/testing/trust.ts';
import { request } from './http.ts';
import { webhook } from './webhook.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const kib = 1024;
const mib = 1024 * kib;

interface Scene {
  readonly receiver: Receiver;
  readonly proxy: FaultProxy;
  readonly channel: AttemptsOf;
}

/** A channel, the proxy, and a receiver behind it that answers 200 and 100 kB. */
async function scene(mode: FaultMode, over: ReceiverOptions = {}, connectMs?: number): Promise<Scene> {
  const receiver = await startReceiver({
    handler: () => ({ status: 200, body: 'x'.repeat(100_000) }),
    ...over,
  });
  const proxy = await startFaultProxy(receiver, mode);
  const url = over.tls ? `https://localhost:${proxy.port}/` : `http://127.0.0.1:${proxy.port}/`;
  const channel = attemptsOf(webhook, { url }, connectMs === undefined ? {} : { deadlines: { connectMs } });
  closing.push(receiver.close, proxy.close, channel.close);
  return { receiver, proxy, channel };
}

const ids = ({ receiver }: Scene) => receiver.received.map(({ headers }) => headers['webhook-id']);

interface Fault {
  readonly mode: FaultMode;
  readonly kinds: readonly string[];
  /** Requests that the receiver got of the first attempt. */
  readonly got: number;
  /** It would last for ever: the deadline ends it, once this holds. */
  readonly lasts?: (proxy: FaultProxy) => boolean;
}

const faults: Readonly<Record<string, Fault>> = {
  'a black hole': { mode: 'black_hole', kinds: ['unknown'], got: 0, lasts: ({ bytesUp }) => bytesUp > 0 },
  'a reset on accept': { mode: 'reset', kinds: ['network', 'unknown'], got: 0 },
  'a reset after the request': { mode: 'reset_request', kinds: ['unknown'], got: 0 },
  garbage: { mode: 'garbage', kinds: ['unknown'], got: 1 },
  'a reply that is cut in its head': { mode: { cutAfterBytes: 10 }, kinds: ['unknown'], got: 1 },
  'a head that drips': {
    mode: { dripBytesPerSecond: 20 },
    kinds: ['unknown'],
    got: 1,
    lasts: ({ bytesDown }) => bytesDown > 0,
  },
  'a lost reply': { mode: 'lost_reply', kinds: ['unknown'], got: 1, lasts: () => true },
};

describe('a webhook through', () => {
  it.each(Object.entries(faults))('%s', async (_name, { mode, kinds, got, lasts }) => {
    const here = await scene(mode);
    const { proxy, channel, receiver } = here;
    const first = channel.attempt();
    if (lasts) {
      await Promise.all([proxy.waitFor(lasts), receiver.waitFor(got)]);
      await channel.deadline();
      expect((await first).code).toBe('aborted');
    }
    expect(kinds, JSON.stringify(await first)).toContain((await first).kind);
    expect(receiver.count).toBe(got);
    // Its connection is gone, and whoever retries is the policy. (undici opens an idle one after an attempt that was
    // aborted, and lets it go with the others that nobody needs.)
    await proxy.waitFor(({ connections, open }) => open < connections);

    proxy.set('pass');
    expect((await channel.attempt()).kind).toBe('sent');
    expect(ids(here)).toEqual(Array.from({ length: got + 1 }, () => channel.deliveryId));
    await channel.close();
    await proxy.waitFor(({ open }) => open === 0);
  });

  it.each<[string, FaultMode]>([
    ['is cut', { cutAfterBytes: 5_000 }],
    ['drips until the deadline', { dripBytesPerSecond: 1_000 }],
  ])('a reply whose body %s after a 2xx head is sent', async (name, mode) => {
    const { proxy, channel, receiver } = await scene(mode);
    const first = channel.attempt();
    if (name.startsWith('drips')) {
      await proxy.waitFor(({ bytesDown }) => bytesDown > 400);
      await channel.deadline();
    }
    expect((await first).kind).toBe('sent');
    expect(receiver.count).toBe(1);
    await proxy.waitFor(({ open }) => open === 0);
  });

  it('a slow network is sent', async () => {
    const { proxy, channel } = await scene({ latencyMs: 20 }, { handler: () => ({ status: 200 }) });
    expect((await channel.attempt()).kind).toBe('sent');
    await channel.close();
    await proxy.waitFor(({ open }) => open === 0);
  });

  it('a kept connection whose peer has vanished: unknown at the deadline, and the next attempt takes another', async () => {
    const here = await scene('pass', { handler: () => ({ status: 200 }) });
    const { proxy, channel } = here;
    expect((await channel.attempt()).kind).toBe('sent');
    const before = proxy.bytesUp;
    await macrotask(); // the connection is free again
    proxy.vanish();
    const second = channel.attempt();
    await proxy.waitFor(({ bytesUp }) => bytesUp > before);
    await channel.deadline();
    expect(await second).toMatchObject({ kind: 'unknown', code: 'aborted' });
    await proxy.waitFor(({ connections, open }) => open < connections);
    expect((await channel.attempt()).kind).toBe('sent');
    expect(ids(here)).toEqual([channel.deliveryId, channel.deliveryId]);
  });
});

describe('a webhook under TLS', () => {
  let distrust = () => {};
  beforeAll(() => {
    distrust = trustTestAuthority();
  });
  afterAll(() => distrust());

  it('is sent to a receiver with a certificate that holds', async () => {
    const { channel, receiver } = await scene('pass', { tls: signedCertificates.valid });
    expect((await channel.attempt()).kind).toBe('sent');
    expect(receiver.count).toBe(1);
  });

  it.each([
    ['has expired', signedCertificates.expired, 'CERT_HAS_EXPIRED'],
    ['is of another host', signedCertificates.wrongHost, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['is self-signed', testCertificate, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ])('sends nothing when the certificate %s', async (_name, tls, code) => {
    const { channel, receiver, proxy } = await scene('pass', { tls });
    expect(await channel.attempt()).toMatchObject({ kind: 'network', code });
    expect(receiver.count).toBe(0);
    await proxy.waitFor(({ open }) => open === 0);
  });

  it.each<[string, FaultMode]>([
    ['is reset', 'reset_request'],
    ['is answered with garbage', 'garbage'],
    ['is cut', { cutAfterBytes: 20 }],
  ])('sends nothing when the handshake %s', async (_name, mode) => {
    const { channel, receiver, proxy } = await scene(mode, { tls: signedCertificates.valid });
    expect((await channel.attempt()).kind).toBe('network');
    expect(receiver.count).toBe(0);
    await proxy.waitFor(({ open }) => open === 0);
  });

  it('gives a handshake that hangs the time of connecting', async () => {
    const { channel, proxy } = await scene('black_hole', { tls: signedCertificates.valid }, 50);
    expect(await channel.attempt()).toMatchObject({ kind: 'network', code: 'UND_ERR_CONNECT_TIMEOUT' });
    await proxy.waitFor(({ open }) => open === 0);
  });

  it('ends a handshake that hangs at the deadline of the attempt at the latest', async () => {
    const { channel, proxy } = await scene('black_hole', { tls: signedCertificates.valid }, 5_000);
    const first = channel.attempt();
    await proxy.waitFor(({ bytesUp }) => bytesUp > 0);
    await channel.deadline();
    expect(await first).toMatchObject({ kind: 'network', code: 'aborted' });
  });
});

describe('an answer that is none of 2xx', () => {
  it.each([301, 302, 303, 307, 308])('%i is permanent, and nobody follows it', async (status) => {
    const handler = () => ({ status, headers: { location: '/elsewhere' } });
    const { channel, receiver } = await scene('pass', { handler });
    expect(await channel.attempt()).toMatchObject({ kind: 'permanent', code: String(status) });
    expect(receiver.received.map(({ path }) => path)).toEqual(['/']);
  });

  it.each([
    [410, {}, { kind: 'permanent', retryAfterMs: null }],
    [429, { 'retry-after': '7' }, { kind: 'rate_limited', retryAfterMs: 7_000 }],
    [429, { 'retry-after': '86400' }, { kind: 'rate_limited', retryAfterMs: 3_600_000 }],
    [429, {}, { kind: 'rate_limited', retryAfterMs: null }],
    [500, {}, { kind: 'transient', retryAfterMs: null }],
    [502, { 'retry-after': '8' }, { kind: 'transient', retryAfterMs: 8_000 }],
    [504, { 'retry-after': '8' }, { kind: 'transient', retryAfterMs: 8_000 }],
    [503, { 'retry-after': '9' }, { kind: 'transient', retryAfterMs: 9_000 }],
  ])('%i %o', async (status, headers, expected) => {
    const { channel } = await scene('pass', { handler: () => ({ status, headers, body: 'no' }) });
    expect(await channel.attempt()).toMatchObject(expected);
  });
});

describe('a reply without end', () => {
  /** Behind the proxy, a server that is written by hand. */
  async function behind(server: Server | ReturnType<typeof createTcpServer>) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const proxy = await startFaultProxy(server.address() as AddressInfo);
    const channel = attemptsOf(webhook, { url: `http://127.0.0.1:${proxy.port}/` });
    closing.push(() => new Promise((resolve) => server.close(resolve)), proxy.close, channel.close);
    return { proxy, channel };
  }

  /** Writes as fast as it is read, for ever. */
  function endless(to: Socket | ServerResponse, bytes: string): void {
    const more = () => {
      while (to.writable && to.write(bytes));
    };
    to.on('error', () => {}).on('drain', more);
    more();
  }

  it.each([
    [200, { 'content-length': String(1024 * mib) }, 'sent'],
    [200, {}, 'sent'],
    [500, {}, 'transient'],
  ])('is read to its bound: a body after %i %o', async (status, headers, kind) => {
    const { proxy, channel } = await behind(
      createServer((incoming, response) => {
        incoming.resume();
        response.writeHead(status, headers);
        endless(response, 'x'.repeat(64 * kib));
      }),
    );
    expect((await channel.attempt()).kind).toBe(kind);
    // The bound is 64 KiB; what the sockets of this machine hold between the two comes on top.
    expect(proxy.bytesDown).toBeLessThan(32 * mib);
    await proxy.waitFor(({ open }) => open === 0);
  });

  it('is read to its bound: a head', async () => {
    const { proxy, channel } = await behind(
      createTcpServer((socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        endless(socket, `x-more: ${'x'.repeat(4 * kib)}\r\n`);
      }),
    );
    expect(await channel.attempt()).toMatchObject({ kind: 'unknown', code: 'UND_ERR_HEADERS_OVERFLOW' });
    expect(proxy.bytesDown).toBeLessThan(32 * mib);
    await proxy.waitFor(({ open }) => open === 0);
  });

  it('is not unpacked: 50 MB in a gzip of 50 kB', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * mib));
    const server = createServer((incoming, response) => {
      incoming.resume();
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(bomb);
    });
    const { proxy, channel } = await behind(server);
    expect((await channel.attempt()).kind).toBe('sent');
    const host = startTestHost();
    closing.push(host.close);
    const url = `http://127.0.0.1:${proxy.port}/`;
    const signal = new AbortController().signal;
    const reply = await request(host.host, { url, method: 'POST', headers: {}, body: 'x', signal });
    expect(reply).toMatchObject({ kind: 'reply', status: 200 });
    // As it came: it begins as gzip does.
    expect(reply.kind === 'reply' && [reply.body.charCodeAt(0), reply.body.length <= 64 * kib]).toEqual([
      0x1f,
      true,
    ]);
  });
});
