import { afterEach, describe, expect, it, vi } from 'vitest';
import { startTestApp, type TestApp } from '../testing/test-app.ts';

interface Finding {
  readonly id: string;
  readonly pattern: string;
  readonly alerts: readonly string[];
  readonly scope: Readonly<Record<string, string>>;
  readonly figures: Readonly<Record<string, number>>;
}

const config = `
collector: { host: false }
channels: { screen: { type: console } }
`;
const rules = `
rules:
  - name: BurstOnCart
    type: pattern
    pattern: [burst, storm]
    match: ['service="cart"']
    window: 5m
    by: [service]
    interval: 1s
    severity: high
`;

const apps: TestApp[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

async function start(): Promise<TestApp> {
  const app = await startTestApp(config, rules);
  apps.push(app);
  return app;
}
const tenant = (name: string) => ({ 'x-tenant-id': name });

async function fire(app: TestApp, instances: readonly string[], service = 'cart', of = 'default') {
  const alerts = instances.map((instance) => ({
    status: 'firing',
    labels: { alertname: 'PodDown', service, instance, severity: 'warning' },
    annotations: { summary: `${instance} is down` },
  }));
  const { status } = await app.call('POST', '/api/v1/webhooks/alertmanager', { alerts }, tenant(of));
  expect(status).toBeLessThan(300);
}

async function get<T>(app: TestApp, path: string, of = 'default'): Promise<readonly T[]> {
  const { status, body } = await app.call('GET', path, undefined, tenant(of));
  expect(status, JSON.stringify(body)).toBe(200);
  return (body as { items: T[] }).items;
}
const findings = (app: TestApp, query = '', of = 'default') =>
  get<Finding>(app, `/api/v1/alerts/patterns${query}`, of);
const names = ['pod-1', 'pod-2', 'pod-3', 'pod-4', 'pod-5', 'pod-6'];

describe('patterns of a program that runs', () => {
  it('are listed with what they rest on, for their tenant alone, and a rule fires on them', async () => {
    const app = await start();
    await fire(app, names);
    await fire(app, ['db-1'], 'db', 'globex');
    await vi.waitFor(async () => expect(await findings(app)).toHaveLength(1), 15_000);
    const [burst] = await findings(app);
    expect(burst).toMatchObject({ pattern: 'burst', scope: { service: 'cart', alertname: 'PodDown' } });
    expect(burst!.alerts).toHaveLength(names.length);
    expect(await findings(app, `?alert=${burst!.alerts[0]}`)).toHaveLength(1);
    expect(await findings(app, '?pattern=storm')).toEqual([]);
    expect(await findings(app, '', 'globex')).toEqual([]);
    const alert = async () =>
      (await get<{ labels: Record<string, string> }>(app, '/api/v1/alerts?rule=BurstOnCart')).map(
        ({ labels }) => labels,
      );
    await vi.waitFor(async () => expect(await alert()).toHaveLength(1), 15_000);
    expect(await alert()).toEqual([{ alertname: 'BurstOnCart', service: 'cart', severity: 'high' }]);
    // What the rule says is no news to the patterns.
    expect(await findings(app)).toHaveLength(1);
  });

  it('go on after a restart: the same finding grows', async () => {
    const app = await start();
    await fire(app, names.slice(0, 5));
    await vi.waitFor(async () => expect(await findings(app)).toHaveLength(1), 15_000);
    const [before] = await findings(app);
    const again = await app.restart();
    apps.splice(0, 1, again);
    await fire(again, names);
    await vi.waitFor(async () => expect((await findings(again))[0]!.alerts).toHaveLength(6), 15_000);
    expect((await findings(again)).map(({ id }) => id)).toEqual([before!.id]);
  });

  it('are asked for by words that there are', async () => {
    const app = await start();
    const { status, body } = await app.call(
      'GET',
      '/api/v1/alerts/patterns?pattern=flood',
      undefined,
      tenant('default'),
    );
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toContain('burst');
  });
});
