import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { request, resultOfHttp } from '../../channels/http.ts';
import { startTestHost } from '../testing/channel-host.ts';
import type { EgressOptions } from './egress.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A peer that takes connections and says what it is told to once it was spoken to; its port. */
async function startPeer(says: string): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('data', () => socket.write(says));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Each phase has its own short deadline in turn; the others would wait for as long as the test may run. */
async function attempt(
  url: string,
  deadlines: EgressOptions['deadlines'],
  more: Partial<EgressOptions> = {},
) {
  const patient = { connectMs: 600_000, headersMs: 600_000, bodyMs: 600_000 };
  const allow = ['127.0.0.0/8', 'stuck.example'];
  const host = startTestHost(allow, undefined, { deadlines: { ...patient, ...deadlines }, ...more });
  closing.push(() => host.close());
  const signal = AbortSignal.timeout(600_000);
  const outcome = await request(host.host, { url, method: 'POST', headers: {}, body: 'x', signal });
  return { outcome, result: resultOfHttp(outcome, 0) };
}

describe('each phase of a call has a deadline of its own', () => {
  it('the resolution of the name', async () => {
    const lookup = () => new Promise<never>(() => {});
    const { result } = await attempt('http://stuck.example/', { connectMs: 20 }, { lookup });
    expect(result).toMatchObject({ kind: 'network', code: 'UND_ERR_CONNECT_TIMEOUT' });
    const host = startTestHost(['stuck.example'], undefined, { lookup, deadlines: { connectMs: 20 } });
    closing.push(() => host.close());
    const connecting = host.host.connect('stuck.example', 25, AbortSignal.timeout(600_000));
    await expect(connecting).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });

  it('the handshake', async () => {
    const port = await startPeer('');
    const { result } = await attempt(`https://127.0.0.1:${port}/`, { connectMs: 20 });
    expect(result).toMatchObject({ kind: 'network', code: 'UND_ERR_CONNECT_TIMEOUT' });
  });

  it('the head of the answer: nobody knows whether it was taken', async () => {
    const port = await startPeer('HTTP/1.1 200 OK\r\n');
    const { result } = await attempt(`http://127.0.0.1:${port}/`, { headersMs: 20 });
    expect(result).toMatchObject({ kind: 'unknown', code: 'UND_ERR_HEADERS_TIMEOUT' });
  });

  it('the body: the head has said already that it was taken', async () => {
    const port = await startPeer('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf');
    const { outcome, result } = await attempt(`http://127.0.0.1:${port}/`, { bodyMs: 20 });
    expect(outcome).toMatchObject({ kind: 'reply', status: 200, body: 'half', complete: false });
    expect(result.kind).toBe('sent');
  });

  it('a head that is too long ends the call', async () => {
    const port = await startPeer(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`);
    const { result } = await attempt(`http://127.0.0.1:${port}/`, {});
    expect(result).toMatchObject({ kind: 'unknown', code: 'UND_ERR_HEADERS_OVERFLOW' });
  });
});
