// Attempts since the start, by tenant, channel and kind of result: bounded by what is configured.
import type { AttemptResult } from '../policy/retry.ts';

type Kind = AttemptResult['kind'];

export class ResultCounts {
  readonly #byChannel = new Map<string, Map<string, Map<Kind, number>>>();

  note(tenant: string, channel: string, kind: Kind): void {
    let tenants = this.#byChannel.get(channel);
    if (!tenants) {
      tenants = new Map();
      this.#byChannel.set(channel, tenants);
    }
    let kinds = tenants.get(tenant);
    if (!kinds) {
      kinds = new Map();
      tenants.set(tenant, kinds);
    }
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }

  /** Kinds that never came are not in it. */
  of(tenant: string, channel: string): Partial<Record<Kind, number>> {
    return Object.fromEntries(this.#byChannel.get(channel)?.get(tenant) ?? []);
  }

  /** Over all tenants, for /metrics. */
  *all(): Generator<{ readonly channel: string; readonly result: Kind; readonly count: number }> {
    for (const [channel, tenants] of this.#byChannel) {
      const sums = new Map<Kind, number>();
      for (const kinds of tenants.values())
        for (const [kind, count] of kinds) sums.set(kind, (sums.get(kind) ?? 0) + count);
      for (const [result, count] of sums) yield { channel, result, count };
    }
  }
}
