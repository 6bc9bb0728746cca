// Aliyun's signature V3, ACS3-HMAC-SHA256: the secret itself is the key, and every x-acs header is signed.
// https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature
import { canonicalRequest, hmacSha256, type SignedCall, sha256 } from './canonical.ts';

export interface AliyunCall extends Omit<SignedCall, 'headers'> {
  /** `SendSms` */
  readonly action: string;
  /** `2017-05-25` */
  readonly version: string;
  /** Of its own for each request; Aliyun takes one only once. */
  readonly nonce: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Signs one request; Aliyun takes it for 15 minutes around `now`.
 * @param now Epoch milliseconds.
 * @returns All headers but `host`.
 */
export function signAcs3(
  call: AliyunCall,
  credentials: { readonly accessKeyId: string; readonly accessKeySecret: string },
  now: number,
): Record<string, string> {
  const headers = {
    ...call.headers,
    'x-acs-action': call.action,
    'x-acs-content-sha256': sha256(call.body),
    'x-acs-date': new Date(now).toISOString().replace(/\.\d{3}/, ''),
    'x-acs-signature-nonce': call.nonce,
    'x-acs-version': call.version,
  };
  const { text, signedHeaders } = canonicalRequest({ ...call, headers });
  const signature = hmacSha256(credentials.accessKeySecret, `ACS3-HMAC-SHA256\n${sha256(text)}`);
  return {
    ...headers,
    authorization: `ACS3-HMAC-SHA256 Credential=${credentials.accessKeyId},SignedHeaders=${signedHeaders},Signature=${signature.toString('hex')}`,
  };
}
