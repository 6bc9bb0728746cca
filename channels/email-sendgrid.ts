// Mail through the API of SendGrid (v3), and the events that it posts about it.
// https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send
import { createHash, createPublicKey, verify } from 'node:crypto';
import { z } from 'zod';
import type {
  CallbackOutcome,
  CallbackRequest,
  ChannelHost,
  ChannelInstance,
  Receipt,
  RefusedCallback,
  SendFailure,
  SendResult,
} from './channel.ts';
import { headersOf, jsonOf, lineOf } from './email-api.ts';
import type { EmailPayload } from './email-body.ts';
import { type MailSettings, recipientsOf } from './email-mail.ts';
import { type HttpReply, request, resultOfHttp } from './http.ts';
import type { Secret } from './secret.ts';

export interface SendGridSettings extends MailSettings {
  readonly api_key: Secret;
  readonly base_url?: string | undefined;
}

/** The name under which SendGrid gives the delivery back in its events. */
const deliveryArg = 'tocsin_delivery';
const longestWaitMs = 3_600_000;

/** Whose limits count: keys are `SG.<id>.<secret>`. */
export function sendGridAccount(key: Secret): string {
  const id = /^SG\.([\w-]{8,})\.[\w-]+$/.exec(key.reveal())?.[1];
  return id ?? createHash('sha256').update(key.reveal()).digest('hex').slice(0, 12);
}

export function openSendGrid(settings: SendGridSettings, host: ChannelHost): ChannelInstance<EmailPayload> {
  const base = (settings.base_url ?? 'https://api.sendgrid.com').replace(/\/+$/, '');
  const authorization = () => ({ authorization: `Bearer ${settings.api_key.reveal()}` });
  return {
    async send(payload, context) {
      const mail = {
        personalizations: [
          {
            to: recipientsOf(settings, context).map((email) => ({ email })),
            custom_args: { [deliveryArg]: context.deliveryId },
          },
        ],
        from: { email: settings.from_email, ...(settings.from_name && { name: settings.from_name }) },
        ...(settings.reply_to !== undefined && { reply_to: { email: settings.reply_to } }),
        subject: payload.subject,
        content: [
          { type: 'text/plain', value: payload.text },
          { type: 'text/html', value: payload.html },
        ],
        headers: headersOf(payload, settings.from_email, context),
        // Links of an alert lead where they say, and nobody is watched reading it.
        tracking_settings: {
          click_tracking: { enable: false, enable_text: false },
          open_tracking: { enable: false },
        },
      };
      const outcome = await request(host, {
        url: `${base}/v3/mail/send`,
        method: 'POST',
        headers: { ...authorization(), 'content-type': 'application/json', 'user-agent': 'tocsin' },
        body: JSON.stringify(mail),
        signal: context.signal,
      });
      return outcome.kind === 'failure'
        ? resultOfHttp(outcome, context.now)
        : resultOfReply(outcome, context.now);
    },
    async verify({ now, signal }) {
      const url = `${base}/v3/scopes`;
      const outcome = await request(host, { url, method: 'GET', headers: authorization(), signal });
      return resultOfHttp(outcome, now);
    },
    async close() {},
  };
}

function resultOfReply(reply: HttpReply, now: number): SendResult {
  const { status } = reply;
  if (status === 202) {
    const providerId = reply.headers['x-message-id'];
    return { kind: 'sent', ...(providerId && { providerId: lineOf(providerId) }) };
  }
  const code = String(status);
  if (status >= 200 && status < 300)
    return { kind: 'unknown', code, message: `SendGrid answered HTTP ${status}, which accepts nothing.` };
  const { field, said } = firstError(reply);
  const message = said === '' ? `SendGrid answered HTTP ${status}.` : `SendGrid: ${said}`;
  if (status === 400) {
    const ofRecipient = /^personalizations\.\d+\.(to|cc|bcc)\b/.test(field);
    return { kind: ofRecipient ? 'invalid_recipient' : 'permanent', code, message };
  }
  if (status === 429)
    return { kind: 'rate_limited', code, message, scope: 'account', ...resetOf(reply, now) };
  const result = resultOfHttp(reply, now) as SendFailure;
  return { ...result, message } satisfies SendFailure;
}

/** `{"errors":[{"message","field","help"}]}`: the first one. */
function firstError({ body }: HttpReply): { readonly field: string; readonly said: string } {
  const errors = jsonOf(body)?.errors;
  const first: unknown = Array.isArray(errors) ? errors[0] : null;
  if (typeof first !== 'object' || first === null) return { field: '', said: '' };
  const { field, message } = first as Record<string, unknown>;
  return { field: lineOf(field), said: lineOf(message) };
}

/** `x-ratelimit-reset`: epoch seconds at which calls count from zero again. */
function resetOf({ headers }: HttpReply, now: number): { readonly retryAfterMs?: number } {
  const reset = headers['x-ratelimit-reset'];
  if (reset === undefined || !/^\d{1,12}$/.test(reset)) return {};
  return { retryAfterMs: Math.min(Math.max(0, Number(reset) * 1_000 - now), longestWaitMs) };
}

const event = z.looseObject({
  event: z.string(),
  sg_message_id: z.string().min(1).max(256),
  [deliveryArg]: z.string().max(64),
  status: z.string().nullish(),
  reason: z.string().nullish(),
});

const meaning: Readonly<Record<string, Receipt['status']>> = {
  processed: 'sent',
  deferred: 'sent',
  delivered: 'delivered',
  bounce: 'failed',
  dropped: 'failed',
};

/**
 * Events of the signed event webhook: ECDSA over timestamp and body with the key that SendGrid shows in its settings.
 * How old the timestamp may be is not looked at: a receipt that comes again changes nothing.
 * @param publicKey DER (SPKI) in base64.
 */
export function readSendGridEvents(
  { headers, body }: CallbackRequest,
  publicKey: string,
): CallbackOutcome | RefusedCallback {
  const signature = headers['x-twilio-email-event-webhook-signature'];
  const timestamp = headers['x-twilio-email-event-webhook-timestamp'];
  if (signature === undefined || timestamp === undefined) return { refused: 'not signed' };
  if (!signedBy(publicKey, `${timestamp}${body}`, signature)) return { refused: 'the signature is wrong' };
  const events = jsonOf(body);
  if (!Array.isArray(events)) return { refused: 'signed, but no list of events' };
  const receipts = events.flatMap((raw: unknown) => {
    // One account sends for many: what does not name a delivery is not ours.
    const parsed = event.safeParse(raw);
    return parsed.success ? receiptsOf(parsed.data) : [];
  });
  return { receipts, reply: { status: 200, contentType: 'text/plain; charset=utf-8', body: 'ok\n' } };
}

function signedBy(publicKey: string, text: string, signature: string): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
    return verify('sha256', Buffer.from(text, 'utf8'), key, Buffer.from(signature, 'base64'));
  } catch {
    return false; // no point of the curve: nothing that anybody signed
  }
}

function receiptsOf(said: z.output<typeof event>): readonly Receipt[] {
  const status = Object.hasOwn(meaning, said.event) ? meaning[said.event] : undefined;
  if (status === undefined) return []; // opened, clicked, unsubscribed: nothing about the way of the mail
  // The id of the answer, then the server and the recipient: `03_Wof6nRbqqzxRvLpZbfw.filter0017p3mdw1-11399-59ADB335-16.0`.
  const providerId = said.sg_message_id.replace(/\.(filter|recvd)[\w-]*\..*$|\.(filter|recvd).*$/, '');
  const deliveryId = said[deliveryArg] as string;
  if (status !== 'failed') return [{ providerId, deliveryId, status }];
  const code = said.status ? { code: lineOf(said.status) } : { code: said.event };
  const message = said.reason ? { message: lineOf(said.reason) } : {};
  return [{ providerId, deliveryId, status, ...code, ...message }];
}
