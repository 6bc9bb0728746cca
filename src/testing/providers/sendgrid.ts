// A strict SendGrid: bearer key, JSON of exactly the shape of mail/send, its limits, its error bodies, and signed events.
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { z } from 'zod';
import { type Provider, type ProviderRequest, SlidingWindow, startProvider } from './provider.ts';

const address = z.strictObject({ email: z.email(), name: z.string().max(500).optional() });
const reserved =
  /^(x-sg-id|x-sg-eid|received|dkim-signature|content-type|content-transfer-encoding|to|from|subject|reply-to|cc|bcc)$/i;
const mail = z.strictObject({
  personalizations: z
    .array(
      z.strictObject({
        to: z.array(address).min(1).max(1_000),
        custom_args: z.record(z.string(), z.string().max(10_000)).optional(),
      }),
    )
    .min(1)
    .max(1_000),
  from: address,
  reply_to: address.optional(),
  subject: z.string().min(1),
  content: z
    .array(z.strictObject({ type: z.enum(['text/plain', 'text/html']), value: z.string().min(1) }))
    .min(1)
    .refine((parts) => parts.length < 2 || parts[0]?.type === 'text/plain', 'text/plain comes first'),
  headers: z
    .record(
      z.string().refine((name) => !reserved.test(name), 'a reserved header'),
      z.string().regex(/^[\x20-\x7e]*$/),
    )
    .optional(),
  tracking_settings: z
    .strictObject({
      click_tracking: z.strictObject({ enable: z.boolean(), enable_text: z.boolean() }),
      open_tracking: z.strictObject({ enable: z.boolean() }),
    })
    .optional(),
});

export interface SendGridMail extends z.output<typeof mail> {
  /** `X-Message-Id` of the answer. */
  readonly id: string;
}

export interface SendGridEvents {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface SendGrid extends Provider<SendGridMail> {
  /** What stands in the settings of the signed event webhook. */
  readonly eventKey: string;
  /** What it posts of a mail that it took: one event for each recipient; also again, late, in any order. */
  events(id: string, event: string, over?: Readonly<Record<string, unknown>>): SendGridEvents;
}

export interface SendGridOptions {
  readonly now: () => number;
  readonly apiKey: string;
  /** Senders that were verified. */
  readonly from: readonly string[];
  readonly callsPerMinute?: number;
  readonly maxBytes?: number;
}

const problem = (status: number, message: string, field: string | null = null, headers = {}) => ({
  reply: { status, headers, body: { errors: [{ message, field, help: null }] } },
});

export async function startSendGrid(options: SendGridOptions): Promise<SendGrid> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const window = new SlidingWindow(options.callsPerMinute ?? 600, 60_000);
  const provider = await startProvider<SendGridMail>(options, (call: ProviderRequest) => {
    if (call.headers.authorization !== `Bearer ${options.apiKey}`)
      return problem(401, 'The provided authorization grant is invalid, expired, or revoked');
    if (call.method === 'GET' && call.pathname === '/v3/scopes')
      return { reply: { status: 200, body: { scopes: ['mail.send'] } } };
    if (call.method !== 'POST' || call.pathname !== '/v3/mail/send') return problem(404, 'Not Found');
    if (!window.take(call.now))
      return problem(429, 'too many requests', null, {
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': String(Math.ceil(call.now / 1_000) + 60),
      });
    if (call.headers['content-type'] !== 'application/json')
      return problem(415, 'Content-Type should be application/json.');
    if (Buffer.byteLength(call.body) > (options.maxBytes ?? 30 * 1024 * 1024))
      return problem(413, 'Request entity too large');
    let body: unknown;
    try {
      body = JSON.parse(call.body);
    } catch {
      return problem(400, 'Bad Request');
    }
    const parsed = mail.safeParse(body);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const field = issue!.path.join('.');
      const ofAddress = field.endsWith('.email');
      return problem(400, ofAddress ? 'Does not contain a valid address.' : issue!.message, field);
    }
    if (!options.from.includes(parsed.data.from.email))
      return problem(
        403,
        'The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.',
        'from',
      );
    const id = randomUUID().replaceAll('-', '').slice(0, 22);
    return {
      reply: { status: 202, headers: { 'x-message-id': id }, body: '' },
      accepted: [{ ...parsed.data, id }],
    };
  });
  return Object.assign(provider, {
    eventKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    events(id: string, event: string, over: Readonly<Record<string, unknown>> = {}): SendGridEvents {
      const sent = provider.accepted.find((one) => one.id === id);
      if (!sent) throw new Error(`no mail ${id} was taken`);
      const timestamp = Math.floor(options.now() / 1_000);
      const [first] = sent.personalizations;
      const list = first!.to.map(({ email }, no) => ({
        email,
        timestamp,
        'smtp-id': `<${id}@geopod-ismtpd-1>`,
        event,
        sg_event_id: randomUUID(),
        sg_message_id: `${id}.filter0017p3mdw1-11399-59ADB335-16.${no}`,
        ...first!.custom_args,
        ...over,
      }));
      const body = `${JSON.stringify(list)}\r\n`;
      return {
        headers: {
          'content-type': 'application/json',
          'x-twilio-email-event-webhook-timestamp': String(timestamp),
          'x-twilio-email-event-webhook-signature': sign(
            'sha256',
            Buffer.from(`${timestamp}${body}`),
            privateKey,
          ).toString('base64'),
        },
        body,
      };
    },
  });
}
