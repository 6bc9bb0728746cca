import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpStage, type Stage } from '../testing/http-stage.ts';
import { requestIdOf } from './headers.ts';
import { allRoutes } from './routes/index.ts';
import { type Listening, serve } from './server.ts';

const expected = {
  'content-security-policy':
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
};

let stage: Stage;
let listening: Listening;
beforeAll(async () => {
  stage = httpStage({ limits: { ingestBytes: 64 * 1024, bodyBytes: 8 * 1024 } });
  listening = await serve(stage.app, { host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await listening.close();
  stage.close();
});

/** Sends bytes and takes what comes until the other side closes. */
function raw(bytes: string): Promise<{ status: number; headers: Record<string, string> }> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(listening.port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (data) => {
      text += String(data);
    });
    socket.on('close', () => resolve(headOf(text)));
    socket.on('error', reject);
  });
}

function headOf(text: string): { status: number; headers: Record<string, string> } {
  const [first = '', ...lines] = text.slice(0, text.indexOf('\r\n\r\n')).split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { status: Number(first.split(' ')[1]), headers: Object.fromEntries(headers) };
}

const closing = 'connection: close\r\n';
const requestOf = (method: string, path: string, more = '', body = '') =>
  raw(
    `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${closing}${more}${body === '' ? '' : `content-length: ${body.length}\r\n`}\r\n${body}`,
  );

function check(answer: { status: number; headers: Record<string, string> }, what: string): void {
  expect([what, answer.headers]).toEqual([what, expect.objectContaining(expected)]);
  const unwanted = Object.keys(answer.headers).filter((name) =>
    /^(access-control-.*|x-powered-by|server|set-cookie)$/.test(name),
  );
  expect([what, unwanted]).toEqual([what, []]);
}

describe('the headers of every answer', () => {
  it.each(allRoutes())('of $method $path', async ({ method, path, rawBody }) => {
    const url = path.replace('{id}', stage.newId()).replace('{name}', 'x');
    const body = method === 'post' ? (rawBody ? '[]' : '{}') : '';
    const json = 'content-type: application/json\r\norigin: https://evil.example\r\n';
    const operator = `x-api-key: ${stage.keys.operator}\r\n`;
    for (const key of ['', operator, 'x-api-key: tcs_wrong\r\n', `x-api-key: ${stage.keys.ingest}\r\n`]) {
      const answer = await requestOf(method.toUpperCase(), url, key + json, body);
      check(answer, `${answer.status}`);
    }
    check(await requestOf('PATCH', url, operator), 'another method');
    const preflight = `origin: https://evil.example\r\naccess-control-request-method: ${method.toUpperCase()}\r\n`;
    check(await requestOf('OPTIONS', url, preflight), 'a preflight');
  });

  it.each([
    ['nothing there', 404, () => requestOf('GET', '/nowhere')],
    ['a body too large', 413, () => push(' '.repeat(70_000))],
    ['a body that is none', 400, () => push('{')],
    ['headers too large', 431, () => requestOf('GET', '/health', `x-big: ${'x'.repeat(20_000)}\r\n`)],
    ['no HTTP', 400, () => raw('hello\r\n\r\n')],
    ['a host that is none', 400, () => raw(`GET /health HTTP/1.1\r\nhost: a b\r\n${closing}\r\n`)],
    ['an expectation', 400, () => requestOf('GET', '/health', 'expect: the-unexpected\r\n')],
    [
      'two lengths',
      400,
      () => requestOf('POST', '/api/v1/metrics', 'content-length: 1\r\ncontent-length: 2\r\n', 'x'),
    ],
  ])('of an answer to %s', async (what, status, send) => {
    const answer = await send();
    expect(answer.status).toBe(status);
    check(answer, what);
  });

  const push = (body: string) =>
    requestOf(
      'POST',
      '/api/v1/metrics',
      `content-type: application/json\r\nx-api-key: ${stage.keys.ingest}\r\n`,
      body,
    );
});

describe('a request id', () => {
  it.each(['a\r\nset-cookie: x', 'a b', '', 'x'.repeat(129), 'ä'])(
    'that could do harm is replaced: %j',
    (given) => {
      expect(requestIdOf(given, () => 'new')).toBe('new');
      expect(requestIdOf('trace:1.2-3_4', () => 'new')).toBe('trace:1.2-3_4');
    },
  );
});
