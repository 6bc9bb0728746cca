// Mail through the API of Amazon SES (v2), signed with version 4. Its receipts come through SNS.
// https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
import type { ChannelHost, ChannelInstance, SendFailure, SendResult } from './channel.ts';
import { headersOf, jsonOf, lineOf } from './email-api.ts';
import type { EmailPayload } from './email-body.ts';
import { type MailSettings, recipientsOf } from './email-mail.ts';
import { sender } from './email-mime.ts';
import { receiptsOfSes } from './email-ses-events.ts';
import { type HttpReply, request, resultOfHttp } from './http.ts';
import type { Secret } from './secret.ts';
import { partsOf } from './signing/canonical.ts';
import { signV4 } from './signing/sigv4.ts';
import { SnsCallback } from './sns-callback.ts';

export interface SesSettings extends MailSettings {
  readonly region: string;
  readonly access_key_id: string;
  readonly secret_access_key: Secret;
  readonly session_token?: Secret | undefined;
  readonly configuration_set?: string | undefined;
  readonly base_url?: string | undefined;
  /** Topics that SES publishes to; without one no receipts are taken. */
  readonly topic_arn?: readonly string[] | undefined;
  readonly sns_url?: string | undefined;
}

export function openSes(settings: SesSettings, host: ChannelHost): ChannelInstance<EmailPayload> {
  const domain = settings.region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const base = (settings.base_url ?? `https://email.${settings.region}.${domain}`).replace(/\/+$/, '');
  const call = (method: 'GET' | 'POST', path: string, body: string, now: number, signal: AbortSignal) => {
    const url = `${base}${path}`;
    const headers: Record<string, string> = body === '' ? {} : { 'content-type': 'application/json' };
    const signed = signV4(
      { method, ...partsOf(url), headers, body },
      {
        accessKeyId: settings.access_key_id,
        secretAccessKey: settings.secret_access_key.reveal(),
        ...(settings.session_token !== undefined && { sessionToken: settings.session_token.reveal() }),
        region: settings.region,
        service: 'ses',
      },
      now,
    );
    return request(host, { url, method, headers: signed, ...(body !== '' && { body }), signal });
  };
  const { topic_arn: topics, sns_url } = settings;
  const sns =
    topics === undefined
      ? null
      : new SnsCallback({ topics, url: sns_url?.replace(/\/+$/, '') }, host, receiptsOfSes);
  return {
    ...(sns !== null && { readCallback: (incoming, now) => sns.read(incoming, now) }),
    async send(payload, context) {
      const data = (text: string) => ({ Data: text, Charset: 'UTF-8' });
      const headers = Object.entries(headersOf(payload, settings.from_email, context));
      const mail = {
        FromEmailAddress: sender({ name: settings.from_name ?? '', address: settings.from_email }),
        Destination: { ToAddresses: recipientsOf(settings, context) },
        ...(settings.reply_to !== undefined && { ReplyToAddresses: [settings.reply_to] }),
        Content: {
          Simple: {
            Subject: data(payload.subject),
            Body: { Text: data(payload.text), Html: data(payload.html) },
            Headers: headers.map(([Name, Value]) => ({ Name, Value })),
          },
        },
        ...(settings.configuration_set !== undefined && { ConfigurationSetName: settings.configuration_set }),
      };
      const body = JSON.stringify(mail);
      const outcome = await call('POST', '/v2/email/outbound-emails', body, context.now, context.signal);
      return outcome.kind === 'failure'
        ? resultOfHttp(outcome, context.now)
        : resultOfReply(outcome, context.now);
    },
    async verify({ now, signal }) {
      const outcome = await call('GET', '/v2/email/account', '', now, signal);
      if (outcome.kind === 'failure') return resultOfHttp(outcome, now);
      return outcome.status === 200 ? { kind: 'sent' } : resultOfReply(outcome, now);
    },
    async close() {},
  };
}

const limited = /^(TooManyRequests|Throttling|LimitExceeded|RequestLimitExceeded|RequestThrottled)/;
/** Credentials, and an account or a sender that may not send: a person has to mend it, then everything goes on. */
const refused =
  /^(UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch|AccessDenied|ExpiredToken|InvalidClientTokenId|IncompleteSignature|MissingAuthenticationToken|RequestExpired|AccountSuspended|SendingPaused|MailFromDomainNotVerified)/;

function resultOfReply(reply: HttpReply, now: number): SendResult {
  const { status } = reply;
  const answer = jsonOf(reply.body);
  if (status === 200) {
    if (typeof answer?.MessageId === 'string' && answer.MessageId !== '')
      return { kind: 'sent', providerId: lineOf(answer.MessageId) };
    return { kind: 'unknown', code: '200', message: 'SES answered, but not with the id of a message.' };
  }
  // `TooManyRequestsException:http://internal.amazon.com/…`, in a header or in the body.
  const type = lineOf(reply.headers['x-amzn-errortype'] ?? answer?.__type ?? answer?.code)
    .replace(/^.*#/, '')
    .split(':')[0]!;
  const said = lineOf(answer?.message ?? answer?.Message);
  const plain = resultOfHttp(reply, now) as SendFailure;
  const code = type === '' ? String(status) : type;
  const message =
    said === '' ? `SES answered HTTP ${status}${type === '' ? '' : ` (${type})`}.` : `SES: ${said}`;
  const { retryAfterMs } = plain;
  const later = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (limited.test(type) || status === 429)
    return { kind: 'rate_limited', code, message, scope: 'account', ...later };
  // Its text repeats what was signed.
  if (refused.test(type))
    return { kind: 'auth', code, message: `SES does not let this channel send (${type}).` };
  if (status === 400 && /length|too large|size/i.test(said) && /exceed|maximum|too large/i.test(said))
    return { kind: 'payload_too_large', code, message };
  if (status >= 200 && status < 300)
    return { kind: 'unknown', code, message: `SES answered HTTP ${status}, which accepts nothing.` };
  return { kind: plain.kind, code, message, ...later };
}
