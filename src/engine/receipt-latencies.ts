// How long messages took from the provider's acceptance to the receipt of their arrival: the newest of each channel, so
// that what is shown is how it is now, and memory stays what is configured.

/** Of each channel, and of each tenant on it. */
const kept = 256;

export interface Latency {
  /** Messages that it is made of, the newest 256 at most. */
  readonly count: number;
  /** Milliseconds; null without any. */
  readonly p50: number | null;
  readonly p95: number | null;
}

interface Newest {
  readonly ms: number[];
  next: number;
}

export class ReceiptLatencies {
  readonly #byChannel = new Map<string, Newest>();
  readonly #byTenant = new Map<string, Newest>();

  /** A clock that was set back makes it nothing, never less. */
  note(tenant: string, channel: string, ms: number): void {
    add(this.#byChannel, channel, Math.max(0, ms));
    add(this.#byTenant, `${tenant}\n${channel}`, Math.max(0, ms));
  }

  of(tenant: string, channel: string): Latency {
    return latencyOf(this.#byTenant.get(`${tenant}\n${channel}`));
  }

  /** Over all tenants, for /metrics; a channel without receipts is not in it. */
  *all(): Generator<Latency & { readonly channel: string }> {
    for (const [channel, newest] of this.#byChannel) yield { channel, ...latencyOf(newest) };
  }
}

function add(to: Map<string, Newest>, key: string, ms: number): void {
  const newest = to.get(key) ?? { ms: [], next: 0 };
  to.set(key, newest);
  newest.ms[newest.next] = ms;
  newest.next = (newest.next + 1) % kept;
}

/** The nearest-rank percentiles: the smallest value that so many of a hundred do not exceed. */
function latencyOf(newest: Newest | undefined): Latency {
  const sorted = [...(newest?.ms ?? [])].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? null;
  return { count: sorted.length, p50: at(0.5), p95: at(0.95) };
}
