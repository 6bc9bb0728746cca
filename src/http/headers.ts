// Headers of every answer. Nothing here is meant to be framed, sniffed, cached or to load anything.

/** Of the API, which answers with data only. Pages would bring a policy of their own. */
const contentSecurityPolicy =
  "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

export const secureHeaders: readonly (readonly [string, string])[] = [
  ['content-security-policy', contentSecurityPolicy],
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cache-control', 'no-store'],
];

/** The same as lines of an answer that is written by hand. */
export const secureHeaderLines: string = secureHeaders
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('');

const requestId = /^[\w.:-]{1,128}$/;

/** The caller's X-Request-Id when it is harmless, else a new one. */
export function requestIdOf(given: string | undefined, newId: () => string): string {
  return given !== undefined && requestId.test(given) ? given : newId();
}
