// The story of a storm on the whole program: alerts from outside over HTTP, and what an HTTP receiver gets.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../../testing/http-receiver.ts';
import { startTestApp, type TestApp } from '../../testing/test-app.ts';
import type { StormBody } from '../bodies/storm-body.ts';

let receiver: Receiver;
let app: TestApp;
beforeAll(async () => {
  receiver = await startReceiver();
  const config = `collector: { host: false }
channels: { hook: { type: webhook, url: "${receiver.url}" } }
receivers: { ops: { channels: [hook] } }
administrator: ops
route: { receiver: ops, group_wait: 0s, group_by: [alertname, host] }
storm: { events: 10, every: 1h, new_at_most: 1 }
egress: { allow: [127.0.0.0/8] }
`;
  app = await startTestApp(config, 'rules: []\n', { durability: 'normal' });
});
afterAll(async () => {
  await app.close();
  await receiver.close();
});

interface Body {
  readonly reason: string;
  readonly alerts: readonly { readonly id: string; readonly labels: Record<string, string> }[];
  readonly digest?: { readonly total: number; readonly kinds: readonly unknown[]; readonly storm?: unknown };
}
const told = () => receiver.received.map(({ body }) => (JSON.parse(body) as { data: Body }).data);
const alert = (host: number, severity = 'warning') => ({
  status: 'firing',
  labels: { alertname: 'DiskFull', host: `h${host}`, service: host % 3 === 0 ? 'shop' : 'cart', severity },
  annotations: { summary: `disk of h${host} is at ${80 + (host % 20)} %` },
});
const storm = async () => (await app.call('GET', '/api/v1/storm')).body as StormBody;

describe('a storm over HTTP', () => {
  it('is told in sum: thirty alerts in one request', async () => {
    expect(await storm()).toEqual({ active: false, storm: null });
    const alerts = Array.from({ length: 30 }, (_, i) => alert(i + 1));
    const { status } = await app.call('POST', '/api/v1/webhooks/alertmanager', {
      alerts: [...alerts, alert(31, 'critical')],
    });
    expect(status).toBeLessThan(300);
    // The summary, the first of its kind, the critical one, and the administrator's notice.
    await receiver.waitFor(3);
    const summary = told().find(({ reason }) => reason === 'storm')!;
    expect(summary.digest).toMatchObject({
      total: 10,
      kinds: [
        {
          name: 'DiskFull',
          count: 10,
          text: 'disk of h* is at * %',
          services: [{ name: 'cart', count: 7 }, {}],
        },
      ],
      storm: { count: 11 },
    });
    expect(summary.alerts).toHaveLength(10);
    expect(
      told()
        .filter(({ reason }) => reason === 'first')
        .map(({ alerts: [one] }) => one!.labels.host),
    ).toEqual(expect.arrayContaining(['h1', 'h31']));
  });

  it('says what it is, and each alert where it is told', async () => {
    expect(await storm()).toMatchObject({
      active: true,
      storm: {
        count: 32,
        waiting: 19,
        summaries: 1,
        ended_at: null,
        kinds: [{ name: 'DiskFull', count: 31 }, {}],
      },
    });
    const headers = { 'x-api-key': app.key };
    const metrics = await app.tocsin.fetch(new Request('http://tocsin.test/metrics', { headers }));
    expect(await metrics.text()).toContain('tocsin_storm_active{tenant="default"} 1');
    const { items } = (await app.call('GET', '/api/v1/alerts?limit=100')).body as {
      items: { id: string; labels: Record<string, string> }[];
    };
    const explained = async (host: string) => {
      const found = items.find(({ labels }) => labels.host === host)!;
      return JSON.stringify((await app.call('GET', `/api/v1/alerts/${found.id}/explain`)).body);
    };
    expect(await explained('h5')).toContain('it came in a storm and is in the summary of');
    expect(await explained('h20')).toContain('it came in a storm and waits for the summary of');
  });

  it('lasts over a restart, with what waits', async () => {
    app = await app.restart();
    expect(await storm()).toMatchObject({ active: true, storm: { count: 32, waiting: 19, summaries: 1 } });
  });
});
