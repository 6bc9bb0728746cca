// Posts a message as JSON, signed as Standard Webhooks asks (standardwebhooks.com): the id stays the same over all
// attempts of a delivery, the timestamp is the attempt's.
import { z } from 'zod';
import { type Bundled, defineChannel, type SendContext } from './channel.ts';
import { answersOfHttp, request, resultOfHttp } from './http.ts';
import type { Secret } from './secret.ts';
import { authHeader, headerName, headerValue, webhookAuth } from './webhook-auth.ts';
import { batchBody, batchFrameBytes, batchId, bytesInBatch } from './webhook-batch.ts';
import { webhookBody } from './webhook-body.ts';
import { signatures, signingSecret } from './webhook-signature.ts';
import { templateBody, webhookTemplate } from './webhook-template.ts';

const maxBytes = 1024 * 1024;

export const webhookUrl = z
  .url({ protocol: /^https?$/ })
  .max(2_048)
  .refine((value) => !hasCredentials(value), {
    error: 'must not hold a user or password; use headers',
  })
  .describe('Where to post to: http or https, without user and password.');

export const webhookHeaders = z
  .record(headerName, headerValue)
  .refine((headers) => Object.keys(headers).length <= 32, { error: 'at most 32 headers' })
  .default({})
  .describe(
    'At most 32 further headers, e.g. Authorization; `content-type`, `host`, `webhook-*` and the like are set by the program.',
  );

const config = z
  .strictObject({
    url: webhookUrl,
    method: z.enum(['POST', 'PUT', 'PATCH']).default('POST').describe('Method of the call.'),
    auth: webhookAuth.optional().describe('How to log in: one of basic, bearer and header.'),
    secret: z
      .union([signingSecret, z.array(signingSecret).min(1).max(4)])
      .transform((value): readonly Secret[] => (Array.isArray(value) ? value : [value]))
      .optional()
      .describe(
        'Signs every request: `whsec_` and the base64 of 24 to 64 bytes, or any text of at least 24 characters ' +
          '(HMAC-SHA256, `v1`); `whsk_` and the base64 of an ed25519 key, private or private and public (`v1a`). ' +
          'While it is rotated a list of up to 4, of which each signs.',
      ),
    headers: webhookHeaders,
    body: webhookTemplate.optional(),
    max_alerts: z
      .int()
      .min(1)
      .max(10_000)
      .default(100)
      .describe('Alerts in one message; the rest is counted.'),
    batch: z
      .int()
      .min(1)
      .max(500)
      .default(1)
      .describe('Messages in one call. Above 1 the body is always a batch, also of a single message.'),
  })
  .superRefine(({ auth, headers, body, batch }, context) => {
    const names = Object.keys(headers).map((name) => name.toLowerCase());
    const taken = auth && (auth.header ? auth.header.name.toLowerCase() : 'authorization');
    if (taken !== undefined && names.includes(taken))
      context.addIssue({ code: 'custom', path: ['headers'], message: `${taken} is set by auth already` });
    if (body !== undefined && batch > 1)
      context.addIssue({ code: 'custom', path: ['body'], message: 'is one message, so batch has to be 1' });
  });

function hasCredentials(value: string): boolean {
  if (!URL.canParse(value)) return false; // said by z.url already
  const { username, password } = new URL(value);
  return username !== '' || password !== '';
}

function headersOf(
  settings: z.output<typeof config>,
  body: string,
  context: Pick<SendContext, 'deliveryId' | 'now'>,
): Record<string, string> {
  const timestamp = Math.floor(context.now / 1000);
  const headers: Record<string, string> = { 'user-agent': 'tocsin' };
  for (const [name, value] of Object.entries(settings.headers)) headers[name.toLowerCase()] = value.reveal();
  if (settings.auth !== undefined) {
    const [name, value] = authHeader(settings.auth);
    headers[name] = value;
  }
  headers['content-type'] = 'application/json';
  headers['webhook-id'] = context.deliveryId;
  headers['webhook-timestamp'] = String(timestamp);
  if (settings.secret !== undefined)
    headers['webhook-signature'] = signatures(settings.secret, context.deliveryId, timestamp, body);
  return headers;
}

export const webhook = defineChannel({
  kind: 'webhook',
  label: { en: 'Webhook', 'zh-TW': 'Webhook', 'zh-CN': 'Webhook' },
  config,
  limits: { maxBytes, concurrency: 50, deadlineMs: 15_000 },
  merges: false,
  docs: {
    text: `Posts each message as JSON, signed as [Standard Webhooks](https://www.standardwebhooks.com) asks. The reference has [the body](reference/channels.md#the-body-of-a-webhook), [a body of your own](reference/channels.md#a-body-of-your-own), [batches](reference/channels.md#batches) and [how to verify the signature](reference/channels.md#verifying-the-signature). Every attempt of a delivery has the same \`webhook-id\`: remember it, and a message that comes twice does no harm.`,
    answers: answersOfHttp,
  },
  render(message, { config: { body, max_alerts: maxAlerts }, locale, words }) {
    if (body !== undefined) return templateBody(body, message, { locale, words }, { maxAlerts, maxBytes });
    return webhookBody(message, { maxAlerts, maxBytes: maxBytes - batchFrameBytes }, words);
  },
  open(settings, host) {
    const post = async (body: string, context: Pick<SendContext, 'deliveryId' | 'now' | 'signal'>) => {
      const outcome = await request(host, {
        url: settings.url,
        method: settings.method,
        headers: headersOf(settings, body, context),
        body,
        signal: context.signal,
      });
      return resultOfHttp(outcome, context.now);
    };
    const bundled = (items: readonly Bundled<string>[], context: Pick<SendContext, 'now' | 'signal'>) =>
      post(batchBody(items, context.now), { ...context, deliveryId: batchId(items) });
    return {
      send: (body, context) =>
        settings.batch === 1
          ? post(body, context)
          : bundled([{ payload: body, deliveryId: context.deliveryId, attempt: context.attempt }], context),
      ...(settings.batch > 1 && {
        bundle: { most: settings.batch, bytes: bytesInBatch, send: bundled },
      }),
      async close() {},
    };
  },
});
