// Sends a message by SMTP through one pool of connections per channel. Every socket comes from the host, which checks
// the address; nothing in a message can name a file, a URL, a header or a recipient.
import type { Socket } from 'node:net';
import { z } from 'zod';
import { type ChannelHost, defineChannel, type SendContext, type SendResult } from './channel.ts';
import { type EmailPayload, emailPayload, html } from './email-body.ts';
import { mailOf } from './email-mail.ts';
import { resultOfSent, resultOfSmtpError } from './email-result.ts';
import { secret } from './secret.ts';

const maxBytes = 512 * 1024;
const concurrency = 10;

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

const config = z
  .strictObject({
    host: z.string().min(1).max(255).describe('SMTP server.'),
    port: port.default(587),
    username: z.string().min(1).max(255).optional(),
    password: secret(z.string().min(1).max(1_024)).optional(),
    use_tls: z
      .union([z.boolean(), z.enum(['starttls', 'tls', 'none'])])
      .optional()
      .describe(
        'true or starttls: refuse to go on without STARTTLS; tls: TLS from the first byte (true on port 465); ' +
          'none or false: never. Without it, STARTTLS when the server offers it.',
      ),
    tls_servername: z.string().min(1).max(255).optional().describe('Name to expect in the certificate.'),
    tls_reject_unauthorized: z.boolean().default(true),
    from_email: mailbox,
    from_name: z.string().max(128).optional(),
    to: z.array(mailbox).min(1).max(50),
    reply_to: mailbox.optional(),
  })
  .refine((value) => (value.username === undefined) === (value.password === undefined), {
    error: 'username and password belong together',
    path: ['password'],
  });

type EmailConfig = z.output<typeof config>;

function tlsOptions(settings: EmailConfig) {
  const mode =
    settings.use_tls === true
      ? settings.port === 465
        ? 'tls'
        : 'starttls'
      : settings.use_tls === false
        ? 'none'
        : (settings.use_tls ?? (settings.port === 465 ? 'tls' : 'offered'));
  return {
    secure: mode === 'tls',
    requireTLS: mode === 'starttls',
    ignoreTLS: mode === 'none',
    tls: {
      rejectUnauthorized: settings.tls_reject_unauthorized,
      minVersion: 'TLSv1.2' as const,
      ...(settings.tls_servername === undefined ? {} : { servername: settings.tls_servername }),
    },
  };
}

type SocketCallback = (error: Error | null, socket: { connection: Socket } | false) => void;

/** nodemailer is loaded with the first mail, not with the registry of channels. */
async function openPool(settings: EmailConfig, host: ChannelHost, closing: AbortSignal) {
  const { createTransport } = await import('nodemailer');
  return createTransport({
    pool: true,
    maxConnections: concurrency,
    maxMessages: 1_000,
    // A pooled connection that the server has closed meanwhile is replaced once; nothing was sent on it.
    maxRequeues: 1,
    idleTimeout: 60_000,
    host: settings.host,
    port: settings.port,
    ...tlsOptions(settings),
    ...(settings.username === undefined || settings.password === undefined
      ? {}
      : { auth: { user: settings.username, pass: settings.password.reveal() } }),
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 30_000,
    socketCloseTimeout: 1_000,
    maxResponseSize: 64 * 1024,
    disableFileAccess: true,
    disableUrlAccess: true,
    logger: false,
    getSocket(_options: unknown, callback: SocketCallback) {
      host.connect(settings.host, settings.port, closing).then(
        (connection) => callback(null, { connection }),
        (error: Error) => callback(error, false),
      );
    },
  });
}

export const email = defineChannel({
  kind: 'email',
  label: { en: 'E-mail (SMTP)', 'zh-TW': '電子郵件（SMTP）', 'zh-CN': '电子邮件（SMTP）' },
  config,
  limits: { maxBytes, concurrency, deadlineMs: 30_000 },
  dialect: html,
  render: (message, context) => emailPayload(message, context),
  open(settings, host) {
    const closing = new AbortController();
    // The message of each attempt as a stream, by the headers object that it was given. nodemailer begins to read it
    // when the server takes the message (354 to DATA): from then on a silence may hide an acceptance.
    const streams = new WeakMap<object, { readonly readableDidRead: boolean }>();
    const openWatched = async () => {
      const transporter = await openPool(settings, host, closing.signal);
      transporter.use('stream', (mail, done) => {
        const create = mail.message.createReadStream.bind(mail.message);
        mail.message.createReadStream = (options) => {
          const stream = create(options);
          if (typeof mail.data.headers === 'object') streams.set(mail.data.headers, stream);
          return stream;
        };
        done();
      });
      return transporter;
    };
    let pool: ReturnType<typeof openWatched> | null = null;

    async function send(payload: EmailPayload, context: SendContext): Promise<SendResult> {
      const mail = mailOf(payload, settings, context);
      const { headers } = mail;
      try {
        pool ??= openWatched();
        const info = await (await pool).sendMail({ ...mail, signal: context.signal });
        return resultOfSent(info, settings.to);
      } catch (error) {
        const begun = streams.get(headers)?.readableDidRead === true;
        return resultOfSmtpError(error, { begun, recipients: settings.to });
      }
    }
    return {
      send,
      async close() {
        closing.abort(new Error('the channel is closed'));
        (await pool)?.close();
      },
    };
  },
});
