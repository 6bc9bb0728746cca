// What is posted as a message of SNS: nothing is taken that its key did not sign as it stands, nothing is fetched elsewhere,
// and what SES says in it reads to receipts within their bounds.
import { createSign } from 'node:crypto';
import { receiptsOfSes } from '../../../../channels/email-ses-events.ts';
import { signedByCertificate, snsCertificate } from '../../../../channels/signing/sns.ts';
import { readSnsClaim } from '../../../../channels/sns-callback.ts';
import { snsCertificates, snsKey } from '../../sns-certificate.ts';
import { materialOf, mutated } from '../mutate.ts';
import { claim, pureTarget, quoted, type Target, textOf } from '../target.ts';

const now = 1_700_000_000_000;
const arn = 'arn:aws:sns:eu-central-1:123456789012:mail';
const origin = 'https://sns.eu-central-1.amazonaws.com';
const events = [
  '{"eventType":"Delivery","mail":{"messageId":"m-1","headers":[{"name":"X-Tocsin-Delivery","value":"0190a000-0000-7000-8000-00001234abcd"}]},"delivery":{"recipients":["a@example.com"]}}',
  '{"notificationType":"Bounce","mail":{"messageId":"m-2"},"bounce":{"bounceType":"Permanent","bounceSubType":"General","bouncedRecipients":[{"status":"5.1.1","diagnosticCode":"smtp; 550"}]}}',
  '{"eventType":"Complaint","mail":{"messageId":"m-3"},"complaint":{"complaintSubType":"OnAccountSuppressionList"}}',
  '{"eventType":"Rendering Failure","mail":{"messageId":"m-4"},"failure":{"errorMessage":"e"}}',
];
const certificate = snsCertificate(snsCertificates.valid);

function signed(said: Readonly<Record<string, string>>, names: readonly string[]): string {
  const sign = createSign('RSA-SHA256');
  for (const name of names) sign.update(`${name}\n${said[name]}\n`);
  return JSON.stringify({ ...said, Signature: sign.sign(snsKey, 'base64') });
}

const common = {
  ...{ MessageId: 'id', TopicArn: arn, Timestamp: '2023-11-14T22:13:20.000Z', SignatureVersion: '2' },
  SigningCertURL: `${origin}/SimpleNotificationService-f3ecfb72.pem`,
};
const SubscribeURL = `${origin}/?Action=ConfirmSubscription&TopicArn=${arn}&Token=t0k3n`;
const ofSubscription = ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];
const made = [
  ...events.map((Message) =>
    signed({ ...common, Type: 'Notification', Message }, [
      ...['Message', 'MessageId', 'Timestamp', 'TopicArn', 'Type'],
    ]),
  ),
  ...['SubscriptionConfirmation', 'UnsubscribeConfirmation'].map((Type) =>
    signed({ ...common, Type, Message: 'm', Token: 't0k3n', SubscribeURL }, ofSubscription),
  ),
];
/** What was signed, as it was said. */
const meant = new Set(made.map((text) => wordsOf(JSON.parse(text) as Record<string, unknown>)));

function wordsOf(said: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(
    ['Type', 'TopicArn', 'Message', 'MessageId', 'Timestamp', 'Token'].map((name) => said[name]),
  );
}

const material = materialOf(
  [...made, ...events],
  [
    ...[
      '"Type":"Notification"',
      '"Subject":""',
      '"__proto__":{',
      '"SignatureVersion":"1"',
      '@evil.example',
      '/../',
    ],
    ...['.evil.example', '\\n', '\\ud83d', '?x=1', '#', '%2f', ':443', '"Token":null', '[', ']', '{', '}'],
  ],
);

export const snsCallbacks: readonly Target[] = [
  pureTarget({
    name: 'sns-callbacks',
    holds: 'only what its key signed is taken, and only SNS in the region of the topic is asked',
    weight: 40,
    input: (random) => mutated(random, material),
    check(input) {
      const body = textOf(input);
      const read = readSnsClaim({ method: 'POST', url: '', headers: {}, body }, [arn], now);
      if ('refused' in read) {
        claim(!read.refused.includes('\n'), () => `the reason is more than a line: ${quoted(read.refused)}`);
        return;
      }
      claim(read.origin === origin, () => `${quoted(read.origin)} is asked`);
      const asked = new URL(read.origin + read.certificatePath);
      claim(
        asked.origin === origin && asked.pathname === read.certificatePath,
        () => `${quoted(asked.href)} is fetched`,
      );
      if (typeof certificate === 'string') throw new Error(certificate);
      if (!signedByCertificate(read.message, certificate)) return;
      claim(meant.has(wordsOf(read.message)), () => `${quoted(body)} was never signed as it stands`);
    },
  }),
  pureTarget({
    name: 'ses-events',
    holds: 'what SES says reads to one receipt at most, within its bounds',
    weight: 40,
    input: (random) => mutated(random, material),
    check(input) {
      const receipts = receiptsOfSes(textOf(input));
      claim(receipts.length <= 1, () => `${receipts.length} receipts`);
      for (const { providerId, deliveryId = '', code = '', message = '' } of receipts) {
        claim(providerId.length > 0 && providerId.length <= 256, () => `the id ${quoted(providerId)}`);
        claim(deliveryId.length <= 64, () => `the delivery ${quoted(deliveryId)}`);
        for (const line of [code, message])
          claim(line.length <= 200 && !/[\p{Cc}]/u.test(line), () => `the line ${quoted(line)}`);
      }
    },
  }),
];
