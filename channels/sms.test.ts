// Short messages through simulated providers that compute every signature anew: who is told what, and what every refusal
// comes to.
import { afterEach, describe, expect, it } from 'vitest';
import { startTestHost } from '../src/testing/channel-host.ts';
import { startReceiver } from '../src/testing/http-receiver.ts';
import { startAliyun } from '../src/testing/providers/aliyun.ts';
import { startSns } from '../src/testing/providers/aws-sns.ts';
import type { Provider, ProviderFault } from '../src/testing/providers/provider.ts';
import { startTencent } from '../src/testing/providers/tencent.ts';
import { startTwilio } from '../src/testing/providers/twilio.ts';
import type { CallbackRequest, ChannelHost, Receipt, SendResult } from './channel.ts';
import { type Conduct, checkChannel } from './contract.ts';
import { hostileMessage } from './contract-message.ts';
import type { AlertMessage } from './message.ts';
import { sms } from './sms.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const at = 1_700_000_000_000;
const key = 'a-secret-that-nobody-shall-see';
const token = 'report-token-0123456789';
const deliveryId = '0190a1b2-c3d4-7e5f-8a6b-0123456789ab';
const sid = `AC${'0'.repeat(32)}`;
const callbackUrl = 'https://alerts.example.com/webhook/callback/sms';

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
  sign_name: '告警',
  template_code: 'SMS_1',
  callback_token: token,
};
const tencent = {
  provider: 'tencent',
  to: ['+8613812345678'],
  secret_id: 'AKIDz8',
  secret_key: key,
  sdk_app_id: '1400006666',
  sign_name: '告警',
  template_id: '1110',
  callback_token: token,
};
const aws = {
  provider: 'aws',
  to: ['+14155550100'],
  access_key_id: 'AKIDEXAMPLE',
  secret_access_key: key,
  region: 'eu-central-1',
};

/** The provider of a configuration, simulated, whose clock is the attempts'. */
function simulated(name: string, over: object = {}): Promise<Provider<unknown>> {
  const clock = { now: () => at, ...over };
  switch (name) {
    case 'twilio':
      return startTwilio({ ...clock, accountSid: sid, authToken: key });
    case 'aliyun':
      return startAliyun({ ...clock, accessKeyId: 'LTAI5t', accessKeySecret: key });
    case 'tencent':
      return startTencent({ ...clock, secretId: 'AKIDz8', secretKey: key });
    default:
      return startSns({ ...clock, accessKeyId: 'AKIDEXAMPLE', secretAccessKey: key, region: 'eu-central-1' });
  }
}

const hostile = hostileMessage();
const one: AlertMessage = {
  ...hostile,
  reason: 'first',
  truncated: 0,
  alerts: [
    {
      ...hostile.alerts[0]!,
      labels: { alertname: 'HighCpu', host: 'db.prod.internal' },
      annotations: { summary: 'CPU of db.prod.internal (10.0.0.1) at 91 %, see https://run.example/1' },
    },
  ],
};

/** One attempt, as written in a file. */
async function send(
  raw: object,
  over: { message?: AlertMessage; host?: Partial<ChannelHost>; now?: number } = {},
) {
  const lent = startTestHost();
  const config = sms.config.parse(raw);
  const instance = sms.open(config, { ...lent.host, ...over.host });
  closing.push(lent.close, instance.close);
  const payload = sms.render(over.message ?? one, { config, locale: 'en' });
  const result = await instance.send(payload, {
    deliveryId,
    attempt: 1,
    now: over.now ?? at,
    signal: AbortSignal.timeout(20_000),
  });
  expect(JSON.stringify(result)).not.toContain(key);
  return result;
}

const serverError: ProviderFault = { status: 500, body: 'oops' };
const slowDown: ProviderFault = {
  status: 429,
  headers: { 'retry-after': '30' },
  body: { code: 20429, message: 'Too Many Requests', status: 429 },
};
const faults: Partial<Record<Conduct, ProviderFault>> = {
  rate_limited_bare: {
    status: 429,
    body: { code: 20429, message: 'Too Many Requests', more_info: '', status: 429 },
  },
  garbage: 'garbage',
  failing: serverError,
  rate_limited: slowDown,
  black_hole: 'hang',
  reset: 'reset',
};

checkChannel(
  sms,
  {
    validConfig: { ...twilio, max_segments: 10 },
    secretText: key,
    badConfigs: {
      'no provider': { to: ['+14155550100'] },
      'an unknown provider': { ...twilio, provider: 'pigeon' },
      'no number': { ...twilio, to: [] },
      'a number that cannot be read': { ...twilio, to: ['+14155550100', '12'] },
      'a number without + and no country': { ...twilio, to: ['0912345678'] },
      'no sender': { ...twilio, from: undefined },
      'two senders': { ...twilio, messaging_service_sid: `MG${'0'.repeat(32)}` },
      'half of an API key': { ...twilio, api_key: `SK${'0'.repeat(32)}` },
      'a key of another provider': { ...twilio, sign_name: 'x' },
      'a short token': { ...aliyun, callback_token: 'short' },
      'a variable of nothing': { ...aliyun, template_params: { a: 'nothing' } },
    },
    async peer(conduct) {
      const provider = await startTwilio({ now: () => at + 1_000, accountSid: sid, authToken: key });
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
      mention: 'a text message goes to its number',
    },
  },
  { describe, it, expect },
);

describe.each([aliyun, tencent, twilio, aws])('SMS through $provider', (raw) => {
  const start = async () => {
    const provider = await simulated(raw.provider);
    closing.push(provider.close);
    return { provider, config: { ...raw, base_url: provider.url } };
  };

  it('is taken, and what cannot be read afterwards is unknown, never sent', async () => {
    const { provider, config } = await start();
    const sent = await send(config);
    expect(sent.kind, JSON.stringify(sent)).toBe('sent');
    expect((sent as { providerId?: string }).providerId).toBeTruthy();
    expect(provider.accepted).toHaveLength(1);
    provider.misbehave('garbage');
    expect((await send(config)).kind).toBe('unknown');
    provider.misbehave({ status: 200, body: {} });
    expect((await send(config)).kind).toBe('unknown');
    provider.misbehave('lost');
    expect((await send(config)).kind).toBe('unknown');
    provider.misbehave('reset');
    expect((await send(config)).kind).toBe('unknown');
  });

  it('says transient, rate limited or auth as the status has it, where there is no body of the vendor', async () => {
    const { provider, config } = await start();
    provider.misbehave(serverError);
    expect((await send(config)).kind).toBe('transient');
    provider.misbehave({ status: 429, headers: { 'retry-after': '7' }, body: 'slow down' });
    expect(await send(config)).toMatchObject({ kind: 'rate_limited', retryAfterMs: 7_000 });
    provider.misbehave({ status: 403, body: '<html>' });
    expect((await send(config)).kind).toBe('auth');
    const gone = await simulated(raw.provider);
    await gone.close();
    expect((await send({ ...config, base_url: gone.url })).kind).toBe('network');
  });

  it('is refused as auth with a wrong secret, and with a clock that is an hour off', async () => {
    const { config } = await start();
    const wrong = Object.fromEntries(
      Object.entries(config).map(([name, value]) => [name, value === key ? `${key}x` : value]),
    );
    expect((await send(wrong)).kind).toBe('auth');
    if (raw.provider !== 'twilio') expect((await send(config, { now: at - 3_600_000 })).kind).toBe('auth');
  });
});

/** Closed with the test. */
function told<Simulated extends Provider<unknown>>(provider: Simulated): Simulated {
  closing.push(provider.close);
  return provider;
}

describe('SMS through Aliyun', () => {
  it('fills the template, without addresses, and one bad number costs no other', async () => {
    const provider = told(
      await startAliyun({
        now: () => at,
        accessKeyId: 'LTAI5t',
        accessKeySecret: key,
        illegal: ['13900000000'],
      }),
    );
    const result = await send({
      ...aliyun,
      to: ['13812345678', '139-0000-0000', '+886912345678'],
      template_params: { status: 'status', alarm: 'name', detail: 'summary' },
      base_url: provider.url,
    });
    expect(provider.accepted.map(({ number }) => number).sort()).toEqual(['13812345678', '886912345678']);
    expect(provider.accepted[0]).toMatchObject({
      outId: deliveryId,
      params: { status: 'FIRING', alarm: 'HighCpu', detail: 'CPU of db at 91 %, see' },
    });
    expect(result).toMatchObject({
      kind: 'partial',
      per: {
        '+8613812345678': { kind: 'sent' },
        '+8613900000000': { kind: 'invalid_recipient', code: 'isv.MOBILE_NUMBER_ILLEGAL' },
        '+886912345678': { kind: 'sent' },
      },
    });
  });

  it('says that one number has had enough without blaming the channel, and that the account is empty', async () => {
    const provider = told(await startAliyun({ now: () => at, accessKeyId: 'LTAI5t', accessKeySecret: key }));
    const config = { ...aliyun, base_url: provider.url };
    provider.misbehave({
      status: 200,
      body: { Code: 'isv.BUSINESS_LIMIT_CONTROL', Message: 'x', RequestId: 'r' },
    });
    expect(await send(config)).toMatchObject({ kind: 'rate_limited', scope: 'recipient' });
    provider.misbehave({
      status: 400,
      headers: { 'x-acs-retry-after': '1500' },
      body: { Code: 'Throttling.User', Message: 'x' },
    });
    expect(await send(config)).toMatchObject({ kind: 'rate_limited', scope: 'account', retryAfterMs: 1_500 });
    provider.broke = true;
    expect(await send(config)).toMatchObject({
      kind: 'auth',
      scope: 'account',
      code: 'isv.AMOUNT_NOT_ENOUGH',
    });
  });

  it.each([
    ['isv.MOBILE_NUMBER_ILLEGAL', 'invalid_recipient'],
    ['isv.OUT_OF_SERVICE', 'auth'],
    ['isv.SMS_TEMPLATE_ILLEGAL', 'permanent'],
    ['isv.SMS_SIGNATURE_ILLEGAL', 'permanent'],
    ['isv.TEMPLATE_MISSING_PARAMETERS', 'permanent'],
    ['isv.PARAM_LENGTH_LIMIT', 'permanent'],
    ['isv.PARAM_NOT_SUPPORT_URL', 'permanent'],
    ['isp.SYSTEM_ERROR', 'transient'],
    ['SignatureDoesNotMatch', 'auth'],
    ['InvalidAccessKeyId.NotFound', 'auth'],
    [`x${key} ${key}`, 'unknown'],
  ])('reads %s in an answer of HTTP 200 as %s', async (Code, kind) => {
    const provider = told(await startAliyun({ now: () => at, accessKeyId: 'LTAI5t', accessKeySecret: key }));
    provider.misbehave({ status: 200, body: { Code, Message: key, RequestId: 'r' } });
    expect((await send({ ...aliyun, base_url: provider.url })).kind).toBe(kind);
  });
});

describe('SMS through Tencent', () => {
  it('asks once for all numbers and reads the status of each', async () => {
    const provider = told(
      await startTencent({
        now: () => at,
        secretId: 'AKIDz8',
        secretKey: key,
        incorrect: ['+8613900000000'],
      }),
    );
    const config = { ...tencent, template_params: ['status', 'summary'], base_url: provider.url };
    const result = await send({ ...config, to: ['+8613812345678', '+8613900000000'] });
    expect(provider.requests).toHaveLength(1);
    expect(provider.accepted).toMatchObject([{ session: deliveryId, params: ['FIRING', 'CPU of db a.'] }]);
    expect(result).toMatchObject({
      kind: 'partial',
      providerId: provider.accepted[0]!.id,
      per: { '+8613900000000': { kind: 'invalid_recipient', scope: 'recipient' } },
    });
    // The same number again within half a minute.
    expect(await send(config)).toMatchObject({
      kind: 'rate_limited',
      scope: 'recipient',
      code: 'LimitExceeded.PhoneNumberThirtySecondLimit',
    });
  });

  it.each([
    ['LimitExceeded.PhoneNumberDailyLimit', 'rate_limited'],
    ['LimitExceeded.PhoneNumberSameContentDailyLimit', 'rate_limited'],
    ['RequestLimitExceeded', 'rate_limited'],
    ['FailedOperation.InsufficientBalanceInSmsPackage', 'auth'],
    ['AuthFailure.SignatureFailure', 'auth'],
    ['InvalidParameterValue.IncorrectPhoneNumber', 'invalid_recipient'],
    ['InvalidParameterValue.ContentLengthLimit', 'payload_too_large'],
    ['FailedOperation.TemplateIncorrectOrUnapproved', 'permanent'],
    ['InternalError.Timeout', 'transient'],
  ])('reads %s in an answer of HTTP 200 as %s', async (Code, kind) => {
    const provider = told(await startTencent({ now: () => at, secretId: 'AKIDz8', secretKey: key }));
    provider.misbehave({
      status: 200,
      body: { Response: { Error: { Code, Message: key }, RequestId: 'r' } },
    });
    expect((await send({ ...tencent, base_url: provider.url })).kind).toBe(kind);
  });

  it('knows nothing of a number that the answer leaves out', async () => {
    const provider = told(await startTencent({ now: () => at, secretId: 'AKIDz8', secretKey: key }));
    const status = { PhoneNumber: '+8613812345678', SerialNo: '1', Code: 'Ok' };
    provider.misbehave({ status: 200, body: { Response: { SendStatusSet: [status], RequestId: 'r' } } });
    const result = await send({
      ...tencent,
      to: ['+8613812345678', '+8613900000001'],
      base_url: provider.url,
    });
    expect(result).toMatchObject({ kind: 'partial', per: { '+8613900000001': { kind: 'unknown' } } });
  });
});

describe('SMS through Twilio and AWS', () => {
  it('says the title first, and names the delivery to Twilio', async () => {
    const provider = told(await startTwilio({ now: () => at, accountSid: sid, authToken: key }));
    const config = { ...twilio, base_url: provider.url };
    const sent = await send(config, { host: { callbackUrl } });
    expect(sent).toMatchObject({ kind: 'sent', providerId: provider.accepted[0]!.sid });
    expect(provider.accepted[0]!.form).toEqual({
      To: '+14155550100',
      From: '+14155550199',
      Body: 'FIRING [critical] HighCpu: CPU of db.prod.internal (10.0.0.1) at 91 %, see https://run.example/1',
      StatusCallback: `${callbackUrl}?delivery=${deliveryId}`,
    });
    await send({ ...config, max_segments: 2 }, { message: hostile });
    const body = provider.accepted[1]!.form.Body!;
    expect(body.length).toBeLessThanOrEqual(134);
    expect(body).toMatch(/^FIRING x\d+ \[critical\]/);
  });

  it.each([
    [20003, 401, 'auth'],
    [20429, 429, 'rate_limited'],
    [14107, 429, 'rate_limited'],
    [21211, 400, 'invalid_recipient'],
    [21614, 400, 'invalid_recipient'],
    [21610, 400, 'invalid_recipient'],
    [21606, 400, 'permanent'],
    [21608, 400, 'permanent'],
    [30003, 400, 'transient'],
    [30005, 400, 'invalid_recipient'],
    [30007, 400, 'permanent'],
    [30001, 400, 'rate_limited'],
    [21617, 400, 'payload_too_large'],
    [20500, 500, 'transient'],
  ])('reads %s of Twilio (HTTP %s) as %s', async (code, status, kind) => {
    const provider = told(await startTwilio({ now: () => at, accountSid: sid, authToken: key }));
    provider.misbehave({ status, body: { code, message: key, status } });
    const result = await send({ ...twilio, base_url: provider.url });
    expect(result).toMatchObject({ kind, code: String(code) });
  });

  it('asks Twilio with an API key, and whether the credentials are good', async () => {
    const api = { sid: `SK${'1'.repeat(32)}`, secret: 'another-secret' };
    const provider = told(await startTwilio({ now: () => at, accountSid: sid, authToken: key, apiKey: api }));
    const config = {
      ...twilio,
      auth_token: 'x',
      api_key: api.sid,
      api_secret: api.secret,
      base_url: provider.url,
    };
    expect((await send(config)).kind).toBe('sent');
    const lent = startTestHost();
    closing.push(lent.close);
    const verify = (raw: object) =>
      sms.open(sms.config.parse(raw), lent.host).verify!({ now: at, signal: AbortSignal.timeout(20_000) });
    expect((await verify(config)).kind).toBe('sent');
    expect((await verify({ ...config, api_secret: 'wrong' })).kind).toBe('auth');
    expect(provider.accepted).toHaveLength(1);
  });

  it.each([
    ['Throttled', 429, 'rate_limited'],
    ['OptedOut', 400, 'invalid_recipient'],
    ['InvalidParameter', 400, 'invalid_recipient'],
    ['AuthorizationError', 403, 'auth'],
    ['InternalError', 500, 'transient'],
    ['KMSDisabled', 400, 'permanent'],
  ])('reads %s of AWS (HTTP %s) as %s', async (code, status, kind) => {
    const provider = told(await simulated('aws'));
    const body = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${key}</Message></Error></ErrorResponse>`;
    provider.misbehave({ status, body });
    expect(await send({ ...aws, base_url: provider.url })).toMatchObject({ kind, code });
  });

  it('signs the token of temporary credentials', async () => {
    const provider = told(await simulated('aws'));
    const config = { ...aws, session_token: 'temporary', sender_id: 'Tocsin', base_url: provider.url };
    expect((await send(config)).kind).toBe('sent');
    expect(provider.requests[0]!.headers['x-amz-security-token']).toBe('temporary');
  });
});

it('of several numbers that all fail, what leaves most hope stands for all', async () => {
  const provider = told(
    await startTwilio({ now: () => at, accountSid: sid, authToken: key, stopped: ['+14155550100'] }),
  );
  const config = { ...twilio, to: ['+14155550100', '+14155550101'], base_url: provider.url };
  provider.chaos = ({ body }) => (body.includes('0101') ? 'lost' : null);
  const result: SendResult = await send(config);
  expect(result).toMatchObject({ kind: 'unknown' });
  expect(provider.accepted).toHaveLength(1);
});

/** Where the provider calls us: reads what comes with the channel's own `read`. */
async function desk(raw: object, path = '/webhook/callback/sms') {
  const config = sms.config.parse(raw);
  const receipts: Receipt[] = [];
  const refused: string[] = [];
  const receiver = await startReceiver({
    handler({ method, path: came, headers, body }) {
      const request: CallbackRequest = { method, url: `${receiver.url}${came}`, headers, body };
      const outcome = sms.callback!.read(request, config, at);
      if ('refused' in outcome) {
        refused.push(outcome.refused);
        return { status: 403 };
      }
      receipts.push(...outcome.receipts);
      return {
        status: outcome.reply.status,
        headers: { 'content-type': outcome.reply.contentType },
        body: outcome.reply.body,
      };
    },
  });
  closing.push(receiver.close);
  return { receipts, refused, url: `${receiver.url}${path}` };
}

describe('reports', () => {
  it.each([
    ['with the port', undefined],
    ['without the port', ''],
  ])('of Twilio are signed %s: late, twice and out of order', async (_name, signsPort) => {
    const { receipts, refused, url } = await desk(twilio);
    const provider = told(
      await startTwilio({
        now: () => at,
        accountSid: sid,
        authToken: key,
        ...(signsPort !== undefined && { signsPort }),
      }),
    );
    await send({ ...twilio, base_url: provider.url }, { host: { callbackUrl: url } });
    const [message] = provider.accepted;
    expect(await provider.report(message!, 'delivered')).toContain('<Response></Response>');
    await provider.report(message!, 'sent');
    await provider.report(message!, 'delivered');
    await provider.report(message!, 'undelivered', { ErrorCode: '30003' });
    const of = { providerId: message!.sid, deliveryId };
    expect(receipts).toEqual([
      { ...of, status: 'delivered' },
      { ...of, status: 'sent' },
      { ...of, status: 'delivered' },
      { ...of, status: 'failed', code: '30003', message: 'Twilio reports undelivered (30003).' },
    ]);
    const forged = async (headers: Record<string, string>) => {
      const body = new URLSearchParams({ MessageSid: 'SM1', MessageStatus: 'delivered', AccountSid: sid });
      return (await fetch(message!.form.StatusCallback!, { method: 'POST', headers, body })).status;
    };
    expect(await forged({})).toBe(403);
    expect(await forged({ 'x-twilio-signature': 'RSOYDt4T1cUTdK1PDd93/VVr8B8=' })).toBe(403);
    expect(refused).toEqual(['not signed', 'the signature is wrong']);
  });

  it('of Aliyun come as a list to a URL with the token', async () => {
    const { receipts, refused, url } = await desk(aliyun, `/webhook/callback/sms?token=${token}`);
    const provider = told(await startAliyun({ now: () => at, accessKeyId: 'LTAI5t', accessKeySecret: key }));
    await send({ ...aliyun, base_url: provider.url });
    const { accepted } = provider;
    expect(await provider.report(url, [...accepted, ...accepted])).toEqual(['{"code":0,"msg":"OK"}']);
    await provider.report(url, accepted, { errCode: 'MOBILE_NOT_ON_SERVICE' });
    const of = { providerId: accepted[0]!.id, deliveryId };
    expect(receipts).toEqual([
      { ...of, status: 'delivered' },
      { ...of, status: 'delivered' },
      {
        ...of,
        status: 'failed',
        code: 'MOBILE_NOT_ON_SERVICE',
        message: 'The operator reports MOBILE_NOT_ON_SERVICE.',
      },
    ]);
    await expect(provider.report(url.replace(token, 'guessed-token-012345'), accepted)).rejects.toThrow(
      '403',
    );
    expect(refused).toEqual(['the token is wrong']);
  });

  it('of Tencent come as a list to a URL that ends in the token', async () => {
    const { receipts, refused, url } = await desk(tencent, `/webhook/callback/sms/${token}`);
    const provider = told(await startTencent({ now: () => at, secretId: 'AKIDz8', secretKey: key }));
    await send({ ...tencent, base_url: provider.url });
    const { accepted } = provider;
    expect(await provider.report(url, accepted)).toEqual(['{"result":0,"errmsg":"OK"}']);
    await provider.report(url, accepted, 'UNDELIV');
    expect(receipts.map(({ status, code }) => [status, code])).toEqual([
      ['delivered', undefined],
      ['failed', 'UNDELIV'],
    ]);
    await expect(provider.report(url.replace(token, ''), accepted)).rejects.toThrow('403');
    expect(refused).toEqual(['the token is wrong']);
  });

  it('of what somebody sent back come with the number and the time, and are no receipts', () => {
    const read = (raw: object, body: unknown) => {
      const url = `https://a.example/x?token=${token}`;
      const request = { method: 'POST', url, headers: {}, body: JSON.stringify(body) };
      return sms.callback!.read(request, sms.config.parse(raw), at);
    };
    const up = { send_time: '2023-11-15 06:13:20', sign_name: '阿里云', dest_code: '1234', sequence_id: 7 };
    expect(
      read(aliyun, [
        { ...up, phone_number: '13900001234', content: '确认' },
        { ...up, phone_number: '886912345678', content: 'ok' },
        { ...up, phone_number: 'nobody', content: 'ok' },
      ]),
    ).toMatchObject({
      receipts: [],
      replies: [
        { from: '+8613900001234', text: '确认', at: 1_700_000_000_000 },
        { from: '+886912345678', text: 'ok', at: 1_700_000_000_000 },
      ],
    });
    const reply = { extend: '', mobile: '13900001234', nationcode: '86', sign: '腾讯', time: 1_700_000_000 };
    expect(read(tencent, { ...reply, text: 'x'.repeat(500) })).toMatchObject({
      receipts: [],
      replies: [{ from: '+8613900001234', text: 'x'.repeat(100), at: 1_700_000_000_000 }],
    });
    expect(read(tencent, { ...reply, mobile: 'nobody', text: '1' })).toHaveProperty('refused');
  });

  it.each([
    [
      'no token in the configuration',
      { ...aliyun, callback_token: undefined },
      '[]',
      'callback_token is not configured',
    ],
    ['no JSON', aliyun, '[', 'the body is no JSON'],
    ['no list', aliyun, '{}', 'the body is no list of at most 1000 reports'],
    ['no object', aliyun, '[null]', 'a report is no object'],
    ['too many', aliyun, `[${'1,'.repeat(1_000)}1]`, 'the body is no list of at most 1000 reports'],
    ['no provider that reports', aws, '[]', 'aws reports to nobody'],
  ])('are refused: %s', (_name, raw, body, refused) => {
    const request = { method: 'POST', url: `https://a.example/x?token=${token}`, headers: {}, body };
    expect(sms.callback!.read(request, sms.config.parse(raw), at)).toEqual({ refused });
  });
});
