// The signature of Twilio's requests to us, X-Twilio-Signature: HMAC-SHA1 over the URL that Twilio was told, and the form.
// https://www.twilio.com/docs/usage/security#validating-requests
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** What `x-twilio-signature` is for this URL and form. */
export function twilioSignature(
  authToken: string,
  url: string,
  form: Iterable<readonly [name: string, value: string]>,
): string {
  const values = new Map<string, Set<string>>();
  for (const [name, value] of form) values.set(name, (values.get(name) ?? new Set()).add(value));
  const names = [...values.keys()].sort();
  const text = names.map((name) =>
    [...values.get(name)!]
      .sort()
      .map((value) => name + value)
      .join(''),
  );
  return createHmac('sha1', authToken)
    .update(url + text.join(''), 'utf8')
    .digest('base64');
}

/**
 * Twilio signs the URL with or without its port, so both are tried. A body that is no form is signed through the
 * query's `bodySHA256`.
 */
export function isSignedByTwilio(
  authToken: string,
  signature: string | undefined,
  request: { readonly url: string; readonly body: string; readonly form: boolean },
): boolean {
  if (signature === undefined) return false;
  const { url, body } = request;
  if (!request.form) {
    const hash = URL.canParse(url) ? new URL(url).searchParams.get('bodySHA256') : null;
    const found = createHash('sha256').update(body, 'utf8').digest('hex');
    if (hash === null || !same(hash.toLowerCase(), found)) return false;
  }
  const form = request.form ? [...new URLSearchParams(body)] : [];
  // No early return: both are computed, whichever matches.
  return urlsSigned(url)
    .map((one) => same(twilioSignature(authToken, one, form), signature))
    .includes(true);
}

/** The URL without a port, and with one: its own, or the scheme's. The rest stays as it was written. */
function urlsSigned(url: string): readonly string[] {
  const parts = /^(https?):\/\/([^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)(:\d+)?(.*)$/s.exec(url);
  if (parts === null) return [url];
  const [, scheme, user = '', host, port, rest] = parts;
  const withPort = port ?? (scheme === 'https' ? ':443' : ':80');
  return [`${scheme}://${user}${host}${rest}`, `${scheme}://${user}${host}${withPort}${rest}`];
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8')];
  return left.length === right.length && timingSafeEqual(left, right);
}
