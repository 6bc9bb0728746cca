// Receipts of SES over the wire: a strict SES takes the mail, a strict topic of SNS posts what became of it.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Ses, startSes } from '../../testing/providers/ses.ts';
import { type SnsPost, type SnsTopic, startSnsTopic } from '../../testing/providers/sns-topic.ts';
import { startTestApp, type TestApp } from '../../testing/test-app.ts';

const arn = 'arn:aws:sns:eu-central-1:123456789012:mail-events';
const credentials = {
  region: 'eu-central-1',
  accessKeyId: 'AKIDEXAMPLEAKIDEXAMP',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
const lines: { event: string; fields: unknown }[] = [];
let ses: Ses;
let topic: SnsTopic;
let app: TestApp;

beforeAll(async () => {
  ses = await startSes({ now: Date.now, ...credentials, from: ['alerts@example.com'] });
  topic = await startSnsTopic({ now: Date.now, arn, signatureVersion: '2' });
  const note = (event: string, fields?: object) => void lines.push({ event, fields });
  app = await startTestApp(
    `collector: { host: false }
route: { group_wait: 0s, group_by: [alertname] }
public_url: https://alerts.example.com
egress: { allow: [127.0.0.0/8] }
channels:
  mail:
    type: email
    provider: ses
    region: ${credentials.region}
    access_key_id: ${credentials.accessKeyId}
    secret_access_key: ${credentials.secretAccessKey}
    base_url: ${ses.url}
    topic_arn: ${arn}
    sns_url: ${topic.url}
    from_email: alerts@example.com
    to: [ops@example.com]
receivers: { ops: { channels: [mail] } }
`,
    `rules:
  - { name: arrives, type: threshold, metric: a, operator: gt, threshold: 30 }
  - { name: bounces, type: threshold, metric: b, operator: gt, threshold: 30 }
  - { name: turned-round, type: threshold, metric: c, operator: gt, threshold: 30 }
`,
    { log: { debug: note, info: note, warn: note, error: note } },
  );
  await app.push(['a', 'b', 'c'].map((metric) => ({ metric, value: 40 })));
  await ses.waitFor(3);
});
afterAll(async () => {
  await app.close();
  await topic.close();
  await ses.close();
});

async function post({ headers, body }: SnsPost): Promise<number> {
  const url = 'http://tocsin.test/webhook/callback/mail';
  const response = await app.tocsin.fetch(new Request(url, { method: 'POST', headers, body }));
  await response.text();
  return response.status;
}

/** The provider's id of the mail about a rule. */
function mailAbout(rule: string): string {
  const mail = ses.accepted.find(({ Content }) => Content.Simple.Subject.Data.includes(rule));
  if (mail === undefined) throw new Error(`no mail about ${rule}`);
  return mail.id;
}

const said = (rule: string, event: string, over = {}) =>
  topic.notification(ses.event(mailAbout(rule), event, over));

interface Delivery {
  readonly id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly last_error: string | null;
  readonly provider_id: string;
}

async function deliveryAbout(rule: string): Promise<Delivery & { readonly history: readonly string[] }> {
  const { body } = await app.call('GET', '/api/v1/deliveries');
  const id = mailAbout(rule);
  const found = (body as { items: Delivery[] }).items.find(({ provider_id }) => provider_id === id)!;
  const one = await app.call('GET', `/api/v1/deliveries/${found.id}`);
  const { history } = one.body as { history: { kind: string }[] };
  return { ...found, history: history.map(({ kind }) => kind) };
}

it('confirms the subscription to its topic once', async () => {
  const asked = topic.subscription();
  expect([await post(asked), await post(asked)]).toEqual([200, 200]);
  expect(topic.accepted).toHaveLength(1);
  expect(lines).toContainEqual({
    event: 'callback.note',
    fields: { channel: 'mail', note: `the subscription of ${arn} is confirmed` },
  });
});

it('moves the delivery when the mail has arrived, once, and a complaint moves nothing', async () => {
  const arrived = said('arrives', 'Delivery');
  expect([await post(arrived), await post(arrived)]).toEqual([200, 200]);
  expect(await post(said('arrives', 'Complaint'))).toBe(200);
  const { state, history } = await deliveryAbout('arrives');
  expect(state).toBe('delivered');
  expect(history.filter((kind) => kind === 'delivery.delivered')).toHaveLength(1);
});

it('loses the delivery of a mail that came back, with what the server said', async () => {
  expect(await post(said('bounces', 'Bounce'))).toBe(200);
  expect(await deliveryAbout('bounces')).toMatchObject({
    state: 'dead',
    reason: 'receipt_failed',
    last_error: 'receipt_failed: 5.1.1: Permanent/General: smtp; 550 5.1.1 user unknown',
  });
});

it('ends the same whatever the order: late words of the way move nothing back', async () => {
  expect(await post(said('turned-round', 'Bounce', { bounce: { bounceType: 'Transient' } }))).toBe(200);
  expect((await deliveryAbout('turned-round')).state).toBe('dead');
  for (const event of ['Delivery', 'Send', 'DeliveryDelay', 'Bounce'])
    expect(await post(said('turned-round', event))).toBe(200);
  expect((await deliveryAbout('turned-round')).state).toBe('delivered');
});

it('refuses in one line what is forged, foreign, old or too long, and changes nothing', async () => {
  const before = topic.requests.length;
  const event = ses.event(mailAbout('arrives'), 'Bounce');
  const refused = [
    topic.notification(event, { Signature: Buffer.alloc(256).toString('base64') }),
    topic.notification(event, { SigningCertURL: 'https://evil.example/SimpleNotificationService-1.pem' }),
    topic.notification(event, { TopicArn: `${arn}-other` }),
    topic.notification(event, { Timestamp: new Date(Date.now() - 86_460_000).toISOString() }),
    { ...topic.notification(event), body: event },
  ];
  for (const one of refused) expect(await post(one)).toBe(403);
  expect(await post(topic.notification('x'.repeat(65_536)))).toBe(413);
  expect((await deliveryAbout('arrives')).state).toBe('delivered');
  expect(lines.filter(({ event: kind }) => kind === 'callback.refused')).toHaveLength(5);
  expect(topic.requests).toHaveLength(before);
});

it('asks SNS to come again while the certificate cannot be fetched', async () => {
  const again = await app.restart();
  app = again;
  topic.misbehave({ status: 503, body: '' });
  const late = said('bounces', 'Delivery');
  expect([await post(late), await post(late)]).toEqual([503, 200]);
  expect((await deliveryAbout('bounces')).state).toBe('delivered');
});
