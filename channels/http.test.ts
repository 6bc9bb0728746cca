import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { startTestHost } from '../src/testing/channel-host.ts';
import { type ReceiverAnswer, startReceiver } from '../src/testing/http-receiver.ts';
import { type HttpReply, request, resultOfHttp, retryAfterMs } from './http.ts';

const now = 1_700_000_000_000;
const host = startTestHost();
afterAll(() => host.close());

const reply = (status: number, headers: Record<string, string> = {}): HttpReply => ({
  kind: 'reply',
  status,
  headers,
  body: '',
  complete: true,
});

describe('result of a status', () => {
  it.each([
    [200, 'sent'],
    [202, 'sent'],
    [204, 'sent'],
    [301, 'permanent'],
    [302, 'permanent'],
    [304, 'permanent'],
    [400, 'permanent'],
    [401, 'auth'],
    [403, 'auth'],
    [404, 'permanent'],
    [408, 'transient'],
    [410, 'permanent'],
    [413, 'payload_too_large'],
    [422, 'permanent'],
    [425, 'transient'],
    [429, 'rate_limited'],
    [500, 'transient'],
    [502, 'transient'],
    [503, 'transient'],
    [504, 'transient'],
  ] as const)('%i is %s', (status, kind) => {
    expect(resultOfHttp(reply(status), now).kind).toBe(kind);
  });

  it('waits as long as the receiver asks, in seconds or until a date, at most an hour', () => {
    const wait = (value: string) => resultOfHttp(reply(429, { 'retry-after': value }), now);
    expect(wait('7')).toMatchObject({ retryAfterMs: 7_000 });
    expect(wait(new Date(now + 90_000).toUTCString())).toMatchObject({ retryAfterMs: 90_000 });
    expect(wait(new Date(now - 90_000).toUTCString())).toMatchObject({ retryAfterMs: 0 });
    expect(wait('86400')).toMatchObject({ retryAfterMs: 3_600_000 });
    expect(wait('soon')).not.toHaveProperty('retryAfterMs');
    expect(resultOfHttp(reply(503, { 'retry-after': '3' }), now)).toMatchObject({
      kind: 'transient',
      retryAfterMs: 3_000,
    });
  });

  it('reads a Retry-After of any form that HTTP has for a date, in UTC', () => {
    const at = Date.UTC(2023, 10, 14, 22, 13, 50);
    for (const text of [
      'Tue, 14 Nov 2023 22:13:50 GMT',
      'Tuesday, 14-Nov-23 22:13:50 GMT',
      'Tue Nov 14 22:13:50 2023',
    ]) {
      expect([text, retryAfterMs(text, now)]).toEqual([text, at - now]);
    }
    expect(retryAfterMs('Sun Nov  5 22:13:50 2023', now)).toBe(0);
  });

  // JavaScript takes each of these for a date, most of them long past: a wait of nothing at all.
  it.each(['1.5', '-1', '30.0', '10 11', '2023-11-14T22:13:50Z', 'Wed, 21 Oct 13:50Z', 'x 5', '1/2'])(
    'leaves the Retry-After %j, which is neither seconds nor a date of HTTP, to the usual schedule',
    (text) => expect(retryAfterMs(text, now)).toBeUndefined(),
  );

  it('never makes anything but 0 to 3,600,000 or undefined of a Retry-After', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const wait = retryAfterMs(text, now);
        return wait === undefined || (wait >= 0 && wait <= 3_600_000);
      }),
    );
  });
});

describe('request', () => {
  const outcomeOf = async (answer: ReceiverAnswer, maxReplyBytes?: number) => {
    const receiver = await startReceiver({ handler: () => answer });
    const outcome = await request(host.host, {
      url: `${receiver.url}/x?y=1`,
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: 'héllo',
      signal: new AbortController().signal,
      ...(maxReplyBytes === undefined ? {} : { maxReplyBytes }),
    });
    const [received] = receiver.received;
    await receiver.close();
    return { outcome, received };
  };

  it('sends the body and reads the reply', async () => {
    const { outcome, received } = await outcomeOf({ status: 201, body: '{"a":1}', headers: { 'x-a': 'b' } });
    expect(outcome).toMatchObject({ kind: 'reply', status: 201, body: '{"a":1}', complete: true });
    expect(outcome.kind === 'reply' && outcome.headers['x-a']).toBe('b');
    expect(received).toMatchObject({ method: 'POST', path: '/x?y=1', body: 'héllo' });
  });

  it('reads a long reply to its bound only', async () => {
    const { outcome } = await outcomeOf({ status: 200, body: 'x'.repeat(500_000) }, 1_000);
    expect(outcome).toMatchObject({ kind: 'reply', complete: false });
    expect(outcome.kind === 'reply' && outcome.body.length).toBe(1_000);
  });

  it('counts a reply that breaks off after a 2xx head as sent', async () => {
    const { outcome } = await outcomeOf('cut');
    expect(outcome).toMatchObject({ kind: 'reply', status: 200, complete: false });
    expect(resultOfHttp(outcome, now).kind).toBe('sent');
  });

  it('takes no word that the answer is coming for the answer', async () => {
    const server = createServer((asked, answer) => {
      answer.writeProcessing();
      if (asked.url === '/lost') setImmediate(() => asked.socket.destroy());
      else answer.writeHead(204).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const outcomeAt = (path: string) =>
      failing(`http://127.0.0.1:${port}${path}`, new AbortController().signal);
    expect(await outcomeAt('/')).toMatchObject({ kind: 'reply', status: 204, body: '', complete: true });
    expect(await outcomeAt('/lost')).toMatchObject({ kind: 'failure', written: true });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('does not follow a redirect', async () => {
    const { outcome } = await outcomeOf({ status: 307, headers: { location: '/elsewhere' } });
    expect(resultOfHttp(outcome, now)).toMatchObject({ kind: 'permanent', code: '307' });
  });

  it('does not know what became of a request whose connection was reset', async () => {
    const { outcome } = await outcomeOf('reset');
    expect(outcome).toMatchObject({ kind: 'failure', written: true });
    expect(resultOfHttp(outcome, now).kind).toBe('unknown');
  });

  const failing = (url: string, signal: AbortSignal, over = host) =>
    request(over.host, { url, method: 'POST', headers: {}, body: 'x', signal });

  it('knows that nothing was sent when nobody listens', async () => {
    const outcome = await failing('http://127.0.0.1:1/', new AbortController().signal);
    expect(outcome).toEqual({ kind: 'failure', written: false, code: 'ECONNREFUSED' });
    expect(resultOfHttp(outcome, now).kind).toBe('network');
  });

  it('knows that nothing was sent when the peer does not speak TLS', async () => {
    const receiver = await startReceiver();
    const outcome = await failing(receiver.url.replace('http:', 'https:'), new AbortController().signal);
    expect(outcome).toMatchObject({ kind: 'failure', written: false });
    expect(resultOfHttp(outcome, now).kind).toBe('network');
    expect(receiver.count).toBe(0);
    await receiver.close();
  });

  it('answers permanent when the address may not be called', async () => {
    const strict = startTestHost([]);
    const outcome = await failing('http://127.0.0.1:80/', new AbortController().signal, strict);
    expect(resultOfHttp(outcome, now)).toMatchObject({ kind: 'permanent', code: 'egress_denied' });
    await strict.close();
  });

  it('ends at the deadline, before the request as network and after it as unknown', async () => {
    const before = await failing('http://127.0.0.1:1/', AbortSignal.abort());
    expect(resultOfHttp(before, now)).toMatchObject({ kind: 'network', code: 'aborted' });
    const receiver = await startReceiver({ handler: () => 'hang' });
    const deadline = new AbortController();
    const pending = failing(receiver.url, deadline.signal);
    await receiver.waitFor(1);
    deadline.abort();
    expect(resultOfHttp(await pending, now)).toMatchObject({ kind: 'unknown', code: 'aborted' });
    await receiver.close();
  });
});
