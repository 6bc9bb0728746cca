// Headers of every answer. Nothing here is meant to be framed, sniffed, cached or to load anything.

export const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

export const secureHeaders: readonly (readonly [string, string])[] = [
  ['content-security-policy', contentSecurityPolicy],
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cache-control', 'no-store'],
];

const requestId = /^[\w.:-]{1,128}$/;

/** The caller's X-Request-Id when it is harmless, else a new one. */
export function requestIdOf(given: string | undefined, newId: () => string): string {
  return given !== undefined && requestId.test(given) ? given : newId();
}
