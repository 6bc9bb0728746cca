// One HTTP request of a channel and what it came to. Redirects are not followed, the reply is read to a bound, the
// deadline is the caller's signal; whether the request had been written decides between `network` and `unknown`.
import type { Dispatcher } from 'undici';
import type { ChannelHost, ResultKind, SendFailure, SendResult } from './channel.ts';

export interface HttpRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** The attempt's total deadline. */
  readonly signal: AbortSignal;
  /** Bytes of the reply that are read; the rest is thrown away. */
  readonly maxReplyBytes?: number;
}

export interface HttpReply {
  readonly kind: 'reply';
  readonly status: number;
  /** Lower-case names; a repeated header is joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** False when the body broke off or was longer than `maxReplyBytes`. */
  readonly complete: boolean;
}

export interface HttpFailure {
  readonly kind: 'failure';
  /** True when the request may have reached the peer. */
  readonly written: boolean;
  /** `egress_denied`, an undici or system error code, or `aborted`. */
  readonly code: string;
}

export type HttpOutcome = HttpReply | HttpFailure;

const defaultMaxReplyBytes = 64 * 1024;
const longestRetryAfterMs = 3_600_000;

/** Makes one request. Never throws for anything that the network or the peer does. */
export async function request(host: ChannelHost, call: HttpRequest): Promise<HttpOutcome> {
  const dispatcher = await host.dispatcher();
  if (!URL.canParse(call.url)) return { kind: 'failure', written: false, code: 'UND_ERR_INVALID_ARG' };
  const { origin, pathname, search } = new URL(call.url);
  const asked = { origin, path: pathname + search, method: call.method, headers: call.headers };
  return new Promise((resolve) => {
    dispatcher.dispatch({ ...asked, body: call.body ?? null }, new Exchange(call, resolve));
  });
}

interface Head {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Hears what becomes of a request. undici's own `request` makes a stream of every reply, which costs more than all of
 * the channel's work; here the few bytes that are read are kept until the end.
 */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #call: HttpRequest;
  readonly #onAbort = () => this.#abort();
  #settle: ((outcome: HttpOutcome) => void) | null;
  /** Null until undici has a connected socket and begins to write the request to it. */
  #controller: Dispatcher.DispatchController | null = null;
  #head: Head | null = null;
  readonly #chunks: Buffer[] = [];
  #room: number;

  constructor(call: HttpRequest, settle: (outcome: HttpOutcome) => void) {
    this.#call = call;
    this.#settle = settle;
    this.#room = call.maxReplyBytes ?? defaultMaxReplyBytes;
    call.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Nobody is interested any more: nothing is written.
    if (this.#call.signal.aborted) controller.abort(this.#call.signal.reason);
  }

  onResponseStart(_controller: unknown, status: number, fields: Record<string, string | string[]>): void {
    if (status < 200) return; // the answer is still to come
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(fields))
      headers[name] = Array.isArray(value) ? value.join(', ') : value;
    this.#head = { status, headers };
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (chunk.byteLength <= this.#room) {
      this.#chunks.push(chunk);
      this.#room -= chunk.byteLength;
      return;
    }
    this.#chunks.push(chunk.subarray(0, this.#room));
    this.#room = 0;
    this.#end(false);
    controller.abort(new Error('the reply is longer than what is read of it')); // and with it the socket
  }

  onResponseEnd(): void {
    this.#end(true);
  }

  onResponseError(_controller: unknown, error: Error): void {
    // Cut off or out of time: once the head has been read, that is what decides.
    if (this.#head !== null) this.#end(false);
    else this.#fail(this.#call.signal.aborted ? 'aborted' : codeOf(error));
  }

  /**
   * undici hears an abort only once it has a connection; before that, in its queue or under a handshake that hangs, the
   * caller is not kept waiting.
   */
  #abort(): void {
    if (this.#controller === null) this.#fail('aborted');
    else this.#controller.abort(this.#call.signal.reason);
  }

  #end(complete: boolean): void {
    const chunks = this.#chunks;
    const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    this.#done({ kind: 'reply', ...this.#head!, body: body.toString('utf8'), complete });
  }

  #fail(code: string): void {
    this.#done({ kind: 'failure', written: this.#controller !== null, code });
  }

  #done(outcome: HttpOutcome): void {
    this.#settle?.(outcome);
    this.#settle = null;
    this.#call.signal.removeEventListener('abort', this.#onAbort);
  }
}

/** The most telling code of an error and its causes. */
function codeOf(error: unknown): string {
  let current: unknown = error;
  let code: string | undefined;
  for (let depth = 0; depth < 5 && current instanceof Error; depth++) {
    const own = (current as { code?: unknown }).code;
    if (own === 'egress_denied') return own;
    if (code === undefined && typeof own === 'string') code = own;
    current = current.cause;
  }
  return code ?? (error instanceof Error ? error.name : 'error');
}

/**
 * The result of a provider that answers in HTTP status codes.
 * @param now Epoch milliseconds, to read a Retry-After that is a date.
 */
export function resultOfHttp(outcome: HttpOutcome, now: number): SendResult {
  return outcome.kind === 'failure' ? resultOfFailure(outcome) : resultOfReply(outcome, now);
}

/** Nothing written: certainly not accepted. Written and no answer: nobody knows. */
export function resultOfFailure(failure: HttpFailure): SendFailure {
  const { code } = failure;
  if (code === 'egress_denied')
    return {
      kind: 'permanent',
      code,
      message:
        'This address is not public or not on an ordinary port, so it is not called; the operator can list it in egress.allow.',
    };
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED')
    return { kind: 'permanent', code, message: 'The request cannot be made as configured.' };
  if (failure.written)
    return { kind: 'unknown', code, message: `The request was sent and no answer came (${code}).` };
  const what = code.startsWith('proxy_')
    ? 'The proxy (egress.proxy) did not lead to the receiver'
    : 'The receiver could not be reached';
  return { kind: 'network', code, message: `${what} (${code}).` };
}

/** What `resultOfHttp` makes of statuses, for the documentation of channels that go by them alone. */
export const answersOfHttp: readonly (readonly [answer: string, result: ResultKind])[] = [
  ['2xx, e.g. `HTTP 200`, `HTTP 204`', 'sent'],
  ['`HTTP 429`; Retry-After is heeded', 'rate_limited'],
  [
    '`HTTP 408`, `HTTP 425`, and 5xx, e.g. `HTTP 500`; Retry-After of `HTTP 502`, `HTTP 503`, `HTTP 504` is heeded',
    'transient',
  ],
  ['`HTTP 401`, `HTTP 403`', 'auth'],
  ['`HTTP 413`', 'payload_too_large'],
  [
    'everything else, e.g. `HTTP 302` (redirects are not followed), `HTTP 400`, `HTTP 404`, `HTTP 410`',
    'permanent',
  ],
];

function resultOfReply(reply: HttpReply, now: number): SendResult {
  const { status } = reply;
  if (status >= 200 && status < 300) return { kind: 'sent', detail: `HTTP ${status}` };
  const code = String(status);
  const message = `The receiver answered HTTP ${status}.`;
  const wait = retryAfterMs(reply.headers['retry-after'], now);
  const later = wait === undefined ? {} : { retryAfterMs: wait };
  switch (status) {
    case 401:
    case 403:
      return { kind: 'auth', code, message };
    case 413:
      return { kind: 'payload_too_large', code, message };
    case 408:
    case 425:
      return { kind: 'transient', code, message };
    case 429:
      return { kind: 'rate_limited', code, message, scope: 'channel', ...later };
    case 410:
      return {
        kind: 'permanent',
        code,
        message: `${message} It wants no more messages: the address is to be removed.`,
      };
    case 502:
    case 503:
    case 504:
      return { kind: 'transient', code, message, ...later };
    default:
      return { kind: status >= 500 ? 'transient' : 'permanent', code, message };
  }
}

const month = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const day = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const wholeDay = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day';
const clock = '\\d{2}:\\d{2}:\\d{2}';
const datesOfHttp = new RegExp(
  `^(?:${day}, \\d{2} ${month} \\d{4} ${clock} GMT|${wholeDay}, \\d{2}-${month}-\\d{2} ${clock} GMT)$`,
);
const asctime = new RegExp(`^${day} ${month} [ \\d]\\d ${clock} \\d{4}$`);

/**
 * Reads Retry-After (RFC 9110, section 10.2.3): seconds or a date; clamped to an hour, undefined when it is neither.
 * @param now Epoch milliseconds.
 */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const wait = /^\d{1,12}$/.test(text) ? Number(text) * 1000 : dateOfHttp(text) - now;
  if (Number.isNaN(wait)) return undefined;
  return Math.min(Math.max(0, wait), longestRetryAfterMs);
}

/** Epoch milliseconds of one of HTTP's three forms of a date, else NaN: `Date.parse` takes `1.5` for January of 2001. */
function dateOfHttp(text: string): number {
  if (datesOfHttp.test(text)) return Date.parse(text);
  return asctime.test(text) ? Date.parse(`${text} GMT`) : Number.NaN;
}
