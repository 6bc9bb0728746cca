// What the signatures of the big clouds have in common: a request written down in one way only, and its hash.
import { createHash, createHmac } from 'node:crypto';

/** A request as it is signed. Host and path stand apart, because they are signed as they go over the wire. */
export interface SignedCall {
  readonly method: string;
  /** With the port, when it is not the scheme's own. */
  readonly host: string;
  /** As it goes over the wire. */
  readonly path: string;
  readonly query: Iterable<readonly [name: string, value: string]>;
  /** All of them are signed, and the host. Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The parts of a URL that a signature covers. */
export function partsOf(url: string): Pick<SignedCall, 'host' | 'path' | 'query'> {
  const { host, pathname, searchParams } = new URL(url);
  return { host, path: pathname, query: searchParams };
}

/** RFC 3986: everything but letters, digits and `-_.~`. Half of a surrogate pair becomes U+FFFD, as in UTF-8. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd')).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** `a=1&b=2`, sorted by the encoded name, then by the encoded value. */
export function canonicalQuery(query: SignedCall['query']): string {
  return [...query]
    .map(([name, value]) => [percentEncode(name), percentEncode(value)] as const)
    .sort(([a, x], [b, y]) => order(a, b) || order(x, y))
    .map((pair) => pair.join('='))
    .join('&');
}

/** The canonical request, the form that AWS (version 4), Aliyun (V3) and Tencent (v3) share, and what it signs. */
export function canonicalRequest(call: SignedCall): {
  readonly text: string;
  readonly signedHeaders: string;
} {
  const headers = Object.entries({ ...call.headers, host: call.host })
    .map(([name, value]) => [name.toLowerCase(), value.trim().replace(/ +/g, ' ')] as const)
    .sort(([a], [b]) => order(a, b));
  const signedHeaders = headers.map(([name]) => name).join(';');
  const text = [
    call.method,
    percentEncode(call.path).replaceAll('%2F', '/'),
    canonicalQuery(call.query),
    ...headers.map(([name, value]) => `${name}:${value}`),
    '',
    signedHeaders,
    sha256(call.body),
  ].join('\n');
  return { text, signedHeaders };
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** In hexadecimal digits. */
export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

export function hmacSha256(key: string | Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'utf8').digest();
}
