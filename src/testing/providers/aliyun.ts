// Aliyun's short messages and calls (SendSms and SingleCallByTts, 2017-05-25): the signature V3 is computed anew, a nonce
// is taken once, parameters are exact, and reports come as a list that nobody signs.
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

export interface AliyunAccepted {
  readonly kind: 'sms' | 'call';
  /** BizId or CallId. */
  readonly id: string;
  readonly number: string;
  readonly params: Readonly<Record<string, string>>;
  readonly outId: string;
}

export interface AliyunProvider extends Provider<AliyunAccepted> {
  /** Money and packages are used up. */
  broke: boolean;
  /** Posts reports of short messages to `url`; resolves with the answers. */
  report(url: string, of: readonly AliyunAccepted[], over?: AliyunReport): Promise<readonly string[]>;
}

interface AliyunReport {
  readonly errCode?: string;
  /** Of a call. */
  readonly statusCode?: string;
  readonly dtmf?: string;
}

export interface AliyunOptions extends ProviderOptions {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** Numbers that do not exist. */
  readonly illegal?: readonly string[];
}

const number = z.string().regex(/^(1[3-9]\d{9}|[1-9]\d{6,14})$/);
const address = /https?:|www\.|(\d{1,3}\.){3}\d{1,3}|[a-z0-9-]+\.(com|cn|net|org|io|example|internal)\b/i;
const sendSms = z.strictObject({
  PhoneNumbers: number,
  SignName: z.string().min(1),
  TemplateCode: z.string().startsWith('SMS_'),
  TemplateParam: z.string(),
  OutId: z.string().max(256),
});
const singleCall = z.strictObject({
  CalledNumber: number,
  CalledShowNumber: z.string().optional(),
  TtsCode: z.string().startsWith('TTS_'),
  TtsParam: z.string(),
  PlayTimes: z.enum(['1', '2', '3']),
  Volume: z.string().regex(/^(\d{1,2}|100)$/),
  Speed: z.string().regex(/^-?\d{1,3}$/),
  OutId: z.string().max(15),
});
const variables = z.record(z.string(), z.string().min(1));
const signedAlways = [
  'host',
  'x-acs-action',
  'x-acs-content-sha256',
  'x-acs-date',
  'x-acs-signature-nonce',
  'x-acs-version',
];
const windowMs = 15 * 60_000;
const dayMs = 86_400_000;

export async function startAliyun(options: AliyunOptions): Promise<AliyunProvider> {
  const nonces = new Set<string>();
  const perNumber = new Map<string, SlidingWindow[]>();
  let broke = false;
  let count = 0;

  const provider = await startProvider<AliyunAccepted>(options, (request) => {
    const refused = unsigned(request, options, nonces);
    if (refused !== null) return { reply: refused };
    const action = request.headers['x-acs-action'];
    const isSms = action === 'SendSms';
    if (!isSms && action !== 'SingleCallByTts') return { reply: problem('InvalidAction.NotFound', 404) };
    const params = Object.fromEntries(request.query);
    const parsed = isSms ? sendSms.safeParse(params) : singleCall.safeParse(params);
    if (!parsed.success) {
      const ofNumber = parsed.error.issues.some(({ path }) => /Number/.test(String(path[0])));
      return { reply: business(ofNumber ? 'isv.MOBILE_NUMBER_ILLEGAL' : 'isv.INVALID_PARAMETERS') };
    }
    const data = parsed.data as Record<string, string>;
    const to = data.PhoneNumbers ?? data.CalledNumber ?? '';
    if (options.illegal?.includes(to)) return { reply: business('isv.MOBILE_NUMBER_ILLEGAL') };
    if (broke) return { reply: business('isv.AMOUNT_NOT_ENOUGH') };
    const given = readVariables(data.TemplateParam ?? data.TtsParam ?? '');
    if (typeof given === 'string') return { reply: business(given) };
    const windows =
      perNumber.get(to) ??
      (isSms
        ? [new SlidingWindow(50, dayMs)]
        : [new SlidingWindow(1, 60_000), new SlidingWindow(5, 3_600_000), new SlidingWindow(20, dayMs)]);
    perNumber.set(to, windows);
    if (!windows.every((window) => window.take(request.now)))
      return { reply: business('isv.BUSINESS_LIMIT_CONTROL') };
    count += 1;
    const id = isSms ? `9006197469364984${count}^0` : `1162347${count}^1${count}`;
    const accepted = {
      kind: isSms ? 'sms' : 'call',
      id,
      number: to,
      params: given,
      outId: data.OutId ?? '',
    } as const;
    const body = { Message: 'OK', RequestId: `req-${count}`, Code: 'OK', [isSms ? 'BizId' : 'CallId']: id };
    return { reply: { status: 200, body }, accepted: [accepted] };
  });

  return Object.defineProperties(provider as AliyunProvider, {
    broke: {
      get: () => broke,
      set: (value: boolean) => {
        broke = value;
      },
    },
    report: {
      value: (url: string, of: readonly AliyunAccepted[], over: AliyunReport = {}) =>
        postJson(
          url,
          of.map((one) => (one.kind === 'sms' ? smsReport(one, over) : callReport(one, over))),
        ),
    },
  });
}

function unsigned(
  { method, pathname, headers, query, body, now }: ProviderRequest,
  { accessKeyId, accessKeySecret }: AliyunOptions,
  nonces: Set<string>,
): ProviderReply | null {
  const authorization = headers.authorization ?? '';
  const [, key, names = '', signature] =
    /^ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([a-z0-9;-]+),Signature=([0-9a-f]{64})$/.exec(
      authorization,
    ) ?? [];
  if (signature === undefined) return problem('IncompleteSignature', 400);
  if (key !== accessKeyId) return problem('InvalidAccessKeyId.NotFound', 404);
  const date = Date.parse(headers['x-acs-date'] ?? '');
  if (!(Math.abs(date - now) <= windowMs)) return problem('InvalidTimeStamp.Expired', 400);
  const signed = names.split(';');
  const present = Object.keys(headers).filter((name) => name.startsWith('x-acs-') || name === 'host');
  if (![...signedAlways, ...present].every((name) => signed.includes(name)))
    return problem('IncompleteSignature', 400);
  if (headers['x-acs-content-sha256'] !== sha256(body)) return problem('SignatureDoesNotMatch', 400);
  const { host = '', ...rest } = Object.fromEntries(signed.map((name) => [name, headers[name] ?? '']));
  const { text } = canonicalRequest({ method, host, path: pathname, query, headers: rest, body });
  const expected = hmacSha256(accessKeySecret, `ACS3-HMAC-SHA256\n${sha256(text)}`).toString('hex');
  if (expected !== signature) return problem('SignatureDoesNotMatch', 400);
  const nonce = headers['x-acs-signature-nonce'] ?? '';
  if (nonces.has(nonce)) return problem('SignatureNonceUsed', 400);
  nonces.add(nonce);
  if (headers['x-acs-version'] !== '2017-05-25') return problem('InvalidVersion', 400);
  return null;
}

function readVariables(json: string): Record<string, string> | string {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return 'isv.INVALID_JSON_PARAM';
  }
  const parsed = variables.safeParse(value);
  if (!parsed.success) return 'isv.TEMPLATE_MISSING_PARAMETERS';
  const values = Object.values(parsed.data);
  if (values.some((text) => address.test(text))) return 'isv.PARAM_NOT_SUPPORT_URL';
  if (values.some((text) => text.length > 35)) return 'isv.PARAM_LENGTH_LIMIT';
  return parsed.data;
}

/** As the service refuses what it did take in: 200. */
function business(code: string): ProviderReply {
  return { status: 200, body: { Message: `refused: ${code}`, RequestId: 'req', Code: code } };
}

/** As the gateway refuses. */
function problem(code: string, status: number): ProviderReply {
  return {
    status,
    body: { Code: code, Message: `refused: ${code}`, RequestId: 'req', HostId: 'dysmsapi.aliyuncs.com' },
  };
}

function smsReport({ id, number: phone, outId }: AliyunAccepted, { errCode }: AliyunReport) {
  return {
    phone_number: phone,
    send_time: '2023-11-14 22:13:20',
    report_time: '2023-11-14 22:13:25',
    success: errCode === undefined,
    err_code: errCode ?? 'DELIVERED',
    err_msg: errCode === undefined ? '用户接收成功' : '失败',
    sms_size: '1',
    biz_id: id,
    out_id: outId,
  };
}

function callReport({ id, number: callee, outId }: AliyunAccepted, { statusCode, dtmf }: AliyunReport) {
  return {
    call_id: id,
    start_time: '2023-11-14 22:13:20',
    end_time: '2023-11-14 22:13:40',
    caller: '05711234567',
    callee,
    duration: '20',
    status_code: statusCode ?? '200000',
    status_msg: '',
    out_id: outId,
    ...(dtmf !== undefined && { dtmf }),
    voice_type: 'voice',
  };
}
