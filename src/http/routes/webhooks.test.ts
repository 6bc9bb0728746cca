// What other programs post, on the whole application: as they send it, and as they do not.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpStage } from '../../testing/http-stage.ts';
import { startTestApp, type TestApp, testKey } from '../../testing/test-app.ts';

const config = `
collector: { host: false }
channels: { screen: { type: console } }
classify:
  rules:
    - { name: pages, match: ['severity="page"'], severity: critical }
    - { name: money, type: 'pay.*', text: '(?i)refund|invoice', severity: high, category: business }
  default: { severity: info }
heartbeats:
  - { name: backup, interval: 24h, grace: 1h, severity: critical }
`;
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp(config, 'rules: []');
});
afterAll(() => app.close());

const firing = {
  status: 'firing',
  labels: { alertname: 'DiskFull', instance: 'web-1', severity: 'page', empty: '' },
  annotations: { summary: 'the disk is full', runbook_url: 'https://runbooks.example/disk' },
  startsAt: '2023-11-14T22:13:20.123456789Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus.example/graph?g0.expr=up',
  fingerprint: '9ef2a6dbb38cb18c',
};
const delivery = (alerts: unknown, more = {}) => ({
  ...{
    receiver: 'tocsin',
    status: 'firing',
    alerts,
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
  },
  ...{ externalURL: 'http://am:9093', version: '4', groupKey: '{}:{}', truncatedAlerts: 0 },
  ...more,
});
const post = (to: string, body: unknown, headers?: Record<string, string>) =>
  app.call('POST', `/api/v1/webhooks/${to}`, body, headers);
const alertsOf = async (query = '') =>
  ((await app.call('GET', `/api/v1/alerts?kind=alert${query}`)).body as { items: Record<string, unknown>[] })
    .items;
const counted = (over: Record<string, unknown>) => ({
  ...{ received: 1, fired: 0, updated: 0, resolved: 0, unchanged: 0, dismissed: 0 },
  ...{ rejected: [], rejected_count: 0, ...over },
});

describe('an Alertmanager', () => {
  it('is refused without a key, whatever it sends', async () => {
    const response = await app.tocsin.fetch(
      new Request('http://tocsin.test/api/v1/webhooks/alertmanager', {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer of-a-guess' },
        body: JSON.stringify(delivery([firing])),
      }),
    );
    expect(response.status).toBe(401);
    expect(await alertsOf()).toEqual([]);
  });

  it('is taken at its word, and the same delivery again changes nothing', async () => {
    expect(
      await post('alertmanager', delivery([firing], { notification_reason: 'new', odd: [1] })),
    ).toMatchObject({
      status: 200,
      body: counted({ fired: 1 }),
    });
    const [before] = await alertsOf();
    expect(before).toMatchObject({
      ...{ source: 'alertmanager', rule: null, state: 'firing', severity: 'critical', priority: 'P2' },
      labels: { alertname: 'DiskFull', instance: 'web-1', severity: 'critical' },
      annotations: { ...firing.annotations, generator_url: firing.generatorURL },
      ...{ fired_at: '2023-11-14T22:13:20.123Z', ends_at: null },
    });
    expect((await post('alertmanager', delivery([firing]))).body).toEqual(counted({ unchanged: 1 }));
    expect(await alertsOf()).toEqual([before]);
  });

  it('gets in with a bearer token and with basic authentication, as its http_config can', async () => {
    const basic = `Basic ${Buffer.from(`anybody:${testKey}`).toString('base64')}`;
    for (const authorization of [`Bearer ${testKey}`, basic]) {
      const response = await app.tocsin.fetch(
        new Request('http://tocsin.test/api/v1/webhooks/alertmanager', {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization },
          body: `${JSON.stringify(delivery([firing]))}\n`,
        }),
      );
      expect(response.status).toBe(200);
    }
  });

  it('ends what it began', async () => {
    const over = { ...firing, status: 'resolved', endsAt: '2023-11-14T22:15:00Z' };
    expect((await post('alertmanager', delivery([over]))).body).toEqual(counted({ resolved: 1 }));
    expect((await post('alertmanager', delivery([over]))).body).toEqual(counted({ unchanged: 1 }));
    expect((await alertsOf())[0]).toMatchObject({ state: 'resolved', resolve_reason: 'sender_resolved' });
  });

  it('is told which of its alerts could not be taken, and the others are', async () => {
    const { body } = await post(
      'alertmanager',
      delivery([
        { status: 'firing', labels: { alertname: 'Good' } },
        { status: 'odd', labels: { alertname: 'Bad' } },
        { labels: { __proto__x: 'y', n: 1 } },
        { labels: {} },
        'an alert',
        { labels: { alertname: 'Bad' }, startsAt: 'yesterday' },
      ]),
    );
    expect(body).toMatchObject({ received: 6, fired: 1, rejected_count: 5 });
    expect((body as { rejected: { index: number; message: string }[] }).rejected).toEqual([
      { index: 1, message: 'status: expected firing or resolved' },
      { index: 2, message: 'labels: expected texts as values' },
      { index: 3, message: 'labels: expected at least one that is not empty' },
      { index: 4, message: 'expected an object' },
      { index: 5, message: 'startsAt: expected an RFC 3339 time' },
    ]);
  });

  it.each([
    ['no alerts', {}, 'invalid_body'],
    ['alerts that are none', delivery({}), 'invalid_body'],
    ['nothing that could be taken', delivery([{ labels: {} }]), 'invalid_body'],
    ['no JSON', '{"alerts":[', 'invalid_json'],
    ['more alerts than there may be', delivery(Array.from({ length: 10_001 }, () => ({}))), 'invalid_body'],
  ])('hears what is wrong with %s', async (_what, body, code) => {
    expect(await post('alertmanager', body)).toMatchObject({ status: 400, body: { error: { code } } });
  });

  it('is asked to come again when there is no room for it: it gives up after a 429', async () => {
    const stage = httpStage();
    const body = delivery([firing]);
    const reply = await stage.request('POST', '/api/v1/webhooks/alertmanager', { as: 'ingest', body });
    expect([reply.status, reply.code, reply.headers.get('retry-after')]).toEqual([503, 'unavailable', '1']);
    stage.close();
  });
});

it('takes Grafana’s alerts with its links and the only value', async () => {
  const alert = {
    ...firing,
    labels: { alertname: 'Slow', grafana_folder: 'ops', severity: 'HIGH' },
    ...{ values: { B: 22 }, valueString: "[ var='B' value=22 ]" },
    ...{
      dashboardURL: 'https://g.example/d/1',
      panelURL: 'https://g.example/d/1?viewPanel=2',
      silenceURL: '',
    },
  };
  const body = delivery([alert], {
    version: '1',
    orgId: 1,
    title: '[FIRING:1]',
    state: 'alerting',
    message: 'm',
  });
  expect((await post('grafana', body)).body).toEqual(counted({ fired: 1 }));
  expect((await alertsOf('&severity=high'))[0]).toMatchObject({
    ...{ source: 'grafana', value: 22 },
    annotations: {
      dashboard_url: 'https://g.example/d/1',
      panel_url: 'https://g.example/d/1?viewPanel=2',
      value_string: "[ var='B' value=22 ]",
    },
  });
});

it('takes Apprise’s notifications as events; keys of its address become labels', async () => {
  const note = {
    version: '1.0',
    title: 'Backup',
    message: 'failed',
    attachments: [],
    type: 'failure',
    host: 'db-1',
  };
  expect(await post('apprise', note)).toMatchObject({
    status: 202,
    body: { status: 'accepted', severity: 'high', classified_by: null },
  });
  const { body } = await app.call('GET', '/api/v1/alerts?kind=event');
  expect((body as { items: unknown[] }).items[0]).toMatchObject({
    source: 'apprise',
    labels: { alertname: 'apprise', host: 'db-1', notify_type: 'failure' },
    annotations: { summary: 'Backup: failed' },
  });
  expect((await post('apprise', { type: 'info' })).body).toMatchObject({
    error: { code: 'invalid_body', details: { problems: [{ path: 'message' }] } },
  });
});

it('says which rule decided how urgent an event is that does not say so', async () => {
  const event = (over: object) => app.call('POST', '/api/v1/events', { message: 'm', ...over });
  const answers = [
    await event({ type: 'pay.out', message: 'Refund lost' }),
    await event({ type: 'pay.out' }),
    await event({ type: 'pay.out', message: 'Refund late', severity: 'low' }),
  ];
  expect(answers.map(({ body }) => body)).toMatchObject([
    { severity: 'high', classified_by: 'money' },
    { severity: 'info', classified_by: 'default' },
    { severity: 'info', classified_by: null },
  ]);
  const { id } = answers[0]!.body as { id: string };
  const { body } = await app.call('GET', `/api/v1/alerts/${id}/history`);
  expect(JSON.stringify(body)).toContain('"classifiedBy":"money"');
  expect((await app.call('GET', `/api/v1/alerts/${id}`)).body).toMatchObject({ category: 'business' });
});

it('hears heartbeats by POST and by GET, and knows whom it expects', async () => {
  for (const method of ['POST', 'GET'])
    expect(await app.call(method, '/api/v1/heartbeats/backup')).toMatchObject({
      status: 200,
      body: { name: 'backup', failed: false },
    });
  expect(await app.call('POST', '/api/v1/heartbeats/backup?status=fail')).toMatchObject({
    body: { failed: true },
  });
  expect((await alertsOf('&severity=critical'))[0]).toMatchObject({ source: 'heartbeat', state: 'firing' });
  expect(await app.call('GET', '/api/v1/heartbeats')).toMatchObject({
    body: {
      items: [{ name: 'backup', failed: true, last_at: expect.any(String), due_at: expect.any(String) }],
    },
  });
  expect(await app.call('POST', '/api/v1/heartbeats/backups')).toMatchObject({
    status: 404,
    body: { error: { code: 'heartbeat_not_found' } },
  });
  expect(await app.call('POST', '/api/v1/heartbeats/backup?status=well')).toMatchObject({ status: 400 });
});
