// The tables of answers in docs/channels.md, played: a real server answers with each code that stands in them, and the
// channel has to make of it what the table says.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startTestHost } from '../src/testing/channel-host.ts';
import { type ReceivedRequest, type ReceiverAnswer, startReceiver } from '../src/testing/http-receiver.ts';
import type { ChannelDefinition } from './channel.ts';
import { hostileMessage } from './contract-message.ts';
import { resultOfSmtpError } from './email-result.ts';
import { channels } from './index.ts';

const registry = channels as unknown as Readonly<Record<string, ChannelDefinition>>;

interface Play {
  readonly config: (url: string) => object;
  /** The provider's answer with a code of the table; `HTTP 503` is answered without a body of the provider's. */
  readonly answer: (code: string, words: string, request: ReceivedRequest) => ReceiverAnswer;
}

const json = (body: object, status = 200): ReceiverAnswer => ({ status, body: JSON.stringify(body) });
const bare = { config: (url: string) => ({ url }), answer: () => ({ status: 500 }) };
const mail = { from_email: 'a@example.com', to: ['b@example.com'] };
const to = ['+886912345678'];
const aliyun = { provider: 'aliyun', to, access_key_id: 'id', access_key_secret: 'secret' };
const twilio = {
  provider: 'twilio',
  to,
  from: '+14155550100',
  auth_token: 'token',
  account_sid: `AC${'0'.repeat(32)}`,
};
const answerOfAliyun: Play['answer'] = (Code) => json({ Code, Message: 'no', RequestId: 'r' }, 400);
const answerOfTwilio: Play['answer'] = (code) =>
  json({ code: Number(code), message: 'no', status: 400 }, 400);

/** By channel and by the word in front of a row, which is its provider. */
const plays: Readonly<Record<string, Play>> = {
  webhook: bare,
  'alertmanager-webhook': bare,
  wecom: {
    config: (base_url) => ({ webhook_key: '693a91f6-7aaa', base_url }),
    answer: (code, errmsg) => json({ errcode: Number(code), errmsg }),
  },
  dingtalk: {
    config: (base_url) => ({ access_token: 'f0e1d2c3b4a5', base_url }),
    answer: (code, errmsg) =>
      json(code === 'punish' ? { status: 1111, wait: 5, punish: 'deny' } : { errcode: Number(code), errmsg }),
  },
  feishu: {
    config: (base_url) => ({ hook_id: '0f1e2d3c-4b5a', base_url }),
    answer: (code, msg) => json({ code: Number(code), data: {}, msg }),
  },
  slack: {
    config: (base_url) => ({ token: 'xoxb-1111-2222', channel: 'C012AB3CD', base_url, threads: false }),
    answer: (error) => json({ ok: false, error }),
  },
  pagerduty: {
    config: (base_url) => ({ routing_key: 'abcdef0123456789abcdef0123456789', base_url }),
    answer: () => ({ status: 500 }),
  },
  'email SendGrid': {
    config: (base_url) => ({ ...mail, provider: 'sendgrid', api_key: 'SG.a.b', base_url }),
    answer: () => ({ status: 500 }),
  },
  'email SES': {
    config: (base_url) => ({
      ...{ ...mail, provider: 'ses', region: 'eu-central-1', base_url },
      ...{
        access_key_id: 'AKIAIOSFODNN7EXAMPLE',
        secret_access_key: 'a secret of 16+ letters'.replaceAll(' ', '-'),
      },
    }),
    answer: (type) => ({
      status: 400,
      headers: { 'x-amzn-errortype': `${type}:` },
      body: '{"message":"no"}',
    }),
  },
  'sms Aliyun': {
    config: (base_url) => ({ ...aliyun, sign_name: 'x', template_code: 'SMS_1', base_url }),
    answer: answerOfAliyun,
  },
  'sms Tencent': {
    config: (base_url) => ({
      ...{ provider: 'tencent', to, secret_id: 'id', secret_key: 'secret', base_url },
      ...{ sdk_app_id: '1400000000', template_id: '1' },
    }),
    answer: (Code) => json({ Response: { SendStatusSet: [{ PhoneNumber: to[0], Code, SerialNo: '' }] } }),
  },
  'sms Twilio': { config: (base_url) => ({ ...twilio, base_url }), answer: answerOfTwilio },
  'sms AWS': {
    config: (base_url) => ({
      ...{ provider: 'aws', to, region: 'eu-central-1', base_url },
      ...{ access_key_id: 'id', secret_access_key: 'secret' },
    }),
    answer: (code) => ({
      status: 400,
      body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code></Error></ErrorResponse>`,
    }),
  },
  'phone Aliyun': {
    config: (base_url) => ({ ...aliyun, tts_code: 'TTS_1', base_url }),
    answer: answerOfAliyun,
  },
  'phone Twilio': { config: (base_url) => ({ ...twilio, base_url }), answer: answerOfTwilio },
};

/** What a bare status says beside its number, in the few tables that tell words apart. */
function answerOfHttp(status: number, words: string): ReceiverAnswer {
  if (words === '') return { status };
  if (words === 'success') return json({ status: 'success', dedup_key: 'k' }, status);
  if (words.startsWith('personalizations'))
    return json({ errors: [{ field: words, message: 'no' }] }, status);
  return json({ status: 'invalid event', errors: [words] }, status);
}

/** Of `` `93000 exceed max length` `` the code and its words. */
function codesOf(
  answer: string,
): { readonly written: string; readonly code: string; readonly words: string }[] {
  return [...answer.matchAll(/`([^`]+)`/g)]
    .map(([, written]) => written!)
    .map((written) => {
      const [, code = '', words = ''] = /^((?:HTTP )?\S+) ?(.*)$/.exec(written) ?? [];
      return { written, code, words };
    });
}

const tables = Object.values(registry).flatMap(({ kind, docs }) => {
  const rows = new Map<string, [answer: string, result: string][]>();
  for (const [answer, result] of docs?.answers ?? []) {
    const provider = /^(SMTP|SendGrid|SES|Aliyun|Tencent|Twilio|AWS): /.exec(answer)?.[1];
    const name = provider === undefined ? kind : `${kind} ${provider}`;
    rows.set(name, [...(rows.get(name) ?? []), [answer, result]]);
  }
  return [...rows].map(([name, answers]) => ({ name, kind, answers }));
});

describe('the table of answers of', () => {
  const played = tables.filter(({ name }) => name !== 'console' && name !== 'email SMTP');

  it.each(played)('$name says what the channel makes of them', async ({ name, kind, answers }) => {
    const { config, answer } = plays[name]!;
    let now: { code: string; words: string } = { code: '', words: '' };
    const provider = await startReceiver({
      handler(request) {
        const status = /^HTTP (\d{3})$/.exec(now.code)?.[1];
        return status === undefined
          ? answer(now.code, now.words, request)
          : answerOfHttp(Number(status), now.words);
      },
    });
    const lent = startTestHost();
    const definition = registry[kind]!;
    const settings = definition.config.parse(config(provider.url));
    const instance = definition.open(settings, lent.host);
    const payload = definition.render(hostileMessage(), { config: settings, locale: 'en' });
    const said: string[] = [];
    const does: string[] = [];
    try {
      for (const [row, result] of answers) {
        for (const { written, code, words } of codesOf(row)) {
          now = { code, words };
          const signal = AbortSignal.timeout(30_000);
          const made = await instance.send(payload, {
            deliveryId: 'd',
            attempt: 1,
            now: lent.host.now(),
            signal,
          });
          said.push(`${written}: ${result}`);
          does.push(`${written}: ${made.kind}`);
        }
      }
    } finally {
      await instance.close();
      await lent.close();
      await provider.close();
    }
    expect(said.length).toBeGreaterThan(5);
    expect(does).toEqual(said);
  });

  it('mail by SMTP says what its replies come to', () => {
    const { answers } = tables.find(({ name }) => name === 'email SMTP')!;
    const rows = answers.flatMap(([row, result]) => codesOf(row).map((one) => ({ ...one, result })));
    expect(rows.length).toBeGreaterThan(8);
    for (const { code, written, result } of rows) {
      const reply = { responseCode: Number(code), response: written, command: 'DATA' };
      expect([
        written,
        resultOfSmtpError(reply, { begun: true, recipients: ['b@example.com'] }).kind,
      ]).toEqual([written, result]);
    }
  });

  it.each([
    ['wecom', 'wecom.ts', /case (-?\d+):/g],
    ['dingtalk', 'dingtalk.ts', /case (-?\d+):/g],
    ['feishu', 'feishu.ts', /case (-?\d+):/g],
    ['sms', 'twilio-api.ts', /^ {2}(\d{5}): \{/gm],
  ] as const)('%s names every code that %s tells apart', (kind, file, code) => {
    const source = readFileSync(new URL(file, import.meta.url), 'utf8');
    const known = [...source.matchAll(code)].map(([, one]) => one!);
    const documented = registry[kind]!.docs!.answers.flatMap(([row]) => codesOf(row).map((one) => one.code));
    expect(known.length).toBeGreaterThan(5);
    expect(known.filter((one) => !documented.includes(one))).toEqual([]);
  });
});
