// Tencent Cloud's short messages (SendSms 2021-01-11): the signature v3 is computed anew and is good for five minutes, the
// body is exact, and every number has a status of its own.
import { z } from 'zod';
import { canonicalRequest, hmacSha256, sha256 } from '../../../channels/signing/canonical.ts';
import { postJson } from './call-back.ts';
import {
  type Provider,
  type ProviderOptions,
  type ProviderReply,
  type ProviderRequest,
  SlidingWindow,
  startProvider,
} from './provider.ts';

export interface TencentAccepted {
  /** SerialNo. */
  readonly id: string;
  readonly number: string;
  readonly params: readonly string[];
  readonly session: string;
}

export interface TencentProvider extends Provider<TencentAccepted> {
  /** Posts reports to `url`; resolves with the answers. */
  report(url: string, of: readonly TencentAccepted[], failed?: string): Promise<readonly string[]>;
}

export interface TencentOptions extends ProviderOptions {
  readonly secretId: string;
  readonly secretKey: string;
  /** Numbers that do not exist. */
  readonly incorrect?: readonly string[];
}

const sendSms = z.strictObject({
  PhoneNumberSet: z.array(z.string()).min(1).max(200),
  SmsSdkAppId: z.string().regex(/^\d+$/),
  SignName: z.string().optional(),
  TemplateId: z.string().regex(/^\d+$/),
  TemplateParamSet: z.array(z.string()).optional(),
  SessionContext: z.string().max(512).optional(),
});

export async function startTencent(options: TencentOptions): Promise<TencentProvider> {
  const perNumber = new Map<string, SlidingWindow>();
  const perSecond = new SlidingWindow(3_000, 1_000);
  let count = 0;

  const provider = await startProvider<TencentAccepted>(options, (request) => {
    const code = unsigned(request, options) ?? (perSecond.take(request.now) ? null : 'RequestLimitExceeded');
    if (code !== null) return { reply: refusal(code) };
    let raw: unknown;
    try {
      raw = JSON.parse(request.body);
    } catch {
      return { reply: refusal('FailedOperation.JsonParseFail') };
    }
    const parsed = sendSms.safeParse(raw);
    if (!parsed.success) {
      const unknown = parsed.error.issues.some((issue) => issue.code === 'unrecognized_keys');
      return { reply: refusal(unknown ? 'UnknownParameter' : 'InvalidParameter') };
    }
    const {
      PhoneNumberSet: numbers,
      TemplateParamSet: params = [],
      SessionContext: session = '',
    } = parsed.data;
    if (params.some((text) => /https?:|www\.|(\d{1,3}\.){3}\d{1,3}/.test(text)))
      return { reply: refusal('InvalidParameterValue.ProhibitedUseUrlInTemplateParameter') };
    if (params.some((text) => text.length > 12))
      return { reply: refusal('InvalidParameterValue.TemplateParameterLengthLimit') };
    const accepted: TencentAccepted[] = [];
    const statuses = numbers.map((number) => {
      const status = (Code: string, SerialNo = '') => ({
        SerialNo,
        PhoneNumber: number,
        Fee: Code === 'Ok' ? 1 : 0,
        SessionContext: session,
        Code,
        Message: Code === 'Ok' ? 'send success' : 'refused',
        IsoCode: 'CN',
      });
      if (!/^\+[1-9]\d{6,14}$/.test(number) || options.incorrect?.includes(number))
        return status('InvalidParameterValue.IncorrectPhoneNumber');
      const window = perNumber.get(number) ?? new SlidingWindow(1, 30_000);
      perNumber.set(number, window);
      if (!window.take(request.now)) return status('LimitExceeded.PhoneNumberThirtySecondLimit');
      count += 1;
      const id = `5000:1045710669157053657849499${String(count).padStart(3, '0')}`;
      accepted.push({ id, number, params, session });
      return status('Ok', id);
    });
    return {
      reply: { status: 200, body: { Response: { SendStatusSet: statuses, RequestId: 'a0aabda6' } } },
      accepted,
    };
  });
  return Object.assign(provider, {
    report: (url: string, of: readonly TencentAccepted[], failed?: string) =>
      postJson(
        url,
        of.map(({ id, number }) => ({
          user_receive_time: '2023-11-14 22:13:25',
          nationcode: number.slice(1, 3),
          mobile: number.slice(3),
          report_status: failed === undefined ? 'SUCCESS' : 'FAIL',
          errmsg: failed ?? 'DELIVRD',
          description: failed === undefined ? '用户短信送达成功' : '失败',
          sid: id,
        })),
      ),
  });
}

function unsigned(request: ProviderRequest, { secretId, secretKey }: TencentOptions): string | null {
  const { headers, method, pathname, body, now } = request;
  if (method !== 'POST' || pathname !== '/') return 'InvalidRequest';
  if (headers['x-tc-action'] !== 'SendSms') return 'InvalidAction';
  if (headers['x-tc-version'] !== '2021-01-11') return 'NoSuchVersion';
  if (headers['x-tc-region'] === undefined) return 'MissingParameter';
  const [, key, date, names = '', signature] =
    /^TC3-HMAC-SHA256 Credential=([^/]+)\/(\d{4}-\d\d-\d\d)\/sms\/tc3_request, SignedHeaders=([a-z;-]+), Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? '',
    ) ?? [];
  if (signature === undefined) return 'AuthFailure.InvalidAuthorization';
  if (key !== secretId) return 'AuthFailure.SecretIdNotFound';
  const timestamp = headers['x-tc-timestamp'] ?? '';
  if (!(Math.abs(Number(timestamp) * 1000 - now) <= 300_000)) return 'AuthFailure.SignatureExpire';
  const signed = names.split(';');
  if (!signed.includes('content-type') || !signed.includes('host')) return 'AuthFailure.SignatureFailure';
  if (!/^application\/json; charset=utf-8$/.test(headers['content-type'] ?? '')) return 'InvalidRequest';
  const { host = '', ...rest } = Object.fromEntries(
    signed.map((name) => [
      name,
      name === 'x-tc-action' ? headers[name]!.toLowerCase() : (headers[name] ?? ''),
    ]),
  );
  const { text } = canonicalRequest({ method, host, path: '/', query: [], headers: rest, body });
  const signingKey = [date!, 'sms', 'tc3_request'].reduce<string | Uint8Array>(hmacSha256, `TC3${secretKey}`);
  const scope = `${date}/sms/tc3_request`;
  const expected = hmacSha256(signingKey, `TC3-HMAC-SHA256\n${timestamp}\n${scope}\n${sha256(text)}`);
  return expected.toString('hex') === signature ? null : 'AuthFailure.SignatureFailure';
}

/** Everything is HTTP 200. */
function refusal(code: string): ProviderReply {
  return {
    status: 200,
    body: { Response: { Error: { Code: code, Message: `refused: ${code}` }, RequestId: 'a0aabda6' } },
  };
}
