// Calls through Twilio (Calls, 2010-04-01): the alert is spoken, and who presses 1 confirms it. What is said stands in the
// request (TwiML), so Twilio has nothing to fetch.
import { z } from 'zod';
import type { Receipt } from './channel.ts';
import { cut } from './cut.ts';
import { type Locale, locales } from './message.ts';
import { baseUrl, definePhoneProvider, numbersConfig } from './phone-provider.ts';
import { phoneTexts } from './phone-texts.ts';
import { codeOf, textOf } from './provider-reply.ts';
import { smsText } from './sms-text.ts';
import {
  callbackUrl,
  hasWholeKey,
  postTwilio,
  readTwilio,
  twilioKeys,
  twilioOutcome,
  twilioUrl,
  verifyTwilio,
} from './twilio-api.ts';

/** Twilio takes 4,000 characters of TwiML; an escaped one is up to six, and the alert is said twice. */
const longestSpoken = 1_200;
/** Nobody listens to more. */
const mostAlerts = 8;

interface Spoken {
  /** Escaped. */
  readonly text: string;
  readonly locale: Locale;
  /** Something fires or happened: there is something to confirm. */
  readonly asks: boolean;
}

export const twilioPhone = definePhoneProvider({
  name: 'twilio',
  config: z
    .strictObject({
      provider: z.literal('twilio').describe('Through whom.'),
      ...numbersConfig,
      ...twilioKeys,
      from: z.string().min(1).max(20).describe('Number that calls.'),
      voice: z
        .string()
        .regex(/^[A-Za-z0-9.-]{1,64}$/, 'must be a voice such as Polly.Joanna')
        .optional()
        .describe('Voice of the language; Twilio chooses one without.'),
      ring_seconds: z.int().min(5).max(600).default(30).describe('How long it rings.'),
      base_url: baseUrl(twilioUrl),
    })
    .refine(hasWholeKey, { error: 'api_key and api_secret belong together', path: ['api_secret'] }),
  account: ({ account_sid }) => `twilio:${account_sid}`,
  // Calls beyond one a second wait at Twilio, on every account that did not ask for more.
  rates: [{ scope: 'account', calls: 1, perMs: 1_000 }],
  render: (message, context): Spoken => ({
    text: spoken(smsText(message, context, 10, mostAlerts)),
    locale: context.locale,
    asks: message.status !== 'resolved',
  }),
  open: (settings, host) => ({
    send: (said, to, context) => {
      const carries = { delivery: context.deliveryId, lang: said.locale };
      const back = host.callbackUrl === undefined ? null : callbackUrl(host.callbackUrl, carries);
      const form = [
        ['From', settings.from],
        ['Twiml', twiml(said, settings.voice, back)],
        ['Timeout', String(settings.ring_seconds)],
        ...(back === null
          ? []
          : [
              ['StatusCallback', back],
              ...['initiated', 'ringing', 'answered', 'completed'].map((event) => [
                'StatusCallbackEvent',
                event,
              ]),
            ]),
      ] as [string, string][];
      return Promise.all(
        to.map((number) => postTwilio(host, settings, 'Calls', [['To', number], ...form], context)),
      );
    },
    verify: (context) => verifyTwilio(host, settings, context),
  }),
  read(request, settings) {
    const read = readTwilio(request, settings);
    if ('refused' in read) return read;
    const { form, query } = read;
    const answer = textOf(form.get('Digits'));
    const locale = locales.find((one) => one === query.get('lang')) ?? 'en';
    const t = phoneTexts[locale];
    const reply = answer === '1' ? t.confirmed : t.notConfirmed;
    const says = answer === undefined ? '' : `${say(escapeXml(reply), locale, settings.voice)}<Hangup/>`;
    return twilioOutcome(receiptOf(form, answer), query, says);
  },
});

/** Escaped and within its length, never cut within an entity. */
function spoken(text: string): string {
  for (let most = longestSpoken; ; most -= 100) {
    const escaped = escapeXml(cut(text, most));
    if (escaped.length <= longestSpoken) return escaped;
  }
}

function say(escaped: string, locale: Locale, voice: string | undefined): string {
  const of = voice === undefined ? '' : ` voice="${voice}"`;
  return `<Say language="${phoneTexts[locale].language}"${of}>${escaped}</Say>`;
}

/** Without a URL nobody would hear a key, and of an end there is nothing to confirm: it is said twice and that is all. */
function twiml({ text, locale, asks }: Spoken, voice: string | undefined, back: string | null): string {
  const t = phoneTexts[locale];
  const alert = `${say(`${t.greeting} ${text}`, locale, voice)}<Pause length="1"/>`;
  if (back === null || !asks) return `<Response>${alert}${alert}</Response>`;
  const press = say(t.press, locale, voice);
  return `<Response><Gather numDigits="1" timeout="10" method="POST" action="${escapeXml(back)}">${alert}${press}${alert}${press}</Gather></Response>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, ' ')
    .replace(/[&<>"']/g, (sign) => entities[sign]!);
}

const statuses: Readonly<Record<string, Receipt['status']>> = {
  queued: 'sent',
  initiated: 'sent',
  ringing: 'sent',
  'in-progress': 'sent',
  answered: 'sent',
  completed: 'delivered',
  busy: 'failed',
  'no-answer': 'failed',
  failed: 'failed',
  canceled: 'failed',
};

function receiptOf(form: URLSearchParams, answer: string | undefined): Receipt | null {
  const providerId = textOf(form.get('CallSid'));
  if (providerId === undefined) return null;
  // Whoever presses a key has heard it.
  if (answer !== undefined) return { providerId, status: 'delivered', answer: answer.slice(0, 20) };
  const said = form.get('CallStatus') ?? '';
  const status = Object.hasOwn(statuses, said) ? statuses[said] : undefined;
  if (status === undefined) return null;
  if (status !== 'failed') return { providerId, status };
  const code = codeOf(form.get('ErrorCode') ?? said);
  return { providerId, status, code, message: `The call ended as ${codeOf(said)}.` };
}
