// A real SMTP server that keeps the mails it takes and refuses, hangs or breaks off as it is told.
import type { AddressInfo, Socket } from 'node:net';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import { type TestCertificate, testCertificate } from './certificate.ts';
import { readMail } from './mime-text.ts';

export interface CaughtMail {
  /** Envelope. */
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Whether the connection was under TLS. */
  readonly secure: boolean;
  readonly user: string | null;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** A reply that refuses: `{ code: 550, text: '5.1.1 no such user' }`. */
export interface SmtpRefusal {
  readonly code: number;
  readonly text: string;
}

type MailFate = SmtpRefusal | 'hang' | 'reset' | null;

export interface MailCatcherOptions {
  /** Offers STARTTLS. */
  readonly starttls?: boolean;
  /** TLS from the first byte. */
  readonly tls?: boolean;
  /** Of either kind of TLS; self-signed for `localhost` unless given (see certificate.ts). */
  readonly certificate?: TestCertificate;
  /** Asks for this login. */
  readonly auth?: { readonly user: string; readonly pass: string };
  /** Refuses MAIL FROM. */
  readonly refuseSender?: SmtpRefusal;
  /** Decides about each recipient; null takes it. */
  readonly refuseRecipient?: (address: string) => SmtpRefusal | null;
  /** Refuses the message after DATA. */
  readonly refuseMessage?: SmtpRefusal;
  /** Takes the message and then says nothing, or breaks off. */
  readonly afterMessage?: 'hang' | 'reset';
  /** Decides about each message after DATA, before anything else does: refuses it, or takes it and says nothing or breaks off. */
  readonly onData?: (mail: CaughtMail) => MailFate | Promise<MailFate>;
  /** Says nothing after connecting, or breaks off. */
  readonly onConnect?: 'hang' | 'reset';
  /** Largest message in bytes, told with SIZE. */
  readonly maxSize?: number;
  readonly keep?: number;
  readonly port?: number;
  /** Called with every mail that is taken. */
  readonly onMail?: (mail: CaughtMail) => void;
}

export interface MailCatcher {
  readonly host: string;
  readonly port: number;
  readonly received: readonly CaughtMail[];
  /** Connections so far. */
  readonly connections: number;
  /** Connections open now. */
  readonly open: number;
  /** Resolves when the catcher holds a connection or a message that it will not answer. */
  readonly holding: Promise<void>;
  waitFor(n: number): Promise<readonly CaughtMail[]>;
  close(): Promise<void>;
}

export async function startMailCatcher(options: MailCatcherOptions = {}): Promise<MailCatcher> {
  const keep = options.keep ?? 100_000;
  const received: CaughtMail[] = [];
  const waiting: { readonly n: number; readonly resolve: () => void }[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  let count = 0;
  let hold = () => {};
  const holding = new Promise<void>((resolve) => {
    hold = resolve;
  });
  const breakOff = (remotePort?: number) => {
    for (const socket of sockets)
      if (remotePort === undefined || socket.remotePort === remotePort) socket.resetAndDestroy();
  };

  const disabled = [...(options.starttls === true ? [] : ['STARTTLS']), ...(options.auth ? [] : ['AUTH'])];
  const server = new SMTPServer({
    ...(options.certificate ?? testCertificate),
    disableReverseLookup: true,
    secure: options.tls === true,
    disabledCommands: disabled,
    authOptional: options.auth === undefined,
    allowInsecureAuth: options.starttls !== true,
    closeTimeout: 100,
    ...(options.maxSize === undefined ? {} : { size: options.maxSize }),
    onAuth(login, _session, callback) {
      const ok = login.username === options.auth?.user && login.password === options.auth?.pass;
      if (ok) callback(null, { user: login.username ?? '' });
      else callback(refusal({ code: 535, text: '5.7.8 wrong login' }));
    },
    onConnect(_session, callback) {
      if (options.onConnect === 'hang') hold();
      else if (options.onConnect === 'reset') breakOff();
      else callback();
    },
    onMailFrom(_address, _session, callback) {
      if (options.refuseSender === undefined) callback();
      else callback(refusal(options.refuseSender));
    },
    onRcptTo(address, _session, callback) {
      const refused = options.refuseRecipient?.(address.address) ?? null;
      if (refused === null) callback();
      else callback(refusal(refused));
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (options.refuseMessage !== undefined) {
          callback(refusal(options.refuseMessage));
          return;
        }
        if (stream.sizeExceeded) {
          callback(refusal({ code: 552, text: '5.3.4 message too big' }));
          return;
        }
        const { mailFrom, rcptTo } = session.envelope;
        const raw = Buffer.concat(chunks);
        const mail: CaughtMail = {
          ...readMail(raw),
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          raw,
          secure: session.secure,
          user: session.user ?? null,
          at: Date.now(),
        };
        finish(mail, session, callback).catch(callback);
      });
    },
  });
  async function finish(
    mail: CaughtMail,
    session: SMTPServerSession,
    callback: (error?: Error | null) => void,
  ) {
    const decided = (await options.onData?.(mail)) ?? null;
    if (decided !== null && typeof decided === 'object') {
      callback(refusal(decided));
      return;
    }
    received.push(mail);
    options.onMail?.(mail);
    count += 1;
    if (received.length > keep) received.shift();
    for (let i = waiting.length - 1; i >= 0; i--) {
      if (waiting[i]!.n <= count) waiting.splice(i, 1)[0]!.resolve();
    }
    const after = decided ?? options.afterMessage;
    if (after === 'hang') hold();
    else if (after === 'reset') breakOff(decided === null ? undefined : session.remotePort);
    else callback();
  }
  // Clients that go away in the middle are part of what is tested.
  server.on('error', () => {});
  server.server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.server.address() as AddressInfo;

  return {
    host: '127.0.0.1',
    port,
    received,
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
    holding,
    async waitFor(n) {
      if (count < n) await new Promise<void>((resolve) => waiting.push({ n, resolve }));
      return received;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function refusal({ code, text }: SmtpRefusal): Error {
  return Object.assign(new Error(text), { responseCode: code });
}
