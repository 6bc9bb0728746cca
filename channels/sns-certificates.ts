// Certificates of SNS, fetched where SNS publishes them and kept. Who names one that is not there costs us a fetch: those
// are few in a minute, and one at a time for each address.
import type { X509Certificate } from 'node:crypto';
import type { CallOffOutcome, ChannelHost } from './channel.ts';
import { request } from './http.ts';
import { holdsAt, snsCertificate } from './signing/sns.ts';

/** `refused`: it is none of SNS, and will be none. `later`: nobody knows now. */
export type CertificateOutcome = { readonly certificate: X509Certificate } | CallOffOutcome;

const mostKept = 8;
const mostFetches = 10;
const fetchesPerMs = 60_000;
const deadlineMs = 5_000;
const largestBytes = 16 * 1024;

export class SnsCertificates {
  readonly #host: ChannelHost;
  /** By address, the least recently used first. */
  readonly #kept = new Map<string, X509Certificate>();
  readonly #fetching = new Map<string, Promise<CertificateOutcome>>();
  /** When the last ones were asked for, epoch milliseconds. */
  readonly #asked: number[] = [];

  constructor(host: ChannelHost) {
    this.#host = host;
  }

  /** @param url Where it is fetched: the caller has made sure whose address that is. */
  async at(url: string, now: number): Promise<CertificateOutcome> {
    const outcome = this.#known(url) ?? (await this.#fetchOnce(url, now));
    if (!('certificate' in outcome)) return outcome;
    if (holdsAt(outcome.certificate, now)) return outcome;
    this.#kept.delete(url);
    return { refused: 'the certificate has expired, or does not hold yet' };
  }

  #known(url: string): CertificateOutcome | null {
    const certificate = this.#kept.get(url);
    if (certificate === undefined) return null;
    this.#kept.delete(url);
    this.#kept.set(url, certificate);
    return { certificate };
  }

  #fetchOnce(url: string, now: number): Promise<CertificateOutcome> {
    const before = this.#fetching.get(url);
    if (before !== undefined) return before;
    while (this.#asked.length > 0 && this.#asked[0]! <= now - fetchesPerMs) this.#asked.shift();
    if (this.#asked.length >= mostFetches)
      return Promise.resolve({ later: `more than ${mostFetches} certificates were asked for in a minute` });
    this.#asked.push(now);
    const fetched = this.#fetch(url).finally(() => this.#fetching.delete(url));
    this.#fetching.set(url, fetched);
    return fetched;
  }

  async #fetch(url: string): Promise<CertificateOutcome> {
    const reply = await request(this.#host, {
      ...{ url, method: 'GET', headers: { 'user-agent': 'tocsin' }, maxReplyBytes: largestBytes },
      signal: AbortSignal.timeout(deadlineMs),
    });
    if (reply.kind === 'failure') return { later: `the certificate could not be fetched: ${reply.code}` };
    if (reply.status !== 200) {
      const said = `the certificate was answered HTTP ${reply.status}`;
      return reply.status === 403 || reply.status === 404 ? { refused: said } : { later: said };
    }
    const certificate = reply.complete ? snsCertificate(reply.body) : 'it broke off or is too large';
    if (typeof certificate === 'string') return { refused: `the certificate is not taken: ${certificate}` };
    this.#kept.set(url, certificate);
    for (const [oldest] of this.#kept) {
      if (this.#kept.size <= mostKept) break;
      this.#kept.delete(oldest);
    }
    return { certificate };
  }
}
