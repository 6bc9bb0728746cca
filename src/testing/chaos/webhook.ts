// A strict receiver of webhooks: the signature of Standard Webhooks, a time of at most five minutes ago, JSON. The path
// `/gone` refuses everything for good.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { type ProviderOptions, startProvider } from '../providers/provider.ts';

export interface WebhookMessage {
  readonly deliveryId: string;
  readonly body: string;
}

const toleranceMs = 300_000;

/** `secret`: text of at least 24 characters, as the channel has it. */
export function startWebhookReceiver(secret: string, options: ProviderOptions) {
  return startProvider<WebhookMessage>(options, ({ pathname, headers, body, now }) => {
    if (pathname === '/gone') return { reply: { status: 410, body: 'gone' } };
    const { 'webhook-id': id = '', 'webhook-timestamp': at = '', 'webhook-signature': given = '' } = headers;
    const expected = createHmac('sha256', secret).update(`${id}.${at}.${body}`).digest();
    const signature = Buffer.from(given.replace(/^v1,/, ''), 'base64');
    if (signature.length !== expected.length || !timingSafeEqual(signature, expected))
      return { reply: { status: 401, body: 'wrong signature' } };
    if (Math.abs(Number(at) * 1_000 - now) > toleranceMs) return { reply: { status: 401, body: 'too old' } };
    return { reply: { status: 204, body: '' }, accepted: [{ deliveryId: id, body }] };
  });
}
