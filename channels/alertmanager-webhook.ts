// Posts a message as an Alertmanager would: what was written for Alertmanager's webhook goes on working behind Tocsin.
import { z } from 'zod';
import { alertmanagerBody } from './alertmanager-body.ts';
import { defineChannel } from './channel.ts';
import { answersOfHttp, request, resultOfHttp } from './http.ts';
import { webhookHeaders, webhookUrl } from './webhook.ts';

const maxBytes = 1024 * 1024;

const config = z.strictObject({
  url: webhookUrl,
  headers: webhookHeaders,
  max_alerts: z.int().min(1).max(10_000).default(500).describe('Alerts in one message; the rest is counted.'),
  external_url: z
    .union([z.literal(''), z.url({ protocol: /^https?$/ }).max(2_048)])
    .default('')
    .describe('`externalURL` of the body: where people find this Tocsin.'),
});

export const alertmanagerWebhook = defineChannel({
  kind: 'alertmanager-webhook',
  label: {
    en: 'Webhook in Alertmanager’s format',
    'zh-TW': 'Alertmanager 格式的 Webhook',
    'zh-CN': 'Alertmanager 格式的 Webhook',
  },
  config,
  limits: { maxBytes, concurrency: 50, deadlineMs: 15_000 },
  merges: false,
  docs: {
    text: `Posts what an Alertmanager would (version 4). It is not signed; the header \`webhook-id\` names the delivery. \`startsAt\` and \`endsAt\` have milliseconds; \`endsAt\` of an alert that fires is \`0001-01-01T00:00:00Z\`, \`generatorURL\` is its annotation \`generator_url\`, and \`notification_reason\` says why in Alertmanager's words. Alertmanager has no events: one fires and ends by itself after five minutes. What was left out is counted in \`truncatedAlerts\`.`,
    answers: answersOfHttp,
  },
  render: (message, context) =>
    alertmanagerBody(message, {
      maxAlerts: context.config.max_alerts,
      externalUrl: context.config.external_url,
      maxBytes,
    }),
  open(settings, host) {
    return {
      async send(body, context) {
        const headers: Record<string, string> = { 'user-agent': 'tocsin' };
        for (const [name, value] of Object.entries(settings.headers))
          headers[name.toLowerCase()] = value.reveal();
        headers['content-type'] = 'application/json';
        headers['webhook-id'] = context.deliveryId;
        const { url } = settings;
        const outcome = await request(host, { url, method: 'POST', headers, body, signal: context.signal });
        return resultOfHttp(outcome, context.now);
      },
      async close() {},
    };
  },
});
