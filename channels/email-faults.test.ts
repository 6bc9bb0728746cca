// What a mail's attempt comes to when the network or the mail server misbehaves, at each phase of the conversation:
// certainly not accepted (`network`) until the message goes out, nobody knows (`unknown`) from then on.
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, it, type TestContext } from 'vitest';
import { type AttemptsOf, attemptsOf } from '../src/testing/attempts-of.ts';
import { signedCertificates, testCertificate } from '../src/testing/certificate.ts';
import { type FaultMode, type FaultProxy, startFaultProxy } from '../src/testing/fault-proxy.ts';
import { type MailCatcher, type MailCatcherOptions, startMailCatcher } from '../src/testing/mail-catcher.ts';
import { trustTestAuthority } from '../src/testing/trust.ts';
import { email } from './email.ts';

const mib = 1024 * 1024;
const envelope = { from_email: 'alerts@example.com', to: ['ops@example.com', 'dev@example.com'] };

interface Scene {
  readonly catcher: MailCatcher;
  readonly proxy: FaultProxy;
  readonly channel: AttemptsOf;
}

/** A channel, the proxy, and a mail server behind it. */
async function scene(
  { onTestFinished }: TestContext,
  mode: FaultMode,
  config: Readonly<Record<string, unknown>> = {},
  server: MailCatcherOptions = {},
): Promise<Scene> {
  const catcher = await startMailCatcher(server);
  const proxy = await startFaultProxy(catcher, mode);
  const channel = attemptsOf(email, { host: '127.0.0.1', port: proxy.port, ...envelope, ...config });
  // The server's own close waits for its clients to say goodbye: nobody needs that here.
  for (const close of [() => void catcher.close(), proxy.close, channel.close]) onTestFinished(close);
  return { catcher, proxy, channel };
}

const ids = ({ catcher }: Scene) => catcher.received.map(({ headers }) => headers['x-tocsin-delivery']);

/** The end of the message, as it goes by. */
const wholeMessage = /\r\n\.\r\n$/;
// Record type and version. Made of text, because a literal with control characters is a lint error.
const clientHello = new RegExp(`^${String.fromCharCode(22, 3)}`);

interface Fault {
  readonly mode: FaultMode;
  readonly kind: string;
  /** Mails that the server took of the first attempt. */
  readonly got: number;
  /** It would last for ever: the deadline ends it, once this holds. */
  readonly lasts?: (scene: Scene) => Promise<unknown>;
}
/** The client has said this much and waits. */
const said =
  (bytes: number) =>
  ({ proxy }: Scene) =>
    proxy.waitFor(({ bytesUp }) => bytesUp >= bytes);
const taken = ({ catcher }: Scene) => catcher.waitFor(1);

const faults: Readonly<Record<string, Fault>> = {
  'a reset on accept': { mode: 'reset', kind: 'network', got: 0 },
  'no greeting': {
    mode: 'black_hole',
    kind: 'network',
    got: 0,
    lasts: ({ proxy }) => proxy.waitFor(({ connections }) => connections === 1),
  },
  'a greeting that is garbage': { mode: 'garbage', kind: 'network', got: 0 },
  'a greeting that is cut': { mode: { cutAfterBytes: 2 }, kind: 'network', got: 0 },
  'a reset at EHLO': { mode: { from: /EHLO/, mode: 'reset' }, kind: 'network', got: 0 },
  'no answer to the envelope': {
    mode: { from: /MAIL FROM/, mode: 'black_hole' },
    kind: 'network',
    got: 0,
    lasts: said(40),
  },
  'a reset at the envelope': { mode: { from: /MAIL FROM/, mode: 'reset' }, kind: 'network', got: 0 },
  'a reset in the message': { mode: { from: wholeMessage, mode: 'reset' }, kind: 'unknown', got: 0 },
  'a black hole that takes the message': {
    mode: { from: wholeMessage, mode: 'black_hole' },
    kind: 'unknown',
    got: 0,
    lasts: said(500),
  },
  'a lost answer to the message': {
    mode: { from: wholeMessage, mode: 'lost_reply' },
    kind: 'unknown',
    got: 1,
    lasts: taken,
  },
  'an answer to the message that is cut': {
    mode: { from: wholeMessage, mode: { cutAfterBytes: 2 } },
    kind: 'unknown',
    got: 1,
  },
  'an answer to the message that drips': {
    mode: { from: wholeMessage, mode: { dripBytesPerSecond: 5 } },
    kind: 'unknown',
    got: 1,
    lasts: taken,
  },
};

// Each has servers of its own, and most of a test is a pause that a mail server or nodemailer makes.
describe.concurrent('a mail through', () => {
  const rows = Object.entries(faults).map(([name, fault]) => ({ name, ...fault }));
  it.for(rows)('$name', async ({ mode, kind, got, lasts }, context) => {
    const { expect } = context;
    const here = await scene(context, mode);
    const { catcher, channel, proxy } = here;
    const first = channel.attempt();
    if (lasts) {
      await lasts(here);
      await channel.deadline();
      expect((await first).code).toBe('aborted');
    }
    expect((await first).kind, JSON.stringify(await first)).toBe(kind);
    expect(catcher.received).toHaveLength(got);
    await proxy.waitFor(({ open }) => open === 0);

    proxy.set('pass');
    expect((await channel.attempt()).kind).toBe('sent');
    expect(ids(here)).toEqual(Array.from({ length: got + 1 }, () => channel.deliveryId));
    expect(new Set(catcher.received.map(({ headers }) => headers['message-id'])).size).toBe(1);
    await channel.close();
    await proxy.waitFor(({ open }) => open === 0);
  });

  it('a slow network is sent', async (context) => {
    const { expect } = context;
    const { channel } = await scene(context, { latencyMs: 10 });
    expect((await channel.attempt()).kind).toBe('sent');
  });

  it('a kept connection whose peer has vanished: not accepted, and the next attempt takes another', async (context) => {
    const { expect } = context;
    const here = await scene(context, 'pass');
    const { proxy, channel } = here;
    expect((await channel.attempt()).kind).toBe('sent');
    const before = proxy.bytesUp;
    proxy.vanish();
    const second = channel.attempt();
    await proxy.waitFor(({ bytesUp }) => bytesUp > before);
    await channel.deadline();
    expect(await second).toMatchObject({ kind: 'network', code: 'aborted' });
    await proxy.waitFor(({ open }) => open === 0);
    expect((await channel.attempt()).kind).toBe('sent');
    expect(ids(here)).toEqual([channel.deliveryId, channel.deliveryId]);
  });
});

describe.concurrent('a mail under TLS', () => {
  let distrust = () => {};
  beforeAll(() => {
    distrust = trustTestAuthority();
  });
  afterAll(() => distrust());

  const kinds = {
    'TLS from the first byte': {
      config: { use_tls: 'tls', tls_servername: 'localhost' },
      server: { tls: true },
    },
    STARTTLS: { config: { use_tls: true, tls_servername: 'localhost' }, server: { starttls: true } },
    'STARTTLS that is offered': { config: { tls_servername: 'localhost' }, server: { starttls: true } },
  };
  const certificates = [
    { that: 'holds', certificate: signedCertificates.valid, kind: 'sent' },
    { that: 'has expired', certificate: signedCertificates.expired, kind: 'network' },
    { that: 'is of another host', certificate: signedCertificates.wrongHost, kind: 'network' },
    { that: 'is self-signed', certificate: testCertificate, kind: 'network' },
  ];

  for (const [name, { config, server }] of Object.entries(kinds)) {
    it.for(certificates)(`${name}, with a certificate that $that`, async ({ certificate, kind }, context) => {
      const { expect } = context;
      const { channel, catcher, proxy } = await scene(context, 'pass', config, { ...server, certificate });
      expect((await channel.attempt()).kind).toBe(kind);
      expect(catcher.received.map(({ secure }) => secure)).toEqual(kind === 'sent' ? [true] : []);
      await channel.close();
      await proxy.waitFor(({ open }) => open === 0);
    });
  }

  const { 'TLS from the first byte': tls, STARTTLS: starttls } = kinds;
  const valid = { certificate: signedCertificates.valid };

  it('sends nothing to a server that speaks plain text where TLS is expected', async (context) => {
    const { expect } = context;
    const { channel, catcher, proxy } = await scene(context, 'pass', tls.config);
    expect((await channel.attempt()).kind).toBe('network');
    expect(catcher.received).toHaveLength(0);
    await proxy.waitFor(({ open }) => open === 0);
  });

  it('sends nothing without STARTTLS where it is required, and tries again', async (context) => {
    const { expect } = context;
    const { channel, catcher, proxy } = await scene(context, 'pass', starttls.config);
    expect(['network', 'transient']).toContain((await channel.attempt()).kind);
    expect(catcher.received).toHaveLength(0);
    await proxy.waitFor(({ open }) => open === 0);
  });

  const hanging: { name: string; mode: FaultMode; way: typeof tls | typeof starttls }[] = [
    { name: 'TLS from the first byte', mode: 'black_hole', way: tls },
    { name: 'STARTTLS', mode: { from: clientHello, mode: 'black_hole' }, way: starttls },
  ];
  it.for(hanging)('ends a handshake that hangs at the deadline: $name', async ({ mode, way }, context) => {
    const { expect } = context;
    const here = await scene(context, mode, way.config, { ...way.server, ...valid });
    const first = here.channel.attempt();
    await said(100)(here);
    await here.channel.deadline();
    expect(await first).toMatchObject({ kind: 'network', code: 'aborted' });
    await here.proxy.waitFor(({ open }) => open === 0);
  });
});

type Phase = 'greeting' | 'EHLO' | 'AUTH' | 'MAIL' | 'RCPT' | 'DATA' | 'message';

/** A mail server by the book but for one answer, and a channel to it. */
async function scripted(
  { onTestFinished }: TestContext,
  phase: Phase,
  answer: (socket: Socket) => void,
  config = {},
) {
  const book: Readonly<Record<Phase, string>> = {
    greeting: '220 hello',
    EHLO: '250-hello\r\n250 AUTH PLAIN',
    AUTH: '235 welcome',
    MAIL: '250 ok',
    RCPT: '250 ok',
    DATA: '354 go on',
    message: '250 taken',
  };
  const server = createServer((socket) => {
    const say = (now: Phase) => (now === phase ? answer(socket) : socket.write(`${book[now]}\r\n`));
    socket.on('error', () => {});
    say('greeting');
    socket.on('data', (chunk) => {
      const line = chunk.toString('latin1');
      const command = /^(EHLO|HELO|AUTH|MAIL|RCPT|DATA)/.exec(line)?.[1];
      if (command !== undefined) say(command === 'HELO' ? 'EHLO' : (command as Phase));
      else if (wholeMessage.test(line)) say('message');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy = await startFaultProxy(server.address() as AddressInfo);
  const channel = attemptsOf(email, { host: '127.0.0.1', port: proxy.port, ...envelope, ...config });
  for (const close of [() => server.close(), proxy.close, channel.close])
    onTestFinished(async () => void (await close()));
  return { proxy, channel };
}

describe('an answer that is none of SMTP', () => {
  const phases: Phase[] = ['greeting', 'EHLO', 'AUTH', 'MAIL', 'RCPT', 'DATA', 'message'];
  it.for(phases)('is no refusal of anything: in answer to %s', async (phase, context) => {
    const { expect } = context;
    const answer = (socket: Socket) => void socket.write('<html>502 Bad Gateway</html>\r\n');
    const login = phase === 'AUTH' ? { username: 'ops', password: 'secret' } : {};
    const { channel } = await scripted(context, phase, answer, login);
    const result = await channel.attempt();
    expect(result.kind, JSON.stringify(result)).toBe(phase === 'message' ? 'unknown' : 'network');
  });
});

describe('a mail server that talks without end', () => {
  it.for<Phase>(['greeting', 'message'])('in answer to %s is read to a bound', async (phase, context) => {
    const { expect } = context;
    const { channel, proxy } = await scripted(context, phase, (socket) => {
      const more = () => {
        while (socket.writable && socket.write(`250-${'x'.repeat(8_000)}\r\n`));
      };
      socket.on('drain', more);
      more();
    });
    const kind = phase === 'message' ? 'unknown' : 'network';
    expect(await channel.attempt()).toMatchObject({ kind, code: 'EPROTOCOL' });
    expect(proxy.bytesDown).toBeLessThan(32 * mib);
    await proxy.waitFor(({ open }) => open === 0);
  });
});
