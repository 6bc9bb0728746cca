// Short messages through Aliyun (Dysms, SendSms 2017-05-25): an approved template with short variables.
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
import { codeOf, textOf, unreadable } from './provider-reply.ts';
import { replyOf } from './sms-reply.ts';
import { smsSources, smsVariable } from './sms-text.ts';

const dayMs = 86_400_000;

/** Names of a template's variables and what they stand for. */
export const templateParams = z
  .record(z.string().regex(/^\w{1,64}$/, 'is no name of a variable'), z.enum(smsSources))
  .refine((params) => Object.keys(params).length <= 20, { error: 'at most 20 variables' })
  .default({ title: 'title' })
  .describe('Variables of the approved template and what they stand for.');

export const aliyunSms = definePhoneProvider({
  name: 'aliyun',
  config: z.strictObject({
    provider: z.literal('aliyun').describe('Through whom.'),
    ...numbersConfig,
    ...aliyunKeys,
    sign_name: z.string().min(1).max(64).describe('Approved signature (簽名).'),
    template_code: z
      .string()
      .regex(/^SMS_\w{1,64}$/, 'must be a template code such as SMS_123456789')
      .describe('Code of the approved template (模板).'),
    template_params: templateParams,
    max_param_length: z.int().min(4).max(500).default(35).describe('Characters of one variable.'),
    callback_token: callbackToken,
    base_url: baseUrl('https://dysmsapi.aliyuncs.com'),
  }),
  account: ({ access_key_id }) => `aliyun:${access_key_id}`,
  // Notices of one signature and template to one number.
  rates: [{ scope: 'recipient', calls: 50, perMs: dayMs }],
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
    // One call for each number: of a list Aliyun says one code for all, so that one bad number would cost the others.
    send: (params, to, context) =>
      Promise.all(
        to.map(async (number): Promise<NumberResult> => {
          const reply = await callAliyun(
            host,
            settings,
            'SendSms',
            {
              PhoneNumbers: aliyunNumber(number),
              SignName: settings.sign_name,
              TemplateCode: settings.template_code,
              TemplateParam: JSON.stringify(params),
              OutId: context.deliveryId,
            },
            context,
          );
          if ('failure' in reply) return reply.failure;
          const providerId = textOf(reply.ok.BizId);
          return providerId === undefined ? noId : { kind: 'sent', providerId };
        }),
      ),
  }),
  read: (request, settings) =>
    readReports(request, settings.callback_token, { code: 0, msg: 'OK' }, receiptOf, replyIn),
});

/** Accepted by its word, under an id that it did not say. */
const noId = unreadable({ kind: 'reply', status: 200, headers: {}, body: '', complete: true }, 0);

/** SmsUp: `phone_number` is written as it was told, of the mainland without its code; `send_time` is of China. */
function replyIn({ phone_number: from, content: text, send_time: sent }: Readonly<Record<string, unknown>>) {
  const [, day, time] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$/.exec(String(sent)) ?? [];
  const said = { text, at: Date.parse(`${day}T${time}+08:00`) };
  return replyOf({ ...said, from }, 'CN') ?? replyOf({ ...said, from: `+${String(from)}` });
}

function receiptOf(report: Readonly<Record<string, unknown>>): Receipt | null {
  const providerId = textOf(report.biz_id);
  const { success } = report;
  if (providerId === undefined || typeof success !== 'boolean') return null;
  const deliveryId = textOf(report.out_id);
  return {
    providerId,
    ...(deliveryId !== undefined && { deliveryId }),
    ...(success
      ? { status: 'delivered' as const }
      : {
          status: 'failed' as const,
          code: codeOf(report.err_code),
          message: `The operator reports ${codeOf(report.err_code)}.`,
        }),
  };
}
