// What comes from outside and means harm, through every way in of the whole program: refused with a code, never cut to
// fit, and nothing of it stays.
import { request } from 'node:http';
import { connect } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../testing/test-app.ts';
import { allRoutes } from './routes/index.ts';

const seriesCap = 1_000;
const config = `
collector: { host: false }
channels: { screen: { type: console } }
limits: { series_per_tenant: ${seriesCap} }
`;
let app: TestApp;
let port: number;
beforeAll(async () => {
  app = await startTestApp(config.replace('collector', 'listen: 127.0.0.1:0\ncollector'), 'rules: []');
  ({ port } = await app.tocsin.listen());
});
afterAll(() => app.close());

interface Pushed {
  readonly accepted: number;
  readonly rejected: readonly { readonly index: number; readonly code: string }[];
  readonly rejected_count: number;
}

async function push(text: string, type: string, tenant = 'default'): Promise<Pushed> {
  const headers = { 'content-type': type, 'x-tenant-id': tenant };
  const { body } = await app.call('POST', '/api/v1/metrics', text, headers);
  return body as Pushed;
}

type Labels = readonly (readonly [string, string])[];
const json = (labels: Labels) =>
  `{${labels.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
const sample = (labels: Labels, metric = 'm') => `{"metric":"${metric}","labels":${json(labels)},"value":1}`;
/** A good sample, one with the labels at hand, a good one: in each format, for its scanner and for its plain decoder. */
const formats: readonly [string, string, (labels: Labels) => string][] = [
  ['JSON', 'application/json', (l) => `{"samples":[${sample([])},${sample(l)},${sample([])}]}`],
  [
    'unusual JSON',
    'application/json',
    (l) => `[${sample([])},{"extra":1,${sample(l).slice(1)},${sample([])}]`,
  ],
  [
    'JSON by columns',
    'application/json',
    (l) =>
      `{"series":[${[[], l, []]
        .map((one) => `{"metric":"m","labels":${json(one)},"timestamps":[${Date.now()}],"values":[1]}`)
        .join(',')}]}`,
  ],
  ['NDJSON', 'application/x-ndjson', (l) => `${sample([])}\n${sample(l)}\n${sample([])}\n`],
  [
    'Prometheus text',
    'text/plain',
    (l) => `m 1\nm{${l.map(([name, value]) => `"${name}"="${value}"`).join(',')}} 1\nm 1\n`,
  ],
];

const many = (count: number): Labels => Array.from({ length: count }, (_, i) => [`l${i}`, 'v']);
const bombs: readonly [string, Labels, string | null][] = [
  ['64 labels', many(64), null],
  ['65 labels', many(65), 'too_many_labels'],
  ['a name of 128 bytes', [['n'.repeat(128), 'v']], null],
  ['a name of 129 bytes', [['n'.repeat(129), 'v']], 'invalid_label_name'],
  ['a value of 2 KiB', [['n', 'ü'.repeat(1_024)]], null],
  ['a longer value', [['n', `${'ü'.repeat(1_024)}x`]], 'label_value_too_long'],
  ['__proto__', [['__proto__', 'v']], 'invalid_label_name'],
  ['constructor', [['constructor', 'v']], 'invalid_label_name'],
  ['prototype', [['prototype', 'v']], 'invalid_label_name'],
];

describe.each(formats)('a sample in %s', (_name, type, write) => {
  it.each(bombs)('with %s is taken as it is or refused with its index', async (_what, labels, code) => {
    const { accepted, rejected } = await push(write(labels), type, 'bombs');
    const expected = code === null ? [3, []] : [2, [{ index: 1, code }]];
    expect([accepted, rejected.map(({ index, code }) => ({ index, code }))]).toEqual(expected);
    expect(Object.hasOwn(Object.prototype, 'v')).toBe(false);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('an event', () => {
  const report = (body: string) => app.call('POST', '/api/v1/events', body, { 'x-tenant-id': 'bombs' });
  const post = (labels: Labels) =>
    report(`{"type":"t","severity":"info","message":"m","labels":${json(labels)}}`);

  it.each(bombs)('with %s is taken as it is or refused', async (_what, labels, code) => {
    const { status, body } = await post(labels);
    if (code === null) expect(status).toBe(202);
    else expect(body).toMatchObject({ error: { code: 'invalid_body' } });
  });

  it.each(['__proto__', '\\u005f_proto__'])('refuses %s as a key anywhere', async (name) => {
    for (const body of [
      `{"${name}":{"polluted":1},"type":"t","severity":"info","message":"m"}`,
      `{"type":"t","severity":"info","message":"m","labels":{"${name}":"x"}}`,
      `{"type":"t","severity":"info","message":"m","recipients":[{"${name}":"x"}]}`,
    ]) {
      const answer = await report(body);
      expect([answer.status, answer.body]).toMatchObject([400, { error: { code: 'invalid_body' } }]);
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('ever new series', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const heap = () => {
    collect();
    return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
  };
  let next = 0;
  const flood = async (count: number, type: string): Promise<Set<string>> => {
    const codes = new Set<string>();
    for (let sent = 0; sent < count; sent += 1_000) {
      const lines = Array.from({ length: 1_000 }, () => {
        const id = `${next++}-${'x'.repeat(100)}`;
        return type === 'text/plain' ? `flood{id="${id}"} 1` : sample([['id', id]], 'flood');
      });
      const { rejected } = await push(lines.join('\n'), type, 'flood');
      for (const { code } of rejected) codes.add(code);
    }
    return codes;
  };

  it('are refused beyond the bound of their tenant, known ones and other tenants go on, memory stays', async () => {
    for (const type of ['text/plain', 'application/x-ndjson']) await flood(10_000, type);
    const before = heap();
    for (const type of ['text/plain', 'application/x-ndjson']) {
      expect(await flood(50_000, type)).toEqual(new Set(['series_limit']));
    }
    // 100,000 series of 100 bytes and more would be 20 MB at the very least.
    expect(heap() - before).toBeLessThan(10_000_000);
    expect(await push(`flood{id="0-${'x'.repeat(100)}"} 2`, 'text/plain', 'flood')).toMatchObject({
      accepted: 1,
    });
    expect(await push('m{id="new"} 1', 'text/plain', 'quiet')).toMatchObject({ accepted: 1 });
  });

  it('are counted, so that the operator sees the flood', async () => {
    const refused = async () => {
      const answer = await app.tocsin.fetch(
        new Request('http://tocsin.test/metrics', { headers: { 'x-api-key': app.key } }),
      );
      return Number(
        /^tocsin_samples_rejected_total\{code="series_limit"\} (\d+)$/m.exec(await answer.text())?.[1],
      );
    };
    await flood(seriesCap, 'text/plain');
    const before = await refused();
    await flood(2_000, 'text/plain');
    expect((await refused()) - before).toBe(2_000);
  });
});

describe('bytes of any kind', () => {
  const posts = allRoutes().filter(({ method }) => method === 'post');
  const types = ['application/json', 'application/x-ndjson', 'text/plain', 'application/yaml', ''];

  it.each(posts)('never break $path', async ({ path }) => {
    const url = path.replace('{id}', '0190a000-0000-7000-8000-00001234abcd');
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((text) => Buffer.from(text)),
      fc
        .constantFrom('['.repeat(100_000), '{"a":'.repeat(1_000), '"', '\u0000', '{"samples":', 'm{', 'm{"')
        .map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(hostile, fc.constantFrom(...types), async (bytes, type) => {
        const response = await app.tocsin.fetch(
          new Request(`http://tocsin.test${url}`, {
            method: 'POST',
            headers: { 'x-api-key': app.key, 'x-tenant-id': 'fuzz', ...(type && { 'content-type': type }) },
            body: bytes,
          }),
        );
        expect(response.status).toBeLessThan(500);
        await response.text();
      }),
      { numRuns: 75 },
    );
  });
});

describe('a connection', () => {
  /** Sends bytes, answers the first status and whether the other side closed. */
  const raw = (bytes: string) =>
    new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
      socket.on('data', (data) => {
        text += String(data);
      });
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
  const post = (headers: string, body: string) =>
    `POST /api/v1/metrics HTTP/1.1\r\nhost: x\r\nx-api-key: ${app.key}\r\nx-tenant-id: raw\r\ncontent-type: text/plain\r\n${headers}\r\n${body}`;

  it.each<[string, () => string]>([
    ['a length and chunks', () => post('content-length: 4\r\ntransfer-encoding: chunked\r\n', '0\r\n\r\n')],
    ['two lengths', () => post('content-length: 4\r\ncontent-length: 5\r\n', 'm 1\n')],
    ['a length with a sign', () => post('content-length: +4\r\n', 'm 1\n')],
    ['chunks twice encoded', () => post('transfer-encoding: chunked, chunked\r\n', '0\r\n\r\n')],
    ['a chunk of no size', () => post('transfer-encoding: chunked\r\n', 'zz\r\nm 1\n\r\n0\r\n\r\n')],
    ['a chunk of a size without end', () => post('transfer-encoding: chunked\r\n', `${'f'.repeat(40)}\r\n`)],
    ['a header without a name', () => post(': x\r\ncontent-length: 4\r\n', 'm 1\n')],
    ['a NUL in a header', () => post('x-a: a\0b\r\ncontent-length: 4\r\n', 'm 1\n')],
    ['a space before the colon', () => post('x-a : b\r\ncontent-length: 4\r\n', 'm 1\n')],
    ['a bare carriage return', () => post('x-a: b\rx-c: d\r\ncontent-length: 4\r\n', 'm 1\n')],
  ])('that is ambiguous is answered 400 and closed: %s', async (_what, bytes) => {
    const text = await raw(bytes());
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(text.split('HTTP/1.1 ')).toHaveLength(2);
    expect((await app.call('GET', '/health')).status).toBe(200);
  });

  it('with a gzip bomb is told 413', async () => {
    const { gzipSync } = await import('node:zlib');
    const bomb = gzipSync(Buffer.alloc(200_000_000));
    const status = await new Promise<number>((resolve, reject) => {
      const sent = request(
        {
          port,
          method: 'POST',
          path: '/api/v1/metrics',
          headers: {
            'x-api-key': app.key,
            'x-tenant-id': 'raw',
            'content-encoding': 'gzip',
            'content-type': 'text/plain',
          },
        },
        (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        },
      );
      sent.on('error', reject);
      sent.end(bomb);
    });
    expect(status).toBe(413);
  });
});
