// Posts a message as JSON, signed as Standard Webhooks asks (standardwebhooks.com): the id stays the same over all
// attempts of a delivery, the timestamp is the attempt's.
import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { type Bundled, defineChannel, type SendContext } from './channel.ts';
import { request, resultOfHttp } from './http.ts';
import { type Secret, secret } from './secret.ts';
import { batchBody, batchFrameBytes, batchId, bytesInBatch } from './webhook-batch.ts';
import { webhookBody } from './webhook-body.ts';

const maxBytes = 1024 * 1024;
const prefix = 'whsec_';

const signingSecret = secret(
  z
    .string()
    .max(512)
    .refine((value) => keyOf(value) !== null, {
      error: 'must be whsec_ and the base64 of 24 to 64 bytes, or any string of at least 24 characters',
    }),
);

// Headers that belong to the connection or to us.
const ours =
  /^(host|content-length|content-type|transfer-encoding|connection|keep-alive|te|trailer|upgrade|expect|proxy-.*|webhook-.*)$/i;

const headerName = z
  .string()
  .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/, 'is not a header name')
  .refine((name) => !ours.test(name), { error: 'is set by the program' });
// Values often are credentials, so they are kept like one.
const headerValue = secret(
  z.string().regex(/^[\t\x20-\x7e\x80-\xff]{1,4096}$/, 'must be one line of printable Latin-1 characters'),
);

export const webhookUrl = z
  .url({ protocol: /^https?$/ })
  .max(2_048)
  .refine((value) => !hasCredentials(value), {
    error: 'must not hold a user or password; use headers',
  })
  .describe('Where to post to.');

export const webhookHeaders = z
  .record(headerName, headerValue)
  .refine((headers) => Object.keys(headers).length <= 32, { error: 'at most 32 headers' })
  .default({})
  .describe('Further headers, e.g. Authorization.');

const config = z.strictObject({
  url: webhookUrl,
  secret: z
    .union([signingSecret, z.array(signingSecret).min(1).max(4)])
    .transform((value): readonly Secret[] => (Array.isArray(value) ? value : [value]))
    .optional()
    .describe('Signs every request; give the new and the old one while rotating.'),
  headers: webhookHeaders,
  max_alerts: z.int().min(1).max(10_000).default(100).describe('Alerts in one message; the rest is counted.'),
  batch: z
    .int()
    .min(1)
    .max(500)
    .default(1)
    .describe('Messages in one call. Above 1 the body is always a batch, also of a single message.'),
});

function hasCredentials(value: string): boolean {
  if (!URL.canParse(value)) return false; // said by z.url already
  const { username, password } = new URL(value);
  return username !== '' || password !== '';
}

/** The bytes of a signing secret; null when it is too short or not base64. */
function keyOf(value: string): Buffer | null {
  if (!value.startsWith(prefix)) return value.length >= 24 ? Buffer.from(value, 'utf8') : null;
  const encoded = value.slice(prefix.length);
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return null;
  const key = Buffer.from(encoded, 'base64');
  return key.length >= 24 && key.length <= 64 ? key : null;
}

/**
 * The header `webhook-signature`: one `v1,<base64 HMAC-SHA256 of id.timestamp.body>` for each secret.
 * @param timestamp Epoch seconds.
 */
export function signatures(secrets: readonly Secret[], id: string, timestamp: number, body: string): string {
  return secrets
    .map((one) => {
      const key = keyOf(one.reveal());
      if (key === null) throw new Error('a signing secret that did not pass the schema');
      return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
    })
    .join(' ');
}

function headersOf(
  settings: z.output<typeof config>,
  body: string,
  context: Pick<SendContext, 'deliveryId' | 'now'>,
): Record<string, string> {
  const timestamp = Math.floor(context.now / 1000);
  const headers: Record<string, string> = { 'user-agent': 'tocsin' };
  for (const [name, value] of Object.entries(settings.headers)) headers[name.toLowerCase()] = value.reveal();
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
  render: (message, context) =>
    webhookBody(
      message,
      { maxAlerts: context.config.max_alerts, maxBytes: maxBytes - batchFrameBytes },
      context.words,
    ),
  open(settings, host) {
    const post = async (body: string, context: Pick<SendContext, 'deliveryId' | 'now' | 'signal'>) => {
      const outcome = await request(host, {
        url: settings.url,
        method: 'POST',
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
