// A mail as it goes over the wire (RFC 5322, 2045 to 2047): headers, and the text beside the HTML. Written here in one
// piece and not by nodemailer, which spends as much on that as on all else: a mail costs half.

export interface Mailbox {
  readonly name: string;
  readonly address: string;
}

/** Nothing in it has a control character but the line breaks of `text` and `html`. */
export interface Mail {
  readonly from: Mailbox;
  readonly to: readonly string[];
  readonly replyTo?: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** In angle brackets, like those it refers to. */
  readonly messageId: string;
  readonly thread: string;
  /** ASCII on one line. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Of a line, before it is folded. */
const longestLine = 76;

/** Pure. Lines end in CRLF; a line is at most 998 bytes whatever is said. */
export function rawMail(mail: Mail): Buffer {
  const boundary = `=_${mail.messageId.replace(/[^\w-]/g, '').slice(0, 60)}`;
  const lines = [
    folded('From', sender(mail.from)),
    folded('To', mail.to.map(inAscii).join(', ')),
    ...(mail.replyTo === undefined ? [] : [folded('Reply-To', inAscii(mail.replyTo))]),
    folded('Subject', phrase(mail.subject)),
    `Message-ID: ${mail.messageId}`,
    `In-Reply-To: ${mail.thread}`,
    `References: ${mail.thread}`,
    `Date: ${new Date(mail.at).toUTCString().replace('GMT', '+0000')}`,
    ...Object.entries(mail.headers).map(([name, value]) => `${name}: ${value}`),
    'MIME-Version: 1.0',
    `Content-Type: multipart/alternative; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    part('text/plain', mail.text),
    `--${boundary}`,
    part('text/html', mail.html),
    `--${boundary}--`,
    '',
  ];
  return Buffer.from(lines.join('\r\n'));
}

/** As it is where every mail server takes that, else in base64: what is in it cannot be taken for a boundary then. */
function part(type: string, body: string): string {
  const lines = body.split(/\r\n?|\n/);
  const plain = lines.every(fitsAsItIs);
  const wire = lines.join('\r\n');
  const encoded = plain
    ? wire
    : Buffer.from(wire)
        .toString('base64')
        .replace(/.{76}(?=.)/g, '$&\r\n');
  return `Content-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: ${plain ? '7bit' : 'base64'}\r\n\r\n${encoded}`;
}

function fitsAsItIs(line: string): boolean {
  return line.length < 900 && /^[\t\x20-\x7e]*$/.test(line) && !line.startsWith('--');
}

/** `"Tocsin" <alerts@example.com>`; a name beyond ASCII in encoded words. */
export function sender({ name, address }: Mailbox): string {
  if (name === '') return inAscii(address);
  const shown = isPlain(name) ? `"${name.replace(/[\\"]/g, (special) => `\\${special}`)}"` : words(name);
  return `${shown} <${inAscii(address)}>`;
}

/** Words for a header that is text: as they are, or as encoded words. */
function phrase(text: string): string {
  return isPlain(text) ? text : words(text);
}

function isPlain(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text) && !/^ | {2}| $|=\?/.test(text);
}

/** RFC 2047, 75 characters each; no character is cut in two. */
function words(text: string): string {
  const all: string[] = [];
  let word = '';
  let bytes = 0;
  for (const character of text.replace(/\p{Cc}/gu, ' ')) {
    const more = Buffer.byteLength(character);
    // 45 bytes are 60 in base64; with its frame the word stays within 75.
    if (bytes + more > 45) {
      all.push(word);
      word = '';
      bytes = 0;
    }
    word += character;
    bytes += more;
  }
  all.push(word);
  return all.map((each) => `=?UTF-8?B?${Buffer.from(each).toString('base64')}?=`).join(' ');
}

/** A host beyond ASCII is spelt as the name system does; a name before the @ stays, and needs a server that takes it. */
function inAscii(address: string): string {
  const at = address.lastIndexOf('@');
  const host = address.slice(at + 1);
  if (/^[\x20-\x7e]*$/.test(host)) return address;
  return `${address.slice(0, at)}@${new URL(`http://${host}`).hostname}`;
}

/** At blanks, where that leaves something on each line. */
function folded(name: string, value: string): string {
  const line = `${name}: ${value}`;
  if (line.length <= longestLine) return line;
  const lines: string[] = [];
  let from = 0;
  while (line.length - from > longestLine) {
    const blank = line.lastIndexOf(' ', from + longestLine);
    const at =
      blank > from + name.length + 1 && blank > from + 1 ? blank : line.indexOf(' ', from + longestLine);
    if (at < 0 || line.slice(at).trim() === '') break;
    lines.push(line.slice(from, at));
    from = at;
  }
  return [...lines, line.slice(from)].join('\r\n');
}
