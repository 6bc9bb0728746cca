import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startTestHost } from '../src/testing/channel-host.ts';
import { type MailCatcher, type MailCatcherOptions, startMailCatcher } from '../src/testing/mail-catcher.ts';
import type { SendResult } from './channel.ts';
import { type Conduct, checkChannel } from './contract.ts';
import { hostileMessage } from './contract-message.ts';
import { email } from './email.ts';
import type { AlertMessage } from './message.ts';

const base = { host: '127.0.0.1', from_email: 'alerts@example.com', to: ['ops@example.com'] };
const deliveryId = '0190a1b2-c3d4-7e5f-8a6b-0123456789ab';
const password = 'correct horse battery';

const conductOptions: Readonly<Partial<Record<Conduct, MailCatcherOptions>>> = {
  oversize: { maxSize: 1_000 },
  partial: {
    refuseRecipient: (address) => (address === base.to[0] ? null : { code: 550, text: '5.1.1 no such user' }),
  },
  failing: { refuseMessage: { code: 451, text: '4.3.0 try later' } },
  black_hole: { afterMessage: 'hang' },
  reset: { afterMessage: 'reset' },
};

checkChannel(
  email,
  {
    validConfig: { ...base, username: 'ops', password },
    secretText: password,
    badConfigs: {
      'no host': { from_email: base.from_email, to: base.to },
      'no sender': { host: base.host, to: base.to },
      'no recipient': { ...base, to: [] },
      'a list in one address': { ...base, to: ['a@example.com, evil@example.com'] },
      'a line break in an address': { ...base, to: ['a@example.com\r\nRCPT TO:<evil@example.com>'] },
      'a display name in an address': { ...base, from_email: 'Ops <ops@example.com>' },
      'an address without a host': { ...base, to: ['root'] },
      'too many recipients': { ...base, to: Array.from({ length: 51 }, (_, i) => `a${i}@example.com`) },
      'a password without a username': { ...base, password },
      'an unknown kind of TLS': { ...base, use_tls: 'ssl' },
      'port 0': { ...base, port: 0 },
      'an unknown key': { ...base, recipient: 'x' },
    },
    async peer(conduct) {
      const catcher = await startMailCatcher(conductOptions[conduct]);
      const to = conduct === 'partial' ? [...base.to, 'gone@example.com'] : base.to;
      if (conduct === 'refused') await catcher.close();
      return {
        config: { ...base, to, port: catcher.port },
        deliveryIds: () => catcher.received.map(({ headers }) => headers['x-tocsin-delivery'] ?? ''),
        told: () => catcher.received.flatMap(({ to }) => to),
        holding: catcher.holding,
        close: () => (conduct === 'refused' ? Promise.resolve() : catcher.close()),
      };
    },
    host: async () => startTestHost(),
    person: { address: 'ann@example.com', wrong: 'Ann <ann@example.com>' },
    except: {
      rate_limited: 'SMTP names no time to wait; a 4yz reply is transient',
      rate_limited_bare: 'a 4yz reply is transient',
      ok_with_error: 'an SMTP reply has its code in front',
      garbage: 'what is no SMTP reply ends the connection, which `reset` shows',
      mention: 'a mail has recipients',
    },
  },
  { describe, it, expect },
);

interface Setup {
  readonly server?: MailCatcherOptions;
  readonly config?: Record<string, unknown>;
  readonly message?: AlertMessage;
  readonly allow?: readonly string[];
}

/** One message through a fresh channel to a fresh server. */
async function once(setup: Setup = {}): Promise<{ result: SendResult; catcher: MailCatcher }> {
  const catcher = await startMailCatcher(setup.server);
  const host = startTestHost(setup.allow);
  const config = email.config.parse({ ...base, port: catcher.port, ...setup.config });
  const instance = email.open(config, host.host);
  const payload = email.render(setup.message ?? hostileMessage(), { config, locale: 'zh-TW' });
  const signal = AbortSignal.timeout(30_000);
  const result = await instance.send(payload, { deliveryId, attempt: 1, now: 1_700_000_000_000, signal });
  await instance.close();
  await host.close();
  await catcher.close();
  return { result, catcher };
}

describe('email', () => {
  it('carries Chinese in subject, text, HTML and names', async () => {
    const [alert] = hostileMessage().alerts;
    const { result, catcher } = await once({
      config: {
        from_name: '告警中心',
        reply_to: 'noc@example.com',
        to: ['ops@example.com', 'dev@example.com'],
      },
      message: {
        ...hostileMessage(),
        truncated: 0,
        alerts: [
          {
            ...alert!,
            labels: { alertname: 'HighCpu' },
            annotations: { summary: '主機 web-1 的 CPU 過高 🔥' },
          },
        ],
      },
    });
    expect(result).toEqual({ kind: 'sent', providerId: `<${deliveryId}@example.com>` });
    const [mail] = catcher.received;
    expect(mail?.subject).toBe('觸發中 [嚴重] HighCpu: 主機 web-1 的 CPU 過高 🔥');
    expect(mail?.text).toContain('觸發中 [嚴重] HighCpu: 主機 web-1 的 CPU 過高 🔥');
    expect(mail?.html).toContain('主機 web-1 的 CPU 過高 🔥');
    expect(mail?.headers.from).toBe('告警中心 <alerts@example.com>');
    expect([mail?.from, mail?.to]).toEqual(['alerts@example.com', ['ops@example.com', 'dev@example.com']]);
    expect(mail?.headers).toMatchObject({
      'message-id': `<${deliveryId}@example.com>`,
      'x-tocsin-delivery': deliveryId,
      'reply-to': 'noc@example.com',
      date: 'Tue, 14 Nov 2023 22:13:20 +0000',
    });
  });

  it('puts the mails of one group into one thread, and of another into another', async () => {
    const message = hostileMessage();
    const thread = async (one: AlertMessage) => {
      const { catcher } = await once({ message: one });
      return catcher.received[0]?.headers;
    };
    const first = await thread(message);
    const again = await thread({
      ...message,
      id: 'other',
      status: 'resolved',
      alerts: message.alerts.slice(0, 1),
    });
    const elsewhere = await thread({ ...message, groupKey: 'another' });
    expect(first?.references).toMatch(/^<[0-9a-f]{32}@example\.com>$/);
    expect(first?.['in-reply-to']).toBe(first?.references);
    expect(again?.references).toBe(first?.references);
    expect(elsewhere?.references).not.toBe(first?.references);
  });

  it('lets no label add a header, a recipient or markup', async () => {
    const { catcher } = await once({
      message: { ...hostileMessage(), receiver: 'ops\r\nBcc: evil@example.com' },
    });
    const [mail] = catcher.received;
    expect(mail?.to).toEqual(['ops@example.com']);
    expect(Object.keys(mail?.headers ?? {}).sort()).toEqual([
      'auto-submitted',
      'content-type',
      'date',
      'from',
      'in-reply-to',
      'message-id',
      'mime-version',
      'references',
      'subject',
      'to',
      'x-tocsin-delivery',
    ]);
    expect(mail?.html).not.toContain('<script');
    expect(mail?.html).not.toContain('<img');
    expect(mail?.text.replaceAll(/\r?\n/g, '')).not.toMatch(/[\p{Cc}\u202e]/u);
  });

  it('reads no file and no URL, whatever a message says', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tocsin-mail-'));
    const path = join(folder, 'secret.txt');
    await writeFile(path, 'file content 4711');
    const catcher = await startMailCatcher();
    const host = startTestHost();
    const instance = email.open(email.config.parse({ ...base, port: catcher.port }), host.host);
    const forged = { subject: 's', text: { path } as unknown as string, html: '', thread: 't' };
    const context = { deliveryId, attempt: 1, now: 0, signal: AbortSignal.timeout(30_000) };
    await expect(instance.send(forged, context)).rejects.toThrow(TypeError);
    expect(catcher.received).toHaveLength(0);
    await instance.close();
    await host.close();
    await catcher.close();
    await rm(folder, { recursive: true });
  });
});

describe('email and TLS', () => {
  const login = { username: 'ops', password };
  const auth = { user: 'ops', pass: password };
  const lax = { tls_reject_unauthorized: false };

  it('uses STARTTLS when it is offered, and logs in', async () => {
    const { result, catcher } = await once({
      server: { starttls: true, auth },
      config: { ...login, ...lax },
    });
    expect(result.kind).toBe('sent');
    expect(catcher.received[0]).toMatchObject({ secure: true, user: 'ops' });
  });

  it('refuses a certificate that it cannot check', async () => {
    const { result, catcher } = await once({ server: { starttls: true, auth }, config: login });
    expect(result).toMatchObject({ kind: 'network' });
    expect(catcher.received).toHaveLength(0);
  });

  it('sends nothing without STARTTLS when it is required', async () => {
    for (const use_tls of [true, 'starttls']) {
      const { result, catcher } = await once({ config: { use_tls, ...lax } });
      expect(['network', 'transient']).toContain(result.kind);
      expect(catcher.received).toHaveLength(0);
    }
  });

  it('speaks TLS from the first byte, or not at all, when it is told so', async () => {
    const tls = await once({ server: { tls: true }, config: { use_tls: 'tls', ...lax } });
    expect(tls.result.kind).toBe('sent');
    expect(tls.catcher.received[0]?.secure).toBe(true);
    for (const use_tls of ['none', false]) {
      const { result, catcher } = await once({ server: { starttls: true }, config: { use_tls } });
      expect(result.kind).toBe('sent');
      expect(catcher.received[0]?.secure).toBe(false);
    }
  });

  it('calls a refused login auth, and does not show the password', async () => {
    const { result } = await once({
      server: { auth },
      config: { username: 'ops', password: 'wrong-password' },
    });
    expect(result).toMatchObject({ kind: 'auth', code: '535' });
    expect(JSON.stringify(result)).not.toContain('wrong-password');
  });

  it('calls a missing login auth', async () => {
    const { result } = await once({ server: { auth } });
    expect(result).toMatchObject({ kind: 'auth', code: '530' });
  });
});

describe('email and refusals', () => {
  const to = ['a@example.com', 'b@example.com', 'c@example.com'];
  const refusing = (codes: Record<string, number>): MailCatcherOptions => ({
    refuseRecipient: (address) => {
      const code = codes[address];
      return code === undefined ? null : { code, text: `${Math.floor(code / 100)}.1.1 no` };
    },
  });

  it('says of each recipient what became of it', async () => {
    const { result, catcher } = await once({
      server: refusing({ 'a@example.com': 550, 'c@example.com': 450 }),
      config: { to },
    });
    expect(result).toMatchObject({
      kind: 'partial',
      per: {
        'a@example.com': { kind: 'invalid_recipient', code: '550' },
        'b@example.com': { kind: 'sent' },
        'c@example.com': { kind: 'transient', code: '450' },
      },
    });
    expect(catcher.received[0]?.to).toEqual(['b@example.com']);
  });

  it.each([
    [{ 'a@example.com': 550, 'b@example.com': 553, 'c@example.com': 550 }, 'invalid_recipient'],
    [{ 'a@example.com': 450, 'b@example.com': 451, 'c@example.com': 452 }, 'transient'],
    [{ 'a@example.com': 450, 'b@example.com': 550, 'c@example.com': 550 }, 'partial'],
  ])('with all recipients refused by %o is %s', async (codes, kind) => {
    const { result, catcher } = await once({ server: refusing(codes), config: { to } });
    expect(result.kind).toBe(kind);
    expect(catcher.received).toHaveLength(0);
  });

  it.each<[string, MailCatcherOptions, string]>([
    ['4yz to MAIL FROM', { refuseSender: { code: 451, text: '4.3.0 later' } }, 'transient'],
    ['5yz to MAIL FROM', { refuseSender: { code: 550, text: '5.7.1 not you' } }, 'permanent'],
    ['4yz to the message', { refuseMessage: { code: 452, text: '4.3.1 full' } }, 'transient'],
    ['421 to the message', { refuseMessage: { code: 421, text: '4.3.2 closing' } }, 'transient'],
    ['5yz to the message', { refuseMessage: { code: 554, text: '5.6.0 spam' } }, 'permanent'],
    ['552 to the message', { refuseMessage: { code: 552, text: '5.3.4 too big' } }, 'payload_too_large'],
    ['a size limit', { maxSize: 100 }, 'payload_too_large'],
    ['a reset at the greeting', { onConnect: 'reset' }, 'network'],
    ['a reset after the message', { afterMessage: 'reset' }, 'unknown'],
  ])('%s', async (_name, server, kind) => {
    const { result } = await once({ server });
    expect(result.kind, JSON.stringify(result)).toBe(kind);
  });

  it('is permanent when the address of the server may not be called', async () => {
    const { result, catcher } = await once({ allow: [] });
    expect(result).toMatchObject({ kind: 'permanent', code: 'egress_denied' });
    expect(catcher.connections).toBe(0);
  });
});

describe('the pool of an email channel', () => {
  it('keeps connections for the messages that follow, also after one that was refused', async () => {
    const refused = new Set(['ops@example.com']);
    const catcher = await startMailCatcher({
      refuseRecipient: (address) => (refused.delete(address) ? { code: 550, text: '5.1.1 no' } : null),
    });
    const host = startTestHost();
    const config = email.config.parse({ ...base, port: catcher.port });
    const instance = email.open(config, host.host);
    const payload = email.render(hostileMessage(), { config, locale: 'en' });
    const send = (attempt: number) =>
      instance.send(payload, { deliveryId, attempt, now: 0, signal: AbortSignal.timeout(30_000) });
    expect((await send(1)).kind).toBe('invalid_recipient');
    for (let i = 2; i <= 12; i++) expect((await send(i)).kind).toBe('sent');
    // The second one opens while the first is still being reset.
    expect(catcher.connections).toBeLessThanOrEqual(2);
    await instance.close();
    await host.close();
    await catcher.close();
  });

  it('closes the connection of an attempt that ran out of time, and serves others meanwhile', async () => {
    let first = true;
    const catcher = await startMailCatcher({
      refuseRecipient: () => null,
      get afterMessage(): 'hang' | undefined {
        if (!first) return undefined;
        first = false;
        return 'hang';
      },
    } as MailCatcherOptions);
    const host = startTestHost();
    const config = email.config.parse({ ...base, port: catcher.port });
    const instance = email.open(config, host.host);
    const payload = email.render(hostileMessage(), { config, locale: 'en' });
    const deadline = new AbortController();
    const stuck = instance.send(payload, { deliveryId, attempt: 1, now: 0, signal: deadline.signal });
    await catcher.holding;
    const other = await instance.send(payload, {
      deliveryId: 'other',
      attempt: 1,
      now: 0,
      signal: AbortSignal.timeout(30_000),
    });
    expect(other.kind).toBe('sent');
    expect(catcher.open).toBe(2);
    deadline.abort();
    expect(await stuck).toMatchObject({ kind: 'unknown', code: 'aborted' });
    await expect.poll(() => catcher.open).toBe(1);
    await instance.close();
    await expect.poll(() => catcher.open).toBe(0);
    await host.close();
    await catcher.close();
  });

  it('ends an attempt that waits for the greeting as network', async () => {
    const catcher = await startMailCatcher({ onConnect: 'hang' });
    const host = startTestHost();
    const config = email.config.parse({ ...base, port: catcher.port });
    const instance = email.open(config, host.host);
    const payload = email.render(hostileMessage(), { config, locale: 'en' });
    const deadline = new AbortController();
    const sending = instance.send(payload, { deliveryId, attempt: 1, now: 0, signal: deadline.signal });
    await catcher.holding;
    deadline.abort();
    expect(await sending).toMatchObject({ kind: 'network', code: 'aborted' });
    await instance.close();
    await host.close();
    await catcher.close();
  });
});
