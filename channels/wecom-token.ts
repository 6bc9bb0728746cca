// The access token of a WeCom app: fetched once for all who wait for it, kept for as long as WeCom says.
import type { ChannelHost, SendFailure } from './channel.ts';
import { endpoint } from './chat-text.ts';
import { request } from './http.ts';
import type { Secret } from './secret.ts';
import { readVendorReply, type VendorCodes } from './vendor-reply.ts';

export interface WecomTokenOptions {
  readonly baseUrl: string;
  readonly corpId: string;
  readonly corpSecret: Secret;
  readonly codes: VendorCodes;
}

export type WecomToken =
  | { readonly ok: true; readonly token: string }
  | { readonly ok: false; readonly failure: SendFailure };

/** A token that ends while its call is under way is of no use. */
const marginMs = 60_000;

export class WecomTokens {
  readonly #host: ChannelHost;
  readonly #options: WecomTokenOptions;
  #kept: { readonly token: string; readonly until: number } | null = null;
  #asking: { readonly asked: Promise<WecomToken>; readonly stop: AbortController; waiting: number } | null =
    null;

  constructor(host: ChannelHost, options: WecomTokenOptions) {
    this.#host = host;
    this.#options = options;
  }

  /**
   * The token, fetched when there is none. Never rejects.
   * @param now Epoch milliseconds.
   */
  async get(now: number, signal: AbortSignal): Promise<WecomToken> {
    if (this.#kept !== null && now < this.#kept.until) return { ok: true, token: this.#kept.token };
    if (signal.aborted) return outOfTime;
    this.#asking ??= this.#ask(now);
    const asking = this.#asking;
    asking.waiting += 1;
    let onAbort = () => {};
    const aborted = new Promise<WecomToken>((resolve) => {
      onAbort = () => resolve(outOfTime);
      signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      return await Promise.race([asking.asked, aborted]);
    } finally {
      signal.removeEventListener('abort', onAbort);
      asking.waiting -= 1;
      // The last who waited has gone: one who comes now asks anew.
      if (asking.waiting === 0) {
        asking.stop.abort();
        if (this.#asking === asking) this.#asking = null;
      }
    }
  }

  /** WeCom does not take it any more; a newer one is kept. */
  drop(token: string): void {
    if (this.#kept?.token === token) this.#kept = null;
  }

  #ask(now: number) {
    const stop = new AbortController();
    const asked = this.#fetch(now, stop.signal).finally(() => {
      if (this.#asking?.stop === stop) this.#asking = null;
    });
    return { asked, stop, waiting: 0 };
  }

  async #fetch(now: number, signal: AbortSignal): Promise<WecomToken> {
    const { baseUrl, corpId, corpSecret, codes } = this.#options;
    const query = { corpid: corpId, corpsecret: corpSecret.reveal() };
    const outcome = await request(this.#host, {
      url: endpoint(baseUrl, '/cgi-bin/gettoken', query),
      method: 'GET',
      headers: { 'user-agent': 'tocsin' },
      signal,
    });
    const reply = readVendorReply(outcome, codes, [query.corpsecret], now);
    if (!reply.ok) return { ok: false, failure: beforeTheMessage(reply.failure) };
    const { access_token: token, expires_in: seconds } = reply.body;
    if (typeof token !== 'string' || !/^[\x21-\x7e]{1,1024}$/.test(token)) return noToken;
    const life = typeof seconds === 'number' && seconds > 0 ? Math.min(seconds, 86_400) * 1000 : 0;
    this.#kept = { token, until: now + Math.max(life - marginMs, life / 2) };
    return { ok: true, token };
  }
}

/** Whatever became of the question for a token, no message was accepted. */
function beforeTheMessage(failure: SendFailure): SendFailure {
  if (failure.kind !== 'unknown') return failure;
  return failure.code === 'unreadable' ? { ...failure, kind: 'transient' } : { ...failure, kind: 'network' };
}

const outOfTime: WecomToken = {
  ok: false,
  failure: { kind: 'network', code: 'aborted', message: 'There was no token before the deadline.' },
};
const noToken: WecomToken = {
  ok: false,
  failure: { kind: 'transient', code: 'unreadable', message: 'The provider answered without a token.' },
};
