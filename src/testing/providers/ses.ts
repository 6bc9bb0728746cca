// A strict SES (API version 2): recomputes the signature of version 4, looks at its time, at the exact shape of
// SendEmail and at verified senders, and answers with the errors of AWS; what it tells of a mail is published to a topic.
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { signV4 } from '../../../channels/signing/sigv4.ts';
import { type Provider, type ProviderRequest, SlidingWindow, startProvider } from './provider.ts';

const data = z.strictObject({ Data: z.string().min(1), Charset: z.literal('UTF-8') });
const bare = /^[^\s@<>"]+@[^\s@<>"]+$/;
const recipient = z.string().regex(bare);
// RFC 5322: an atom or a quoted string, or encoded words (RFC 2047) of 75 characters at most.
const word = '=\\?UTF-8\\?B\\?[A-Za-z0-9+/=]{1,63}\\?=';
const sender = z
  .string()
  .regex(
    new RegExp(
      `^(?:(?:"(?:[^"\\\\\\x00-\\x1f]|\\\\["\\\\])*"|${word}(?: ${word})*) <[^\\s@<>"]+@[^\\s@<>"]+>|[^\\s@<>"]+@[^\\s@<>"]+)$`,
    ),
  )
  .regex(/^[\x20-\x7e]*$/);
const mail = z.strictObject({
  FromEmailAddress: sender,
  Destination: z.strictObject({ ToAddresses: z.array(recipient).min(1).max(50) }),
  ReplyToAddresses: z.array(recipient).optional(),
  Content: z.strictObject({
    Simple: z.strictObject({
      Subject: data,
      Body: z.strictObject({ Text: data, Html: data }),
      Headers: z
        .array(
          z.strictObject({
            Name: z.string().regex(/^[!-9;-~]{1,126}$/),
            Value: z.string().regex(/^[\x20-\x7e]{1,870}$/),
          }),
        )
        .max(15)
        .optional(),
    }),
  }),
  ConfigurationSetName: z.string().optional(),
});

export interface SesMail extends z.output<typeof mail> {
  readonly id: string;
}

export interface Ses extends Provider<SesMail> {
  /** What it publishes of a mail that it took: also again, late, in any order. */
  event(id: string, eventType: string, over?: Readonly<Record<string, unknown>>): string;
}

export interface SesOptions {
  readonly now: () => number;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Senders that were verified. */
  readonly from: readonly string[];
  readonly perSecond?: number;
  readonly maxBytes?: number;
}

const timeWindowMs = 300_000;

const problem = (status: number, type: string, message: string) => ({
  reply: {
    status,
    headers: { 'x-amzn-errortype': `${type}:http://internal.amazon.com/coral/com.amazonaws.services.sesv2/` },
    body: { message },
  },
});

/** What each kind of event says besides, of the recipients. */
const about: Readonly<Record<string, (to: readonly string[]) => Readonly<Record<string, unknown>>>> = {
  Send: () => ({ send: {} }),
  Delivery: (recipients) => ({
    delivery: {
      ...{ timestamp: '2016-10-19T23:21:04.133Z', processingTimeMillis: 11_893, recipients },
      ...{ smtpResponse: '250 2.6.0 Message received', reportingMTA: 'mta.example.com' },
    },
  }),
  Bounce: (to) => ({
    bounce: {
      bounceType: 'Permanent',
      bounceSubType: 'General',
      bouncedRecipients: to.map((emailAddress) => ({
        ...{ emailAddress, action: 'failed', status: '5.1.1' },
        diagnosticCode: 'smtp; 550 5.1.1 user unknown',
      })),
      timestamp: '2017-08-05T00:41:02.669Z',
      feedbackId: '01000157c44f053b-61b59c11-9236-11e6-8f96-7be8aexample-000000',
    },
  }),
  Complaint: (to) => ({
    complaint: {
      complainedRecipients: to.map((emailAddress) => ({ emailAddress })),
      complaintFeedbackType: 'abuse',
      feedbackId: '01000157c44f053b-61b59c11-9236-11e6-8f96-7be8aexample-000000',
    },
  }),
  Reject: () => ({ reject: { reason: 'Bad content' } }),
  'Rendering Failure': () => ({
    failure: { errorMessage: "Attribute 'name' is not present in the rendering data.", templateName: 't' },
  }),
  DeliveryDelay: (to) => ({
    deliveryDelay: {
      delayType: 'TransientCommunicationFailure',
      delayedRecipients: to.map((emailAddress) => ({ emailAddress, status: '4.4.1' })),
    },
  }),
  Open: () => ({ open: { ipAddress: '192.0.2.1' } }),
};

export async function startSes(options: SesOptions): Promise<Ses> {
  const window = new SlidingWindow(options.perSecond ?? 1_000, 1_000);
  const provider = await startProvider<SesMail>(options, (call) => {
    const wrong = signatureProblem(call, options);
    if (wrong !== null) return problem(403, ...wrong);
    if (call.method === 'GET' && call.pathname === '/v2/email/account')
      return { reply: { status: 200, body: { SendingEnabled: true } } };
    if (call.method !== 'POST' || call.pathname !== '/v2/email/outbound-emails')
      return problem(404, 'UnknownOperationException', 'unknown operation');
    if (!window.take(call.now))
      return problem(429, 'TooManyRequestsException', 'Maximum sending rate exceeded.');
    if (Buffer.byteLength(call.body) > (options.maxBytes ?? 10 * 1024 * 1024))
      return problem(
        400,
        'BadRequestException',
        'Message length is more than the maximum allowed: it is too large.',
      );
    let body: unknown;
    try {
      body = JSON.parse(call.body);
    } catch {
      return problem(400, 'SerializationException', 'not JSON');
    }
    const parsed = mail.safeParse(body);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      return problem(400, 'BadRequestException', `${issue!.path.join('.')}: ${issue!.message}`);
    }
    const from = parsed.data.FromEmailAddress.replace(/^.*<|>$/g, '');
    if (!options.from.includes(from))
      return problem(
        400,
        'MessageRejected',
        `Email address is not verified. The following identities failed the check in region ${options.region.toUpperCase()}: ${from}`,
      );
    const id = `0102${randomUUID()}-000000`;
    return { reply: { status: 200, body: { MessageId: id } }, accepted: [{ ...parsed.data, id }] };
  });
  return Object.assign(provider, {
    event(id: string, eventType: string, over: Readonly<Record<string, unknown>> = {}): string {
      const sent = provider.accepted.find((one) => one.id === id);
      if (!sent) throw new Error(`no mail ${id} was taken`);
      const to = sent.Destination.ToAddresses;
      return JSON.stringify({
        eventType,
        mail: {
          timestamp: new Date(options.now()).toISOString(),
          source: sent.FromEmailAddress,
          sendingAccountId: '123456789012',
          messageId: id,
          destination: to,
          headersTruncated: false,
          headers: [
            { name: 'From', value: sent.FromEmailAddress },
            ...(sent.Content.Simple.Headers ?? []).map(({ Name, Value }) => ({ name: Name, value: Value })),
          ],
          tags: { 'ses:configuration-set': [sent.ConfigurationSetName ?? 'default'] },
        },
        ...about[eventType]?.(to),
        ...over,
      });
    },
  });
}

/** Type and text of what is wrong with the signature; null when it is right. */
function signatureProblem(call: ProviderRequest, options: SesOptions): [string, string] | null {
  const authorization = call.headers.authorization ?? '';
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/.exec(
      authorization,
    );
  if (match === null) return ['MissingAuthenticationTokenException', 'Missing Authentication Token'];
  const [, id, , region, service, signed = ''] = match;
  if (id !== options.accessKeyId)
    return ['UnrecognizedClientException', 'The security token included in the request is invalid.'];
  if (region !== options.region || service !== 'ses')
    return [
      'InvalidSignatureException',
      "Credential should be scoped to a valid region and to service 'ses'.",
    ];
  if (call.headers['x-amz-security-token'] !== options.sessionToken)
    return ['ExpiredTokenException', 'The security token included in the request is expired'];
  const time = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(call.headers['x-amz-date'] ?? '');
  const at =
    time === null
      ? Number.NaN
      : Date.UTC(+time[1]!, +time[2]! - 1, +time[3]!, +time[4]!, +time[5]!, +time[6]!);
  if (!(Math.abs(call.now - at) <= timeWindowMs))
    return ['InvalidSignatureException', 'Signature expired: it is not within 5 min. of the current time'];
  const names = signed.split(';').filter((name) => name !== 'host' && !name.startsWith('x-amz-'));
  if (call.body !== '' && !names.includes('content-type'))
    return ['InvalidSignatureException', 'content-type is not signed'];
  const expected = signV4(
    {
      method: call.method,
      host: call.headers.host ?? '',
      path: call.pathname,
      query: call.query,
      headers: Object.fromEntries(names.map((name) => [name, call.headers[name] ?? ''])),
      body: call.body,
    },
    { ...options, service: 'ses' },
    at,
  );
  if (expected.authorization !== authorization)
    return [
      'InvalidSignatureException',
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
    ];
  return null;
}
