// The ground of every simulated provider: a real HTTP server that is strict about what it takes, keeps what it accepted,
// and misbehaves on request. Each provider is a file of its own that recomputes the signature, checks schema and bytes,
// and answers with the vendor's own error bodies.
import { type ReceivedRequest, type Receiver, startReceiver } from '../http-receiver.ts';

export interface ProviderReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object goes out as JSON. */
  readonly body: string | object;
}

export interface ProviderRequest extends ReceivedRequest {
  /** Without the query. */
  readonly pathname: string;
  readonly query: URLSearchParams;
  /** By the provider's clock, epoch milliseconds. */
  readonly now: number;
}

/** What a request came to: the answer, and what was taken (one entry for each message that somebody will read). */
export interface ProviderVerdict<Accepted> {
  readonly reply: ProviderReply;
  readonly accepted?: readonly Accepted[];
}

/**
 * - a reply: given instead of looking at the request;
 * - `hang`, `reset`: no answer, and nothing taken;
 * - `lost`: taken, and the answer never comes;
 * - `garbage`: 200 with what is no answer of the vendor, and nothing taken.
 */
export type ProviderFault = ProviderReply | 'hang' | 'reset' | 'lost' | 'garbage';

export interface Provider<Accepted> {
  readonly url: string;
  /** Everything accepted, in order. */
  readonly accepted: readonly Accepted[];
  /** Every request, also those that were refused. */
  readonly requests: readonly ReceivedRequest[];
  /** The next `times` requests meet this fault; faults stand in line. */
  misbehave(fault: ProviderFault, times?: number): void;
  /** Asked for every request that no fault was scripted for: chaos with a seeded draw. One that takes its time holds the request. */
  chaos: ((request: ProviderRequest) => ProviderFault | null | Promise<ProviderFault | null>) | null;
  /** The listener hears of every request: what was taken of it, and what fault it met. */
  watch(listener: (seen: Seen<Accepted>) => void): void;
  /** Resolves when at least `n` requests have come. */
  waitFor(n: number): Promise<unknown>;
  close(): Promise<void>;
}

export interface Seen<Accepted> {
  readonly request: ProviderRequest;
  readonly accepted: readonly Accepted[];
  readonly fault: ProviderFault | null;
}

export interface ProviderOptions {
  /** The provider's clock, epoch milliseconds. */
  readonly now: () => number;
  readonly port?: number;
  /** Called with each thing that was accepted, before the answer goes out. */
  readonly onAccepted?: (accepted: unknown) => void;
}

/** Starts a provider whose `judge` says what each request comes to. */
export async function startProvider<Accepted>(
  options: ProviderOptions,
  judge: (request: ProviderRequest) => ProviderVerdict<Accepted> | Promise<ProviderVerdict<Accepted>>,
): Promise<Provider<Accepted>> {
  const accepted: Accepted[] = [];
  const faults: ProviderFault[] = [];
  let chaos: Provider<Accepted>['chaos'] = null;
  const watching: ((seen: Seen<Accepted>) => void)[] = [];
  const tell = (seen: Seen<Accepted>) => {
    for (const listener of watching) listener(seen);
  };
  const receiver: Receiver = await startReceiver({
    ...(options.port === undefined ? {} : { port: options.port }),
    async handler(received) {
      const url = new URL(received.path, 'http://provider');
      const request = { ...received, pathname: url.pathname, query: url.searchParams, now: options.now() };
      const fault = faults.shift() ?? (await chaos?.(request)) ?? null;
      if (fault !== null && fault !== 'lost') tell({ request, accepted: [], fault });
      if (fault === 'hang' || fault === 'reset') return fault;
      if (fault === 'garbage') return { status: 200, body: '<html><body>Bad gateway' };
      if (fault !== null && fault !== 'lost') return answerOf(fault);
      const verdict = await judge(request);
      for (const one of verdict.accepted ?? []) {
        accepted.push(one);
        options.onAccepted?.(one);
      }
      tell({ request, accepted: verdict.accepted ?? [], fault });
      return fault === 'lost' ? 'reset' : answerOf(verdict.reply);
    },
  });
  return {
    url: receiver.url,
    accepted,
    requests: receiver.received,
    misbehave(fault, times = 1) {
      for (let i = 0; i < times; i++) faults.push(fault);
    },
    get chaos() {
      return chaos;
    },
    set chaos(draw) {
      chaos = draw;
    },
    watch: (listener) => void watching.push(listener),
    waitFor: (n) => receiver.waitFor(n),
    close: () => receiver.close(),
  };
}

function answerOf({ status, headers, body }: ProviderReply) {
  return typeof body === 'string'
    ? { status, ...(headers && { headers }), body }
    : { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

/** Calls in a sliding window; what a vendor counts. */
export class SlidingWindow {
  readonly #at: number[] = [];
  readonly #calls: number;
  readonly #perMs: number;

  constructor(calls: number, perMs: number) {
    this.#calls = calls;
    this.#perMs = perMs;
  }

  /** Counts one call; false when it is one too many. */
  take(now: number): boolean {
    while (this.#at.length > 0 && this.#at[0]! <= now - this.#perMs) this.#at.shift();
    if (this.#at.length >= this.#calls) return false;
    this.#at.push(now);
    return true;
  }
}
