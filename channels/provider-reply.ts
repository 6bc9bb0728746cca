// A provider's answer to its body: its JSON, its code, or that nobody knows what it came to.
import type { SendFailure } from './channel.ts';
import { type HttpOutcome, resultOfFailure, resultOfHttp } from './http.ts';

/** The JSON object of a reply, or what it came to without one. */
export function jsonReply(
  outcome: HttpOutcome,
  now: number,
):
  | { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly json: Json }
  | { readonly failure: SendFailure } {
  if (outcome.kind === 'failure') return { failure: resultOfFailure(outcome) };
  const json = outcome.complete ? parsed(outcome.body) : null;
  return json === null
    ? { failure: unreadable(outcome, now) }
    : { status: outcome.status, headers: outcome.headers, json };
}

export type Json = Readonly<Record<string, unknown>>;

function parsed(body: string): Json | null {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : null;
  } catch {
    return null; // whoever calls says so
  }
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A reply that is none of the provider's: an error is what its status says, and after a 2xx nobody knows. */
export function unreadable(outcome: HttpOutcome, now: number): SendFailure {
  const result = resultOfHttp(outcome, now);
  if ('message' in result) return result;
  return {
    kind: 'unknown',
    code: 'unreadable',
    message: 'The request was sent and the answer cannot be read.',
  };
}

/** A provider's code as it may be shown: a short word, else nothing of it. */
export function codeOf(value: unknown): string {
  return (typeof value === 'string' || typeof value === 'number') && /^[\w.:-]{1,100}$/.test(String(value))
    ? String(value)
    : 'unreadable';
}

/** A text of a provider in a report; absent when it is none. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
