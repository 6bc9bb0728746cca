// Calls through Aliyun (Dyvms, SingleCallByTts 2017-05-25): an approved text with short variables is spoken.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { aliyunKeys, aliyunNumber, callAliyun } from './aliyun-api.ts';
import { readReports } from './callback-token.ts';
import type { Receipt } from './channel.ts';
import {
  baseUrl,
  callbackToken,
  definePhoneProvider,
  type NumberResult,
  numbersConfig,
} from './phone-provider.ts';
import { codeOf, textOf } from './provider-reply.ts';
import { templateParams } from './sms-aliyun.ts';
import { smsVariable } from './sms-text.ts';

const minuteMs = 60_000;

export const aliyunPhone = definePhoneProvider({
  name: 'aliyun',
  config: z.strictObject({
    provider: z.literal('aliyun').describe('Through whom.'),
    ...numbersConfig,
    ...aliyunKeys,
    tts_code: z
      .string()
      .regex(/^TTS_\w{1,64}$/, 'must be a template code such as TTS_123456789')
      .describe('Code of the approved text.'),
    template_params: templateParams,
    max_param_length: z.int().min(4).max(500).default(35).describe('Characters of one variable.'),
    show_number: z
      .string()
      .regex(/^\d{3,20}$/, 'must be digits')
      .optional()
      .describe('Number that calls; without it one of the public numbers.'),
    play_times: z.int().min(1).max(3).default(2).describe('How often it is said.'),
    volume: z.int().min(0).max(100).default(100).describe('Loudness.'),
    speed: z.int().min(-500).max(500).default(0).describe('Speed of the voice.'),
    callback_token: callbackToken,
    base_url: baseUrl('https://dyvmsapi.aliyuncs.com'),
  }),
  account: ({ access_key_id }) => `aliyun:${access_key_id}`,
  // Notices to one number, and calls of one account.
  rates: [
    { scope: 'recipient', calls: 1, perMs: minuteMs },
    { scope: 'recipient', calls: 5, perMs: 60 * minuteMs },
    { scope: 'recipient', calls: 20, perMs: 24 * 60 * minuteMs },
    { scope: 'account', calls: 1_000, perMs: 1_000 },
  ],
  render: (message, context) =>
    Object.fromEntries(
      Object.entries(context.config.template_params).map(([name, source]) => [
        name,
        smsVariable(source, message, context, {
          maxLength: context.config.max_param_length,
          withoutLinks: true,
        }),
      ]),
    ),
  open: (settings, host) => ({
    send: (params, to, context) =>
      Promise.all(
        to.map(async (number): Promise<NumberResult> => {
          const reply = await callAliyun(
            host,
            settings,
            'SingleCallByTts',
            {
              CalledNumber: aliyunNumber(number),
              ...(settings.show_number !== undefined && { CalledShowNumber: settings.show_number }),
              TtsCode: settings.tts_code,
              TtsParam: JSON.stringify(params),
              PlayTimes: String(settings.play_times),
              Volume: String(settings.volume),
              Speed: String(settings.speed),
              OutId: shortId(context.deliveryId),
            },
            context,
          );
          if ('failure' in reply) return reply.failure;
          const providerId = textOf(reply.ok.CallId);
          if (providerId !== undefined) return { kind: 'sent', providerId };
          return { kind: 'unknown', code: 'no_id', message: 'Aliyun took the call and named no id.' };
        }),
      ),
  }),
  read: (request, settings) =>
    readReports(request, settings.callback_token, { code: 0, msg: 'OK' }, receiptOf),
});

/** OutId has room for 15 bytes: the delivery's id in short. */
function shortId(deliveryId: string): string {
  return createHash('sha256').update(deliveryId, 'utf8').digest('hex').slice(0, 15);
}

/** Heard to the end, or hung up before: somebody answered. */
const heard = new Set(['200000', '200001']);
/** Somebody answered and the call goes on (VoiceCallReport). */
const underWay = new Set(['200101', '200102', '200103', '300000']);

function receiptOf(report: Readonly<Record<string, unknown>>): Receipt | null {
  const providerId = textOf(report.call_id);
  const code = textOf(report.status_code);
  if (providerId === undefined || code === undefined) return null;
  const answer = textOf(report.dtmf);
  if (answer !== undefined) return { providerId, status: 'delivered', answer: answer.slice(0, 20) };
  if (heard.has(code)) return { providerId, status: 'delivered' };
  if (underWay.has(code)) return { providerId, status: 'sent' };
  return {
    providerId,
    status: 'failed',
    code: codeOf(code),
    message: `The call ended with ${codeOf(code)}.`,
  };
}
