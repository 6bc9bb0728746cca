// Short messages through Tencent Cloud (SendSms 2021-01-11): an approved template, all numbers in one call, a status of each.
import { z } from 'zod';
import { readReports } from './callback-token.ts';
import type { Receipt, ResultKind, SendFailure } from './channel.ts';
import { request } from './http.ts';
import {
  baseUrl,
  callbackToken,
  definePhoneProvider,
  type NumberResult,
  numbersConfig,
} from './phone-provider.ts';
import { codeOf, isObject, jsonReply, textOf, unreadable } from './provider-reply.ts';
import { secret } from './secret.ts';
import { partsOf } from './signing/canonical.ts';
import { signTc3 } from './signing/tc3.ts';
import { replyOf } from './sms-reply.ts';
import { smsSources, smsVariable } from './sms-text.ts';

const contentType = 'application/json; charset=utf-8';

export const tencentSms = definePhoneProvider({
  name: 'tencent',
  config: z.strictObject({
    provider: z.literal('tencent').describe('Through whom.'),
    ...numbersConfig,
    secret_id: z
      .string()
      .regex(/^\S{1,128}$/, 'must be a SecretId')
      .describe('SecretId of the API key.'),
    secret_key: secret(z.string().min(1).max(256)).describe('SecretKey of the API key.'),
    sdk_app_id: z
      .string()
      .regex(/^\d{1,20}$/, 'must be the digits of an SdkAppId')
      .describe('SdkAppId of the SMS application.'),
    sign_name: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .describe('Approved signature; the mainland asks for one.'),
    template_id: z
      .string()
      .regex(/^\d{1,20}$/, 'must be the digits of a template')
      .describe('Id of the approved template.'),
    template_params: z
      .array(z.enum(smsSources))
      .max(20)
      .default(['title'])
      .describe('What {1}, {2}, … of the approved template stand for.'),
    max_param_length: z
      .int()
      .min(4)
      .max(500)
      .default(12)
      .describe('Characters of one variable; accounts of companies may have more than 12.'),
    region: z
      .string()
      .regex(/^[a-z0-9-]{1,32}$/, 'must be a region')
      .default('ap-guangzhou')
      .describe('Region that is asked.'),
    callback_token: callbackToken,
    base_url: baseUrl('https://sms.tencentcloudapi.com'),
  }),
  account: ({ secret_id }) => `tencent:${secret_id}`,
  rates: [{ scope: 'account', calls: 3_000, perMs: 1_000 }],
  render: (message, context) =>
    context.config.template_params.map((source) =>
      smsVariable(source, message, context, {
        maxLength: context.config.max_param_length,
        withoutLinks: true,
      }),
    ),
  open: (settings, host) => ({
    async send(params, to, context) {
      const url = new URL('/', settings.base_url).href;
      const body = JSON.stringify({
        PhoneNumberSet: to,
        SmsSdkAppId: settings.sdk_app_id,
        ...(settings.sign_name !== undefined && { SignName: settings.sign_name }),
        TemplateId: settings.template_id,
        TemplateParamSet: params,
        SessionContext: context.deliveryId,
      });
      const signed = signTc3(
        { service: 'sms', host: partsOf(url).host, contentType, action: 'SendSms', body },
        { secretId: settings.secret_id, secretKey: settings.secret_key.reveal() },
        context.now,
      );
      const outcome = await request(host, {
        url,
        method: 'POST',
        headers: {
          ...signed,
          'content-type': contentType,
          'x-tc-action': 'SendSms',
          'x-tc-version': '2021-01-11',
          'x-tc-region': settings.region,
        },
        body,
        signal: context.signal,
      });
      const all = (failure: SendFailure) => to.map(() => failure);
      const reply = jsonReply(outcome, context.now);
      if ('failure' in reply) return all(reply.failure);
      const response = reply.json.Response;
      if (!isObject(response)) return all(unreadable(outcome, context.now));
      if (isObject(response.Error)) return all(tencentFailure(codeOf(response.Error.Code)));
      if (!Array.isArray(response.SendStatusSet)) return all(unreadable(outcome, context.now));
      const statuses = response.SendStatusSet.filter(isObject);
      return to.map((number, i): NumberResult => {
        const status =
          statuses.find((one) => one.PhoneNumber === number) ??
          (statuses.length === to.length && statuses[i]!.PhoneNumber === undefined ? statuses[i] : undefined);
        if (status === undefined) return unreadable(outcome, context.now);
        if (status.Code !== 'Ok') return tencentFailure(codeOf(status.Code));
        const providerId = textOf(status.SerialNo);
        return providerId === undefined ? unreadable(outcome, context.now) : { kind: 'sent', providerId };
      });
    },
  }),
  read: (request, settings) =>
    readReports(request, settings.callback_token, { result: 0, errmsg: 'OK' }, receiptOf, replyIn),
});

/** `time` is in seconds. */
function replyIn({ nationcode: code, mobile, text, time }: Readonly<Record<string, unknown>>) {
  return replyOf({ from: `+${String(code)}${String(mobile)}`, text, at: Number(time ?? Number.NaN) * 1_000 });
}

const badNumber = new Set([
  'InvalidParameterValue.IncorrectPhoneNumber',
  'FailedOperation.PhoneNumberInBlacklist',
  'FailedOperation.PhoneNumberParseFail',
]);
const account = new Set([
  'FailedOperation.InsufficientBalanceInSmsPackage',
  'InvalidParameter.AppidAndBizId',
  'InvalidParameterValue.SdkAppIdNotExist',
  'InternalError.RequestTimeException',
  'InternalError.SigVerificationFail',
  'InternalError.SigFieldMissing',
]);

const listed = (codes: Iterable<string>) => [...codes].map((code) => `\`${code}\``).join(', ');

/** For the documentation. */
export const tencentAnswers: readonly (readonly [answer: string, result: ResultKind])[] = [
  ['Tencent: Ok for every number', 'sent'],
  [
    'Tencent: one number had enough: `LimitExceeded.PhoneNumberDailyLimit`, `LimitExceeded.PhoneNumberOneHourLimit`, `LimitExceeded.PhoneNumberThirtySecondLimit`, `LimitExceeded.PhoneNumberSameContentDailyLimit`',
    'rate_limited',
  ],
  ['Tencent: the account had enough: `RequestLimitExceeded`, `LimitExceeded.AppDailyLimit`', 'rate_limited'],
  [`Tencent: ${listed(badNumber)}`, 'invalid_recipient'],
  [
    `Tencent: credentials, balance or rights: ${listed(account)}, \`AuthFailure.SignatureFailure\`, \`UnauthorizedOperation\``,
    'auth',
  ],
  ['Tencent: `InvalidParameterValue.ContentLengthLimit`', 'payload_too_large'],
  [
    'Tencent: `InternalError`, `ServiceUnavailable`, `ResourceUnavailable`, and 5xx, e.g. `HTTP 503`',
    'transient',
  ],
  [
    'Tencent: others, e.g. `FailedOperation.SignatureIncorrectOrUnapproved`, `FailedOperation.TemplateIncorrectOrUnapproved`, `LimitExceeded.PhoneNumberCountLimit`',
    'permanent',
  ],
];

function tencentFailure(code: string): SendFailure {
  const message = `Tencent answered ${code}.`;
  if (code.startsWith('LimitExceeded.PhoneNumber') && !code.endsWith('CountLimit'))
    return { kind: 'rate_limited', code, message, scope: 'recipient' };
  if (/^(LimitExceeded|RequestLimitExceeded)(\.|$)/.test(code) && !code.endsWith('CountLimit'))
    return { kind: 'rate_limited', code, message, scope: 'account' };
  if (badNumber.has(code)) return { kind: 'invalid_recipient', code, message, scope: 'recipient' };
  if (account.has(code) || /^(AuthFailure|UnauthorizedOperation)(\.|$)/.test(code))
    return { kind: 'auth', code, message, scope: 'account' };
  if (code === 'InvalidParameterValue.ContentLengthLimit')
    return { kind: 'payload_too_large', code, message };
  if (/^(InternalError|ServiceUnavailable|ResourceUnavailable)(\.|$)/.test(code))
    return { kind: 'transient', code, message };
  if (code === 'unreadable')
    return { kind: 'unknown', code, message: 'The request was sent and the answer cannot be read.' };
  return { kind: 'permanent', code, message };
}

function receiptOf(report: Readonly<Record<string, unknown>>): Receipt | null {
  const providerId = textOf(report.sid);
  if (providerId === undefined) return null;
  if (report.report_status === 'SUCCESS') return { providerId, status: 'delivered' };
  if (report.report_status !== 'FAIL') return null;
  const code = codeOf(report.errmsg);
  return { providerId, status: 'failed', code, message: `The operator reports ${code}.` };
}
