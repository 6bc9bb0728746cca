// Reads back what a mail says: decoded headers and the plain text. Knows only what mailers really write.

export interface MailText {
  /** Lower-case names; the first of a repeated header. Encoded words are decoded. */
  readonly headers: Readonly<Record<string, string>>;
  readonly subject: string;
  /** The first text/plain part, decoded. */
  readonly text: string;
  /** The first text/html part, decoded. */
  readonly html: string;
}

/** @param raw The message as it came over the wire. */
export function readMail(raw: Buffer): MailText {
  const top = splitPart(raw.toString('latin1'));
  const parts = leaves(top);
  const of = (type: string) => {
    const part = parts.find(({ headers }) => (headers['content-type'] ?? 'text/plain').startsWith(type));
    return part === undefined ? '' : decodeBody(part);
  };
  const headers = Object.fromEntries(
    Object.entries(top.headers).map(([name, value]) => [name, decodeWords(value)]),
  );
  return { headers, subject: headers.subject ?? '', text: of('text/plain'), html: of('text/html') };
}

interface Part {
  readonly headers: Record<string, string>;
  readonly body: string;
}

function splitPart(source: string): Part {
  const end = source.indexOf('\r\n\r\n');
  const head = end === -1 ? source : source.slice(0, end);
  const headers: Record<string, string> = {};
  for (const line of head.replace(/\r\n[ \t]+/g, ' ').split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon === -1) continue;
    const name = line.slice(0, colon).toLowerCase();
    headers[name] ??= line.slice(colon + 1).trim();
  }
  return { headers, body: end === -1 ? '' : source.slice(end + 4) };
}

function leaves(part: Part): Part[] {
  const boundary = /boundary="?([^";]+)"?/i.exec(part.headers['content-type'] ?? '')?.[1];
  if (boundary === undefined) return [part];
  return part.body
    .split(`--${boundary}`)
    .slice(1, -1)
    .flatMap((piece) => leaves(splitPart(piece.replace(/^\r\n/, '').replace(/\r\n$/, ''))));
}

function decodeBody({ headers, body }: Part): string {
  switch ((headers['content-transfer-encoding'] ?? '7bit').toLowerCase()) {
    case 'base64':
      return Buffer.from(body, 'base64').toString('utf8');
    case 'quoted-printable':
      return quotedPrintable(body.replace(/=\r\n/g, ''));
    default:
      return Buffer.from(body, 'latin1').toString('utf8');
  }
}

function quotedPrintable(text: string): string {
  const bytes = text.replace(/=([0-9A-F]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** RFC 2047. White space between two encoded words is not part of the text. */
function decodeWords(value: string): string {
  return value
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, encoding: string, text: string) =>
      encoding.toLowerCase() === 'b'
        ? Buffer.from(text, 'base64').toString('utf8')
        : quotedPrintable(text.replaceAll('_', ' ')),
    );
}
