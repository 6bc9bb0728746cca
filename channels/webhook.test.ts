import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { startTestHost } from '../src/testing/channel-host.ts';
import { type ReceiverAnswer, startReceiver } from '../src/testing/http-receiver.ts';
import { type Conduct, checkChannel } from './contract.ts';
import { hostileMessage } from './contract-message.ts';
import { Secret } from './secret.ts';
import { webhook } from './webhook.ts';
import { webhookBody } from './webhook-body.ts';
import { signatures } from './webhook-signature.ts';

const url = 'http://127.0.0.1:9000/alerts';
const key = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

const answers: Readonly<Partial<Record<Conduct, ReceiverAnswer>>> = {
  ok: { status: 200, body: 'ok' },
  failing: { status: 500 },
  rate_limited: { status: 429, headers: { 'retry-after': '30' } },
  rate_limited_bare: { status: 429 },
  oversize: { status: 413 },
  black_hole: 'hang',
  reset: 'reset',
};

checkChannel(
  webhook,
  {
    validConfig: { url, secret: key, headers: { Authorization: `Bearer ${key}` } },
    secretText: key,
    badConfigs: {
      'no url': {},
      'not http': { url: 'file:///etc/passwd' },
      'credentials in the url': { url: 'http://user:pass@127.0.0.1/' },
      'a short secret': { url, secret: 'short' },
      'a secret that is not base64': { url, secret: `${key}!` },
      'an empty list of secrets': { url, secret: [] },
      'a header of ours': { url, headers: { 'Webhook-Id': 'x' } },
      'Content-Length': { url, headers: { 'content-length': '1' } },
      Host: { url, headers: { Host: 'x' } },
      'Transfer-Encoding': { url, headers: { 'transfer-encoding': 'chunked' } },
      'Proxy-Authorization': { url, headers: { 'Proxy-Authorization': 'x' } },
      'a header with a line break': { url, headers: { 'X-A': 'a\r\nHost: b' } },
      'a header name with a colon': { url, headers: { 'X:A': 'a' } },
      'an unknown key': { url, retries: 3 },
      'a method that sends no body': { url, method: 'GET' },
      'an auth of two kinds': { url, auth: { bearer: 'x', header: { name: 'X-A', value: 'y' } } },
      'an auth of no kind': { url, auth: {} },
      'a user with a colon': { url, auth: { basic: { username: 'a:b', password: 'x' } } },
      'a bearer of two lines': { url, auth: { bearer: 'a\nb' } },
      'a header of ours for auth': { url, auth: { header: { name: 'webhook-id', value: 'x' } } },
      'two Authorizations': { url, auth: { bearer: 'x' }, headers: { AUTHORIZATION: 'y' } },
      'a public key to sign with': { url, secret: 'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=' },
      'an ed25519 key whose halves do not match': {
        url,
        secret: `whsk_${Buffer.alloc(64, 1).toString('base64')}`,
      },
      'a body of text': { url, body: '{{ status }}' },
      'a body in batches': { url, body: { a: 1 }, batch: 2 },
      'a template that does not compile': { url, body: { a: '{{ status | nope }}' } },
    },
    async peer(conduct) {
      const receiver = await startReceiver({
        handler: () => answers[conduct] ?? { status: 200 },
      });
      if (conduct === 'refused') await receiver.close();
      return {
        config: { url: receiver.url, secret: key },
        deliveryIds: () => receiver.received.map(({ headers }) => headers['webhook-id'] ?? ''),
        holding: conduct === 'black_hole' ? receiver.waitFor(1).then(() => {}) : Promise.resolve(),
        close: () => (conduct === 'refused' ? Promise.resolve() : receiver.close()),
      };
    },
    host: async () => startTestHost(),
    except: {
      ok_with_error: 'a webhook answers by its status only',
      garbage: 'whatever stands in the body of a 2xx, it was accepted',
      partial: 'one recipient',
      mention: 'a program reads it',
    },
  },
  { describe, it, expect },
);

async function post(config: unknown) {
  const receiver = await startReceiver();
  const host = startTestHost();
  const parsed = webhook.config.parse({ url: receiver.url, ...(config as object) });
  const instance = webhook.open(parsed, host.host);
  const body = webhook.render(hostileMessage(), { config: parsed, locale: 'en' });
  const at = Date.now();
  const result = await instance.send(body, {
    deliveryId: 'msg_1',
    attempt: 1,
    now: at,
    signal: AbortSignal.timeout(30_000),
  });
  const [request] = await receiver.waitFor(1);
  await instance.close();
  await host.close();
  await receiver.close();
  return { request: request!, result, at };
}

describe('webhook', () => {
  it('shortens a text between two letters: half of one is no JSON to many readers', () => {
    const message = hostileMessage();
    const description = `a${'😀'.repeat(20_000)}`;
    const alerts = [{ ...message.alerts[0]!, annotations: { description } }];
    const body = webhookBody({ ...message, alerts }, { maxAlerts: 1, maxBytes: 1024 * 1024 });
    const { data } = JSON.parse(body) as { data: { alerts: { annotations: { description: string } }[] } };
    const cut = data.alerts[0]!.annotations.description;
    expect(cut.endsWith('😀…')).toBe(true);
    expect(cut.length).toBeLessThanOrEqual(1_024);
  });

  it('signs as the published vector of Standard Webhooks', () => {
    const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
    expect(signatures([new Secret(key)], id, 1614265330, '{"test": 2432232314}')).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });

  it('signs by ed25519 as the published vector of Svix, with the private key alone too', () => {
    const pair = '6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==';
    const half = Buffer.from(pair, 'base64').subarray(0, 32).toString('base64');
    const signed =
      'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==';
    const secrets = [pair, half].map((one) => new Secret(`whsk_${one}`));
    expect(signatures(secrets, 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, '{"test": 2432232314}')).toBe(
      `${signed} ${signed}`,
    );
  });

  it.each([
    [{ basic: { username: 'ops', password: 'pä:ss' } }, 'authorization', 'Basic b3BzOnDDpDpzcw=='],
    [{ bearer: 'a-token' }, 'authorization', 'Bearer a-token'],
    [{ header: { name: 'X-Api-Key', value: 'k1' } }, 'x-api-key', 'k1'],
  ])('logs in: %j', async (auth, name, value) => {
    const { request } = await post({ auth, method: 'PUT' });
    expect([request.method, request.headers[name]]).toEqual(['PUT', value]);
  });

  it('is verified by the reference library, with either secret while they are rotated', async () => {
    const raw = 'a secret of more than 24 characters';
    const { request, result, at } = await post({ secret: [key, raw], headers: { 'X-Team': 'infra' } });
    expect(result.kind).toBe('sent');
    expect(request.headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(at / 1000)),
      'x-team': 'infra',
    });
    expect(() => new Webhook(key).verify(request.body, { ...request.headers })).not.toThrow();
    expect(() =>
      new Webhook(raw, { format: 'raw' }).verify(request.body, { ...request.headers }),
    ).not.toThrow();
    expect(() => new Webhook(key).verify(`${request.body} `, { ...request.headers })).toThrow();
  });

  it('sends no signature without a secret', async () => {
    const { request } = await post({});
    expect(request.headers).not.toHaveProperty('webhook-signature');
    expect(request.headers['webhook-id']).toBe('msg_1');
  });

  it('posts a batch where the receiver takes one, also of a single message', async () => {
    const { request, result } = await post({ secret: key, batch: 100 });
    expect(result.kind).toBe('sent');
    expect(request.headers['webhook-id']).toBe('msg_1');
    expect(() => new Webhook(key).verify(request.body, { ...request.headers })).not.toThrow();
    const body = JSON.parse(request.body);
    expect([body.type, Object.keys(body.data)]).toEqual(['alert.batch', ['deliveries']]);
    expect(body.data.deliveries.map((each: { id: string }) => each.id)).toEqual(['msg_1']);
    expect(body.data.deliveries[0].body.type).toBe('alert.notification');
  });

  it('names the call by the messages in it: the same batch again has the same id', async () => {
    const receiver = await startReceiver();
    const host = startTestHost();
    const instance = webhook.open(webhook.config.parse({ url: receiver.url, batch: 2 }), host.host);
    const items = ['one', 'two'].map((deliveryId) => ({ payload: '{}', deliveryId, attempt: 1 }));
    const context = { now: Date.now(), signal: AbortSignal.timeout(30_000) };
    await instance.bundle!.send(items, context);
    await instance.bundle!.send(items, context);
    await instance.bundle!.send(items.slice(0, 1), context);
    const ids = (await receiver.waitFor(3)).map(({ headers }) => headers['webhook-id']);
    expect(ids[0]).toMatch(/^batch-[0-9a-f]{32}$/);
    expect(ids).toEqual([ids[0], ids[0], 'one']);
    await instance.close();
    await host.close();
    await receiver.close();
  });

  it('has exactly the promised fields', () => {
    const message = hostileMessage();
    const body = JSON.parse(webhookBody(message, { maxAlerts: 2, maxBytes: 1_048_576 }));
    expect(Object.keys(body)).toEqual(['type', 'timestamp', 'data']);
    expect([body.type, body.timestamp]).toEqual(['alert.notification', '2023-11-14T22:13:20.000Z']);
    expect(Object.keys(body.data)).toEqual([
      'id',
      'reason',
      'status',
      'receiver',
      'groupKey',
      'groupLabels',
      'truncated',
      'alerts',
      'changed',
    ]);
    expect(body.data.alerts[0]).toEqual({
      id: message.alerts[0]?.id,
      fingerprint: '0000000000000000',
      status: 'firing',
      labels: { ...message.alerts[0]?.labels },
      annotations: { ...message.alerts[0]?.annotations },
      severity: 'critical',
      priority: 'P2',
      category: 'system',
      value: 0,
      startsAt: '2023-11-14T22:13:20.000Z',
      endsAt: null,
      kind: 'alert',
      links: {},
    });
    expect(body.data.changed).toEqual(message.changed);
    expect(body.data.truncated).toBe(998 + 7);
  });

  it('says what the value is held against, and where the alert leads', () => {
    const [alert] = hostileMessage().alerts;
    const annotations = { runbook_url: 'https://wiki/run', generator_url: 'javascript:alert(1)' };
    const said = { ...alert!, annotations, condition: '> 80', forMs: 90_000 };
    const text = webhookBody({ ...hostileMessage(), alerts: [said] }, { maxAlerts: 1, maxBytes: 100_000 });
    expect(JSON.parse(text).data.alerts[0]).toMatchObject({
      condition: '> 80 for 1m30s',
      links: { runbook: 'https://wiki/run' },
    });
  });

  it('leaves alerts out until the body fits, and counts them', () => {
    const message = hostileMessage();
    for (const maxBytes of [100_000, 300_000, 1_048_576]) {
      const text = webhookBody(message, { maxAlerts: 1_000, maxBytes });
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxBytes);
      const { data } = JSON.parse(text);
      expect(data.alerts.length).toBeGreaterThan(0);
      expect(data.alerts.length + data.truncated).toBe(1_007);
    }
  });

  it('still says something when the labels and annotations alone would fill it', () => {
    const message = hostileMessage();
    const many = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`l${i}`, '\u0001'.repeat(2_048)]));
    const [alert] = message.alerts;
    const text = webhookBody(
      {
        ...message,
        groupLabels: many,
        groupKey: JSON.stringify(many),
        alerts: [{ ...alert!, annotations: { summary: 'x'.repeat(2_000_000) } }],
      },
      { maxAlerts: 100, maxBytes: 1_048_576 },
    );
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1_048_576);
    expect(JSON.parse(text).data.alerts).toHaveLength(1);
  });
});
