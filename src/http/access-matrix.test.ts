// Every route × every role × two tenants, made from the table of routes. A route that takes a parameter, a body or a query
// that is not known here makes this fail: add it below, so that no route is ever left out.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRuleFile } from '../../rules/parse.ts';
import type { Role } from '../store/rows.ts';
import { startTestApp, type TestApp } from '../testing/test-app.ts';
import { type Requirement, roles } from './rights.ts';
import type { Route } from './route.ts';
import { allRoutes } from './routes/index.ts';

type Caller = Role | 'none';
type Tenant = 'acme' | 'globex';
const tenants: readonly Tenant[] = ['acme', 'globex'];
const callers: readonly Caller[] = [...roles, 'none'];
const other = (tenant: Tenant): Tenant => (tenant === 'acme' ? 'globex' : 'acme');

const readers: readonly Caller[] = ['viewer', 'responder', 'editor', 'admin', 'operator'];
/** Written out, not taken from rights.ts: this is what was agreed. */
const holders: Readonly<Record<Requirement, readonly Caller[]>> = {
  anonymous: callers,
  authenticated: roles,
  read_or_loopback: readers,
  push: ['ingest', 'admin', 'operator'],
  read: readers,
  respond: ['responder', 'editor', 'admin', 'operator'],
  edit: ['editor', 'admin', 'operator'],
  administer: ['admin', 'operator'],
};

/** What stands for a parameter, by the word of the path before it. Things that a call uses up are made for each. */
const things: Readonly<Record<string, (tenant: Tenant) => string | Promise<string>>> = {
  'alerts/{id}': (tenant) => own[tenant].alert,
  'rules/{id}': (tenant) => newRule(tenant),
  'effectiveness/{rule}': (tenant) => newRule(tenant),
  'suggestions/{n}': () => '1',
  'routes/{id}': (tenant) => newRoute(tenant),
  'schedules/{name}': (tenant) => newObject('schedules', tenant, { layers: [shift] }),
  'escalations/{name}': (tenant) => newObject('escalations', tenant, { steps: [step] }),
  'overrides/{id}': (tenant) => newOverride(tenant),
  'recipients/{id}': (tenant) => newRecipient(tenant),
  'groups/{id}': (tenant) => newGroup(tenant),
  'heartbeats/{name}': (tenant) => `${tenant}-backup`,
  'notifications/{id}': (tenant) => own[tenant].notification,
  'deliveries/{id}': (tenant) => own[tenant].delivery,
  'channels/{name}': (tenant) => newObject('channels', tenant, { type: 'console' }),
  'templates/{name}': (tenant) => newObject('templates', tenant, { text: 'x' }),
  'silences/{id}': (tenant) => newSilence(tenant),
  'digests/{receiver}': (tenant) => newDigest(tenant),
  'incidents/{id}': (tenant) => newIncident(tenant),
  'keys/{id}': async (tenant) => (await newKey(tenant, 'viewer')).id,
};
/** The same kinds, of which there is none. */
const nothing: Readonly<Record<string, string>> = {
  '{id}': '0190a000-0000-7000-8000-00001234abcd',
  '{name}': 'nothing-of-this-name',
  '{rule}': 'nothing-of-this-name',
  '{n}': '1',
  '{receiver}': 'nothing-of-this-name',
};

/** Of an override: not over, and not too long. */
const overrideUntil = Date.now() + 86_400_000;
const shift = { name: 'all', start: '2020-01-01', every: '1d', people: ['zoe'] };
const step = { after: '1h', to: ['zoe'] };
const outsideAlert = { status: 'firing', labels: { alertname: 'DiskFull', host: 'a' } };

const unknownIncident = '0190a000-0000-7000-8000-00001234abce';

const bodies: Readonly<Record<string, unknown>> = {
  'post /api/v1/webhooks/alertmanager': { alerts: [outsideAlert] },
  'post /api/v1/webhooks/grafana': { alerts: [outsideAlert] },
  'post /api/v1/webhooks/apprise': { message: 'the backup is done' },
  'post /api/v1/events': { type: 'deploy.failed', severity: 'high', message: 'x' },
  'post /api/v1/on-call/overrides': { schedule: 'shared', person: 'eve', to: overrideUntil },
  'post /api/v1/silences': { matchers: ['host="a"'], duration: '1h', comment: 'x' },
  'put /api/v1/silences/{id}': { matchers: ['host="b"'], duration: '1h', comment: 'x' },
  'post /api/v1/silences/preview': { matchers: ['host=~".+"'] },
  'post /api/v1/silences/try': {
    matchers: ['host=~".+"'],
    from: '2023-11-14T00:00:00Z',
    to: '2023-11-15T00:00:00Z',
  },
  'post /api/v1/alerts/bulk': { action: 'acknowledge', matchers: ['alertname="nothing"'] },
  'post /api/v1/alerts/{id}/snooze': { for: '1h' },
  'post /api/v1/alerts/{id}/assign': { to: 'ann' },
  'post /api/v1/alerts/{id}/comments': { text: 'looking' },
  'post /api/v1/alerts/incidents/{id}/merge': { incidents: [unknownIncident] },
  'post /api/v1/alerts/incidents/{id}/split': { alerts: ['0190a000-0000-7000-8000-00001234abce'] },
  'post /api/v1/alerts/analyze': { from: '2023-11-14T00:00:00Z', to: '2023-11-14T01:00:00Z' },
  'put /api/v1/topology': { edges: [{ from: 'web', to: 'db' }] },
  'post /api/v1/templates/preview': { template: { text: '{{ count }}' }, channel: 'console' },
  'post /api/v1/keys': { name: 'made', role: 'viewer' },
  'post /api/v1/alerts/backtest': { from: '2023-11-14T00:00:00Z', to: '2023-11-14T01:00:00Z', samples: [] },
  'post /api/v1/alerts/evaluate': { samples: [] },
  'post /api/v1/alerts/rules': { name: 'made', metric: 'cpu', threshold: 1 },
  'post /api/v1/alerts/rules/threshold': { name: 'above', metric: 'cpu', threshold: 1 },
  'post /api/v1/alerts/rules/trend': { name: 'rising', metric: 'cpu', window: '1h', threshold: 1 },
  'post /api/v1/alerts/rules/composite': { name: 'both', conditions: [{ metric: 'cpu', threshold: 1 }] },
  'post /api/v1/alerts/rules/anomaly': { name: 'odd', metric: 'cpu' },
  'post /api/v1/alerts/rules/pattern': { name: 'burst', pattern: 'burst' },
  'post /api/v1/alerts/rules/frequency': { name: 'often', window: '5m', threshold: 3 },
  'put /api/v1/alerts/rules/{id}': { name: 'put', metric: 'cpu', threshold: 1 },
  'patch /api/v1/alerts/rules/{id}': { threshold: 2 },
  'post /api/v1/alerts/routes': { name: 'made', match: ['a=b'] },
  'post /api/v1/alerts/routes/test': { labels: { severity: 'critical' } },
  'put /api/v1/alerts/routes/{id}': { name: 'put', match: ['c=d'] },
  'patch /api/v1/alerts/routes/{id}': { group_wait: '1m' },
  'post /api/v1/alerts/channels': { name: 'made', type: 'console' },
  'put /api/v1/alerts/channels/{name}': { type: 'console', locale: 'en' },
  'patch /api/v1/alerts/channels/{name}': { locale: 'zh-TW' },
  'post /api/v1/alerts/templates': { name: 'made', text: 'x' },
  'put /api/v1/alerts/templates/{name}': { text: 'y' },
  'patch /api/v1/alerts/templates/{name}': { text: 'z' },
  'post /api/v1/alerts/schedules': { name: 'made', layers: [shift] },
  'put /api/v1/alerts/schedules/{name}': { layers: [{ ...shift, every: '2d' }] },
  'patch /api/v1/alerts/schedules/{name}': { time_zone: 'Europe/Vienna' },
  'post /api/v1/alerts/escalations': { name: 'made', steps: [step] },
  'put /api/v1/alerts/escalations/{name}': { steps: [step], repeat: 1 },
  'patch /api/v1/alerts/escalations/{name}': { repeat: 2 },
  'post /api/v1/alerts/recipients/reach-tests': { to: ['zoe'] },
  'post /api/v1/alerts/recipients': { name: 'made' },
  'put /api/v1/alerts/recipients/{id}': { name: 'put' },
  'patch /api/v1/alerts/recipients/{id}': { locale: 'en' },
  'post /api/v1/alerts/groups': { name: 'made', members: ['zoe'] },
  'put /api/v1/alerts/groups/{id}': { name: 'put', members: ['zoe'] },
  'patch /api/v1/alerts/groups/{id}': { members: ['zoe'] },
};
const queries: Readonly<Record<string, string>> = {
  'get /api/v1/explain': '?matcher=team=none',
  'get /api/v1/series/range': '?metric=cpu&from=2023-11-14T00:00:00Z&to=2023-11-14T01:00:00Z',
};

const rules = tenants.flatMap((tenant) => {
  const text = `tenant: ${tenant}\nrules:\n  - { name: ${tenant}-cpu, type: threshold, metric: cpu, operator: gt, threshold: 80 }\n`;
  return parseRuleFile(text, `${tenant}.yaml`).rules;
});
const rota = (person: string) =>
  `{ layers: [{ name: all, start: 2020-01-01, every: 1d, people: [${person}] }] }`;
const config =
  'collector: { host: false }\npublic_url: https://alerts.example.com\nroute: { group_wait: 0s }\n' +
  `channels: { ${tenants.map((tenant) => `${tenant}-screen: { type: console }`)} }\n` +
  `tenants: { ${tenants.map((tenant) => `${tenant}: { people: { zoe: {}, all: {}, eve: {}, ${tenant}-ann: {} }, route: { receiver: default, group_wait: 0s }, receivers: { default: { channels: [${tenant}-screen], digest: { to: ${tenant}-daily } }, ${tenant}-daily: { channels: [${tenant}-screen] } }, schedules: { shared: ${rota('all')}, ${tenant}-rota: ${rota(`${tenant}-ann`)} } }`)} }\n` +
  `heartbeats: [${tenants.map((tenant) => `{ name: ${tenant}-backup, tenant: ${tenant}, interval: 24h }`)}]\n`;

let app: TestApp;
const keys = {} as Record<Tenant, Record<Role, string>>;
const own = {} as Record<Tenant, { alert: string; notification: string; delivery: string }>;

beforeAll(async () => {
  let delivered = 0;
  let allDelivered: () => void = () => {};
  const deliveries = new Promise<void>((resolve) => {
    allDelivered = resolve;
  });
  app = await startTestApp(config, 'rules: []', {
    rules,
    onEvents(events) {
      for (const { row } of events) {
        if (row.kind === 'delivery.delivered' || row.kind === 'delivery.sent') delivered++;
      }
      if (delivered >= tenants.length) allDelivered();
    },
  });
  for (const tenant of tenants) {
    const made: [Role, string][] = [];
    for (const role of roles) {
      made.push([role, role === 'operator' ? app.key : (await newKey(tenant, role)).key]);
    }
    keys[tenant] = Object.fromEntries(made) as Record<Role, string>;
    const sample = { metric: 'cpu', labels: { host: `${tenant}-host` }, value: 97 };
    await app.call('POST', '/api/v1/metrics', { samples: [sample] }, { 'x-tenant-id': tenant });
  }
  await deliveries;
  for (const tenant of tenants) {
    const read = async (path: string) => {
      const { body } = await app.call('GET', path, undefined, { 'x-tenant-id': tenant });
      return (body as { items: Record<string, string>[] }).items[0]!;
    };
    const alert = await read('/api/v1/alerts');
    const delivery = await read('/api/v1/deliveries');
    own[tenant] = { alert: alert.id!, notification: delivery.notification_id!, delivery: delivery.id! };
  }
  // The first use of each key leaves its traces before anything is compared.
  for (const tenant of tenants) for (const role of roles) await ask('get', '/openapi.json', role, tenant);
  await new Promise((resolve) => setImmediate(resolve));
});
afterAll(async () => {
  reader?.database.close();
  await app.close();
});

async function newKey(tenant: Tenant, role: Role): Promise<{ id: string; key: string }> {
  const { body } = await app.call('POST', '/api/v1/keys', { name: `${tenant} ${role}`, role, tenant });
  return body as { id: string; key: string };
}

let rulesMade = 0;
async function newRule(tenant: Tenant): Promise<string> {
  const document = { name: `${tenant} rule ${++rulesMade}`, metric: 'none', threshold: 1 };
  const { body } = await app.call('POST', '/api/v1/alerts/rules', document, { 'x-tenant-id': tenant });
  return (body as { id: string }).id;
}

let routesMade = 0;
async function newRoute(tenant: Tenant): Promise<string> {
  const no = ++routesMade;
  const document = { name: `${tenant} route ${no}`, match: [`no="${no}"`] };
  const { body } = await app.call('POST', '/api/v1/alerts/routes', document, { 'x-tenant-id': tenant });
  return (body as { id: string }).id;
}

let objectsMade = 0;
async function newObject(
  kind: 'channels' | 'templates' | 'schedules' | 'escalations',
  tenant: Tenant,
  document: object,
): Promise<string> {
  const name = `${tenant}-${kind}-${++objectsMade}`;
  await app.call('POST', `/api/v1/alerts/${kind}`, { name, ...document }, { 'x-tenant-id': tenant });
  return name;
}

async function newOverride(tenant: Tenant): Promise<string> {
  const document = { schedule: 'shared', person: 'eve', to: overrideUntil };
  const { body } = await app.call('POST', '/api/v1/on-call/overrides', document, { 'x-tenant-id': tenant });
  return (body as { id: string }).id;
}

let peopleMade = 0;
async function newRecipient(tenant: Tenant): Promise<string> {
  const document = { name: `ann-${++peopleMade}` };
  const { body } = await app.call('POST', '/api/v1/alerts/recipients', document, { 'x-tenant-id': tenant });
  return (body as { id: string }).id;
}

async function newGroup(tenant: Tenant): Promise<string> {
  const document = { name: `team-${++peopleMade}`, members: [`channel:${tenant}-screen`] };
  const { body } = await app.call('POST', '/api/v1/alerts/groups', document, { 'x-tenant-id': tenant });
  return (body as { id: string }).id;
}

async function newSilence(tenant: Tenant): Promise<string> {
  const document = { matchers: ['host="none"'], duration: '1h', comment: 'x' };
  const { body } = await app.call('POST', '/api/v1/silences', document, { 'x-tenant-id': tenant });
  return (body as { id: string }).id;
}

let logins = 0;
async function newDigest(tenant: Tenant): Promise<string> {
  const event = { type: 'login', severity: 'info', message: `no ${++logins}` };
  await app.call('POST', '/api/v1/events', event, { 'x-tenant-id': tenant });
  return `${tenant}-daily`;
}

/** Its only alert is an event, so that nothing of it fires. */
let incidentsMade = 0;
async function newIncident(tenant: Tenant): Promise<string> {
  const type = `trouble.${++incidentsMade}`;
  const event = { type, severity: 'high', message: type, labels: { service: type } };
  await app.call('POST', '/api/v1/events', event, { 'x-tenant-id': tenant });
  await app.tocsin.analysed();
  const { body } = await app.call('GET', '/api/v1/alerts/incidents', undefined, { 'x-tenant-id': tenant });
  return (body as { items: { id: string }[] }).items[0]!.id;
}

interface Asked {
  readonly status: number;
  readonly text: string;
}

async function ask(
  method: string,
  path: string,
  caller: Caller,
  tenant: Tenant,
  body?: { text: string; type: string },
): Promise<Asked> {
  const response = await app.tocsin.fetch(
    new Request(`http://tocsin.test${path}`, {
      method: method.toUpperCase(),
      headers: {
        'x-request-id': 'matrix',
        ...(caller !== 'none' && { 'x-api-key': keys[tenant][caller] }),
        ...(caller === 'operator' && { 'x-tenant-id': tenant }),
        ...(body !== undefined && { 'content-type': body.type }),
      },
      ...(body !== undefined && { body: body.text }),
    }),
  );
  return { status: response.status, text: await response.text() };
}

const nameOf = (route: Route) => `${route.method} ${route.path}`;
const parametersOf = (route: Route) => [...route.path.matchAll(/([^/]+\/)(\{\w+\})/g)].map(([kind]) => kind);

async function pathOf(route: Route, tenant: Tenant | null): Promise<string> {
  let path: string = route.path;
  for (const kind of parametersOf(route)) {
    const parameter = kind.slice(kind.indexOf('/') + 1);
    const value = tenant === null ? nothing[parameter]! : await things[kind]!(tenant);
    path = path.replace(kind, kind.replace(parameter, value));
  }
  // What was made is analysed behind its commit: nothing of that comes later.
  await app.tocsin.analysed();
  return path + (queries[nameOf(route)] ?? '');
}

function bodyOf(route: Route): { text: string; type: string } | undefined {
  const example = route.rawBody === undefined ? undefined : Object.entries(route.rawBody)[0];
  if (example !== undefined) return { type: example[0], text: example[1] };
  if (route.body === undefined) return undefined;
  return { type: 'application/json', text: JSON.stringify(bodies[nameOf(route)] ?? {}) };
}

/** Opened with the first question, closed with the app. */
let reader: {
  readonly database: Database.Database;
  readonly tables: readonly Database.Statement<[]>[];
} | null = null;

/**
 * Everything that is stored, but for when a key was used, what the audit says about callers, and how far the analyses have
 * read. Written out by SQLite itself: hundreds of times over all rows, objects of them would be most of what this file does.
 */
function everyRow(): string {
  reader ??= openReader();
  return reader.tables.map((table) => String(table.pluck().get())).join('\n\n');
}

function openReader(): NonNullable<typeof reader> {
  const database = new Database(join(app.folder, 'data/tocsin.db'), { readonly: true });
  const names = database
    .prepare<[], string>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('meta', 'shard', 'analysis', 'analysis_part', 'forecast', 'forecast_part')",
    )
    .pluck()
    .all();
  const tables = names.map((name) => {
    const columns = database
      .prepare<[string], string>('SELECT name FROM pragma_table_info(?)')
      .pluck()
      .all(name);
    const told = columns.filter((column) => column !== 'last_used_at').map((column) => `quote("${column}")`);
    const where = name === 'event' ? "WHERE kind NOT LIKE 'auth.%'" : '';
    return database.prepare<[]>(
      `SELECT '${name}:' || group_concat(concat_ws(',', ${told.join(', ')}), char(10)) FROM ${name} ${where}`,
    );
  });
  return { database, tables };
}

/**
 * No key opens these, and none is needed: the signature of a provider or of a link is one, or the key in the link. With
 * what they answer to whoever has none. See routes/callbacks.test.ts, routes/links.test.ts and routes/on-call.test.ts.
 */
const opensBySignature: Readonly<Record<string, number>> = {
  '/webhook/callback/{channel}': 404,
  '/l/{token}': 403,
};
/** The key in its link opens it, and no other. See routes/on-call.test.ts. */
const opensByItsLink = '/api/v1/on-call/schedules/{name}/calendar.ics';
const routes = allRoutes().filter(
  ({ path }) => !Object.hasOwn(opensBySignature, path) && path !== opensByItsLink,
);

describe('the matrix', () => {
  it('knows what every route takes', () => {
    expect(routes.flatMap(parametersOf).filter((kind) => !Object.hasOwn(things, kind))).toEqual([]);
    const withBody = routes.filter(({ body, bodyOptional }) => body !== undefined && bodyOptional !== true);
    expect(withBody.map(nameOf).filter((name) => !Object.hasOwn(bodies, name))).toEqual([]);
  });
});

describe('what opens by a signature', () => {
  const signed = allRoutes().filter(({ path }) => Object.hasOwn(opensBySignature, path));

  it.each(signed)('is opened by no key: $method $path', async ({ method, path }) => {
    const before = everyRow();
    for (const caller of callers) {
      for (const word of ['screen', 'nothing']) {
        const { status } = await ask(method, path.replace(/\{\w+\}/, word), caller, 'acme');
        expect([caller, status]).toEqual([caller, opensBySignature[path]]);
      }
    }
    expect(everyRow()).toBe(before);
  });
});

it('no key opens a calendar, neither in a header nor in place of its own', async () => {
  for (const caller of callers) {
    const path = opensByItsLink.replace('{name}', 'acme-rota');
    const key = caller === 'none' ? '' : keys.acme[caller];
    for (const asked of [path, `${path}?token=${encodeURIComponent(key)}`])
      expect([caller, (await ask('get', asked, caller, 'acme')).status]).toEqual([caller, 401]);
  }
});

describe('whoever has no right to it', () => {
  it.each(routes)('is refused $method $path, and nothing is written', async (route) => {
    const path = await pathOf(route, 'acme');
    const before = everyRow();
    for (const caller of callers) {
      if (holders[route.requires].includes(caller)) continue;
      const { status } = await ask(route.method, path, caller, 'acme', bodyOf(route));
      expect([caller, status]).toEqual([caller, caller === 'none' ? 401 : 403]);
    }
    expect(everyRow()).toBe(before);
  });
});

describe('things of another tenant', () => {
  const withParameters = routes.filter((route) => parametersOf(route).length > 0);

  it.each(withParameters)('are not there for $method $path, and none is changed', async (route) => {
    for (const tenant of tenants) {
      const path = await pathOf(route, other(tenant));
      const unknown = await pathOf(route, null);
      const before = everyRow();
      for (const caller of callers) {
        // An operator of the installation sees every tenant's keys.
        if (caller === 'operator' && route.scope === 'installation') continue;
        const asked = await ask(route.method, path, caller, tenant, bodyOf(route));
        const expected = caller === 'none' ? 401 : holders[route.requires].includes(caller) ? 404 : 403;
        expect([caller, asked.status, asked.text]).toEqual([caller, expected, asked.text]);
        // Nor can it be told from an id that nobody has.
        expect(asked).toEqual(await ask(route.method, unknown, caller, tenant, bodyOf(route)));
      }
      expect(everyRow()).toBe(before);
    }
  });

  const ofTenants = routes.filter(
    ({ requires, scope }) => requires !== 'anonymous' && scope !== 'installation',
  );
  it.each(ofTenants)('cannot be reached by naming it: $method $path', async (route) => {
    const path = await pathOf(route, 'acme');
    const body = bodyOf(route);
    const before = everyRow();
    for (const role of roles.filter((one) => one !== 'operator')) {
      const response = await app.tocsin.fetch(
        new Request(`http://tocsin.test${path}`, {
          method: route.method.toUpperCase(),
          headers: {
            'x-api-key': keys.globex[role],
            'x-tenant-id': 'acme',
            ...(body !== undefined && { 'content-type': body.type }),
          },
          ...(body !== undefined && { body: body.text }),
        }),
      );
      expect([role, response.status]).toEqual([role, 403]);
    }
    expect(everyRow()).toBe(before);
  });
});

describe('whoever has the right', () => {
  it.each(routes)('gets to $method $path, and sees nothing of another tenant', async (route) => {
    for (const tenant of tenants) {
      for (const caller of callers) {
        if (!holders[route.requires].includes(caller)) continue;
        const path = await pathOf(route, tenant);
        const { status, text } = await ask(route.method, path, caller, tenant, bodyOf(route));
        // 409: another role did it before. 404: what the body names beside the path is not there.
        const fine = status < 300 || status === 409 || (status === 404 && text.includes(unknownIncident));
        expect([caller, status, fine ? '' : text]).toEqual([caller, status, '']);
        const ofAll = caller === 'operator' && route.scope === 'installation';
        if (!ofAll) expect(text).not.toContain(other(tenant));
      }
    }
  });
});
