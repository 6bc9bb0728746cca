// The calls that a process before this one made, as the store knows them: the limits of a channel go on over a restart.
import type { Store } from '../store/store.ts';
import type { ChannelRegistry } from './channel-registry.ts';
import { limitCode } from './dispatcher.ts';
import type { PastCall } from './limiter.ts';
import { keyOf } from './open-channels.ts';

const perPage = 1_000;
/** A hundred thousand events of a tenant within the span: what is older belongs to no window of ordinary size. */
const mostPages = 100;
const ofAttempts: ReadonlySet<string> = new Set([
  'delivery.sent',
  'delivery.delivered',
  'delivery.retry',
  'delivery.dead',
]);

/**
 * Attempts since `since`, a call for several deliveries once. Of deliveries that are leased still (asked before the leases
 * are voided), as many as can have been under way on a channel are taken for calls of this moment.
 */
export function pastCalls(
  store: Pick<Store, 'tenants' | 'events' | 'leasedDeliveries'>,
  channels: Pick<ChannelRegistry, 'of'>,
  since: number,
  now: number,
): PastCall[] {
  const calls: PastCall[] = [];
  for (const { id } of store.tenants()) calls.push(...storedCalls(store, id, since));
  for (const { tenant, channel, count } of store.leasedDeliveries()) {
    // Those under way, and those that had ended when the process died before it stored that.
    const most = 2 * (channels.of(tenant, channel)?.definition.limits.concurrency ?? 0);
    for (let i = 0; i < Math.min(count, most); i++) calls.push({ tenant, channel, at: now });
  }
  // Counted by key: the same name in two tenants is two channels.
  return calls.map((call) => {
    const channel = channels.of(call.tenant, call.channel);
    return channel === undefined ? call : { ...call, channel: keyOf(channel) };
  });
}

function storedCalls(store: Pick<Store, 'events'>, tenant: string, since: number): PastCall[] {
  const calls: PastCall[] = [];
  const seen = new Set<unknown>();
  let cursor: string | null = null;
  for (let page = 0; page < mostPages; page++) {
    const { items, next } = store.events(tenant, null, perPage, cursor);
    for (const { at, kind, body } of items) {
      if (at < since) return calls;
      const { channel, result, call, code } = body;
      if (!ofAttempts.has(kind) || typeof channel !== 'string' || result === undefined) continue;
      if (code === limitCode || seen.has(call)) continue;
      if (call !== undefined) seen.add(call);
      calls.push({ tenant, channel, at });
    }
    if (next === null) return calls;
    cursor = next;
  }
  return calls;
}
