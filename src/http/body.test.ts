import { request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpStage, type Stage } from '../testing/http-stage.ts';
import { type Listening, serve } from './server.ts';

const limits = { ingestBytes: 64 * 1024, bodyBytes: 8 * 1024, jsonDepth: 16 };
const sample = { metric: 'system.cpu.usage', labels: { host: 'a' }, value: 91 };

let stage: Stage;
beforeEach(() => {
  stage = httpStage({ limits });
});
afterEach(() => stage.close());

const push = (body: unknown, headers: Record<string, string> = {}) =>
  stage.request('POST', '/api/v1/metrics', { as: 'ingest', body, headers });

describe('pushing samples', () => {
  it('answers what was accepted and what was not', async () => {
    const reply = await push({ samples: [sample, { ...sample, value: 'x' }] });
    expect(reply.status).toBe(202);
    expect(reply.json).toMatchObject({ accepted: 1, rejected_count: 1 });
    expect(stage.pushed).toMatchObject([{ index: 0, metric: 'system.cpu.usage', value: 91 }]);
  });

  it.each([
    ['application/x-ndjson', `${JSON.stringify(sample)}\n`],
    ['text/plain; version=0.0.4', 'system_cpu_usage{host="a"} 91\n'],
  ])('takes %s', async (type, body) => {
    const reply = await push(body, { 'content-type': type });
    expect(reply.json).toEqual({ accepted: 1, rejected: [], rejected_count: 0 });
  });

  it('takes gzip', async () => {
    const body = gzipSync(JSON.stringify([sample]));
    const reply = await push(body, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
    expect(reply.json.accepted).toBe(1);
  });

  it('stops a gzip bomb at the bound', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024, 0x20));
    expect(bomb.length).toBeLessThan(limits.ingestBytes);
    const reply = await push(bomb, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
    expect([reply.status, reply.code]).toEqual([413, 'payload_too_large']);
  });

  it('refuses what is too long before it is decoded', async () => {
    expect((await push(' '.repeat(limits.ingestBytes + 1))).code).toBe('payload_too_large');
  });

  it('refuses JSON that nests too deeply without parsing it', async () => {
    const deep = '['.repeat(30_000);
    expect((await push(deep, { 'content-type': 'application/json' })).code).toBe('too_deep');
  });

  it('refuses other formats and encodings', async () => {
    expect((await push('x', { 'content-type': 'image/png' })).code).toBe('unsupported_media_type');
    const encoded = { 'content-type': 'application/json', 'content-encoding': 'br' };
    expect((await push('x', encoded)).code).toBe('unsupported_media_type');
  });
});

describe('JSON bodies', () => {
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    stage.request('POST', '/api/v1/events', { as: 'ingest', body, headers });

  it.each([
    ['not JSON', '{"type":', 'application/json', 400, 'invalid_json'],
    [
      'too long',
      JSON.stringify({ message: 'x'.repeat(9_000) }),
      'application/json',
      413,
      'payload_too_large',
    ],
    ['too deep', '{"a":'.repeat(17), 'application/json', 400, 'too_deep'],
    ['a form', 'type=x', 'application/x-www-form-urlencoded', 415, 'unsupported_media_type'],
    ['no object', '[]', 'application/json', 400, 'invalid_body'],
  ])('are refused when they are %s', async (_what, body, type, status, code) => {
    const reply = await post(body, { 'content-type': type });
    expect([reply.status, reply.code]).toEqual([status, code]);
  });

  it('never say the value that was wrong', async () => {
    const reply = await post({ type: 'x', severity: 'hunter2', message: 'm' });
    expect(reply.text).not.toContain('hunter2');
  });
});

describe('over a real connection', () => {
  let listening: Listening;
  beforeEach(async () => {
    listening = await serve(stage.app, { host: '127.0.0.1', port: 0 });
  });
  afterEach(() => listening.close());

  /** Sends a body in pieces without saying its length. */
  const chunked = (path: string, pieces: readonly string[]) =>
    new Promise<{ status: number; text: string; connection: string | undefined }>((resolve, reject) => {
      const request = httpRequest(
        {
          port: listening.port,
          method: 'POST',
          path,
          headers: { 'x-api-key': stage.keys.ingest, 'content-type': 'application/json' },
        },
        (response) => {
          let text = '';
          response.on('data', (data) => {
            text += String(data);
          });
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, text, connection: response.headers.connection }),
          );
        },
      );
      request.on('error', reject);
      for (const piece of pieces) request.write(piece);
      request.end();
    });

  it('reads a body in pieces', async () => {
    const json = JSON.stringify([sample, sample]);
    const reply = await chunked('/api/v1/metrics', [json.slice(0, 10), json.slice(10)]);
    expect(JSON.parse(reply.text)).toMatchObject({ accepted: 2 });
  });

  it('bounds a body of unknown length and gives the connection up', async () => {
    const reply = await chunked('/api/v1/metrics', [' '.repeat(50_000), ' '.repeat(50_000)]);
    expect([reply.status, reply.connection]).toEqual([413, 'close']);
  });

  it('bounds the JSON API the same way', async () => {
    const reply = await chunked('/api/v1/events', [' '.repeat(9_000)]);
    expect(reply.status).toBe(413);
  });

  it('keeps a connection after an ordinary error', async () => {
    const url = `http://127.0.0.1:${listening.port}/api/v1/events`;
    const headers = { 'x-api-key': stage.keys.ingest, 'content-type': 'application/json' };
    for (let i = 0; i < 3; i++) {
      const response = await fetch(url, { method: 'POST', headers, body: '{}' });
      expect(response.status).toBe(400);
      await response.text();
    }
  });

  it('shows its figures to this machine without a key, but not through a proxy or another name', async () => {
    const url = `http://127.0.0.1:${listening.port}/metrics`;
    const local = await fetch(url);
    expect(local.status).toBe(200);
    expect(await local.text()).toContain('tocsin_http_requests_total');
    expect((await fetch(url, { headers: { 'x-forwarded-for': '203.0.113.9' } })).status).toBe(401);
    const rebound = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { host: 'evil.example' };
      httpRequest({ port: listening.port, path: '/metrics', headers }, (r) => {
        r.resume();
        resolve(r.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(rebound).toBe(401);
  });
});
