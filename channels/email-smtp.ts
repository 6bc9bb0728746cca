// Mail by SMTP through one pool of connections per channel. Every socket comes from the host, which checks the address;
// nothing in a message can name a file, a URL, a header or a recipient.
import type { Socket } from 'node:net';
import type { ChannelHost, ChannelInstance, SendContext, SendResult } from './channel.ts';
import type { EmailPayload } from './email-body.ts';
import { type MailSettings, mailOf } from './email-mail.ts';
import { rawMail } from './email-mime.ts';
import { resultOfSent, resultOfSmtpError } from './email-result.ts';
import type { Secret } from './secret.ts';

export interface SmtpSettings extends MailSettings {
  readonly host: string;
  readonly port: number;
  readonly username?: string | undefined;
  readonly password?: Secret | undefined;
  readonly use_tls?: boolean | 'starttls' | 'tls' | 'none' | undefined;
  readonly tls_servername?: string | undefined;
  readonly tls_reject_unauthorized: boolean;
  /** Connections at once. */
  readonly connections: number;
}

function tlsOptions(settings: SmtpSettings) {
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
async function openPool(settings: SmtpSettings, host: ChannelHost, closing: AbortSignal) {
  const { createTransport } = await import('nodemailer');
  return createTransport({
    pool: true,
    maxConnections: settings.connections,
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
      // A signal of its own for each: twenty listeners on one are taken for a leak.
      host.connect(settings.host, settings.port, AbortSignal.any([closing])).then(
        (connection) => callback(null, { connection }),
        (error: Error) => callback(error, false),
      );
    },
  });
}

export function openSmtp(settings: SmtpSettings, host: ChannelHost): ChannelInstance<EmailPayload> {
  const closing = new AbortController();
  // The message of each attempt as a stream, by its bytes. nodemailer begins to read it when the server takes the message
  // (354 to DATA): from then on a silence may hide an acceptance.
  const streams = new WeakMap<object, { readonly readableDidRead: boolean }>();
  const openWatched = async () => {
    const transporter = await openPool(settings, host, closing.signal);
    transporter.use('stream', (mail, done) => {
      const create = mail.message.createReadStream.bind(mail.message);
      mail.message.createReadStream = (options) => {
        const stream = create(options);
        if (Buffer.isBuffer(mail.data.raw)) streams.set(mail.data.raw, stream);
        return stream;
      };
      done();
    });
    return transporter;
  };
  let pool: ReturnType<typeof openWatched> | null = null;

  async function send(payload: EmailPayload, context: SendContext): Promise<SendResult> {
    const mail = mailOf(payload, settings, context);
    const { messageId } = mail;
    const raw = rawMail(mail);
    const envelope = { from: mail.from.address, to: [...mail.to] };
    try {
      pool ??= openWatched();
      const info = await (await pool).sendMail({ envelope, raw, signal: context.signal });
      return resultOfSent({ ...info, messageId }, mail.to);
    } catch (error) {
      const begun = streams.get(raw)?.readableDidRead === true;
      return resultOfSmtpError(error, { begun, recipients: mail.to });
    }
  }
  return {
    send,
    async close() {
      closing.abort(new Error('the channel is closed'));
      (await pool)?.close();
    },
  };
}
