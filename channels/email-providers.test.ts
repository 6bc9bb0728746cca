// Mail through the APIs of SendGrid and SES, to strict ones of them.
import { afterEach, describe, expect, it } from 'vitest';
import { startTestHost } from '../src/testing/channel-host.ts';
import type { Provider } from '../src/testing/providers/provider.ts';
import { startSendGrid } from '../src/testing/providers/sendgrid.ts';
import { startSes } from '../src/testing/providers/ses.ts';
import type { SendResult } from './channel.ts';
import { type Conduct, checkChannel } from './contract.ts';
import { hostileMessage } from './contract-message.ts';
import { email } from './email.ts';
import { readSendGridEvents } from './email-sendgrid.ts';

const now = 1_700_000_000_000;
const deliveryId = '0190a1b2-c3d4-7e5f-8a6b-0123456789ab';
const apiKey = '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';
const secretKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const common = { from_email: 'alerts@example.com', to: ['ops@example.com'] };
const sendgrid = { ...common, provider: 'sendgrid', api_key: apiKey };
const ses = {
  ...common,
  provider: 'ses',
  region: 'eu-central-1',
  access_key_id: 'AKIDEXAMPLEAKIDEXAMP',
  secret_access_key: secretKey,
};

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});
function kept<T extends { close(): Promise<void> }>(one: T): T {
  opened.push(one);
  return one;
}

const aSendGrid = (over = {}, clock = () => now) =>
  startSendGrid({ now: clock, apiKey, from: ['alerts@example.com'], ...over });
const aSes = (over = {}, clock = () => now) =>
  startSes({
    now: clock,
    region: ses.region,
    accessKeyId: ses.access_key_id,
    secretAccessKey: secretKey,
    from: ['alerts@example.com'],
    ...over,
  });

const faults = {
  sendgrid: {
    failing: { status: 500, body: { errors: [{ message: 'oh', field: null }] } },
    rate_limited: {
      status: 429,
      headers: { 'x-ratelimit-reset': String(now / 1000 + 30) },
      body: { errors: [{ message: 'too many requests', field: null }] },
    },
  },
  ses: {
    failing: { status: 500, headers: { 'x-amzn-errortype': 'InternalFailure' }, body: { message: 'oh' } },
    rate_limited: {
      status: 429,
      headers: { 'x-amzn-errortype': 'TooManyRequestsException', 'retry-after': '30' },
      body: { message: 'Maximum sending rate exceeded.' },
    },
  },
} as const;

async function peerOf(config: typeof sendgrid | typeof ses, conduct: Conduct) {
  const name = config.provider as 'sendgrid' | 'ses';
  const provider: Provider<{ readonly id: string }> = await (name === 'sendgrid'
    ? aSendGrid({}, Date.now.bind(null))
    : aSes({}, () => now + 1_000));
  if (conduct === 'failing' || conduct === 'rate_limited') provider.misbehave(faults[name][conduct], 5);
  if (conduct === 'black_hole') provider.misbehave('hang', 5);
  if (conduct === 'reset') provider.misbehave('lost', 5);
  if (conduct === 'garbage') provider.misbehave('garbage', 5);
  if (conduct === 'rate_limited_bare') provider.misbehave({ ...faults[name].rate_limited, headers: {} }, 5);
  if (conduct === 'oversize') provider.misbehave({ status: 413, body: '' }, 5);
  if (conduct === 'refused') await provider.close();
  return {
    config: { ...config, base_url: provider.url },
    deliveryIds: () => provider.requests.map(({ body }) => /[0-9a-f-]{36}/.exec(body)?.[0] ?? ''),
    told: () =>
      provider.requests.flatMap(({ body }) => {
        const mail = JSON.parse(body);
        return (
          mail.Destination?.ToAddresses ??
          mail.personalizations[0].to.map(({ email }: { email: string }) => email)
        );
      }),
    holding: provider.waitFor(1).then(() => undefined),
    close: () => (conduct === 'refused' ? Promise.resolve() : provider.close()),
  };
}

checkChannel(
  email,
  {
    validConfig: sendgrid,
    secretText: apiKey,
    badConfigs: {
      'no key': { ...common, provider: 'sendgrid' },
      'no sender': { provider: 'sendgrid', api_key: apiKey, to: common.to },
      'keys of SMTP': { ...sendgrid, host: 'smtp.example.com' },
      'keys of SES': { ...sendgrid, region: 'eu-central-1' },
      'an event key that is none': { ...sendgrid, event_key: 'MFkwnope' },
    },
    peer: (conduct) => peerOf(sendgrid, conduct),
    host: async () => startTestHost(),
    person: { address: 'ann@example.com', wrong: 'Ann <ann@example.com>' },
    except: {
      ok_with_error: 'it says so in its status',
      partial: 'it takes all recipients or none',
      mention: 'a mail goes to its recipients',
    },
  },
  { describe: (name, body) => describe(`SendGrid: ${name}`, body), it, expect },
);

checkChannel(
  email,
  {
    validConfig: ses,
    secretText: secretKey,
    badConfigs: {
      'no region': { ...ses, region: undefined },
      'no secret': { ...ses, secret_access_key: undefined },
      'an event key': { ...ses, event_key: 'MFkw' },
    },
    peer: (conduct) => peerOf(ses, conduct),
    host: async () => startTestHost(),
    person: { address: 'ann@example.com', wrong: 'Ann <ann@example.com>' },
    except: {
      ok_with_error: 'it says so in its status',
      partial: 'it takes all recipients or none',
      mention: 'a mail goes to its recipients',
    },
  },
  { describe: (name, body) => describe(`SES: ${name}`, body), it, expect },
);

/** One message to a provider that runs. */
async function send(provider: Provider<unknown>, config: object, at = now): Promise<SendResult> {
  const lent = kept(startTestHost());
  const settings = email.config.parse({ ...config, base_url: provider.url });
  const instance = kept(email.open(settings, lent.host));
  const hostile = hostileMessage();
  const message = { ...hostile, alerts: hostile.alerts.slice(0, 2), truncated: 0 };
  const payload = email.render(message, { config: settings, locale: 'zh-TW' });
  return instance.send(payload, { deliveryId, attempt: 1, now: at, signal: AbortSignal.timeout(20_000) });
}

describe('SendGrid', () => {
  it('takes the mail as it stands, and gives it an id', async () => {
    const provider = kept(await aSendGrid());
    const result = await send(provider, {
      ...sendgrid,
      from_name: '告警中心',
      to: ['a@example.com', 'b@example.com'],
    });
    const [mail] = provider.accepted;
    expect(result).toEqual({ kind: 'sent', providerId: mail?.id });
    expect(mail).toMatchObject({
      from: { email: 'alerts@example.com', name: '告警中心' },
      personalizations: [
        {
          to: [{ email: 'a@example.com' }, { email: 'b@example.com' }],
          custom_args: { tocsin_delivery: deliveryId },
        },
      ],
      headers: { 'X-Tocsin-Delivery': deliveryId, 'Auto-Submitted': 'auto-generated' },
    });
  });

  it('says in its own words what is wrong, and the key never comes back', async () => {
    const results: unknown[] = [];
    const provider = kept(await aSendGrid({ callsPerMinute: 4 }));
    results.push(await send(provider, { ...sendgrid, api_key: 'SG.wrongwrong.key' }));
    results.push(await send(provider, { ...sendgrid, from_email: 'other@example.com' }));
    results.push(await send(provider, { ...sendgrid, to: ['ops@localhost'] }));
    provider.misbehave({ status: 200, body: '{}' });
    results.push(await send(provider, sendgrid));
    provider.misbehave('garbage');
    results.push(await send(provider, sendgrid));
    results.push(await send(provider, sendgrid));
    results.push(await send(provider, sendgrid));
    results.push(await send(provider, sendgrid));
    const small = kept(await aSendGrid({ maxBytes: 100 }));
    results.push(await send(small, sendgrid));
    expect(JSON.stringify(results)).not.toContain(apiKey);
    expect(results).toMatchObject([
      { kind: 'auth', code: '401' },
      { kind: 'auth', code: '403', message: expect.stringContaining('verified Sender Identity') },
      { kind: 'invalid_recipient', code: '400', message: 'SendGrid: Does not contain a valid address.' },
      { kind: 'unknown', code: '200' },
      { kind: 'unknown', code: '200' },
      { kind: 'sent' },
      { kind: 'sent' },
      { kind: 'rate_limited', retryAfterMs: 60_000, scope: 'account' },
      { kind: 'payload_too_large', code: '413' },
    ]);
  });

  it('posts events that are taken as receipts, whoever else has the account', async () => {
    const provider = kept(await aSendGrid());
    await send(provider, sendgrid);
    const { id } = provider.accepted[0]!;
    const url = 'https://x/webhook/callback/mail';
    const read = (headers: Readonly<Record<string, string>>, body: string, key = provider.eventKey) =>
      email.callback!.read(
        { method: 'POST', url, headers, body },
        email.config.parse({ ...sendgrid, event_key: key }),
        now,
      );
    const receipts = (event: string, over = {}) => {
      const posted = provider.events(id, event, over);
      const outcome = read(posted.headers, posted.body);
      return 'refused' in outcome ? outcome.refused : outcome.receipts;
    };
    const of = { providerId: id, deliveryId };
    expect(receipts('processed')).toEqual([{ ...of, status: 'sent' }]);
    expect(receipts('deferred')).toEqual([{ ...of, status: 'sent' }]);
    expect(receipts('delivered')).toEqual([{ ...of, status: 'delivered' }]);
    expect(receipts('bounce', { status: '5.1.1', reason: '550 no\r\nsuch user' })).toEqual([
      { ...of, status: 'failed', code: '5.1.1', message: '550 no such user' },
    ]);
    expect(receipts('dropped', { reason: 'Bounced Address' })).toEqual([
      { ...of, status: 'failed', code: 'dropped', message: 'Bounced Address' },
    ]);
    expect(receipts('open')).toEqual([]);
    expect(receipts('constructor')).toEqual([]);
    expect(receipts('delivered', { tocsin_delivery: undefined })).toEqual([]);

    const posted = provider.events(id, 'delivered');
    const other = (await aSendGrid().then(kept)).eventKey;
    expect(read(posted.headers, posted.body, other)).toEqual({ refused: 'the signature is wrong' });
    expect(read(posted.headers, posted.body.replace('delivered', 'bounce'))).toEqual({
      refused: 'the signature is wrong',
    });
    expect(read({}, posted.body)).toEqual({ refused: 'not signed' });
    const late = { ...posted.headers, 'x-twilio-email-event-webhook-timestamp': '1' };
    expect(read(late, posted.body)).toEqual({ refused: 'the signature is wrong' });
  });

  it('signs as its own library says that it does', () => {
    // The vector of sendgrid-nodejs, packages/eventwebhook/src/eventwebhook.spec.js.
    const key =
      'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==';
    const events = [
      {
        email: 'hello@world.com',
        event: 'dropped',
        reason: 'Bounced Address',
        sg_event_id: 'ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA',
        sg_message_id: 'LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0',
        'smtp-id': '<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>',
        timestamp: 1600112492,
      },
    ];
    const headers = {
      'x-twilio-email-event-webhook-timestamp': '1600112502',
      'x-twilio-email-event-webhook-signature':
        'MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=',
    };
    const read = (body: string) => readSendGridEvents({ method: 'POST', url: '', headers, body }, key);
    expect(read(`${JSON.stringify(events)}\r\n`)).toMatchObject({ receipts: [], reply: { status: 200 } });
    expect(read(JSON.stringify(events))).toEqual({ refused: 'the signature is wrong' });
  });

  it('refuses what is not exactly a mail', async () => {
    const provider = kept(await aSendGrid());
    const post = async (body: unknown, headers = {}) => {
      const response = await fetch(`${provider.url}/v3/mail/send`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
      await response.text();
      return response.status;
    };
    const good = {
      personalizations: [{ to: [{ email: 'ops@example.com' }] }],
      from: { email: 'alerts@example.com' },
      subject: 's',
      content: [{ type: 'text/plain', value: 'x' }],
    };
    expect(await post(good)).toBe(202);
    expect(await post({ ...good, extra: 1 })).toBe(400);
    expect(await post({ ...good, headers: { Subject: 'x' } })).toBe(400);
    expect(await post(good, { 'content-type': 'text/plain' })).toBe(415);
    expect(await post(good, { authorization: 'Bearer x' })).toBe(401);
  });
});

describe('SES', () => {
  it('takes the mail with its signature, also of temporary credentials and with a name beyond ASCII', async () => {
    const provider = kept(await aSes({ sessionToken: 'token' }));
    const from_name = '告警中心'.repeat(20);
    const result = await send(provider, {
      ...ses,
      session_token: 'token',
      from_name,
      configuration_set: 'alerts',
    });
    const [mail] = provider.accepted;
    expect(result).toEqual({ kind: 'sent', providerId: mail?.id });
    const words = [...mail!.FromEmailAddress.matchAll(/=\?UTF-8\?B\?([^?]+)\?=/g)];
    expect(words.map(([, word]) => Buffer.from(word!, 'base64').toString()).join('')).toBe(from_name);
    expect(mail).toMatchObject({
      Destination: { ToAddresses: ['ops@example.com'] },
      ConfigurationSetName: 'alerts',
      Content: {
        Simple: { Headers: expect.arrayContaining([{ Name: 'X-Tocsin-Delivery', Value: deliveryId }]) },
      },
    });
    expect(
      await send(provider, { ...ses, session_token: 'token', from_name: 'The "ops" \\ team' }),
    ).toMatchObject({
      kind: 'sent',
    });
  });

  it('says in its own words what is wrong, and no secret comes back', async () => {
    const provider = kept(await aSes({ perSecond: 4 }));
    const results: unknown[] = [];
    results.push(
      await send(provider, { ...ses, secret_access_key: 'another secret key'.replaceAll(' ', '-') }),
    );
    results.push(await send(provider, { ...ses, access_key_id: 'AKIDOTHEROTHEROTHER0' }));
    results.push(await send(provider, { ...ses, region: 'us-east-1' }));
    results.push(await send(provider, ses, now - 400_000));
    results.push(await send(provider, { ...ses, from_email: 'other@example.com' }));
    provider.misbehave({ status: 200, body: '{}' });
    results.push(await send(provider, ses));
    provider.misbehave('garbage');
    results.push(await send(provider, ses));
    for (let i = 0; i < 4; i++) results.push(await send(provider, ses));
    const small = kept(await aSes({ maxBytes: 100 }));
    results.push(await send(small, ses));
    expect(JSON.stringify(results)).not.toContain(secretKey);
    expect(results).toMatchObject([
      { kind: 'auth', code: 'InvalidSignatureException' },
      { kind: 'auth', code: 'UnrecognizedClientException' },
      { kind: 'auth', code: 'InvalidSignatureException' },
      { kind: 'auth', code: 'InvalidSignatureException' },
      { kind: 'permanent', code: 'MessageRejected', message: expect.stringContaining('is not verified') },
      { kind: 'unknown', code: '200' },
      { kind: 'unknown', code: '200' },
      { kind: 'sent' },
      { kind: 'sent' },
      { kind: 'sent' },
      { kind: 'rate_limited', code: 'TooManyRequestsException', scope: 'account' },
      { kind: 'payload_too_large', code: 'BadRequestException' },
    ]);
  });

  it('tells whether the credentials are good without telling anybody anything', async () => {
    for (const [provider, config] of [
      [kept(await aSes()), ses],
      [kept(await aSendGrid()), sendgrid],
    ] as const) {
      const verify = async (over: object) => {
        const settings = email.config.parse({ ...config, ...over, base_url: provider.url });
        const instance = kept(email.open(settings, kept(startTestHost()).host));
        return (await instance.verify!({ now, signal: AbortSignal.timeout(20_000) })).kind;
      };
      expect(await verify({})).toBe('sent');
      expect(
        await verify('api_key' in config ? { api_key: 'SG.x' } : { secret_access_key: 'x'.repeat(40) }),
      ).toBe('auth');
      expect(provider.accepted).toHaveLength(0);
    }
  });
});
