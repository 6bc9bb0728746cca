import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiError } from '../errors.ts';
import type { Log } from '../log.ts';
import { httpStage, type RequestOptions, type Stage } from '../testing/http-stage.ts';
import { directRoute } from './route.ts';
import { allRoutes } from './routes/index.ts';
import { type Listening, serve } from './server.ts';

const limits = { ingestBytes: 64 * 1024, jsonDepth: 16 };
const path = '/api/v1/metrics';
const sample = { metric: 'system.cpu.usage', labels: { host: 'a' }, value: 91 };

const failing = (url: `/${string}`, error: Error) =>
  directRoute({
    method: 'post',
    path: url,
    requires: 'push',
    tag: 'test',
    summary: '',
    answers: {},
    handler: () => Promise.reject(error),
  });

let stage: Stage;
let listening: Listening;
let logged: unknown[];
beforeEach(async () => {
  logged = [];
  const error: Log['error'] = (event, fields) => void logged.push([event, fields?.requestId]);
  const log: Log = { debug() {}, info() {}, warn() {}, error };
  const routes = [
    ...allRoutes(),
    failing('/full', new ApiError('overloaded')),
    failing('/broken', new Error('a secret detail')),
  ];
  stage = httpStage({ limits, log, routes });
  listening = await serve(stage.app, { host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  await listening.close();
  stage.close();
});

/** The same request over a connection, where Node's own request is served, and in process, where Hono serves it. */
async function both(url: string, { as, body, headers = {} }: RequestOptions) {
  const isText = typeof body === 'string' || body instanceof Uint8Array;
  const key = as === undefined ? undefined : (stage.keys[as as keyof typeof stage.keys] ?? as);
  const response = await fetch(`http://127.0.0.1:${listening.port}${url}`, {
    method: 'POST',
    headers: {
      'x-request-id': 'req-1',
      ...(!isText && { 'content-type': 'application/json' }),
      ...(key !== undefined && { 'x-api-key': key }),
      ...headers,
    },
    body: isText ? (body as string) : JSON.stringify(body),
  });
  const direct = {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    text: await response.text(),
  };
  const reply = await stage.request('POST', url, {
    ...(as !== undefined && { as }),
    body,
    headers: { 'x-request-id': 'req-1', ...headers },
  });
  const hono = { status: reply.status, headers: Object.fromEntries(reply.headers), text: reply.text };
  // What a server adds to every answer.
  const { date: _, connection: __, 'keep-alive': ___, 'content-length': ____, ...own } = direct.headers;
  return { direct: { ...direct, headers: own }, hono };
}

describe('whether the program lives', () => {
  const asked = async (url: string) => {
    const headers = { 'x-request-id': 'req-1' };
    const overWire = await fetch(`http://127.0.0.1:${listening.port}${url}`, { headers });
    const {
      date: _,
      connection: __,
      'keep-alive': ___,
      'content-length': ____,
      ...own
    } = Object.fromEntries(overWire.headers);
    const direct = { status: overWire.status, headers: own, text: await overWire.text() };
    const { status, headers: sent, text } = await stage.request('GET', url, { headers });
    return { direct, hono: { status, headers: Object.fromEntries(sent), text } };
  };

  it.each(['/health/live', '/health/ready'])('is answered directly as every other way: %s', async (url) => {
    for (const ready of [true, false]) {
      stage.health = { ready, status: 'ok', checks: {} };
      const { direct, hono } = await asked(url);
      expect(direct.status).toBe(ready || url.endsWith('live') ? 200 : 503);
      expect(direct).toEqual(hono);
    }
  });

  it('is answered by whoever watches bodies where one is sent along', () => {
    const taken = (headers: Record<string, string>) =>
      stage.app.direct(
        { method: 'GET', url: '/health/live', headers } as never,
        { writeHead() {}, end() {} } as never,
      );
    expect(taken({})).toBe(true);
    expect(taken({ 'content-length': '1' })).toBe(false);
    expect(taken({ 'transfer-encoding': 'chunked' })).toBe(false);
  });
});

describe('a push that is served directly', () => {
  it.each<[string, number, () => RequestOptions]>([
    ['JSON', 202, () => ({ as: 'ingest', body: { samples: [sample, { ...sample, value: 'x' }] } })],
    [
      'Prometheus text',
      202,
      () => ({ as: 'ingest', body: 'a 1\n', headers: { 'content-type': 'text/plain' } }),
    ],
    [
      'gzip',
      202,
      () => ({
        as: 'ingest',
        body: gzipSync(JSON.stringify([sample])),
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      }),
    ],
    ['nobody', 401, () => ({ body: [sample] })],
    ['a wrong key', 401, () => ({ as: 'tcs_wrong', body: [sample] })],
    ['a role without the right', 403, () => ({ as: 'viewer', body: [sample] })],
    [
      'the tenant of others',
      403,
      () => ({ as: 'ingest', body: [sample], headers: { 'x-tenant-id': 'other' } }),
    ],
    ['no tenant name', 400, () => ({ as: 'operator', body: [sample], headers: { 'x-tenant-id': '../x' } })],
    ['an unknown format', 415, () => ({ as: 'ingest', body: 'x', headers: { 'content-type': 'image/png' } })],
    ['no JSON', 400, () => ({ as: 'ingest', body: '[', headers: { 'content-type': 'application/json' } })],
    [
      'a gzip bomb',
      413,
      () => ({
        as: 'ingest',
        body: gzipSync(Buffer.alloc(1024 * 1024)),
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      }),
    ],
    ['an odd request id', 202, () => ({ as: 'ingest', body: [], headers: { 'x-request-id': 'kept-1' } })],
  ])('answers %s as every other way does', async (_, status, request) => {
    const { direct, hono } = await both(path, request());
    expect(direct.status).toBe(status);
    expect(direct).toEqual(hono);
  });

  it('answers failures of the program as every other way does', async () => {
    const full = await both('/full', { as: 'ingest', body: {} });
    expect(full.direct).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
    expect(full.direct).toEqual(full.hono);
    const broken = await both('/broken', { as: 'ingest', body: {} });
    expect(broken.direct.status).toBe(500);
    expect(broken.direct).toEqual(broken.hono);
    expect(broken.direct.text).not.toContain('secret');
    expect(logged).toEqual([
      ['http.bug', 'req-1'],
      ['http.bug', 'req-1'],
    ]);
  });

  it('is counted with its route and status', async () => {
    await both(path, { as: 'viewer', body: [] });
    const figures = await stage.request('GET', '/metrics', { as: 'viewer' });
    expect(figures.text).toContain(
      `tocsin_http_requests_total{method="POST",route="${path}",status="403"} 2`,
    );
  });

  it('refuses a length over the bound and gives the connection up', async () => {
    const { direct } = await both(path, {
      as: 'ingest',
      body: ' '.repeat(limits.ingestBytes + 1),
      headers: { 'content-type': 'application/json' },
    });
    expect(direct.status).toBe(413);
  });

  it('survives a body that ends early', async () => {
    await new Promise<void>((resolve) => {
      const head = `POST ${path} HTTP/1.1\r\nhost: x\r\nx-api-key: ${stage.keys.ingest}\r\ncontent-type: text/plain\r\n`;
      const socket = connect(listening.port, '127.0.0.1', () => {
        socket.write(`${head}content-length: 100\r\n\r\na 1\n`, () => socket.destroy());
      });
      socket.on('close', () => resolve());
    });
    expect((await both(path, { as: 'ingest', body: [sample] })).direct.status).toBe(202);
    expect(stage.pushed).toHaveLength(2);
  });

  it('reads requests that come in one piece each for itself', async () => {
    const one = (metric: string) => {
      const body = `${metric} 1\n`;
      return `POST ${path} HTTP/1.1\r\nhost: x\r\nx-api-key: ${stage.keys.ingest}\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    };
    await new Promise<void>((resolve, reject) => {
      let text = '';
      const socket = connect(listening.port, '127.0.0.1', () => socket.write(one('a') + one('b') + one('c')));
      socket.on('error', reject);
      socket.on('data', (data) => {
        text += String(data);
        if (text.split('HTTP/1.1 202').length < 4) return;
        socket.destroy();
        resolve();
      });
    });
    expect(stage.pushed.map(({ metric }) => metric)).toEqual(['a', 'b', 'c']);
  });
});
