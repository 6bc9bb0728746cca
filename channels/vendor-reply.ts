// The answer of a provider that says in the body how it went: HTTP 200 is no success there, and what cannot be read is
// known to nobody.
import type { SendFailure, SendResult } from './channel.ts';
import { type HttpOutcome, resultOfFailure, resultOfHttp } from './http.ts';
import { plain } from './text.ts';

/** What a code of the provider means. */
export type Verdict = Omit<SendFailure, 'code' | 'message'>;

export interface VendorCodes {
  /** The field of the code: `errcode`, `code`. */
  readonly codeField: string;
  /** The field of its words: `errmsg`, `msg`. */
  readonly messageField: string;
  /** Undefined: a code that nobody has heard of. `words` are in lower case. */
  meaning(code: number, words: string): Verdict | undefined;
}

export type VendorReply =
  | { readonly ok: true; readonly body: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly failure: SendFailure; readonly code: number | null };

/**
 * Reads an answer to its body.
 * @param secrets What must not be shown, whatever the provider says back.
 * @param now Epoch milliseconds.
 */
export function readVendorReply(
  outcome: HttpOutcome,
  codes: VendorCodes,
  secrets: readonly string[],
  now: number,
): VendorReply {
  if (outcome.kind === 'failure') return { ok: false, failure: resultOfFailure(outcome), code: null };
  const refusal = refusalOf(resultOfHttp(outcome, now));
  const body = outcome.complete ? objectOf(outcome.body) : null;
  const code = body?.[codes.codeField];
  if (body === null || typeof code !== 'number' || !Number.isSafeInteger(code)) {
    const message = `The provider answered HTTP ${outcome.status} with what is no answer of its own.`;
    return { ok: false, failure: refusal ?? { kind: 'unknown', code: 'unreadable', message }, code: null };
  }
  if (code === 0 && refusal === null) return { ok: true, body };

  const words = shown(body[codes.messageField], secrets);
  const said = { code: String(code), message: `The provider answered ${code}: ${words}` };
  const verdict = codes.meaning(code, words.toLowerCase()) ?? refusal ?? { kind: 'permanent' as const };
  // A time to wait that stands in this very answer is better than one from the documentation.
  const wait = verdict.kind === 'rate_limited' ? refusal?.retryAfterMs : undefined;
  const failure = { ...verdict, ...said, ...(wait !== undefined && { retryAfterMs: wait }) };
  return { ok: false, failure, code };
}

/** What the HTTP status says of a failure; null when it says that all is well. */
function refusalOf(result: SendResult): SendFailure | null {
  switch (result.kind) {
    case 'sent':
    case 'delivered':
    case 'partial':
      return null;
    default:
      return result as SendFailure;
  }
}

function objectOf(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** One line of what a provider says, without what it must not repeat. */
function shown(words: unknown, secrets: readonly string[]): string {
  let text = typeof words === 'string' ? words : '';
  for (const secret of secrets) {
    for (const form of new Set([secret, encodeURIComponent(secret)])) text = text.replaceAll(form, '***');
  }
  return plain(text, 200);
}
