// A strict SNS topic with one subscriber by HTTP: publishes its certificate, signs what it posts, and takes the confirmation
// of its subscription once, with the token that it gave out.
import { createSign, randomBytes, randomUUID } from 'node:crypto';
import { snsCertificates, snsKey } from '../sns-certificate.ts';
import { type Provider, startProvider } from './provider.ts';

export interface SnsPost {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a message is to say in place of what a topic would say: what is forged is signed all the same unless `Signature` says so. */
export type SnsOver = Readonly<Record<string, string>>;

export interface SnsConfirmation {
  readonly token: string;
}

export interface SnsTopic extends Provider<SnsConfirmation> {
  readonly arn: string;
  /** Where a message says that its certificate is. */
  readonly certificateUrl: (which?: keyof typeof snsCertificates) => string;
  notification(message: string, over?: SnsOver): SnsPost;
  /** Asks the subscriber to confirm; a new token each time. */
  subscription(over?: SnsOver): SnsPost;
  unsubscription(over?: SnsOver): SnsPost;
}

export interface SnsTopicOptions {
  readonly now: () => number;
  readonly arn: string;
  readonly signatureVersion?: '1' | '2';
}

const paths = { valid: 'f3ecfb7224c7233fe7bb5f59f96de52f', expired: '0'.repeat(32), other: '1'.repeat(32) };

export async function startSnsTopic({
  now,
  arn,
  signatureVersion = '1',
}: SnsTopicOptions): Promise<SnsTopic> {
  const region = arn.split(':')[3];
  const origin = `https://sns.${region}.amazonaws.com`;
  const tokens = new Set<string>();
  const provider = await startProvider<SnsConfirmation>({ now }, ({ method, pathname, query }) => {
    if (method !== 'GET') return { reply: { status: 405, body: '' } };
    for (const [which, path] of Object.entries(paths))
      if (pathname === `/SimpleNotificationService-${path}.pem`)
        return { reply: { status: 200, body: snsCertificates[which as keyof typeof paths] } };
    if (pathname !== '/') return { reply: { status: 404, body: '' } };
    const token = query.get('Token') ?? '';
    const isRight = query.get('Action') === 'ConfirmSubscription' && query.get('TopicArn') === arn;
    if (!isRight || query.size !== 3 || !tokens.has(token))
      return { reply: { status: 400, body: '<ErrorResponse><Code>InvalidParameter</Code></ErrorResponse>' } };
    const body = `<ConfirmSubscriptionResponse><SubscriptionArn>${arn}:${randomUUID()}</SubscriptionArn></ConfirmSubscriptionResponse>`;
    return { reply: { status: 200, body }, accepted: [{ token }] };
  });
  const certificateUrl: SnsTopic['certificateUrl'] = (which = 'valid') =>
    `${origin}/SimpleNotificationService-${paths[which]}.pem`;

  /** @param signed Names of what is signed, in their order. */
  function post(said: Readonly<Record<string, string>>, signed: readonly string[], over: SnsOver): SnsPost {
    const message: Record<string, string> = {
      ...said,
      MessageId: randomUUID(),
      TopicArn: arn,
      Timestamp: new Date(now()).toISOString(),
      SignatureVersion: signatureVersion,
      SigningCertURL: certificateUrl(),
      ...over,
    };
    const sign = createSign(message.SignatureVersion === '2' ? 'RSA-SHA256' : 'RSA-SHA1');
    for (const name of signed) if (message[name] !== undefined) sign.update(`${name}\n${message[name]}\n`);
    message.Signature ??= sign.sign(snsKey, 'base64');
    return {
      headers: {
        'content-type': 'text/plain; charset=UTF-8',
        'user-agent': 'Amazon Simple Notification Service Agent',
        'x-amz-sns-message-type': message.Type!,
        'x-amz-sns-message-id': message.MessageId!,
        'x-amz-sns-topic-arn': message.TopicArn!,
      },
      body: JSON.stringify(message, null, 2),
    };
  }

  const ofSubscription = ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];
  const about = (Type: string, Message: string, over: SnsOver): SnsPost => {
    const Token = randomBytes(64).toString('hex');
    tokens.add(Token);
    const SubscribeURL = `${origin}/?Action=ConfirmSubscription&TopicArn=${arn}&Token=${Token}`;
    return post({ Type, Message, Token, SubscribeURL }, ofSubscription, over);
  };
  return Object.assign(provider, {
    arn,
    certificateUrl,
    notification: (Message: string, over: SnsOver = {}) =>
      post(
        { Type: 'Notification', Message, UnsubscribeURL: `${origin}/?Action=Unsubscribe` },
        ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
        over,
      ),
    subscription: (over: SnsOver = {}) =>
      about(
        'SubscriptionConfirmation',
        `You have chosen to subscribe to the topic ${arn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`,
        over,
      ),
    unsubscription: (over: SnsOver = {}) =>
      about(
        'UnsubscribeConfirmation',
        `You have chosen to deactivate subscription ${arn}.\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message.`,
        over,
      ),
  });
}
