// Receipts over the wire: a strict provider signs what it posts, the program takes it without a key, and nobody else's.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type SendGrid, startSendGrid } from '../../testing/providers/sendgrid.ts';
import { startTestApp, type TestApp } from '../../testing/test-app.ts';

const apiKey = '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';
const warnings: { event: string; fields: unknown }[] = [];
let provider: SendGrid;
let app: TestApp;

beforeAll(async () => {
  provider = await startSendGrid({ now: Date.now, apiKey, from: ['alerts@example.com'] });
  const note = (event: string, fields?: object) => void warnings.push({ event, fields });
  app = await startTestApp(
    `collector: { host: false }
route: { group_wait: 0s }
public_url: https://alerts.example.com/tocsin/
listen: 127.0.0.1:0
egress: { allow: [127.0.0.0/8] }
channels:
  mail:
    type: email
    provider: sendgrid
    api_key: ${apiKey}
    event_key: ${provider.eventKey}
    base_url: ${provider.url}
    from_email: alerts@example.com
    to: [ops@example.com]
  smtp: { type: email, host: 127.0.0.1, from_email: alerts@example.com, to: [ops@example.com] }
  screen: { type: console }
receivers: { ops: { channels: [mail] } }
`,
    'rules:\n  - { name: hot, type: threshold, metric: temp, operator: gt, threshold: 30 }\n',
    { log: { debug: note, info: note, warn: note, error: note } },
  );
  await app.push([{ metric: 'temp', value: 40 }]);
  await provider.waitFor(1);
});
afterAll(async () => {
  await app.close();
  await provider.close();
});

interface Posted {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function post(channel: string, { headers, body }: Posted, method = 'POST') {
  const request = new Request(`http://tocsin.test/webhook/callback/${channel}`, {
    method,
    headers,
    ...(method === 'POST' && { body }),
  });
  const response = await app.tocsin.fetch(request);
  return { status: response.status, text: await response.text() };
}

interface Delivery {
  readonly id: string;
  readonly state: string;
  readonly provider_id: string;
}

async function delivery(): Promise<Delivery> {
  const { body } = await app.call('GET', '/api/v1/deliveries');
  return (body as { items: Delivery[] }).items[0]!;
}

const signed = (event: string) => provider.events(provider.accepted[0]!.id, event);

it('moves the delivery when its provider says so, and says it again as often as it is asked', async () => {
  expect(await post('mail', signed('delivered'))).toEqual({ status: 200, text: 'ok\n' });
  expect(await post('mail', signed('delivered'))).toEqual({ status: 200, text: 'ok\n' });
  expect(await post('mail', signed('processed'))).toEqual({ status: 200, text: 'ok\n' });
  const { id, state, provider_id } = await delivery();
  expect([state, provider_id]).toEqual(['delivered', provider.accepted[0]!.id]);
  const { body } = await app.call('GET', `/api/v1/deliveries/${id}`);
  const { history } = body as { history: { kind: string }[] };
  expect(history.filter(({ kind }) => kind === 'delivery.delivered')).toHaveLength(1);
  const explained = await app.tocsin.fetch(
    new Request('http://tocsin.test/api/v1/explain?matcher=alertname=hot&format=text', {
      headers: { 'x-api-key': app.key },
    }),
  );
  expect(await explained.text()).toContain('mail says that the message has arrived.');
});

it('refuses in one line what the provider did not sign, writes it down and counts it', async () => {
  const { headers, body } = signed('bounce');
  const refused = 'The signature is missing or wrong, or the request cannot be read.\n';
  expect(await post('mail', { headers, body: body.replace('bounce', 'dropped') })).toEqual({
    status: 403,
    text: refused,
  });
  expect(await post('mail', { headers: {}, body })).toEqual({ status: 403, text: refused });
  expect(await post('mail', { headers, body: '' }, 'GET')).toEqual({ status: 403, text: refused });
  expect(await post('smtp', { headers, body })).toEqual({ status: 403, text: refused });
  expect(warnings.filter(({ event }) => event === 'callback.refused')).toHaveLength(4);
  const { text } = await read('/metrics');
  expect(text).toMatch(/tocsin_callbacks_refused_total\{channel="mail"\} 3\n/);
  expect(text).toMatch(/tocsin_receipts_total\{channel="mail",fate="applied"\} 1\n/);
  expect(text).toMatch(/tocsin_receipt_latency_seconds\{channel="mail",quantile="0.95"\} [\d.]+\n/);
  const { body: shown } = await app.call('GET', '/api/v1/channels/mail');
  expect(shown).toMatchObject({ receipts: { count: 1 }, rate: [] });
  expect(JSON.stringify(warnings)).not.toContain(apiKey);
});

async function read(path: string): Promise<{ text: string }> {
  const response = await app.tocsin.fetch(
    new Request(`http://tocsin.test${path}`, { headers: { 'x-api-key': app.key } }),
  );
  return { text: await response.text() };
}

it('tells nothing of channels that there are not, or that nobody calls back for', async () => {
  const nothing = await post('nothing', signed('delivered'));
  const bare = ({ status, text }: { status: number; text: string }) =>
    [status, text.replace(/"request_id":"[^"]*"/, '')] as const;
  expect(nothing.status).toBe(404);
  expect(bare(await post('screen', signed('delivered')))).toEqual(bare(nothing));
  expect(bare(await post('constructor', signed('delivered')))).toEqual(bare(nothing));
  expect((await post('mail', { headers: {}, body: 'x'.repeat(65_537) })).status).toBe(413);
});

it('makes an address wait that forges, and takes what is signed from it all the same', async () => {
  const { port } = await app.tocsin.listen();
  const over = (sent: Posted) =>
    fetch(`http://127.0.0.1:${port}/webhook/callback/mail`, { method: 'POST', ...sent }).then(
      async (response) => {
        await response.text();
        return response.status;
      },
    );
  const statuses: number[] = [];
  for (let i = 0; i < 11; i++) statuses.push(await over({ headers: {}, body: '[]' }));
  expect(statuses).toEqual([...Array<number>(10).fill(403), 429]);
  expect(await over(signed('delivered'))).toBe(200);
  // A header that names somebody else is not believed.
  expect(await over({ headers: { 'x-forwarded-for': '192.0.2.7' }, body: '[]' })).toBe(429);
});
