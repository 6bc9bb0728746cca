// Tencent Cloud's signature v3, TC3-HMAC-SHA256: a key of the day (UTC) and the service.
// https://www.tencentcloud.com/document/api/614/42761
import { canonicalRequest, hmacSha256, type SignedCall, sha256 } from './canonical.ts';

export interface TencentCall extends Omit<SignedCall, 'method' | 'path' | 'query' | 'headers'> {
  /** `sms` */
  readonly service: string;
  readonly contentType: string;
  /** `SendSms`; signed in lower case, as Tencent's examples do. */
  readonly action?: string;
}

/**
 * Signs one POST to `/`; Tencent takes it for five minutes around `now`.
 * @param now Epoch milliseconds.
 * @returns `authorization` and `x-tc-timestamp`.
 */
export function signTc3(
  call: TencentCall,
  credentials: { readonly secretId: string; readonly secretKey: string },
  now: number,
): { readonly authorization: string; readonly 'x-tc-timestamp': string } {
  const timestamp = String(Math.floor(now / 1000));
  const date = new Date(now).toISOString().slice(0, 10);
  const { text, signedHeaders } = canonicalRequest({
    method: 'POST',
    host: call.host,
    path: '/',
    query: [],
    headers: {
      'content-type': call.contentType,
      ...(call.action !== undefined && { 'x-tc-action': call.action.toLowerCase() }),
    },
    body: call.body,
  });
  const scope = `${date}/${call.service}/tc3_request`;
  const key = [date, call.service, 'tc3_request'].reduce<string | Uint8Array>(
    hmacSha256,
    `TC3${credentials.secretKey}`,
  );
  const signature = hmacSha256(key, `TC3-HMAC-SHA256\n${timestamp}\n${scope}\n${sha256(text)}`);
  return {
    authorization: `TC3-HMAC-SHA256 Credential=${credentials.secretId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature.toString('hex')}`,
    'x-tc-timestamp': timestamp,
  };
}
