// Twilio's messages and calls (2010-04-01): Basic authentication, an exact form, well-formed TwiML, its error codes, and
// signed requests to the URLs that it was told.
import { z } from 'zod';
import { twilioSignature } from '../../../channels/signing/twilio.ts';
import { post } from './call-back.ts';
import { type Provider, type ProviderOptions, SlidingWindow, startProvider } from './provider.ts';

export interface TwilioAccepted {
  readonly kind: 'message' | 'call';
  readonly sid: string;
  readonly to: string;
  readonly form: Readonly<Record<string, string>>;
  /** Of a call: where pressed keys go. */
  readonly action: string | null;
}

export interface TwilioProvider extends Provider<TwilioAccepted> {
  /** Posts a signed status (with further fields) to the message's own URL; resolves with the answer. */
  report(of: TwilioAccepted, status: string, more?: Readonly<Record<string, string>>): Promise<string>;
  /** Somebody sends a text message to `to`, and it is posted, signed, to the URL of that number; resolves with the TwiML. */
  text(url: string, from: string, to: string, body: string): Promise<string>;
  /** The callee presses a key; resolves with the TwiML of the answer. */
  press(of: TwilioAccepted, digits: string): Promise<string>;
}

export interface TwilioOptions extends ProviderOptions {
  readonly accountSid: string;
  readonly authToken: string;
  readonly apiKey?: { readonly sid: string; readonly secret: string };
  /** Numbers that asked for no more messages. */
  readonly stopped?: readonly string[];
  /** Calls and messages in a second. */
  readonly perSecond?: number;
  /** Signs URLs as if they had this port. */
  readonly signsPort?: string;
}

const shared = {
  To: z.string(),
  From: z.string().optional(),
  StatusCallback: z.url().optional(),
};
const messages = z.strictObject({
  ...shared,
  MessagingServiceSid: z.string().startsWith('MG').optional(),
  Body: z.string().min(1).max(1_600),
});
const calls = z.strictObject({
  ...shared,
  From: z.string(),
  Twiml: z.string().min(1).max(4_000),
  Timeout: z.string().regex(/^\d{1,3}$/),
  StatusCallbackEvent: z.array(z.enum(['initiated', 'ringing', 'answered', 'completed'])).optional(),
});

export async function startTwilio(options: TwilioOptions): Promise<TwilioProvider> {
  const { accountSid, authToken, apiKey } = options;
  const second = new SlidingWindow(options.perSecond ?? 100, 1_000);
  const credentials = [
    `${accountSid}:${authToken}`,
    ...(apiKey === undefined ? [] : [`${apiKey.sid}:${apiKey.secret}`]),
  ].map((pair) => `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`);
  let count = 0;

  const provider = await startProvider<TwilioAccepted>(options, (request) => {
    const { pathname, method, headers, now } = request;
    if (!credentials.includes(headers.authorization ?? ''))
      return { reply: refusal(401, 20003, 'Authenticate') };
    const base = `/2010-04-01/Accounts/${accountSid}`;
    if (method === 'GET' && pathname === `${base}.json`)
      return { reply: { status: 200, body: { sid: accountSid, status: 'active' } } };
    const kind =
      pathname === `${base}/Messages.json` ? 'message' : pathname === `${base}/Calls.json` ? 'call' : null;
    if (kind === null || method !== 'POST')
      return { reply: refusal(404, 20404, 'The requested resource was not found') };
    if (headers['content-type'] !== 'application/x-www-form-urlencoded')
      return { reply: refusal(400, 20001, 'Unknown content type') };
    if (!second.take(now)) return { reply: refusal(429, 20429, 'Too Many Requests', { 'retry-after': '1' }) };
    const fields = new URLSearchParams(request.body);
    const events = fields.getAll('StatusCallbackEvent');
    const raw = { ...Object.fromEntries(fields), ...(events.length > 0 && { StatusCallbackEvent: events }) };
    if (kind === 'message' && (fields.get('Body') ?? '').length > 1_600)
      return { reply: refusal(400, 21617, 'The concatenated message body exceeds the 1600 character limit') };
    const parsed = kind === 'message' ? messages.safeParse(raw) : calls.safeParse(raw);
    if (!parsed.success) {
      const callback = parsed.error.issues.some(({ path }) => path[0] === 'StatusCallback');
      return { reply: refusal(400, callback ? 21609 : 20001, 'Invalid parameter') };
    }
    const { To: to } = parsed.data;
    if (!/^\+[1-9]\d{6,14}$/.test(to))
      return { reply: refusal(400, 21211, `Invalid 'To' Phone Number: ${to}`) };
    if (options.stopped?.includes(to))
      return { reply: refusal(400, 21610, 'Attempt to send to unsubscribed recipient') };
    const twiml = 'Twiml' in parsed.data ? parsed.data.Twiml : null;
    if (twiml !== null && !isWellFormed(twiml))
      return { reply: refusal(400, 12100, 'Document parse failure') };
    count += 1;
    const sid = `${kind === 'message' ? 'SM' : 'CA'}${String(count).padStart(32, '0')}`;
    const [, action] = /<Gather\b[^>]*\baction="([^"]*)"/.exec(twiml ?? '') ?? [];
    const accepted: TwilioAccepted = {
      kind,
      sid,
      to,
      form: Object.fromEntries(fields),
      action: action === undefined ? null : unescaped(action),
    };
    return {
      reply: { status: 201, body: { sid, status: 'queued', to, account_sid: accountSid, error_code: null } },
      accepted: [accepted],
    };
  });

  function send(url: string, form: Readonly<Record<string, string>>): Promise<string> {
    const told =
      options.signsPort === undefined
        ? url
        : url.replace(/^(\w+:\/\/[^/:?]+)(:\d+)?/, `$1${options.signsPort}`);
    const signature = twilioSignature(authToken, told, Object.entries(form));
    const headers = {
      'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'x-twilio-signature': signature,
    };
    return post(url, headers, new URLSearchParams(form).toString());
  }
  const about = ({ kind, sid, to }: TwilioAccepted) => ({
    [kind === 'message' ? 'MessageSid' : 'CallSid']: sid,
    AccountSid: accountSid,
    To: to,
    ApiVersion: '2010-04-01',
  });
  return Object.assign(provider, {
    report(of: TwilioAccepted, status: string, more = {}) {
      const url = of.form.StatusCallback;
      if (url === undefined) throw new Error('it was told no URL');
      return send(url, {
        ...about(of),
        [of.kind === 'message' ? 'MessageStatus' : 'CallStatus']: status,
        ...more,
      });
    },
    text(url: string, from: string, to: string, body: string) {
      count += 1;
      const MessageSid = `SM${String(count).padStart(32, '9')}`;
      const known = { MessageSid, SmsSid: MessageSid, SmsMessageSid: MessageSid, SmsStatus: 'received' };
      const form = { ...known, AccountSid: accountSid, ApiVersion: '2010-04-01', NumMedia: '0' };
      return send(url, { ...form, NumSegments: '1', From: from, To: to, Body: body });
    },
    press(of: TwilioAccepted, digits: string) {
      if (of.action === null) throw new Error('it gathers no keys');
      return send(of.action, { ...about(of), CallStatus: 'in-progress', Digits: digits });
    },
  });
}

function refusal(status: number, code: number, message: string, headers: Record<string, string> = {}) {
  const body = { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status };
  return { status, headers, body };
}

/** Every tag is closed in order, and every sign that means something is escaped. */
export function isWellFormed(xml: string): boolean {
  const open: string[] = [];
  const rest = xml.replace(
    /<(\/?)([A-Z][A-Za-z]*)((?:\s+[a-zA-Z]+="[^"<]*")*)\s*(\/?)>/g,
    (_, end, name, attributes, self) => {
      if (/&(?!(amp|lt|gt|quot|apos|#\d+);)/.test(attributes)) return '<';
      if (end === '') {
        if (self === '') open.push(name);
      } else if (open.pop() !== name) return '<';
      return '';
    },
  );
  return open.length === 0 && !/[<>]|&(?!(amp|lt|gt|quot|apos|#\d+);)/.test(rest);
}

function unescaped(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
