// How channels are and whether they work, as people ask over HTTP: the whole application, a real receiver.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Receiver, type ReceiverAnswer, startReceiver } from '../../testing/http-receiver.ts';
import { startTestApp, type TestApp } from '../../testing/test-app.ts';

type Body = Readonly<Record<string, unknown>>;

let app: TestApp;
let hook: Receiver;
let answers: ReceiverAnswer;
const printed: string[] = [];
const kinds: string[] = [];

const config = (url: string) => `
collector: { host: false }
egress: { allow: [127.0.0.1] }
channels:
  hook: { type: webhook, url: ${url}, secret: a-secret-that-nobody-is-shown, fallback: [screen] }
  screen: { type: console }
  pager: { type: console }
  theirs: { type: console }
receivers:
  ops: { channels: [hook] }
  admin: { channels: [pager] }
route: { group_wait: 0s, receiver: ops }
administrator: admin
tenants:
  acme: { receivers: { ops: { channels: [theirs] } } }
`;

beforeAll(async () => {
  hook = await startReceiver({ handler: () => answers });
  app = await startTestApp(config(hook.url), 'rules: []', {
    print: (line) => void printed.push(line),
    onEvents: (events) => void kinds.push(...events.map(({ row }) => row.kind)),
  });
});
afterAll(async () => {
  await app.close();
  await hook.close();
});

const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
  const said = await app.call(method, path, body, { 'x-tenant-id': 'default', ...headers });
  return { status: said.status, body: said.body as Body };
};
const test = (body: unknown = {}) => ask('POST', '/api/v1/channels/hook/test', body);

describe('a test of a channel', () => {
  it('goes through the queue and answers what came of it', async () => {
    answers = { status: 200 };
    const { status, body } = await test({ message: 'hello there', severity: 'critical', locale: 'zh-TW' });
    expect([status, body]).toMatchObject([200, { status: 'sent', result: 'sent' }]);
    expect(hook.received.at(-1)!.body).toContain('hello there');

    const { body: notification } = await ask('GET', `/api/v1/notifications/${String(body.notification_id)}`);
    expect(notification).toMatchObject({
      source: 'api',
      kind: 'test.notification',
      status: 'sent',
      severity: 'critical',
      summary: { channels: { total: 1, accepted: 1 } },
    });
    const { body: trail } = await ask('GET', '/api/v1/audit');
    expect((trail.items as Body[])[0]).toMatchObject({ kind: 'channel.tested', subject: { id: 'hook' } });
  });

  it('says how it failed: in one attempt, nobody takes over and nobody is called', async () => {
    answers = { status: 503, body: 'no' };
    const before = hook.count;
    kinds.length = 0;
    const { status, body } = await test();
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'failed', result: 'transient', code: '503' });
    expect(JSON.stringify(body)).not.toContain('a-secret-that');
    // A second one, so that whatever followed from the first is committed.
    await test();
    expect(hook.count).toBe(before + 2);
    expect(printed).toEqual([]);
    expect(kinds.filter((kind) => kind === 'delivery.dead')).toHaveLength(2);
    // Nothing was told to anybody: no event fired, and nothing waits.
    expect(kinds.filter((kind) => /^alert|^notify/.test(kind))).toEqual([]);
    const { body: shown } = await ask('GET', '/api/v1/channels/hook');
    expect(shown).toMatchObject({ queue: { queued: 0, oldest_age_ms: null } });
  });

  it('goes out although the channel is paused, and opens it when it works again', async () => {
    answers = { status: 401 };
    const { body: refused } = await test();
    expect(refused).toMatchObject({ status: 'failed', result: 'auth' });
    // It is over: it does not wait until somebody has mended the login.
    const { body: over } = await ask('GET', `/api/v1/notifications/${String(refused.notification_id)}`);
    expect(over).toMatchObject({ status: 'failed' });
    const { body: paused } = await ask('GET', '/api/v1/channels/hook');
    expect(paused).toMatchObject({ breaker: { state: 'open', reason: 'auth' } });
    answers = { status: 200 };
    expect((await test()).body).toMatchObject({ status: 'sent' });
    const { body } = await ask('GET', '/api/v1/channels/hook');
    expect(body).toMatchObject({ breaker: { state: 'closed', reason: null } });
  });

  it('shows what it would send and sends nothing', async () => {
    const before = hook.count;
    const { body } = await test({ dry_run: true, message: 'only looking' });
    expect(body.dry_run).toBe(true);
    expect(JSON.stringify(body.payload)).toContain('only looking');
    expect(hook.count).toBe(before);
  });

  it('is not to be had for a channel that there is not, nor for one of another tenant', async () => {
    for (const name of ['nothing', 'theirs']) {
      expect(await ask('POST', `/api/v1/channels/${name}/test`, {})).toMatchObject({
        status: 404,
        body: { error: { code: 'channel_not_found' } },
      });
    }
    const acme = await ask('GET', '/api/v1/channels', undefined, { 'x-tenant-id': 'acme' });
    expect((acme.body.items as Body[]).map(({ name }) => name)).toEqual(['theirs']);
  });
});

describe('the channels', () => {
  it('are listed with their figures, and without secrets', async () => {
    const { status, body } = await ask('GET', '/api/v1/channels');
    expect(status).toBe(200);
    const [first, second] = body.items as Body[];
    expect(first).toMatchObject({
      name: 'hook',
      kind: 'webhook',
      fallback: ['screen'],
      enabled: true,
      mock: false,
      settings: { secret: ['***'] },
      origin: { kind: 'file', line: 5 },
      attempts: { since_start: { sent: 2, transient: 2, auth: 1, network: 0 }, success_rate: 0.4 },
    });
    expect(second).toMatchObject({ name: 'screen', attempts: { since_start: { auth: 0 } } });
    expect(JSON.stringify(body)).not.toContain('a-secret-that');
  });

  it('say when they cannot ask their provider', async () => {
    expect(await ask('POST', '/api/v1/channels/screen/verify')).toMatchObject({
      status: 409,
      body: { error: { code: 'channel_cannot_verify' } },
    });
  });
});

describe('a mock', () => {
  it('accepts everything, sends nothing and says so', async () => {
    const before = hook.count;
    const mock = await startTestApp(`mock: true${config(hook.url)}`, 'rules: []');
    try {
      const tenant = { 'x-tenant-id': 'default' };
      const sent = await mock.call('POST', '/api/v1/channels/hook/test', {}, tenant);
      expect(sent.body).toMatchObject({ status: 'sent', provider_id: expect.stringMatching(/^mock-/) });
      const verified = await mock.call('POST', '/api/v1/channels/hook/verify', undefined, tenant);
      expect(verified.body).toMatchObject({ ok: true });
      const health = await mock.call('GET', '/health');
      expect(health.body).toMatchObject({ mock: 'mock: nothing leaves this process' });
      expect(hook.count).toBe(before);
    } finally {
      await mock.close();
    }
  });
});
