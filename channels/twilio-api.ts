// What messages and calls through Twilio share: one POST of a form, its error codes, and requests from Twilio to us.
// https://www.twilio.com/docs/api/errors
import { z } from 'zod';
import type {
  CallbackOutcome,
  CallbackRequest,
  ChannelHost,
  Receipt,
  ResultKind,
  SendContext,
  SendFailure,
} from './channel.ts';
import { request, resultOfHttp } from './http.ts';
import type { NumberResult } from './phone-provider.ts';
import { codeOf, jsonReply, textOf, unreadable } from './provider-reply.ts';
import { type Secret, secret } from './secret.ts';
import { isSignedByTwilio } from './signing/twilio.ts';

export const twilioKeys = {
  account_sid: z
    .string()
    .regex(/^AC[0-9a-f]{32}$/, 'must be AC and 32 digits')
    .describe('Account SID.'),
  auth_token: secret(z.string().min(1).max(128)).describe(
    'Auth token; it also verifies what Twilio reports.',
  ),
  api_key: z
    .string()
    .regex(/^SK[0-9a-f]{32}$/, 'must be SK and 32 digits')
    .optional()
    .describe('API key, to ask with in place of the auth token.'),
  api_secret: secret(z.string().min(1).max(128)).optional().describe('Secret of the API key.'),
};

export const twilioUrl = 'https://api.twilio.com';

interface TwilioSettings {
  readonly base_url: string;
  readonly account_sid: string;
  readonly auth_token: Secret;
  readonly api_key?: string | undefined;
  readonly api_secret?: Secret | undefined;
}

/** True when the API key and its secret are both there, or neither. */
export function hasWholeKey(settings: Pick<TwilioSettings, 'api_key' | 'api_secret'>): boolean {
  return (settings.api_key === undefined) === (settings.api_secret === undefined);
}

function urlOf({ base_url, account_sid }: TwilioSettings, rest: string): string {
  return new URL(`/2010-04-01/Accounts/${account_sid}${rest}`, base_url).href;
}

function authorization({ account_sid, auth_token, api_key, api_secret }: TwilioSettings): string {
  const [user, password] =
    api_key !== undefined && api_secret !== undefined ? [api_key, api_secret] : [account_sid, auth_token];
  return `Basic ${Buffer.from(`${user}:${password.reveal()}`, 'utf8').toString('base64')}`;
}

/** Makes one message or call. */
export async function postTwilio(
  host: ChannelHost,
  settings: TwilioSettings,
  resource: 'Messages' | 'Calls',
  form: readonly (readonly [name: string, value: string])[],
  context: Pick<SendContext, 'now' | 'signal'>,
): Promise<NumberResult> {
  const outcome = await request(host, {
    url: urlOf(settings, `/${resource}.json`),
    method: 'POST',
    headers: {
      authorization: authorization(settings),
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
    },
    body: new URLSearchParams(form.map(([name, value]): [string, string] => [name, value])).toString(),
    signal: context.signal,
  });
  const reply = jsonReply(outcome, context.now);
  if ('failure' in reply) return reply.failure;
  const { status, json } = reply;
  if (status >= 200 && status < 300) {
    const providerId = textOf(json.sid);
    return providerId === undefined ? unreadable(outcome, context.now) : { kind: 'sent', providerId };
  }
  const general = unreadable(outcome, context.now);
  return json.code === undefined || json.code === null ? general : twilioFailure(codeOf(json.code), general);
}

/** Whether the account takes the credentials. */
export async function verifyTwilio(
  host: ChannelHost,
  settings: TwilioSettings,
  context: Pick<SendContext, 'now' | 'signal'>,
) {
  const outcome = await request(host, {
    url: urlOf(settings, '.json'),
    method: 'GET',
    headers: { authorization: authorization(settings), accept: 'application/json' },
    signal: context.signal,
  });
  return resultOfHttp(outcome, context.now);
}

const kinds: Readonly<Record<string, Pick<SendFailure, 'kind' | 'scope'>>> = {
  20003: { kind: 'auth', scope: 'account' },
  20005: { kind: 'auth', scope: 'account' },
  20429: { kind: 'rate_limited', scope: 'account' },
  14107: { kind: 'rate_limited', scope: 'recipient' },
  21611: { kind: 'rate_limited', scope: 'account' },
  30001: { kind: 'rate_limited', scope: 'account' },
  21211: { kind: 'invalid_recipient', scope: 'recipient' },
  21214: { kind: 'invalid_recipient', scope: 'recipient' },
  21217: { kind: 'invalid_recipient', scope: 'recipient' },
  21610: { kind: 'invalid_recipient', scope: 'recipient' },
  21614: { kind: 'invalid_recipient', scope: 'recipient' },
  30005: { kind: 'invalid_recipient', scope: 'recipient' },
  30006: { kind: 'invalid_recipient', scope: 'recipient' },
  30003: { kind: 'transient', scope: 'recipient' },
  21617: { kind: 'payload_too_large' },
};

/** For the documentation of SMS and calls. */
export const twilioAnswers: readonly (readonly [answer: string, result: ResultKind])[] = [
  ['Twilio: 2xx with a sid', 'sent'],
  ['Twilio: one number had enough: `14107`', 'rate_limited'],
  [
    'Twilio: the account had enough: `20429`, `21611` (queue of the sender), `30001` (queue), `HTTP 429`',
    'rate_limited',
  ],
  [
    'Twilio: `21211`, `21214`, `21217`, `21614` (no number that can be reached), `21610` (unsubscribed), `30005` (unknown), `30006` (landline)',
    'invalid_recipient',
  ],
  ['Twilio: `20003` (login), `20005` (account is not active), `HTTP 401`, `HTTP 403`', 'auth'],
  ['Twilio: `21617`', 'payload_too_large'],
  ['Twilio: `30003` (unreachable), and 5xx, e.g. `HTTP 503`', 'transient'],
  ['Twilio: others, e.g. `21606` (the sender), `HTTP 400`', 'permanent'],
];

function twilioFailure(code: string, general: SendFailure): SendFailure {
  const message = `Twilio answered ${code}.`;
  const later = general.retryAfterMs === undefined ? {} : { retryAfterMs: general.retryAfterMs };
  const known = kinds[code];
  if (known !== undefined) return { ...known, code, message, ...later };
  return { ...general, code, message };
}

/** A request from Twilio as a form; refused when it is not signed with the auth token. */
export function readTwilio(
  request: CallbackRequest,
  settings: Pick<TwilioSettings, 'auth_token' | 'account_sid'>,
): { readonly form: URLSearchParams; readonly query: URLSearchParams } | { readonly refused: string } {
  const { url, body, headers, method } = request;
  const form = /^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '');
  const signature = headers['x-twilio-signature'];
  if (signature === undefined) return { refused: 'not signed' };
  if (!URL.canParse(url)) return { refused: 'the URL cannot be read' };
  if (method !== 'POST' || !form) return { refused: 'no form by POST' };
  if (!isSignedByTwilio(settings.auth_token.reveal(), signature, { url, body, form }))
    return { refused: 'the signature is wrong' };
  const fields = new URLSearchParams(body);
  if (fields.get('AccountSid') !== settings.account_sid) return { refused: 'of another account' };
  return { form: fields, query: new URL(url).searchParams };
}

/** A receipt with the delivery that the URL of the report carries. */
export function twilioOutcome(receipt: Receipt | null, query: URLSearchParams, says = ''): CallbackOutcome {
  const deliveryId = query.get('delivery');
  return {
    receipts: receipt === null ? [] : [deliveryId === null ? receipt : { ...receipt, deliveryId }],
    reply: {
      status: 200,
      contentType: 'text/xml; charset=utf-8',
      body: `<?xml version="1.0" encoding="UTF-8"?><Response>${says}</Response>`,
    },
  };
}

/** A URL that Twilio is told, with what it shall carry. */
export function callbackUrl(url: string, carries: Readonly<Record<string, string>>): string {
  const at = new URL(url);
  for (const [name, value] of Object.entries(carries)) at.searchParams.set(name, value);
  return at.href;
}
