// Short messages through Twilio (Messages, 2010-04-01): free text, a message for each number, signed reports.
import { z } from 'zod';
import type { Receipt } from './channel.ts';
import { baseUrl, definePhoneProvider, numbersConfig } from './phone-provider.ts';
import { codeOf, textOf } from './provider-reply.ts';
import { replyOf } from './sms-reply.ts';
import { smsTextWithLink } from './sms-text.ts';
import {
  callbackUrl,
  hasWholeKey,
  postTwilio,
  readTwilio,
  twilioKeys,
  twilioOutcome,
  twilioUrl,
  verifyTwilio,
} from './twilio-api.ts';

export const maxSegments = z
  .int()
  .min(1)
  .max(10)
  .default(3)
  .describe('Parts that a message may take, each of 153 Latin letters or 67 of any script; each is paid.');

export const twilioSms = definePhoneProvider({
  name: 'twilio',
  config: z
    .strictObject({
      provider: z.literal('twilio').describe('Through whom.'),
      ...numbersConfig,
      ...twilioKeys,
      from: z
        .string()
        .min(1)
        .max(20)
        .optional()
        .describe('Number or name that it comes from; this or `messaging_service_sid`.'),
      messaging_service_sid: z
        .string()
        .regex(/^MG[0-9a-f]{32}$/, 'must be MG and 32 digits')
        .optional()
        .describe('A messaging service, in place of `from`.'),
      max_segments: maxSegments,
      base_url: baseUrl(twilioUrl),
    })
    .refine((value) => (value.from === undefined) !== (value.messaging_service_sid === undefined), {
      error: 'one of from and messaging_service_sid is required',
      path: ['from'],
    })
    .refine(hasWholeKey, { error: 'api_key and api_secret belong together', path: ['api_secret'] }),
  account: ({ account_sid }) => `twilio:${account_sid}`,
  rates: [],
  render: (message, context) => smsTextWithLink(message, context, context.config.max_segments),
  open: (settings, host) => ({
    send: (text, to, context) =>
      Promise.all(
        to.map((number) =>
          postTwilio(
            host,
            settings,
            'Messages',
            [
              ['To', number],
              settings.from !== undefined
                ? ['From', settings.from]
                : ['MessagingServiceSid', settings.messaging_service_sid ?? ''],
              ['Body', text],
              ...(host.callbackUrl === undefined
                ? []
                : [
                    [
                      'StatusCallback',
                      callbackUrl(host.callbackUrl, { delivery: context.deliveryId }),
                    ] as const,
                  ]),
            ],
            context,
          ),
        ),
      ),
    verify: (context) => verifyTwilio(host, settings, context),
  }),
  read(request, settings) {
    const read = readTwilio(request, settings);
    if ('refused' in read) return read;
    const { form, query } = read;
    // A message that came in has a text and no status of one that went out.
    if (form.get('MessageStatus') === null && form.get('Body') !== null) {
      const reply = replyOf({ from: form.get('From'), text: form.get('Body') });
      return { ...twilioOutcome(null, query), replies: reply === null ? [] : [reply] };
    }
    return twilioOutcome(receiptOf(form), query);
  },
});

const statuses: Readonly<Record<string, Receipt['status']>> = {
  accepted: 'sent',
  scheduled: 'sent',
  queued: 'sent',
  sending: 'sent',
  sent: 'sent',
  delivered: 'delivered',
  read: 'delivered',
  undelivered: 'failed',
  failed: 'failed',
  canceled: 'failed',
};

function receiptOf(form: URLSearchParams): Receipt | null {
  const providerId = textOf(form.get('MessageSid'));
  const said = form.get('MessageStatus') ?? '';
  const status = Object.hasOwn(statuses, said) ? statuses[said] : undefined;
  if (providerId === undefined || status === undefined) return null;
  if (status !== 'failed') return { providerId, status };
  const code = codeOf(form.get('ErrorCode') ?? said);
  return { providerId, status, code, message: `Twilio reports ${codeOf(said)} (${code}).` };
}
