// One HTTP request and what comes of it, told by undici's dispatcher: redirects are not followed, the reply is read to a
// bound, the deadline is the caller's signal.
import type { Dispatcher } from 'undici';

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

/** Makes one request. Never throws for anything that the network or the peer does. */
export function exchange(dispatcher: Dispatcher, call: HttpRequest): Promise<HttpOutcome> {
  if (!URL.canParse(call.url))
    return Promise.resolve({ kind: 'failure', written: false, code: 'UND_ERR_INVALID_ARG' });
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
