import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Log } from '../log.ts';
import type { Role } from '../store/rows.ts';
import { StoreError } from '../store/store.ts';
import { httpStage, type Stage } from '../testing/http-stage.ts';
import { may, type Requirement, type Right, roles } from './rights.ts';
import { answer, route } from './route.ts';
import { allRoutes } from './routes/index.ts';

let stage: Stage;
beforeEach(() => {
  stage = httpStage();
});
afterEach(() => stage.close());

const requirements: readonly Requirement[] = [
  'anonymous',
  'authenticated',
  'read_or_loopback',
  'push',
  'read',
  'respond',
  'edit',
  'administer',
];

describe('the table of routes', () => {
  it('holds every route that the application answers', () => {
    const declared = new Set(
      allRoutes().map(({ method, path }) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    const registered = stage.app.routes.filter(({ method }) => method !== 'ALL');
    expect(registered.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([...declared].sort());
    expect(stage.app.routes.filter(({ method }) => method === 'ALL').map(({ path }) => path)).toEqual(['/*']);
  });

  it('says for every route what it requires', () => {
    for (const { path, requires } of allRoutes()) expect(requirements, path).toContain(requires);
  });

  it('is open to nobody but for the state of health, and for what shows by its signature whose it is', () => {
    const open = allRoutes().filter(({ requires }) => requires === 'anonymous');
    expect(open.map(({ path }) => path)).toEqual([
      '/health',
      '/health/live',
      '/health/ready',
      '/api/v1/on-call/schedules/{name}/calendar.ics',
      '/webhook/callback/{channel}',
      '/webhook/callback/{channel}',
      '/l/{token}',
      '/l/{token}',
    ]);
  });
});

describe('roles', () => {
  it('hold exactly these rights', () => {
    const held = (right: Right) => roles.filter((role: Role) => may({ role, scopes: [] }, right));
    expect(held('push')).toEqual(['ingest', 'admin', 'operator']);
    expect(held('read')).toEqual(['viewer', 'responder', 'editor', 'admin', 'operator']);
    expect(held('respond')).toEqual(['responder', 'editor', 'admin', 'operator']);
    expect(held('administer')).toEqual(['admin', 'operator']);
  });

  it('are narrowed by scopes and never widened', async () => {
    const { text } = stage.addKey({ role: 'admin', scopes: ['push'] });
    expect((await stage.request('GET', '/api/v1/alerts', { as: text })).code).toBe('forbidden');
    const widened = stage.addKey({ role: 'viewer', scopes: ['read', 'administer'] });
    expect((await stage.request('GET', '/api/v1/keys', { as: widened.text })).code).toBe('forbidden');
  });
});

describe('errors', () => {
  it('have one body, with a stable code', async () => {
    const reply = await stage.request('GET', '/nowhere');
    expect(reply.status).toBe(404);
    expect(reply.json).toEqual({ error: { code: 'not_found', message: 'There is nothing here.' } });
  });

  it('name the methods that a path takes', async () => {
    const reply = await stage.request('DELETE', '/api/v1/alerts', { as: 'admin' });
    expect(reply.code).toBe('method_not_allowed');
    expect(reply.headers.get('allow')).toBe('GET, HEAD');
  });

  it('of the program itself are logged and tell the client only a request id', async () => {
    const logged: unknown[] = [];
    const log: Log = {
      debug() {},
      info() {},
      warn() {},
      error: (event, fields) => void logged.push([event, fields?.requestId]),
    };
    const broken = route({
      method: 'get',
      path: '/broken',
      requires: 'anonymous',
      tag: 'test',
      summary: '',
      answers: {},
      handler: () => {
        throw new Error('a secret detail');
      },
    });
    const other = httpStage({ log, routes: [broken] });
    const reply = await other.request('GET', '/broken', { headers: { 'x-request-id': 'req-1' } });
    other.close();
    expect(reply.status).toBe(500);
    expect(reply.json.error).toEqual({
      code: 'internal',
      message: 'Something went wrong here.',
      details: { request_id: 'req-1' },
    });
    expect(logged).toEqual([['http.bug', 'req-1']]);
  });

  it('of the store ask to come back', async () => {
    const failing = route({
      method: 'get',
      path: '/failing',
      requires: 'anonymous',
      tag: 'test',
      summary: '',
      answers: {},
      handler: () => {
        throw new StoreError('full', 'disk full');
      },
    });
    const other = httpStage({ routes: [failing] });
    const reply = await other.request('GET', '/failing');
    other.close();
    expect([reply.status, reply.code, reply.headers.get('retry-after')]).toEqual([503, 'unavailable', '1']);
  });

  it('of a query name the parameter and what was expected', async () => {
    const reply = await stage.request('GET', '/api/v1/alerts?limit=9999&state=burning&colour=red', {
      as: 'viewer',
    });
    expect(reply.code).toBe('invalid_query');
    expect(reply.json.error).toMatchInlineSnapshot(`
      {
        "code": "invalid_query",
        "details": {
          "problems": [
            {
              "message": "expected a whole number from 1 to 1000",
              "path": "limit",
            },
            {
              "message": "expected one of "pending"|"firing"|"resolved"",
              "path": "state.0",
            },
            {
              "message": "unknown key",
              "path": "colour",
            },
          ],
        },
        "message": "A query parameter is not what was expected.",
      }
    `);
  });
});

describe('every answer', () => {
  it('carries secure headers and a request id', async () => {
    for (const path of ['/health', '/nowhere', '/api/v1/alerts']) {
      const { headers } = await stage.request('GET', path);
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers.get('x-powered-by')).toBeNull();
    }
  });

  it('keeps a harmless request id of the caller and replaces any other', async () => {
    const kept = await stage.request('GET', '/health', { headers: { 'x-request-id': 'abc-1' } });
    expect(kept.headers.get('x-request-id')).toBe('abc-1');
    const replaced = await stage.request('GET', '/health', { headers: { 'x-request-id': 'a b<script>' } });
    expect(replaced.headers.get('x-request-id')).not.toContain('script');
  });
});

describe('tenants', () => {
  it('cannot be left by a key that belongs to one', async () => {
    const reply = await stage.request('GET', '/api/v1/alerts', {
      as: 'admin',
      headers: { 'x-tenant-id': 'other' },
    });
    expect(reply.code).toBe('forbidden');
  });

  it('see nothing of each other', async () => {
    const alert = stage.addAlert();
    const { text } = stage.addKey({ role: 'admin', tenant: 'other' });
    for (const path of [`/api/v1/alerts/${alert.id}`, `/api/v1/alerts/${alert.id}/history`]) {
      expect((await stage.request('GET', path, { as: text })).code).toBe('alert_not_found');
    }
    expect((await stage.request('GET', '/api/v1/alerts', { as: text })).json.items).toEqual([]);
    const acknowledged = await stage.request('POST', `/api/v1/alerts/${alert.id}/acknowledge`, { as: text });
    expect(acknowledged.code).toBe('alert_not_found');
  });

  it('must be named by an operator as soon as there is more than the default one', async () => {
    expect((await stage.request('GET', '/api/v1/alerts', { as: 'operator' })).status).toBe(200);
    stage.store.ensureTenant('other', stage.now);
    stage.now += 6_000;
    expect((await stage.request('GET', '/api/v1/alerts', { as: 'operator' })).code).toBe('tenant_required');
    const named = { as: 'operator', headers: { 'x-tenant-id': 'other' } };
    expect((await stage.request('GET', '/api/v1/alerts', named)).status).toBe(200);
  });

  it('have harmless names', async () => {
    const named = { as: 'operator', headers: { 'x-tenant-id': '_system/..' } };
    expect((await stage.request('GET', '/api/v1/alerts', named)).code).toBe('bad_request');
  });
});

it('describes itself as OpenAPI from the schemas that validate', async () => {
  const reply = await stage.request('GET', '/openapi.json', { as: 'ingest' });
  expect(reply.status).toBe(200);
  const paths = reply.json.paths as unknown as Record<string, Record<string, { responses: object }>>;
  const described = Object.entries(paths).flatMap(([path, of]) => Object.keys(of).map((m) => `${m} ${path}`));
  expect(described.sort()).toEqual(
    allRoutes()
      .map(({ method, path }) => `${method} ${path}`)
      .sort(),
  );
  expect(Object.keys(paths['/api/v1/events']!.post!.responses)).toContain('409');
});

it('shows its own figures to whoever may read', async () => {
  await stage.request('GET', '/health');
  await stage.request('GET', '/health/../../etc');
  const reply = await stage.request('GET', '/metrics', { as: 'viewer' });
  expect(reply.text).toContain('tocsin_http_requests_total{method="GET",route="/health",status="200"} 1');
});

it('answers a JSON body that its schema rejects with every problem', async () => {
  const strict = route({
    method: 'post',
    path: '/strict',
    requires: 'authenticated',
    tag: 'test',
    summary: '',
    body: z.strictObject({ a: z.number(), b: z.array(z.string()) }),
    answers: {},
    handler: ({ c, body }) => answer(c, 200, body),
  });
  const other = httpStage({ routes: [strict] });
  const reply = await other.request('POST', '/strict', {
    as: 'viewer',
    body: { a: 'x', b: ['y', 1], c: true },
  });
  other.close();
  expect(reply.json.error).toMatchInlineSnapshot(`
    {
      "code": "invalid_body",
      "details": {
        "problems": [
          {
            "message": "expected number, got string",
            "path": "a",
          },
          {
            "message": "expected string, got number",
            "path": "b.1",
          },
          {
            "message": "unknown key",
            "path": "c",
          },
        ],
      },
      "message": "The body does not have the expected shape.",
    }
  `);
});
