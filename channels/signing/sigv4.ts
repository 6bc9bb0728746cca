// AWS Signature Version 4: what the services of AWS (SES, SNS) ask of every request.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
import { canonicalRequest, hmacSha256, type SignedCall, sha256 } from './canonical.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string;
  /** `eu-central-1` */
  readonly region: string;
  /** `ses`, `sns` */
  readonly service: string;
}

/**
 * Signs one request; the service takes it for five minutes around `now`.
 * @param now Epoch milliseconds.
 * @returns The call's headers with `x-amz-date`, `authorization` and, of temporary credentials, `x-amz-security-token`;
 * `host` is signed and left to whoever sends.
 */
export function signV4(call: SignedCall, credentials: AwsCredentials, now: number): Record<string, string> {
  const { accessKeyId, secretAccessKey, sessionToken, region, service } = credentials;
  const time = new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, '');
  const date = time.slice(0, 8);
  const headers = {
    ...call.headers,
    'x-amz-date': time,
    ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
  };
  const { text, signedHeaders } = canonicalRequest({ ...call, headers });
  const scope = `${date}/${region}/${service}/aws4_request`;
  const key = [date, region, service, 'aws4_request'].reduce<string | Uint8Array>(
    hmacSha256,
    `AWS4${secretAccessKey}`,
  );
  const signature = hmacSha256(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(text)}`).toString('hex');
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`,
  };
}
