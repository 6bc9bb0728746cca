// Short messages through AWS (SNS, Publish 2010-03-31): free text, a call for each number, no reports to us.
import { z } from 'zod';
import type { ResultKind, SendFailure } from './channel.ts';
import { type HttpReply, request, resultOfFailure } from './http.ts';
import { definePhoneProvider, type NumberResult, numbersConfig } from './phone-provider.ts';
import { codeOf, unreadable } from './provider-reply.ts';
import { secret } from './secret.ts';
import { partsOf } from './signing/canonical.ts';
import { signV4 } from './signing/sigv4.ts';
import { smsTextWithLink } from './sms-text.ts';
import { maxSegments } from './sms-twilio.ts';

export const awsSms = definePhoneProvider({
  name: 'aws',
  config: z.strictObject({
    provider: z.literal('aws').describe('Through whom.'),
    ...numbersConfig,
    access_key_id: z
      .string()
      .regex(/^\w{1,128}$/, 'must be an access key ID')
      .describe('Id of a key that may sns:Publish.'),
    secret_access_key: secret(z.string().min(1).max(256)).describe('The secret of that key.'),
    session_token: secret(z.string().min(1).max(8_192))
      .optional()
      .describe('Session token, where the credentials are temporary.'),
    region: z
      .string()
      .regex(/^[a-z0-9-]{1,32}$/, 'must be a region such as eu-central-1')
      .describe('Region, e.g. eu-central-1.'),
    sender_id: z
      .string()
      .regex(/^[A-Za-z0-9]{1,11}$/, 'must be 1 to 11 letters and digits')
      .optional()
      .describe('Name that it comes from, where the country allows one.'),
    max_segments: maxSegments,
    base_url: z
      .url({ protocol: /^https?$/ })
      .max(2_048)
      .optional()
      .describe('In place of the address of the region, for a proxy or a test.'),
  }),
  account: ({ access_key_id }) => `aws:${access_key_id}`,
  rates: [{ scope: 'account', calls: 20, perMs: 1_000 }],
  render: (message, context) => smsTextWithLink(message, context, context.config.max_segments),
  open: (settings, host) => ({
    send: (text, to, context) =>
      Promise.all(
        to.map(async (number): Promise<NumberResult> => {
          const url = new URL('/', settings.base_url ?? `https://sns.${settings.region}.amazonaws.com`).href;
          const attributes: [string, string][] = [
            ['AWS.SNS.SMS.SMSType', 'Transactional'],
            ...(settings.sender_id === undefined
              ? []
              : [['AWS.SNS.SMS.SenderID', settings.sender_id] as [string, string]]),
          ];
          const body = new URLSearchParams([
            ['Action', 'Publish'],
            ['Version', '2010-03-31'],
            ['PhoneNumber', number],
            ['Message', text],
            ...attributes.flatMap(([name, value], i): [string, string][] => [
              [`MessageAttributes.entry.${i + 1}.Name`, name],
              [`MessageAttributes.entry.${i + 1}.Value.DataType`, 'String'],
              [`MessageAttributes.entry.${i + 1}.Value.StringValue`, value],
            ]),
          ]).toString();
          const headers = signV4(
            {
              method: 'POST',
              ...partsOf(url),
              headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
              body,
            },
            {
              accessKeyId: settings.access_key_id,
              secretAccessKey: settings.secret_access_key.reveal(),
              ...(settings.session_token !== undefined && { sessionToken: settings.session_token.reveal() }),
              region: settings.region,
              service: 'sns',
            },
            context.now,
          );
          const outcome = await request(host, { url, method: 'POST', headers, body, signal: context.signal });
          return outcome.kind === 'failure' ? resultOfFailure(outcome) : resultOf(outcome, context.now);
        }),
      ),
  }),
});

function resultOf(reply: HttpReply, now: number): NumberResult {
  const general = unreadable(reply, now);
  const [, id] = /<MessageId>([\w-]{1,100})<\/MessageId>/.exec(reply.body) ?? [];
  if (reply.status >= 200 && reply.status < 300)
    return id === undefined ? general : { kind: 'sent', providerId: id };
  const [, found] = /<Error>.{0,1000}?<Code>([\w.]{1,100})<\/Code>/s.exec(reply.body) ?? [];
  return found === undefined ? general : awsFailure(codeOf(found), general);
}

const auth =
  /^(AuthorizationError|AccessDenied|InvalidClientTokenId|SignatureDoesNotMatch|IncompleteSignature|MissingAuthenticationToken|ExpiredToken|RequestExpired|OptInRequired|UnrecognizedClient|InvalidSecurity)/;

/** For the documentation. */
export const awsAnswers: readonly (readonly [answer: string, result: ResultKind])[] = [
  ['AWS: a MessageId', 'sent'],
  [
    'AWS: `Throttling`, `ThrottledException`, `TooManyRequestsException`, `RequestLimitExceeded`, `HTTP 429`',
    'rate_limited',
  ],
  ['AWS: `InvalidParameter`, `InvalidParameterValue` (the number), `OptedOut`', 'invalid_recipient'],
  [
    'AWS: `AuthorizationError`, `AccessDenied`, `InvalidClientTokenId`, `SignatureDoesNotMatch`, `IncompleteSignature`, `MissingAuthenticationToken`, `ExpiredToken`, `RequestExpired`, `OptInRequired`, `UnrecognizedClientException`, `InvalidSecurity`',
    'auth',
  ],
  ['AWS: `InternalError`, `InternalFailure`, `ServiceUnavailable`, and 5xx, e.g. `HTTP 503`', 'transient'],
  ['AWS: others, e.g. `EndpointDisabled`', 'permanent'],
];

function awsFailure(code: string, general: SendFailure): SendFailure {
  const message = `AWS answered ${code}.`;
  const later = general.retryAfterMs === undefined ? {} : { retryAfterMs: general.retryAfterMs };
  if (/^(Throttl|TooManyRequests|RequestLimitExceeded)/.test(code))
    return { kind: 'rate_limited', code, message, scope: 'account', ...later };
  if (auth.test(code)) return { kind: 'auth', code, message, scope: 'account' };
  if (/^OptedOut/.test(code)) return { kind: 'invalid_recipient', code, message, scope: 'recipient' };
  // What we send of our own is fixed: what AWS finds invalid is the number.
  if (/^InvalidParameter/.test(code)) return { kind: 'invalid_recipient', code, message, scope: 'recipient' };
  if (/^(InternalError|InternalFailure|ServiceUnavailable)/.test(code))
    return { kind: 'transient', code, message };
  return { ...general, code, message };
}
