import { afterEach, describe, expect, it } from 'vitest';
import { type Receiver, startReceiver } from './testing/http-receiver.ts';
import { type MailCatcher, startMailCatcher } from './testing/mail-catcher.ts';
import { startTestApp, type TestApp } from './testing/test-app.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const rules = `
group: host
rules:
  - name: HighCpu
    type: threshold
    metric: system.cpu.usage
    operator: gt
    threshold: 80
    severity: warning
    annotations: { summary: "CPU of {{ labels.host }} at {{ value }} %" }
`;

const config = (
  hook: Receiver,
  mail?: MailCatcher,
  route = 'group_wait: 0s, group_interval: 0s, resolve_wait: 0s',
) => `
collector: { host: false }
channels:
  hook: { type: webhook, url: "${hook.url}/alerts", secret: "a-secret-of-at-least-24-bytes" }
${mail ? `  mail: { type: email, host: 127.0.0.1, port: ${mail.port}, from_email: tocsin@example.com, to: [ops@example.com] }` : ''}
receivers:
  ops: { channels: [hook${mail ? ', mail' : ''}], dedupe_window: 0s }
route: { receiver: ops, group_by: [host], ${route} }
egress: { allow: [127.0.0.0/8] }
`;

interface Body {
  data: {
    id: string;
    status: string;
    reason: string;
    alerts: {
      id: string;
      status: string;
      labels: Record<string, string>;
      annotations: Record<string, string>;
    }[];
  };
}
const bodies = (hook: Receiver): Body['data'][] =>
  hook.received.map((request) => (JSON.parse(request.body.toString()) as Body).data);

async function start(hook: Receiver, mail?: MailCatcher, route?: string): Promise<TestApp> {
  const app = await startTestApp(config(hook, mail, route), rules);
  return app;
}

describe('a pushed sample', () => {
  it('becomes an alert that a webhook and a mail tell of, and its end too', async () => {
    const hook = await startReceiver();
    const mail = await startMailCatcher();
    const app = await start(hook, mail);
    closing.push(
      () => hook.close(),
      () => mail.close(),
      () => app.close(),
    );

    expect(await app.push([{ metric: 'system.cpu.usage', labels: { host: 'web-1' }, value: 97 }])).toBe(202);
    await hook.waitFor(1);
    await mail.waitFor(1);
    expect(bodies(hook)[0]).toMatchObject({
      status: 'firing',
      reason: 'first',
      alerts: [
        {
          status: 'firing',
          labels: { alertname: 'HighCpu', host: 'web-1', severity: 'warning' },
          annotations: { summary: 'CPU of web-1 at 97 %' },
        },
      ],
    });
    await app.push([{ metric: 'system.cpu.usage', labels: { host: 'web-1' }, value: 12 }]);
    await hook.waitFor(2);
    await mail.waitFor(2);
    expect(bodies(hook).map(({ status, reason }) => [status, reason])).toEqual([
      ['firing', 'first'],
      ['resolved', 'resolved'],
    ]);
    const { body } = await app.call('GET', '/api/v1/alerts');
    expect(body).toMatchObject({
      items: [{ rule: 'HighCpu', state: 'resolved', resolve_reason: 'condition_cleared' }],
    });
  });

  it('is not lost when the receiver is down: the delivery is retried under the same id after a restart', async () => {
    const hook = await startReceiver({ handler: () => ({ status: 500 }) });
    const port = hook.port;
    let app = await start(hook);
    await app.push([{ metric: 'system.cpu.usage', labels: { host: 'web-1' }, value: 97 }]);
    const [first] = await hook.waitFor(1);
    await hook.close();
    app = await app.restart();
    const again = await startReceiver({ port });
    closing.push(
      () => again.close(),
      () => app.close(),
    );
    const { body } = await app.call('GET', '/api/v1/deliveries');
    expect(body).toMatchObject({
      items: [{ state: 'queued', attempts: 1, id: first!.headers['webhook-id'] }],
    });
    const [second] = await again.waitFor(1);
    expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id']);
  });

  it('goes on after a restart where it was: what fired is not told twice and its end is told', async () => {
    const hook = await startReceiver();
    let app = await start(hook);
    await app.push([{ metric: 'system.cpu.usage', labels: { host: 'web-1' }, value: 97 }]);
    await hook.waitFor(1);
    app = await app.restart();
    closing.push(
      () => hook.close(),
      () => app.close(),
    );
    await app.push([{ metric: 'system.cpu.usage', labels: { host: 'web-1' }, value: 98 }]);
    await app.push([{ metric: 'system.cpu.usage', labels: { host: 'web-1' }, value: 10 }]);
    await hook.waitFor(2);
    expect(bodies(hook).map(({ reason }) => reason)).toEqual(['first', 'resolved']);
    expect(bodies(hook)[1]!.alerts[0]!.id).toBe(bodies(hook)[0]!.alerts[0]!.id);
  });
});

describe('an event', () => {
  it('is told, and the same request again gets the same answer and no second message', async () => {
    const hook = await startReceiver();
    const app = await start(hook);
    closing.push(
      () => hook.close(),
      () => app.close(),
    );
    const event = {
      type: 'deploy.failed',
      severity: 'HIGH',
      message: 'v2.1.0 did not start',
      labels: { host: 'web-1' },
    };
    const headers = { 'idempotency-key': 'one' };
    const first = await app.call('POST', '/api/v1/events', event, headers);
    const second = await app.call('POST', '/api/v1/events', event, headers);
    expect(first.status).toBe(202);
    expect([second.status, second.body]).toEqual([first.status, first.body]);
    const other = await app.call('POST', '/api/v1/events', { ...event, message: 'other' }, headers);
    expect(other).toMatchObject({ status: 409, body: { error: { code: 'idempotency_conflict' } } });
    await hook.waitFor(1);
    expect(bodies(hook)).toMatchObject([
      { reason: 'event', alerts: [{ labels: { alertname: 'deploy.failed' } }] },
    ]);
  });
});

describe('people', () => {
  it('acknowledge and resolve an alert, and read what happened', async () => {
    const hook = await startReceiver();
    const app = await start(hook);
    closing.push(
      () => hook.close(),
      () => app.close(),
    );
    await app.push([{ metric: 'system.cpu.usage', labels: { host: 'web-1' }, value: 97 }]);
    await hook.waitFor(1);
    const id = bodies(hook)[0]!.alerts[0]!.id;
    expect(await app.call('POST', `/api/v1/alerts/${id}/acknowledge`, { note: 'on it' })).toMatchObject({
      status: 200,
      body: { id, acknowledged: { by: 'key:TOCSIN_ADMIN_KEY' } },
    });
    expect(await app.call('POST', `/api/v1/alerts/${id}/resolve`, {})).toMatchObject({
      status: 200,
      body: { state: 'resolved' },
    });
    expect(await app.call('POST', `/api/v1/alerts/${id}/resolve`, {})).toMatchObject({ status: 409 });
    await hook.waitFor(2);
    const history = await app.call('GET', `/api/v1/alerts/${id}/history`);
    const { events, notifications } = history.body as {
      events: { kind: string }[];
      notifications: { deliveries: unknown[] }[];
    };
    expect(events.map(({ kind }) => kind).sort()).toEqual([
      'alert.acknowledged',
      'alert.firing',
      'alert.resolved',
    ]);
    expect(notifications).toHaveLength(2);
    // A true sample after a manual resolve begins a new episode.
    await app.push([{ metric: 'system.cpu.usage', labels: { host: 'web-1' }, value: 99 }]);
    await hook.waitFor(3);
    expect(bodies(hook)[2]!.alerts[0]!.id).not.toBe(id);
  });
});
