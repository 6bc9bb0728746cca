// A message as a mail, composed for the wire: no header and no recipient but those of the configuration.
import { emailPayload } from '../../../../channels/email-body.ts';
import { mailOf } from '../../../../channels/email-mail.ts';
import { rawMail } from '../../../../channels/email-mime.ts';
import { readMail } from '../../mime-text.ts';
import { messageInput, messageOf } from '../messages.ts';
import { claim, quoted, type Target } from '../target.ts';

const settings = {
  from_email: 'tocsin@example.com',
  from_name: 'Tocsin',
  to: ['ops@example.com', 'night@example.com'],
  reply_to: 'desk@example.com',
};
const known = new Set(
  [
    'from',
    'to',
    'reply-to',
    'subject',
    'date',
    'message-id',
    'in-reply-to',
    'references',
    'mime-version',
  ].concat(['content-type', 'content-transfer-encoding', 'x-tocsin-delivery', 'auto-submitted']),
);
const maxBytes = 512 * 1024;
const context = { deliveryId: '0190a1b2-c3d4-7e5f-8a6b-999999999999', now: 1_700_000_000_000 };

export const email: Target = {
  name: 'email',
  holds:
    'headers and recipients are those of the configuration, the subject is one line, the mail has a bound',
  weight: 1.5,
  input: messageInput,
  open() {
    return {
      async check(input) {
        const message = messageOf(input);
        const payload = emailPayload(message, message);
        const parts = Buffer.byteLength(payload.subject + payload.text + payload.html);
        claim(parts <= maxBytes, `${parts} bytes`);
        // Format characters are spaces by then; a line of its own is what a header needs.
        claim(!/[\p{Cc}\u2028\u2029]/u.test(payload.subject), () => `the subject ${quoted(payload.subject)}`);
        claim(
          !/<(?!\/?(html|head|meta|body|h2|h3|table|tr|td|b|p|!doctype)\b)/i.test(
            payload.html.replace('<!doctype html>', ''),
          ),
          'a tag of the message',
        );
        const mail = mailOf(payload, settings, context);
        claim(mail.from.address === settings.from_email, `from ${quoted(mail.from.address)}`);
        claim(JSON.stringify(mail.to) === JSON.stringify(settings.to), `to ${JSON.stringify(mail.to)}`);
        const raw = rawMail(mail);
        headers(String(raw));
        claim(!/[^\r]\n|\r[^\n]|[^\r\n]{999}/.test(String(raw)), 'a line that a mail must not have');
        const read = readMail(raw);
        claim(
          read.subject === wellFormed(payload.subject),
          () => `the subject reads ${quoted(read.subject)}`,
        );
        claim(read.text === crlf(wellFormed(payload.text)), () => `the text reads ${quoted(read.text)}`);
        claim(read.html === crlf(wellFormed(payload.html)), () => `the HTML reads ${quoted(read.html)}`);
      },
      async close() {},
    };
  },
};

/** A lone surrogate is no character. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

function crlf(text: string): string {
  return text.replace(/\r\n?|\n/g, '\r\n');
}

function headers(raw: string): void {
  const end = raw.indexOf('\r\n\r\n');
  claim(end > 0, 'no end of the headers');
  const lines = raw.slice(0, end).split('\r\n');
  const seen = new Set<string>();
  for (const line of lines) {
    claim(/^[\x20-\x7e\t]*$/.test(line) && line.length <= 998, () => `the header line ${quoted(line)}`);
    if (line.startsWith(' ') || line.startsWith('\t')) continue;
    const name = line.slice(0, line.indexOf(':')).toLowerCase();
    claim(known.has(name), () => `the header ${quoted(line)}`);
    claim(!seen.has(name), () => `the header ${quoted(line)} twice`);
    seen.add(name);
    if (name !== 'to') continue;
    claim(line === `To: ${settings.to.join(', ')}`, () => quoted(line));
  }
}
