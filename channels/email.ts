// Mail, by SMTP or through the API of a provider that sends it on.
import { z } from 'zod';
import { type ChannelHost, type ChannelInstance, defineChannel } from './channel.ts';
import { type EmailPayload, emailPayload, html } from './email-body.ts';
import { openSendGrid, readSendGridEvents, sendGridAccount } from './email-sendgrid.ts';
import { openSes } from './email-ses.ts';
import { openSmtp } from './email-smtp.ts';
import { hasRecipients, noRecipients } from './own-recipients.ts';
import { secret } from './secret.ts';
import { topicArn } from './sns-callback.ts';

const maxBytes = 512 * 1024;
const concurrency = 20;

// One mailbox and nothing else: no display name, no list, no quoting. Hosts without a dot exist inside of networks.
const mailbox = z
  .string()
  .max(254)
  .regex(
    /^[^\s\p{Cc}<>()[\],;:\\"@]{1,64}@(?!-)[\p{L}\p{N}-]{1,63}(\.[\p{L}\p{N}-]{1,63})*$/u,
    'must be one e-mail address such as ops@example.com',
  );

// A reference such as ${env:SMTP_PORT} stands for text.
const port = z
  .union([
    z.int(),
    z
      .string()
      .regex(/^\d{1,5}$/, 'expected a port number')
      .transform(Number),
  ])
  .pipe(z.int().min(1).max(65_535));

const providers = ['smtp', 'sendgrid', 'ses'] as const;
type Provider = (typeof providers)[number];

const topic = z
  .string()
  .regex(
    topicArn,
    'expected the ARN of a standard topic, such as arn:aws:sns:eu-central-1:123456789012:mail',
  );

const baseUrl = z.url({ protocol: /^https?$/ }).max(2_048);

/** Whose keys they are, and which of them it cannot do without. */
const keysOf = {
  smtp: {
    needs: ['host'],
    takes: ['port', 'username', 'password', 'use_tls', 'tls_servername', 'tls_reject_unauthorized'],
  },
  sendgrid: { needs: ['api_key'], takes: ['event_key', 'base_url'] },
  ses: {
    needs: ['region', 'access_key_id', 'secret_access_key'],
    takes: ['session_token', 'configuration_set', 'base_url', 'topic_arn', 'sns_url'],
  },
} as const;

const config = z
  .strictObject({
    provider: z.enum(providers).default('smtp').describe('Who takes the mails.'),
    host: z.string().min(1).max(255).optional().describe('smtp, required: the server.'),
    port: port.optional().describe('smtp: 587 unless told otherwise; 465 is TLS from the first byte.'),
    username: z
      .string()
      .min(1)
      .max(255)
      .optional()
      .describe('smtp: name to log in with; with `password` or not at all.'),
    password: secret(z.string().min(1).max(1_024))
      .optional()
      .describe('smtp: password to log in with; with `username` or not at all.'),
    use_tls: z
      .union([z.boolean(), z.enum(['starttls', 'tls', 'none'])])
      .optional()
      .describe(
        'smtp. true or starttls: refuse to go on without STARTTLS; tls: TLS from the first byte (true on port 465); ' +
          'none or false: never. Without it, STARTTLS when the server offers it.',
      ),
    tls_servername: z
      .string()
      .min(1)
      .max(255)
      .optional()
      .describe('smtp: name to expect in the certificate; the `host` unless told otherwise.'),
    tls_reject_unauthorized: z
      .boolean()
      .optional()
      .describe('smtp: true unless told otherwise; false takes any certificate.'),
    api_key: secret(z.string().regex(/^[\x21-\x7e]{1,512}$/, 'expected visible ASCII'))
      .optional()
      .describe('sendgrid, required: an API key with the right to send mail.'),
    event_key: z
      .string()
      .refine(
        isEventKey,
        'expected the verification key of the signed event webhook: base64, begins with MFkw',
      )
      .optional()
      .describe('sendgrid: the public key with which receipts are signed; without it none are taken.'),
    region: z
      .string()
      .regex(/^[a-z]{2}(-[a-z]+)+-\d{1,2}$/, 'expected a region such as eu-central-1')
      .optional()
      .describe('ses, required: the region, e.g. eu-central-1.'),
    access_key_id: z
      .string()
      .regex(/^\w{16,128}$/, 'expected an access key id such as AKIA…')
      .optional()
      .describe('ses, required: id of a key that may ses:SendEmail.'),
    secret_access_key: secret(z.string().regex(/^[\x21-\x7e]{16,256}$/, 'expected visible ASCII'))
      .optional()
      .describe('ses, required: the secret of that key.'),
    session_token: secret(z.string().regex(/^[\x21-\x7e]{1,4096}$/, 'expected visible ASCII'))
      .optional()
      .describe('ses: session token, where the credentials are temporary.'),
    configuration_set: z
      .string()
      .regex(/^[\w-]{1,64}$/, 'expected letters, digits, _ and -')
      .optional()
      .describe('ses: a configuration set of the account, which the mails go through.'),
    topic_arn: z
      .union([topic, z.array(topic).min(1).max(5)])
      .transform((topics) => (typeof topics === 'string' ? [topics] : topics))
      .optional()
      .describe(
        'ses: the SNS topic, or up to 5, that SES publishes events to; without one no receipts are taken.',
      ),
    sns_url: baseUrl
      .refine(isSafeFromOthers, 'expected https; http only to this machine')
      .optional()
      .describe(
        'ses: in place of the address of SNS, such as that of a VPC endpoint: certificates are fetched and subscriptions confirmed there, so whoever answers there is believed.',
      ),
    base_url: baseUrl.optional().describe("sendgrid, ses: in place of the provider's own address."),
    from_email: mailbox.describe('The sender: one address without a name, which the provider lets you use.'),
    from_name: z.string().max(128).optional().describe('Name shown for the sender.'),
    to: z
      .array(mailbox)
      .min(1)
      .max(50)
      .optional()
      .describe('Who gets the mail: one mail for all of them. Without it the channel writes to people only.'),
    reply_to: mailbox.optional().describe('Where answers go to.'),
  })
  .superRefine((value, context) => {
    const { needs, takes } = keysOf[value.provider];
    const said = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    for (const key of needs)
      if (value[key] === undefined) said(key, `missing: provider ${value.provider} needs it`);
    const mine: readonly string[] = [...needs, ...takes];
    for (const [other, keys] of Object.entries(keysOf))
      for (const key of [...keys.needs, ...keys.takes])
        if (value[key] !== undefined && !mine.includes(key))
          said(key, `belongs to provider ${other}, and this one is ${value.provider}`);
    if (value.sns_url !== undefined && value.topic_arn === undefined)
      said('sns_url', 'without topic_arn nothing comes from SNS');
    if ((value.username === undefined) !== (value.password === undefined))
      said('password', 'username and password belong together');
  });

type EmailConfig = z.output<typeof config>;

/** A public key on the curve P-256, DER in base64. */
function isEventKey(text: string): boolean {
  return /^MFkw[A-Za-z0-9+/]{118}==$/.test(text);
}

/** Whether nobody on the way can answer in its place. */
function isSafeFromOthers(url: string): boolean {
  return /^(https:\/\/|http:\/\/(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?(\/|$))/i.test(url);
}

/** What the schema has made sure of. */
function given<T>(value: T | undefined, key: string): T {
  if (value === undefined) throw new Error(`${key} is missing although the schema asks for it`);
  return value;
}

const openers: Readonly<
  Record<Provider, (settings: EmailConfig, host: ChannelHost) => ChannelInstance<EmailPayload>>
> = {
  smtp: (settings, host) =>
    openSmtp(
      {
        ...settings,
        host: given(settings.host, 'host'),
        port: settings.port ?? 587,
        tls_reject_unauthorized: settings.tls_reject_unauthorized ?? true,
        connections: concurrency,
      },
      host,
    ),
  sendgrid: (settings, host) =>
    openSendGrid({ ...settings, api_key: given(settings.api_key, 'api_key') }, host),
  ses: (settings, host) =>
    openSes(
      {
        ...settings,
        region: given(settings.region, 'region'),
        access_key_id: given(settings.access_key_id, 'access_key_id'),
        secret_access_key: given(settings.secret_access_key, 'secret_access_key'),
      },
      host,
    ),
};

export const email = defineChannel({
  kind: 'email',
  label: { en: 'E-mail', 'zh-TW': '電子郵件', 'zh-CN': '电子邮件' },
  config,
  limits: { maxBytes, concurrency, deadlineMs: 30_000 },
  dialect: html,
  address: mailbox,
  reachesPlaces: hasRecipients,
  docs: {
    text: `One mail for each notification, as text and HTML, with at most 50 alerts; the mails of one group are one thread. Subject: \`FIRING [warning] HighCpu: CPU of web-1 at 97 %\`, for several alerts \`FIRING ×3 [critical] env=prod\`. The header \`X-Tocsin-Delivery\` carries the id of the delivery, and by SMTP so does \`Message-ID\`. \`provider\` says who takes the mails; keys of another provider are refused.

- \`smtp\`: a server of yours. Connections are kept for a minute.
- \`sendgrid\`: click and open tracking is off. With \`event_key\` it takes [receipts](reference/channels.md#receipts): enter the address of the channel under Event Webhook, with the events Processed, Deferred, Delivered, Bounced and Dropped, and turn the signature on; the key is shown there.
- \`ses\`: with \`topic_arn\` it takes [receipts](reference/channels.md#receipts), which SES sends through SNS: add an event destination to the configuration set (or notifications to the identity, with the original headers) that publishes Send, Delivery, Delivery delay, Bounce, Complaint, Reject and Rendering failure to the topic, then subscribe the address of the channel by HTTPS, without raw message delivery. The subscription is confirmed by itself when \`topic_arn\` names its topic. Both versions of the signature are taken; the certificate is fetched from \`sns.<region>.amazonaws.com\`, the region of the topic, and kept. A bounce is a failure, also a transient one, of which SES tells when it has given up; a complaint comes from somebody who has the mail and changes nothing.`,
    answers: [
      ['SMTP: all recipients accepted', 'sent'],
      ['SMTP: some recipients refused', 'partial'],
      [
        'SMTP: 4yz, e.g. `421`, `450`, `451`; 5yz before there is a message (greeting, EHLO, STARTTLS)',
        'transient',
      ],
      ['SMTP: `530`, `534`, `535`, `538`', 'auth'],
      ['SMTP: every recipient refused with 5yz', 'invalid_recipient'],
      ['SMTP: `552`, and any 5yz with the status 5.3.4, e.g. `554 5.3.4`', 'payload_too_large'],
      [
        'SMTP: 5yz to the sender or the message, e.g. `550`, `554`, `552 5.2.2` (the mailbox is full)',
        'permanent',
      ],
      ['SendGrid: `HTTP 202`', 'sent'],
      ['SendGrid: any other 2xx, e.g. `HTTP 200`', 'unknown'],
      ['SendGrid: `HTTP 429`, until x-ratelimit-reset', 'rate_limited'],
      ['SendGrid: 5xx, e.g. `HTTP 500`, `HTTP 503`', 'transient'],
      ['SendGrid: `HTTP 401`, `HTTP 403` (key, rights, or a sender that was not verified)', 'auth'],
      ['SendGrid: `HTTP 400 personalizations.0.to`', 'invalid_recipient'],
      ['SendGrid: `HTTP 413`', 'payload_too_large'],
      ['SendGrid: `HTTP 400` for another field', 'permanent'],
      ['SES: a MessageId', 'sent'],
      [
        'SES: `TooManyRequestsException`, `ThrottlingException`, `LimitExceededException`, `HTTP 429`',
        'rate_limited',
      ],
      [
        'SES: `UnrecognizedClientException`, `InvalidSignatureException`, `SignatureDoesNotMatch`, `AccessDeniedException`, `ExpiredTokenException`, `InvalidClientTokenId`, `IncompleteSignature`, `RequestExpired`, `AccountSuspendedException`, `SendingPausedException`, `MailFromDomainNotVerifiedException`',
        'auth',
      ],
      ['SES: HTTP 400 whose words say that the mail is too large', 'payload_too_large'],
      ['SES: 5xx, e.g. `HTTP 500`', 'transient'],
      ['SES: others, e.g. `MessageRejected`, `BadRequestException`', 'permanent'],
    ],
  },
  account({ provider, host, port, username, api_key, region, access_key_id }) {
    if (provider === 'ses') return `ses:${region}:${access_key_id}`;
    if (provider === 'sendgrid') return `sendgrid:${sendGridAccount(given(api_key, 'api_key'))}`;
    return `smtp:${username ?? ''}@${host}:${port ?? 587}`;
  },
  callback: {
    read: (request, { provider, event_key }) =>
      provider === 'sendgrid' && event_key !== undefined
        ? readSendGridEvents(request, event_key)
        : {
            refused:
              'this channel takes no receipts: provider sendgrid with event_key does, and ses with topic_arn',
          },
  },
  render: (message, context) => emailPayload(message, context),
  open(settings, host) {
    const opened = openers[settings.provider](settings, host);
    return {
      ...opened,
      send: async (payload, context) =>
        context.to === undefined && !hasRecipients(settings) ? noRecipients : opened.send(payload, context),
    };
  },
});
