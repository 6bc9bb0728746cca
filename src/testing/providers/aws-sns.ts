// Short messages of AWS (SNS, Publish 2010-03-31): Signature Version 4 is computed anew and is good for five minutes, the
// form is exact, answers are XML.
import { canonicalRequest, hmacSha256, sha256 } from '../../../channels/signing/canonical.ts';
import {
  type Provider,
  type ProviderOptions,
  type ProviderReply,
  type ProviderRequest,
  SlidingWindow,
  startProvider,
} from './provider.ts';

export interface SnsAccepted {
  readonly id: string;
  readonly number: string;
  readonly text: string;
}

export interface SnsOptions extends ProviderOptions {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly perSecond?: number;
  readonly optedOut?: readonly string[];
}

const known =
  /^(Action|Version|PhoneNumber|Message|MessageAttributes\.entry\.\d\.(Name|Value\.(DataType|StringValue)))$/;

export function startSns(options: SnsOptions): Promise<Provider<SnsAccepted>> {
  const second = new SlidingWindow(options.perSecond ?? 20, 1_000);
  let count = 0;
  return startProvider<SnsAccepted>(options, (request) => {
    const refused = unsigned(request, options);
    if (refused !== null) return { reply: refused };
    const form = new URLSearchParams(request.body);
    if ([...form.keys()].some((name) => !known.test(name)) || form.get('Version') !== '2010-03-31')
      return { reply: xml(400, 'InvalidParameter') };
    if (form.get('Action') !== 'Publish') return { reply: xml(400, 'InvalidAction') };
    if (!second.take(request.now)) return { reply: xml(429, 'Throttled') };
    const number = form.get('PhoneNumber') ?? '';
    const text = form.get('Message') ?? '';
    if (!/^\+[1-9]\d{6,14}$/.test(number)) return { reply: xml(400, 'InvalidParameter') };
    if (text === '' || Buffer.byteLength(text) > 1_600) return { reply: xml(400, 'InvalidParameterValue') };
    if (options.optedOut?.includes(number)) return { reply: xml(400, 'OptedOut') };
    count += 1;
    const id = `94f20ce6-13c5-43a0-9a9e-${String(count).padStart(12, '0')}`;
    const body = `<PublishResponse xmlns="https://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>${id}</MessageId></PublishResult><ResponseMetadata><RequestId>f187a3c1</RequestId></ResponseMetadata></PublishResponse>`;
    return {
      reply: { status: 200, headers: { 'content-type': 'text/xml' }, body },
      accepted: [{ id, number, text }],
    };
  });
}

function unsigned(request: ProviderRequest, options: SnsOptions): ProviderReply | null {
  const { method, pathname, query, headers, body, now } = request;
  const { accessKeyId, secretAccessKey, region } = options;
  const [, key, date, names = '', signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/[a-z0-9-]+\/sns\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? '',
    ) ?? [];
  if (signature === undefined) return xml(400, 'IncompleteSignature');
  if (key !== accessKeyId) return xml(403, 'InvalidClientTokenId');
  const time = headers['x-amz-date'] ?? '';
  const at = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!(Math.abs(at - now) <= 300_000)) return xml(403, 'SignatureDoesNotMatch');
  const signed = names.split(';');
  if (!['content-type', 'host', 'x-amz-date'].every((name) => signed.includes(name)))
    return xml(403, 'SignatureDoesNotMatch');
  const { host = '', ...rest } = Object.fromEntries(signed.map((name) => [name, headers[name] ?? '']));
  const { text } = canonicalRequest({ method, host, path: pathname, query, headers: rest, body });
  const scope = `${date}/${region}/sns/aws4_request`;
  const signingKey = [date!, region, 'sns', 'aws4_request'].reduce<string | Uint8Array>(
    hmacSha256,
    `AWS4${secretAccessKey}`,
  );
  const expected = hmacSha256(signingKey, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(text)}`);
  return expected.toString('hex') === signature ? null : xml(403, 'SignatureDoesNotMatch');
}

function xml(status: number, code: string): ProviderReply {
  return {
    status,
    headers: { 'content-type': 'text/xml' },
    body: `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>${code}</Code><Message>refused</Message></Error><RequestId>8d5e</RequestId></ErrorResponse>`,
  };
}
