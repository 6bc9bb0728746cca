// One call to a service of Aliyun (RPC style, signature V3) and what its code means. The codes of SMS and voice are the
// same family: https://help.aliyun.com/zh/sms/developer-reference/api-error-codes
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { ChannelHost, ResultKind, SendContext, SendFailure } from './channel.ts';
import { request } from './http.ts';
import { codeOf, type Json, jsonReply } from './provider-reply.ts';
import { secret } from './secret.ts';
import { signAcs3 } from './signing/acs3.ts';
import { partsOf, percentEncode } from './signing/canonical.ts';

export const aliyunKeys = {
  access_key_id: z
    .string()
    .regex(/^\S{1,128}$/, 'must be an AccessKey ID')
    .describe('AccessKey ID.'),
  access_key_secret: secret(z.string().min(1).max(256)).describe('AccessKey secret.'),
};

/** Variables of an approved template, which never hold an address. */
export interface AliyunSettings {
  readonly base_url: string;
  readonly access_key_id: string;
  readonly access_key_secret: { reveal(): string };
}

/** A number as Aliyun wants it: without + and, of the mainland, without 86. */
export function aliyunNumber(number: string): string {
  return number.startsWith('+86') ? number.slice(3) : number.slice(1);
}

/** Asks for one action; its parameters go into the query, as Aliyun's own clients have it. */
export async function callAliyun(
  host: ChannelHost,
  settings: AliyunSettings,
  action: string,
  params: Readonly<Record<string, string>>,
  context: Pick<SendContext, 'now' | 'signal'>,
): Promise<{ readonly ok: Json } | { readonly failure: SendFailure }> {
  const query = Object.entries(params);
  const written = query.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join('&');
  const url = new URL(settings.base_url);
  url.search = written;
  const { host: signedHost, path } = partsOf(url.href);
  const headers = signAcs3(
    {
      method: 'POST',
      host: signedHost,
      path,
      query,
      body: '',
      action,
      version: '2017-05-25',
      nonce: randomUUID(),
    },
    { accessKeyId: settings.access_key_id, accessKeySecret: settings.access_key_secret.reveal() },
    context.now,
  );
  const outcome = await request(host, {
    url: url.href,
    method: 'POST',
    headers: { ...headers, accept: 'application/json' },
    signal: context.signal,
  });
  const reply = jsonReply(outcome, context.now);
  if ('failure' in reply) return reply;
  if (reply.status === 200 && reply.json.Code === 'OK') return { ok: reply.json };
  const waitMs = Number(reply.headers['x-acs-retry-after']);
  return { failure: aliyunFailure(codeOf(reply.json.Code), reply.status, waitMs) };
}

const account = new Set([
  'isv.AMOUNT_NOT_ENOUGH',
  'isv.OUT_OF_SERVICE',
  'isv.ACCOUNT_NOT_EXISTS',
  'isv.ACCOUNT_ABNORMAL',
  'isv.PRODUCT_UNSUBSCRIBE',
  'isv.PRODUCT_UN_SUBSCRIPT',
  'isv.PRODUCT_UN_SUBSCRIBE',
  'isv.DENY_IP_RANGE',
  'isp.RAM_PERMISSION_DENY',
  'isv.RAM_CHECK_FAILED',
  'SignatureDoesNotMatch',
  'IncompleteSignature',
  'InvalidTimeStamp.Expired',
]);
const illegalNumber = new Set([
  'isv.MOBILE_NUMBER_ILLEGAL',
  'isv.PHONE_NUMBER_ILLEGAL',
  'isv.CALLED_NUMBER_ILLEGAL',
  'isv.INVALID_PHONE_NUMBER',
]);

const listed = (codes: Iterable<string>) => [...codes].map((code) => `\`${code}\``).join(', ');

/** For the documentation of SMS and calls. */
export const aliyunAnswers: readonly (readonly [answer: string, result: ResultKind])[] = [
  ['Aliyun: OK', 'sent'],
  ['Aliyun: one number had enough: `isv.BUSINESS_LIMIT_CONTROL`', 'rate_limited'],
  [
    'Aliyun: the account had enough: `isv.DAY_LIMIT_CONTROL`, `isv.MONTH_LIMIT_CONTROL`, `Throttling.User`, `HTTP 429`',
    'rate_limited',
  ],
  [`Aliyun: ${listed(illegalNumber)}`, 'invalid_recipient'],
  [
    `Aliyun: credentials, balance or rights: ${listed(account)}, \`InvalidAccessKeyId.NotFound\`, \`Forbidden.RAM\`, \`NoPermission\``,
    'auth',
  ],
  [
    'Aliyun: `isp.SYSTEM_ERROR`, `ServiceUnavailable`, `InternalError`, `SignatureNonceUsed`, and 5xx, e.g. `HTTP 503`',
    'transient',
  ],
  [
    'Aliyun: others, e.g. `isv.SMS_TEMPLATE_ILLEGAL`, `isv.SMS_SIGNATURE_ILLEGAL`, `isv.INVALID_PARAMETERS`',
    'permanent',
  ],
];

function aliyunFailure(code: string, status: number, waitMs: number): SendFailure {
  const later = waitMs > 0 ? { retryAfterMs: Math.min(waitMs, 3_600_000) } : {};
  const message = `Aliyun answered ${code}.`;
  // One number has had enough of them: nothing is wrong with the channel.
  if (/BUSINESS_LIMIT/.test(code))
    return { kind: 'rate_limited', code, message, scope: 'recipient', ...later };
  if (/^Throttling|^isv\.(DAY|MONTH)_LIMIT_CONTROL$|FLOW_LIMIT/.test(code) || status === 429)
    return { kind: 'rate_limited', code, message, scope: 'account', ...later };
  if (illegalNumber.has(code)) return { kind: 'invalid_recipient', code, message, scope: 'recipient' };
  if (account.has(code) || /^(InvalidAccessKeyId|InvalidSecurityToken|Forbidden|NoPermission)/.test(code))
    return { kind: 'auth', code, message, scope: 'account' };
  if (/^isp\.|^(ServiceUnavailable|InternalError|SignatureNonceUsed)/.test(code) || status >= 500)
    return { kind: 'transient', code, message, ...later };
  if (status === 200 && code === 'unreadable')
    return { kind: 'unknown', code, message: 'The request was sent and the answer cannot be read.' };
  return { kind: 'permanent', code, message };
}
