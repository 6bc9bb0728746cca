// A client as they should be: it goes on after a lost connection, repeats what it may repeat, and remembers which life
// of the program answered and when.
import { Pool } from 'undici';
import type { Life } from './process.ts';
import { operatorKey } from './process.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface Answered {
  readonly status: number;
  readonly body: unknown;
  /** The life that answered. */
  readonly life: Life;
  /** When the whole answer was here, epoch milliseconds. */
  readonly at: number;
}

/** The harness ends: nobody answers any more. */
export class Ended extends Error {}

const requestMs = 10_000;
const retryMs = 20;

export class KillClient {
  #current: { readonly life: Life; readonly pool: Pool } | null = null;
  #waiting: { resolve(): void; reject(error: Error): void }[] = [];
  #ended = false;
  /** Requests that got no answer. */
  lost = 0;

  attach(life: Life, url: string): void {
    this.#current = { life, pool: new Pool(url, { connections: 32 }) };
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  async detach(): Promise<void> {
    const { pool } = this.#current ?? {};
    this.#current = null;
    await pool?.destroy();
  }

  end(): void {
    this.#ended = true;
    for (const { reject } of this.#waiting.splice(0)) reject(new Ended('the harness ended'));
  }

  /** One attempt on whichever life is up; null when nobody knows what became of it. */
  async once(
    method: Method,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answered | null> {
    while (this.#current === null) {
      if (this.#ended) throw new Ended('the harness ended');
      await new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    }
    const { life, pool } = this.#current;
    try {
      const response = await pool.request({
        method,
        path,
        headers: {
          'x-api-key': operatorKey,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(requestMs),
      });
      const text = await response.body.text();
      return {
        status: response.statusCode,
        body: text === '' ? null : (JSON.parse(text) as unknown),
        life,
        at: Date.now(),
      };
    } catch {
      this.lost += 1;
      // The life is over, or about to be noticed as such.
      if (this.#current?.life === life) await new Promise((resolve) => setTimeout(resolve, retryMs));
      return null;
    }
  }

  /** Repeats until there is an answer that is not "later". */
  async sure(
    method: Method,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answered> {
    for (;;) {
      const answered = await this.once(method, path, body, headers);
      if (answered !== null && answered.status !== 503 && answered.status !== 429) return answered;
    }
  }
}
