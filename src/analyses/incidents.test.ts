import { afterEach, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../testing/test-app.ts';

interface Incident {
  readonly id: string;
  readonly state: string;
  readonly title: string;
  readonly alerts: number;
  readonly services: readonly string[];
  readonly merged_into: string | null;
}

const config = `
collector: { host: false }
channels: { screen: { type: console } }
topology:
  - { from: web, to: [cart, orders] }
  - { from: cart, to: cart-db }
  - { from: bank, to: ledger, tenant: globex }
`;

const apps: TestApp[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

async function start(): Promise<TestApp> {
  const app = await startTestApp(config, 'rules: []');
  apps.push(app);
  return app;
}

const tenant = (name: string) => ({ 'x-tenant-id': name });

/** Alerts from outside, of which each service has one. */
async function fire(app: TestApp, services: readonly string[], of = 'default', status = 'firing') {
  const alerts = services.map((service) => ({
    status,
    labels: { alertname: 'HighErrorRate', service, severity: 'high' },
    annotations: { summary: `requests to ${service} fail` },
  }));
  const { status: answered } = await app.call(
    'POST',
    '/api/v1/webhooks/alertmanager',
    { alerts },
    tenant(of),
  );
  expect(answered).toBeLessThan(300);
}

async function incidents(app: TestApp, of = 'default', query = ''): Promise<readonly Incident[]> {
  const { status, body } = await app.call('GET', `/api/v1/alerts/incidents${query}`, undefined, tenant(of));
  expect(status).toBe(200);
  return (body as { items: Incident[] }).items;
}

async function one(app: TestApp, id: string) {
  const { body } = await app.call('GET', `/api/v1/alerts/incidents/${id}`, undefined, tenant('default'));
  return body as Incident & {
    members: { alert: string; why: { reason: string } | null; alert_body: { labels: { service: string } } }[];
  };
}

async function order(app: TestApp, id: string, what: string, body: unknown = {}, headers = {}) {
  return app.call('POST', `/api/v1/alerts/incidents/${id}/${what}`, body, {
    ...tenant('default'),
    ...headers,
  });
}

/** Alerts that are in any incident. */
const counted = (list: readonly Incident[]) => list.reduce((sum, { alerts }) => sum + alerts, 0);

async function until(app: TestApp, alerts: number, of = 'default'): Promise<readonly Incident[]> {
  await app.tocsin.analysed();
  const all = await incidents(app, of);
  expect(counted(all)).toBe(alerts);
  return all;
}

describe('incidents of a program that runs', () => {
  it('makes one of what belongs together, says why, and keeps tenants apart', async () => {
    const app = await start();
    await fire(app, ['cart-db', 'cart', 'web']);
    await fire(app, ['ledger', 'bank'], 'globex');
    const [incident, ...others] = await until(app, 3);
    expect(others).toEqual([]);
    expect(incident).toMatchObject({ state: 'open', severity: 'high', alerts: 3 });
    expect(incident!.title).toBe('HighErrorRate on cart-db and 2 other services: 3 alerts');
    const { members } = await one(app, incident!.id);
    expect(members.map(({ alert_body }) => alert_body.labels.service)).toEqual(['web', 'cart', 'cart-db']);
    expect(members.map(({ why }) => why?.reason ?? null)).toEqual(['near', 'near', null]);
    const [foreign] = await until(app, 2, 'globex');
    expect(foreign!.services).toEqual(['ledger', 'bank']);
    const { status } = await app.call(
      'GET',
      `/api/v1/alerts/incidents/${foreign!.id}`,
      undefined,
      tenant('default'),
    );
    expect(status).toBe(404);
    const kinds = app.tocsin.services.store
      .events('default', { kind: 'incident', id: incident!.id }, 10, null)
      .items.map(({ kind }) => kind);
    expect([...new Set(kinds)]).toEqual(['incident.joined', 'incident.opened']);
  });

  it('goes on after a restart where it stopped, and says nothing twice', async () => {
    const app = await start();
    await fire(app, ['cart-db', 'cart']);
    const [before] = await until(app, 2);
    const again = await app.restart();
    apps.splice(0, 1, again);
    await fire(again, ['web']);
    const [after, ...others] = await until(again, 3);
    expect(others).toEqual([]);
    expect(after!.id).toBe(before!.id);
    const events = again.tocsin.services.store
      .events('default', { kind: 'incident', id: before!.id }, 50, null)
      .items.flatMap(({ kind, body }) =>
        kind === 'incident.opened' || kind === 'incident.joined' ? (body.alerts as string[]) : [],
      );
    expect(events.length).toBe(3);
    expect(new Set(events).size).toBe(3);
  });

  it('lets a person take an alert out, and leaves it so over a restart and when it fires again', async () => {
    const app = await start();
    await fire(app, ['cart-db', 'cart', 'web']);
    const [incident] = await until(app, 3);
    const { members } = await one(app, incident!.id);
    const web = members.find(({ alert_body }) => alert_body.labels.service === 'web')!.alert;
    const key = { 'idempotency-key': 'split-1' };
    const split = await order(app, incident!.id, 'split', { alerts: [web] }, key);
    expect(split).toMatchObject({ status: 200, body: { alerts: 1, services: ['web'], state: 'open' } });
    const own = (split.body as Incident).id;
    expect(await order(app, incident!.id, 'split', { alerts: [web] }, key)).toMatchObject({
      status: 200,
      body: { id: own },
    });
    expect(await order(app, incident!.id, 'split', { alerts: [web] })).toMatchObject({
      status: 409,
      body: { error: { code: 'alert_not_in_incident' } },
    });
    const again = await app.restart();
    apps.splice(0, 1, again);
    await fire(again, ['web'], 'default', 'resolved');
    await fire(again, ['web']);
    await until(again, 4);
    expect(await one(again, own)).toMatchObject({ alerts: 2 });
    expect(await one(again, incident!.id)).toMatchObject({ alerts: 2 });
    const audited = again.tocsin.services.store.events('default', { kind: 'incident', id: own }, 10, null);
    expect(audited.items.find(({ kind }) => kind === 'incident.split')).toMatchObject({ keep: 2 });
  });

  it('lets a person make one of two, close it, and open it again', async () => {
    const app = await start();
    await fire(app, ['cart-db']);
    await fire(app, ['mailer']);
    const [mailer, cart] = await until(app, 2);
    const merged = await order(app, cart!.id, 'merge', { incidents: [mailer!.id] });
    expect(merged).toMatchObject({ status: 200, body: { id: cart!.id, alerts: 2 } });
    expect((await one(app, cart!.id)).members.length).toBe(2);
    expect(await one(app, mailer!.id)).toMatchObject({ state: 'merged', merged_into: cart!.id });
    expect(await order(app, mailer!.id, 'close')).toMatchObject({
      status: 409,
      body: { error: { code: 'incident_merged', details: { merged_into: cart!.id } } },
    });
    expect(await order(app, cart!.id, 'merge', { incidents: [cart!.id] })).toMatchObject({ status: 409 });
    expect(await order(app, cart!.id, 'close')).toMatchObject({
      body: { state: 'closed', close_reason: 'person' },
    });
    expect(await incidents(app, 'default', '?state=open')).toEqual([]);
    expect(await order(app, cart!.id, 'reopen')).toMatchObject({ body: { state: 'open', held: true } });
    expect(await order(app, cart!.id, 'reopen')).toMatchObject({ status: 409 });
  });
});

describe('the topology', () => {
  it('is what the file and the API declare, what labels say, and stays over a restart', async () => {
    const app = await start();
    const put = await app.call(
      'PUT',
      '/api/v1/topology',
      { edges: [{ from: 'mailer', to: 'queue', confidence: 0.8 }] },
      tenant('default'),
    );
    expect(put.status).toBe(200);
    const edges = async (of: TestApp, name: string) => {
      const { body } = await of.call('GET', '/api/v1/topology', undefined, tenant(name));
      return (body as { edges: { from: string; to: string; source: string }[] }).edges.map(
        ({ from, to, source }) => `${from} → ${to} (${source})`,
      );
    };
    const declared = [
      'cart → cart-db (declared)',
      'mailer → queue (declared)',
      'web → cart (declared)',
      'web → orders (declared)',
    ];
    expect(await edges(app, 'default')).toEqual(declared);
    expect(await edges(app, 'globex')).toEqual(['bank → ledger (declared)']);
    const bad = await app.call(
      'PUT',
      '/api/v1/topology',
      { edges: [{ from: 'a', to: 'a' }] },
      tenant('default'),
    );
    expect(bad.status).toBe(400);
    const again = await app.restart();
    apps.splice(0, 1, again);
    expect(await edges(again, 'default')).toEqual(declared);
  });
});
