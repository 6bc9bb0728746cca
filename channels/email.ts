// Mail, by SMTP or through the API of a provider that sends it on.
import { z } from 'zod';
import { type ChannelHost, type ChannelInstance, defineChannel } from './channel.ts';
import { type EmailPayload, emailPayload, html } from './email-body.ts';
import { openSendGrid, readSendGridEvents, sendGridAccount } from './email-sendgrid.ts';
import { openSes } from './email-ses.ts';
import { openSmtp } from './email-smtp.ts';
import { secret } from './secret.ts';

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
    takes: ['session_token', 'configuration_set', 'base_url'],
  },
} as const;

const config = z
  .strictObject({
    provider: z.enum(providers).default('smtp').describe('Who takes the mails.'),
    host: z.string().min(1).max(255).optional().describe('smtp: the server.'),
    port: port.optional().describe('smtp: 587 unless told otherwise.'),
    username: z.string().min(1).max(255).optional().describe('smtp.'),
    password: secret(z.string().min(1).max(1_024)).optional().describe('smtp.'),
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
      .describe('smtp: name to expect in the certificate.'),
    tls_reject_unauthorized: z.boolean().optional().describe('smtp: true unless told otherwise.'),
    api_key: secret(z.string().regex(/^[\x21-\x7e]{1,512}$/, 'expected visible ASCII'))
      .optional()
      .describe('sendgrid.'),
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
      .describe('ses.'),
    access_key_id: z
      .string()
      .regex(/^\w{16,128}$/, 'expected an access key id such as AKIA…')
      .optional()
      .describe('ses.'),
    secret_access_key: secret(z.string().regex(/^[\x21-\x7e]{16,256}$/, 'expected visible ASCII'))
      .optional()
      .describe('ses.'),
    session_token: secret(z.string().regex(/^[\x21-\x7e]{1,4096}$/, 'expected visible ASCII'))
      .optional()
      .describe('ses: of temporary credentials.'),
    configuration_set: z
      .string()
      .regex(/^[\w-]{1,64}$/, 'expected letters, digits, _ and -')
      .optional()
      .describe('ses.'),
    base_url: baseUrl.optional().describe("sendgrid, ses: in place of the provider's own address."),
    from_email: mailbox.describe('The sender; it has to be one that the provider lets you use.'),
    from_name: z.string().max(128).optional(),
    to: z.array(mailbox).min(1).max(50),
    reply_to: mailbox.optional(),
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
    if ((value.username === undefined) !== (value.password === undefined))
      said('password', 'username and password belong together');
  });

type EmailConfig = z.output<typeof config>;

/** A public key on the curve P-256, DER in base64. */
function isEventKey(text: string): boolean {
  return /^MFkw[A-Za-z0-9+/]{118}==$/.test(text);
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
  account({ provider, host, port, username, api_key, region, access_key_id }) {
    if (provider === 'ses') return `ses:${region}:${access_key_id}`;
    if (provider === 'sendgrid') return `sendgrid:${sendGridAccount(given(api_key, 'api_key'))}`;
    return `smtp:${username ?? ''}@${host}:${port ?? 587}`;
  },
  callback: {
    read: (request, { provider, event_key }) =>
      provider === 'sendgrid' && event_key !== undefined
        ? readSendGridEvents(request, event_key)
        : { refused: 'this channel takes no receipts: provider sendgrid with event_key does' },
  },
  render: (message, context) => emailPayload(message, context),
  open: (settings, host) => openers[settings.provider](settings, host),
});
