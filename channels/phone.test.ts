// Calls through simulated providers: what is said, who pressed a key, and how a call ended.
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { startTestHost } from '../src/testing/channel-host.ts';
import { startReceiver } from '../src/testing/http-receiver.ts';
import { startAliyun } from '../src/testing/providers/aliyun.ts';
import type { ProviderFault } from '../src/testing/providers/provider.ts';
import { isWellFormed, startTwilio } from '../src/testing/providers/twilio.ts';
import type { ChannelHost, Receipt } from './channel.ts';
import { type Conduct, checkChannel } from './contract.ts';
import { hostileMessage } from './contract-message.ts';
import type { AlertMessage, Locale } from './message.ts';
import { phone } from './phone.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const at = 1_700_000_000_000;
const key = 'a-secret-that-nobody-shall-see';
const token = 'report-token-0123456789';
const deliveryId = '0190a1b2-c3d4-7e5f-8a6b-0123456789ab';
const sid = `AC${'0'.repeat(32)}`;
const twilio = {
  provider: 'twilio',
  to: ['+14155550100'],
  account_sid: sid,
  auth_token: key,
  from: '+14155550199',
};
const aliyun = {
  provider: 'aliyun',
  to: ['13812345678'],
  country: 'CN',
  access_key_id: 'LTAI5t',
  access_key_secret: key,
  tts_code: 'TTS_1',
  template_params: { name: 'name', summary: 'summary' },
  callback_token: token,
};

const hostile = hostileMessage();
const one: AlertMessage = {
  ...hostile,
  truncated: 0,
  alerts: [
    {
      ...hostile.alerts[0]!,
      labels: { alertname: 'Disk <full> & "read-only"' },
      annotations: { summary: 'db-1.prod.internal (10.0.0.1)' },
    },
  ],
};

async function call(
  raw: object,
  over: { message?: AlertMessage; host?: Partial<ChannelHost>; locale?: Locale; now?: number } = {},
) {
  const lent = startTestHost();
  const config = phone.config.parse(raw);
  const instance = phone.open(config, { ...lent.host, ...over.host });
  closing.push(lent.close, instance.close);
  const payload = phone.render(over.message ?? one, { config, locale: over.locale ?? 'en' });
  const signal = AbortSignal.timeout(20_000);
  const result = await instance.send(payload, { deliveryId, attempt: 1, now: over.now ?? at, signal });
  expect(JSON.stringify(result)).not.toContain(key);
  return result;
}

const faults: Partial<Record<Conduct, ProviderFault>> = {
  rate_limited_bare: {
    status: 429,
    body: { code: 20429, message: 'Too Many Requests', more_info: '', status: 429 },
  },
  garbage: 'garbage',
  failing: { status: 500, body: 'oops' },
  rate_limited: { status: 429, headers: { 'retry-after': '30' }, body: { code: 20429, status: 429 } },
  black_hole: 'hang',
  reset: 'reset',
};

const callbackUrl = 'https://alerts.example.com/webhook/callback/phone';

checkChannel(
  phone,
  {
    validConfig: twilio,
    secretText: key,
    badConfigs: {
      'an unknown provider': { ...twilio, provider: 'pigeon' },
      'no caller': { ...twilio, from: undefined },
      'a number that cannot be read': { ...twilio, to: ['12'] },
      'a voice that would end the tag': { ...twilio, voice: '"/><Hangup' },
      'a text too often': { ...aliyun, play_times: 4 },
    },
    async peer(conduct) {
      const provider = await startTwilio({ now: () => at, accountSid: sid, authToken: key });
      const fault = faults[conduct];
      if (fault !== undefined) provider.misbehave(fault);
      if (conduct === 'refused') await provider.close();
      return {
        config: { ...twilio, base_url: provider.url },
        deliveryIds: () =>
          provider.accepted.map(({ form }) => new URL(form.StatusCallback!).searchParams.get('delivery')!),
        told: () => provider.accepted.map(({ form }) => form.To!),
        holding: conduct === 'black_hole' ? provider.waitFor(1).then(() => {}) : Promise.resolve(),
        close: () => (conduct === 'refused' ? Promise.resolve() : provider.close()),
      };
    },
    person: { address: '+1 (415) 555-0177', wrong: '415 555 0177' },
    async host() {
      const lent = startTestHost();
      return { host: { ...lent.host, callbackUrl }, close: lent.close };
    },
    except: {
      ok_with_error: 'Twilio says it in its status; the others are asked below',
      oversize: 'it is cut to the size before',
      partial: 'one number here; several are asked below',
      mention: 'a call goes to its number',
    },
  },
  { describe, it, expect },
);

/** Where the provider calls us. */
async function desk(raw: object, path = '/webhook/callback/phone') {
  const config = phone.config.parse(raw);
  const receipts: Receipt[] = [];
  const receiver = await startReceiver({
    handler({ method, path: came, headers, body }) {
      const outcome = phone.callback!.read(
        { method, url: `${receiver.url}${came}`, headers, body },
        config,
        at,
      );
      if ('refused' in outcome) return { status: 403, body: outcome.refused };
      receipts.push(...outcome.receipts);
      return { status: outcome.reply.status, body: outcome.reply.body };
    },
  });
  closing.push(receiver.close);
  return { receipts, url: `${receiver.url}${path}` };
}

it('calls nobody for a channel that has no numbers, and says so', async () => {
  const { to: _, ...nobody } = twilio;
  expect(await call(nobody)).toMatchObject({ kind: 'invalid_recipient', code: 'no_to', scope: 'recipient' });
  expect(phone.reachesPlaces!(phone.config.parse(nobody))).toBe(false);
  expect(phone.reachesPlaces!(phone.config.parse(twilio))).toBe(true);
});

describe('a call through Twilio', () => {
  const start = async () => {
    const provider = await startTwilio({ now: () => at, accountSid: sid, authToken: key });
    closing.push(provider.close);
    return { provider, config: { ...twilio, base_url: provider.url } };
  };

  it.each<[Locale, string, string]>([
    ['en', 'en-US', 'Press 1 to confirm.'],
    ['zh-TW', 'zh-TW', '確認請按 1。'],
    ['zh-CN', 'zh-CN', '确认请按 1。'],
  ])('says the alert in %s, escaped, and asks for a key', async (locale, language, press) => {
    const { provider, config } = await start();
    const { url, receipts } = await desk(twilio);
    expect((await call(config, { locale, host: { callbackUrl: url } })).kind).toBe('sent');
    const [made] = provider.accepted;
    expect(made!.form.Twiml).toContain(`<Say language="${language}">${press}</Say>`);
    expect(made!.form.Twiml).toContain('Disk &lt;full&gt; &amp; &quot;read-only&quot;');
    expect(made!.form.Twiml).toMatch(/^<Response><Gather numDigits="1" /);
    const answer = await provider.press(made!, '1');
    expect(isWellFormed(answer.replace(/^<\?xml[^>]*\?>/, ''))).toBe(true);
    expect(answer).toContain(`language="${language}"`);
    expect(receipts).toEqual([{ providerId: made!.sid, deliveryId, status: 'delivered', answer: '1' }]);
  });

  it('asks for no key when it says that it is over', async () => {
    const { provider, config } = await start();
    const { url } = await desk(twilio);
    const over = { ...one, status: 'resolved' as const };
    expect((await call(config, { message: over, host: { callbackUrl: url } })).kind).toBe('sent');
    const { Twiml, StatusCallback } = provider.accepted[0]!.form;
    expect(Twiml).not.toContain('Gather');
    expect(Twiml).not.toContain('Press 1');
    expect(StatusCallback).toContain(url);
  });

  it('tells how it ended: late, twice and out of order', async () => {
    const { provider, config } = await start();
    const { url, receipts } = await desk(twilio);
    await call(config, { host: { callbackUrl: url } });
    const [made] = provider.accepted;
    for (const status of [
      'completed',
      'ringing',
      'initiated',
      'in-progress',
      'completed',
      'busy',
      'no-answer',
    ])
      await provider.report(made!, status);
    expect(receipts.map(({ status, code }) => code ?? status)).toEqual([
      'delivered',
      'sent',
      'sent',
      'sent',
      'delivered',
      'busy',
      'no-answer',
    ]);
    expect(await provider.press(made!, '2')).toContain('Not confirmed.');
    expect(receipts.at(-1)).toMatchObject({ status: 'delivered', answer: '2' });
    await expect(
      provider.report({ ...made!, form: { StatusCallback: `${url}?x` } }, 'nonsense'),
    ).resolves.toBeDefined();
  });

  it('gathers no key where nobody would hear it, and stays within what Twilio takes', async () => {
    const { provider, config } = await start();
    const markup = {
      ...one,
      alerts: one.alerts.map((alert) => ({ ...alert, labels: { alertname: `"'&<>`.repeat(60) } })),
    };
    expect((await call(config, { message: markup })).kind).toBe('sent');
    expect((await call(config, { message: hostile, locale: 'zh-TW' })).kind).toBe('sent');
    for (const { form } of provider.accepted) expect(form.Twiml).not.toContain('Gather');
  });
});

it('says whatever stands in an alert as words, never as TwiML', () => {
  const config = phone.config.parse(twilio);
  const sign = fc.constantFrom(
    '<',
    '>',
    '&',
    '"',
    "'",
    '</Say>',
    ']]>',
    '&lt;',
    '\u0000',
    '\ud83d',
    '🔥',
    '<Hangup/>',
  );
  const text = fc.array(fc.oneof(sign, fc.string({ unit: 'binary', maxLength: 9 })), { maxLength: 40 });
  fc.assert(
    fc.property(text, (parts) => {
      const labels = { alertname: parts.join('') };
      const message = { ...one, alerts: one.alerts.map((alert) => ({ ...alert, labels })) };
      const spoken = phone.render(message, { config, locale: 'en' }) as { text: string };
      expect(isWellFormed(`<Say>${spoken.text}</Say>`)).toBe(true);
      expect(spoken.text).not.toMatch(/\p{Surrogate}|(?=\p{Cc})[^\n\t\r]/u);
    }),
    { numRuns: 200, seed: 7 },
  );
});

it('cuts a long text between two signs, never within an escaped one', () => {
  const config = phone.config.parse(twilio);
  for (const length of [190, 199, 200, 201, 1_500]) {
    const words = { title: null, text: `${'x'.repeat(length % 7)}${'"'.repeat(length)}` };
    const spoken = phone.render(one, { config, locale: 'en', words }) as { text: string };
    expect(isWellFormed(`<Say>${spoken.text}</Say>`)).toBe(true);
    expect(spoken.text.length).toBeLessThanOrEqual(1_200);
  }
});

describe('a call through Aliyun', () => {
  it('says the approved text; the second within a minute is one too many for this number alone', async () => {
    let now = at;
    const provider = await startAliyun({ now: () => now, accessKeyId: 'LTAI5t', accessKeySecret: key });
    closing.push(provider.close);
    const config = { ...aliyun, base_url: provider.url };
    expect(await call(config)).toMatchObject({ kind: 'sent', providerId: provider.accepted[0]!.id });
    expect(provider.accepted[0]).toMatchObject({
      kind: 'call',
      number: '13812345678',
      params: { summary: 'db-1' },
    });
    expect(await call(config)).toMatchObject({ kind: 'rate_limited', scope: 'recipient' });
    now += 60_000;
    expect((await call(config, { now })).kind).toBe('sent');
    expect(phone.rates!(phone.config.parse(config))).toContainEqual({
      scope: 'recipient',
      calls: 1,
      perMs: 60_000,
    });
  });

  it('reports whether it was heard, and the key', async () => {
    const provider = await startAliyun({ now: () => at, accessKeyId: 'LTAI5t', accessKeySecret: key });
    closing.push(provider.close);
    const { url, receipts } = await desk(aliyun, `/webhook/callback/phone?token=${token}`);
    await call({ ...aliyun, base_url: provider.url });
    const { accepted } = provider;
    expect(await provider.report(url, accepted, { statusCode: '200003' })).toEqual(['{"code":0,"msg":"OK"}']);
    await provider.report(url, accepted, { statusCode: '200103' });
    await provider.report(url, [...accepted, ...accepted]);
    await provider.report(url, accepted, { statusCode: '300000', dtmf: '1' });
    expect(receipts.map(({ status, code, answer }) => answer ?? code ?? status)).toEqual([
      '200003',
      'sent',
      'delivered',
      'delivered',
      '1',
    ]);
    await expect(provider.report(url.replace(token, 'x'), accepted)).rejects.toThrow('the token is wrong');
  });
});
