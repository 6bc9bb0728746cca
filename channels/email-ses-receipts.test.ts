// What SES tells through SNS, from a strict topic that signs: what is taken, what is refused, and what is fetched for it.
import { afterEach, expect, it } from 'vitest';
import { startTestHost } from '../src/testing/channel-host.ts';
import { type Ses, startSes } from '../src/testing/providers/ses.ts';
import { type SnsPost, type SnsTopic, startSnsTopic } from '../src/testing/providers/sns-topic.ts';
import type { CallbackOutcome, CallOffOutcome, ChannelInstance, Receipt } from './channel.ts';
import { hostileMessage } from './contract-message.ts';
import { email } from './email.ts';
import { receiptsOfSes } from './email-ses-events.ts';
import { stringToSign } from './signing/sns.ts';
import { snsOrigin } from './sns-callback.ts';

const start = 1_700_000_000_000;
const arn = 'arn:aws:sns:eu-central-1:123456789012:mail-events';
const deliveryId = '0190a1b2-c3d4-7e5f-8a6b-0123456789ab';
const secretKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const ses = {
  provider: 'ses',
  region: 'eu-central-1',
  access_key_id: 'AKIDEXAMPLEAKIDEXAMP',
  secret_access_key: secretKey,
  from_email: 'alerts@example.com',
  to: ['ops@example.com'],
};

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});
function kept<T extends { close(): Promise<void> }>(one: T): T {
  opened.push(one);
  return one;
}

interface Stage {
  readonly provider: Ses;
  readonly topic: SnsTopic;
  readonly instance: ChannelInstance<unknown>;
  /** Moves on. */
  readonly clock: { now: number };
  /** The provider's id of a mail that was sent. */
  readonly id: string;
  read(post: SnsPost): Promise<CallbackOutcome | CallOffOutcome>;
  receipts(event: string, over?: object): Promise<readonly Receipt[]>;
}

async function staged(signatureVersion: '1' | '2' = '1'): Promise<Stage> {
  const clock = { now: start };
  const now = () => clock.now;
  const provider = kept(
    await startSes({
      ...{ now, region: ses.region, accessKeyId: ses.access_key_id, secretAccessKey: secretKey },
      from: ['alerts@example.com'],
    }),
  );
  const topic = kept(await startSnsTopic({ now, arn, signatureVersion }));
  const host = kept(startTestHost(['127.0.0.0/8'], now));
  const settings = email.config.parse({
    ...{ ...ses, base_url: provider.url, topic_arn: arn, sns_url: topic.url },
  });
  const instance = kept(email.open(settings, host.host));
  const payload = email.render(hostileMessage(), { config: settings, locale: 'en' });
  const context = { deliveryId, attempt: 1, now: start, signal: AbortSignal.timeout(20_000) };
  const sent = await instance.send(payload, context);
  const id = sent.kind === 'sent' ? (sent.providerId ?? '') : '';
  const read = ({ headers, body }: SnsPost) =>
    instance.readCallback!({ method: 'POST', url: 'https://x/', headers, body }, clock.now);
  return {
    ...{ provider, topic, instance, clock, id, read },
    async receipts(event, over) {
      const outcome = await read(
        topic.notification(provider.event(id, event, over as Readonly<Record<string, unknown>>)),
      );
      if (!('receipts' in outcome)) throw new Error(JSON.stringify(outcome));
      return outcome.receipts;
    },
  };
}

it.each(['1', '2'] as const)(
  'takes what a topic signs with version %s, and says of which mail it is',
  async (version) => {
    const { receipts, topic, id } = await staged(version);
    const of = { providerId: id, deliveryId };
    expect(await receipts('Send')).toEqual([{ ...of, status: 'sent' }]);
    expect(await receipts('DeliveryDelay')).toEqual([{ ...of, status: 'sent' }]);
    expect(await receipts('Delivery')).toEqual([{ ...of, status: 'delivered' }]);
    expect(await receipts('Bounce')).toEqual([
      {
        ...{ ...of, status: 'failed', code: '5.1.1' },
        message: 'Permanent/General: smtp; 550 5.1.1 user unknown',
      },
    ]);
    const full = { bounceType: 'Transient', bounceSubType: 'MailboxFull', bouncedRecipients: [{}] };
    expect(await receipts('Bounce', { bounce: full })).toEqual([
      { ...of, status: 'failed', code: 'Transient/MailboxFull', message: 'Transient/MailboxFull' },
    ]);
    expect(await receipts('Reject')).toEqual([
      { ...of, status: 'failed', code: 'Reject', message: 'Bad content' },
    ]);
    expect(await receipts('Rendering Failure')).toMatchObject([
      { ...of, status: 'failed', code: 'Rendering Failure' },
    ]);
    expect(await receipts('Complaint')).toEqual([]);
    const suppressed = { complaintSubType: 'OnAccountSuppressionList' };
    expect(await receipts('Complaint', { complaint: suppressed })).toMatchObject([
      { status: 'failed', code: 'OnAccountSuppressionList' },
    ]);
    expect(await receipts('Open')).toEqual([]);
    // Notifications of an identity have another word for it, and perhaps no headers.
    const old = { eventType: undefined, notificationType: 'Delivery', mail: { messageId: id } };
    expect(await receipts('x', old)).toEqual([{ providerId: id, status: 'delivered' }]);
    // One certificate for all of it.
    expect(topic.requests.map(({ path }) => path)).toHaveLength(1);
  },
);

it('reads a notification in words, with a subject, as one without news', async () => {
  const { read, topic } = await staged();
  const words = 'Successfully validated SNS topic for Amazon SES event publishing.';
  expect(await read(topic.notification(words, { Subject: 'Notification Metadata' }))).toMatchObject({
    receipts: [],
    reply: { status: 200 },
  });
});

it('refuses what the topic did not sign as it stands, and fetches nothing for what it did not say', async () => {
  const { read, topic, provider, id, clock } = await staged();
  const event = provider.event(id, 'Bounce');
  const minutes = (n: number) => new Date(clock.now + n * 60_000).toISOString();
  const forged = topic.notification(event);
  const cheap: [SnsPost, RegExp][] = [
    [topic.notification(event, { TopicArn: `${arn}-other` }), /topic_arn does not name/],
    [topic.notification(event, { Timestamp: minutes(-1_441) }), /more than a day old/],
    [topic.notification(event, { Timestamp: minutes(16) }), /ahead of the clock/],
    [topic.notification(event, { Timestamp: 'yesterday' }), /is no time/],
    [topic.notification(event, { SignatureVersion: '3' }), /SignatureVersion/],
    [topic.notification(event, { Type: 'Order' }), /no message of SNS/],
    [{ ...forged, headers: { 'x-amz-sns-rawdelivery': 'true' } }, /raw message delivery .* switch it off/],
    [{ ...forged, body: event }, /raw message delivery .* switch it off/],
    [{ ...forged, body: 'Bounce' }, /no JSON/],
    [{ ...forged, body: '[]' }, /no message of SNS/],
    ...[
      'https://evil.example/SimpleNotificationService-1.pem',
      'https://sns.eu-central-1.amazonaws.com.evil.example/SimpleNotificationService-1.pem',
      'https://sns.eu-central-1.amazonaws.com@evil.example/SimpleNotificationService-1.pem',
      'http://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem',
      'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-1.pem',
      'https://sns.eu-central-1.amazonaws.com:8443/SimpleNotificationService-1.pem',
      'https://sns.eu-central-1.amazonaws.com/../SimpleNotificationService-1.pem',
      'https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem?x=1',
      'https://sns.eu-central-1.amazonaws.com/other.pem',
      'https://SNS.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem',
      'file:///etc/passwd',
    ].map((SigningCertURL): [SnsPost, RegExp] => [
      topic.notification(event, { SigningCertURL }),
      /its certificate is not at https:\/\/sns\.eu-central-1\.amazonaws\.com$/,
    ]),
  ];
  for (const [post, said] of cheap)
    expect(await read(post)).toEqual({ refused: expect.stringMatching(said) });
  expect(topic.requests).toHaveLength(0);

  const unsigned = [
    { ...forged, body: forged.body.replace('5.1.1', '4.1.1') },
    topic.notification(event, { Signature: Buffer.alloc(256).toString('base64') }),
    topic.notification(event, { Signature: '!' }),
    // Signed by version 1, said to be of version 2.
    { ...forged, body: forged.body.replace('"SignatureVersion": "1"', '"SignatureVersion": "2"') },
    { ...forged, body: forged.body.replace('{', '{"Subject":"x",') },
  ];
  for (const post of unsigned) expect(await read(post)).toEqual({ refused: 'the signature is wrong' });
  expect(await read(forged)).toMatchObject({ receipts: [{ status: 'failed' }] });
});

it('believes no certificate that has expired, is another’s, is none or is too long', async () => {
  const { read, topic, provider, id } = await staged();
  const event = provider.event(id, 'Bounce');
  const by = (SigningCertURL: string) => read(topic.notification(event, { SigningCertURL }));
  expect(await by(topic.certificateUrl('expired'))).toEqual({ refused: expect.stringMatching(/expired/) });
  expect(await by(topic.certificateUrl('other'))).toEqual({
    refused: expect.stringMatching(/not that of SNS/),
  });
  expect(await by(topic.certificateUrl().replace('f3', '00'))).toEqual({
    refused: 'the certificate was answered HTTP 404',
  });
  topic.misbehave({ status: 200, body: 'x'.repeat(20_000) });
  expect(await by(topic.certificateUrl())).toEqual({ refused: expect.stringMatching(/too large/) });
  topic.misbehave('garbage');
  expect(await by(topic.certificateUrl())).toEqual({ refused: expect.stringMatching(/no certificate/) });
});

it('asks SNS to come again while nobody knows, and fetches few certificates in a minute', async () => {
  const { read, topic, provider, id, clock } = await staged();
  const event = provider.event(id, 'Delivery');
  topic.misbehave('reset');
  topic.misbehave({ status: 503, body: '' });
  expect(await read(topic.notification(event))).toEqual({
    later: expect.stringMatching(/could not be fetched/),
  });
  expect(await read(topic.notification(event))).toEqual({ later: expect.stringMatching(/HTTP 503/) });
  // Together they ask once.
  const both = await Promise.all([read(topic.notification(event)), read(topic.notification(event))]);
  expect(both).toMatchObject([{ receipts: [{}] }, { receipts: [{}] }]);
  expect(topic.requests).toHaveLength(3);
  const guess = (no: number) =>
    read(
      topic.notification(event, { SigningCertURL: topic.certificateUrl().replace(/f3\w+/, `guess-${no}`) }),
    );
  for (let no = 1; no <= 7; no++)
    expect(await guess(no)).toMatchObject({ refused: expect.stringMatching(/404/) });
  expect(await guess(8)).toEqual({ later: expect.stringMatching(/more than 10 certificates/) });
  expect(topic.requests).toHaveLength(10);
  // What is known goes on.
  expect(await read(topic.notification(event))).toMatchObject({ receipts: [{ status: 'delivered' }] });
  clock.now += 60_000;
  expect(await guess(9)).toMatchObject({ refused: expect.stringMatching(/404/) });
});

it('confirms the subscription of its topic once, and no other', async () => {
  const { read, topic } = await staged();
  const asked = topic.subscription();
  const foreign = [
    topic.subscription({ TopicArn: `${arn}-other` }),
    topic.subscription({ SubscribeURL: 'https://evil.example/?Action=ConfirmSubscription' }),
    topic.subscription({ SubscribeURL: `https://sns.eu-central-1.amazonaws.com.evil.example/?Action=x` }),
    topic.subscription({
      SubscribeURL: `https://sns.eu-central-1.amazonaws.com/?Action=DeleteTopic&TopicArn=${arn}`,
    }),
    topic.subscription({ Token: 'another' }),
  ];
  for (const post of foreign) expect(await read(post)).toHaveProperty('refused');
  const unsigned = topic.subscription({ Signature: 'AAAA' });
  expect(await read(unsigned)).toEqual({ refused: 'the signature is wrong' });
  expect(topic.accepted).toHaveLength(0);

  const confirmed = { receipts: [], note: `the subscription of ${arn} is confirmed`, reply: { status: 200 } };
  expect(await Promise.all([read(asked), read(asked)])).toMatchObject([confirmed, confirmed]);
  expect(await read(asked)).toMatchObject(confirmed);
  expect(topic.accepted).toHaveLength(1);
  expect(await read(topic.unsubscription())).toMatchObject({
    note: `the subscription of ${arn} has ended: no more receipts come from it`,
  });
  // Nobody subscribes again by himself.
  expect(topic.accepted).toHaveLength(1);
});

it('tries a confirmation again that SNS did not answer, and gives up one that it refuses', async () => {
  const { read, topic } = await staged();
  await read(topic.unsubscription());
  const asked = topic.subscription();
  topic.misbehave({ status: 500, body: '' });
  expect(await read(asked)).toEqual({ later: 'SNS answered the confirmation HTTP 500' });
  topic.misbehave('reset');
  expect(await read(asked)).toEqual({ later: expect.stringMatching(/could not be confirmed/) });
  topic.misbehave({ status: 400, body: '' });
  expect(await read(asked)).toEqual({ refused: 'SNS answered the confirmation HTTP 400' });
  expect(await read(asked)).toMatchObject({ note: expect.stringMatching(/is confirmed/) });
});

it('signs the fields that AWS names, in their order', () => {
  const common = {
    ...{ MessageId: 'id', TopicArn: arn, Message: 'a\nb', Timestamp: 't' },
    ...{ SignatureVersion: '1' as const, Signature: 's', SigningCertURL: 'c' },
  };
  const lines = (...of: string[]) => of.map((line) => `${line}\n`).join('');
  expect(stringToSign({ ...common, Type: 'Notification', Subject: 'S' })).toBe(
    lines(
      'Message',
      'a\nb',
      'MessageId',
      'id',
      'Subject',
      'S',
      'Timestamp',
      't',
      'TopicArn',
      arn,
      'Type',
      'Notification',
    ),
  );
  expect(stringToSign({ ...common, Type: 'Notification' })).not.toContain('Subject');
  expect(stringToSign({ ...common, Type: 'UnsubscribeConfirmation', Token: 'k', SubscribeURL: 'u' })).toBe(
    lines(
      'Message',
      'a\nb',
      'MessageId',
      'id',
      'SubscribeURL',
      'u',
      'Timestamp',
      't',
      'Token',
      'k',
      'TopicArn',
      arn,
      'Type',
      'UnsubscribeConfirmation',
    ),
  );
});

it('knows where SNS is in the region of a topic', () => {
  expect(snsOrigin(arn)).toBe('https://sns.eu-central-1.amazonaws.com');
  expect(snsOrigin('arn:aws-cn:sns:cn-north-1:123456789012:x')).toBe(
    'https://sns.cn-north-1.amazonaws.com.cn',
  );
  expect(snsOrigin('arn:aws-us-gov:sns:us-gov-west-1:123456789012:x')).toBe(
    'https://sns.us-gov-west-1.amazonaws.com',
  );
  expect(snsOrigin('arn:aws:sns:evil.example/:123456789012:x')).toBeNull();
});

it('takes topics of SES alone, and certificates over nothing that others can answer', () => {
  const problems = (over: object) =>
    email.config.safeParse({ ...ses, ...over }).error?.issues.map(({ message }) => message) ?? [];
  expect(
    problems({ topic_arn: [arn], sns_url: 'https://vpce-1.sns.eu-central-1.vpce.amazonaws.com' }),
  ).toEqual([]);
  expect(problems({ topic_arn: `${arn}.fifo` })[0]).toMatch(/ARN of a standard topic|Invalid input/);
  expect(problems({ topic_arn: arn, sns_url: 'http://sns.internal' })).toEqual([
    'expected https; http only to this machine',
  ]);
  expect(problems({ sns_url: 'https://sns.internal' })).toEqual(['without topic_arn nothing comes from SNS']);
  expect(problems({ provider: 'sendgrid', api_key: 'k', topic_arn: arn })).toContain(
    'belongs to provider ses, and this one is sendgrid',
  );
});

it('makes nothing of what is no event of SES', () => {
  for (const text of [
    '',
    'null',
    '[]',
    '{}',
    '{"eventType":"Delivery"}',
    '{"eventType":"Delivery","mail":{"messageId":1}}',
  ])
    expect(receiptsOfSes(text)).toEqual([]);
  const odd = { eventType: 'Bounce', bounce: 7, mail: { messageId: 'm', headers: [null, { name: 'x' }] } };
  expect(receiptsOfSes(JSON.stringify(odd))).toEqual([
    { providerId: 'm', status: 'failed', code: 'Bounce', message: 'Bounce' },
  ]);
});
