// What Amazon SNS signs: RSA over some fields of its message, with the key of a certificate that it publishes.
// https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html
import { verify, X509Certificate } from 'node:crypto';
import { z } from 'zod';

const text = z.string().max(64 * 1024);
const common = {
  MessageId: z.string().min(1).max(100),
  TopicArn: z.string().min(1).max(400),
  Message: text,
  Timestamp: z.string().max(40),
  SignatureVersion: z.enum(['1', '2']),
  Signature: z.string().min(1).max(2_048),
  SigningCertURL: z.string().max(1_024),
};
const subscription = { ...common, Token: z.string().min(1).max(2_048), SubscribeURL: z.string().max(8_192) };

/** The messages of a topic to an HTTP endpoint. AWS may add fields: they are not signed and not read. */
export const snsMessage = z.discriminatedUnion('Type', [
  z.object({ ...common, Type: z.literal('Notification'), Subject: text.nullish() }),
  z.object({ ...subscription, Type: z.literal('SubscriptionConfirmation') }),
  z.object({ ...subscription, Type: z.literal('UnsubscribeConfirmation') }),
]);
export type SnsMessage = z.output<typeof snsMessage>;

const hashes = { 1: 'sha1', 2: 'sha256' } as const;
const leastBits = 2_048;
const largestPem = 16 * 1024;
/** `sns.amazonaws.com`, in some regions `sns-signing.<region>.amazonaws.com` and the like. */
const signer = /(^|\n)CN=sns[a-z0-9.-]*\.amazonaws\.com(\.cn)?(\n|$)/;

/** Names and values by name, each ended by a line feed. */
export function stringToSign(message: SnsMessage): string {
  const { Message, MessageId, Timestamp, TopicArn, Type } = message;
  const pairs =
    message.Type === 'Notification'
      ? { Message, MessageId, ...(message.Subject != null && { Subject: message.Subject }) }
      : { Message, MessageId, SubscribeURL: message.SubscribeURL };
  const token = message.Type === 'Notification' ? {} : { Token: message.Token };
  return Object.entries({ ...pairs, Timestamp, ...token, TopicArn, Type })
    .map(([name, value]) => `${name}\n${value}\n`)
    .join('');
}

/** Whether the key of the certificate signed the message. */
export function signedByCertificate(message: SnsMessage, certificate: X509Certificate): boolean {
  const hash = hashes[message.SignatureVersion];
  const signature = Buffer.from(message.Signature, 'base64');
  return verify(hash, Buffer.from(stringToSign(message), 'utf8'), certificate.publicKey, signature);
}

/**
 * Reads a certificate as SNS publishes it; a text that says why it is none. Whose it is comes from where it was fetched:
 * its chain is not looked at.
 */
export function snsCertificate(pem: string): X509Certificate | string {
  if (pem.length > largestPem) return 'it is too large';
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    return 'it is no certificate';
  }
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
  if (asymmetricKeyType !== 'rsa' || (asymmetricKeyDetails?.modulusLength ?? 0) < leastBits)
    return `its key is no RSA key of ${leastBits} bits`;
  return signer.test(certificate.subject) ? certificate : 'it is not that of SNS';
}

/** Whether the certificate holds at a moment, epoch milliseconds. */
export function holdsAt({ validFrom, validTo }: X509Certificate, at: number): boolean {
  return Date.parse(validFrom) <= at && at < Date.parse(validTo);
}
