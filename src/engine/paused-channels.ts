// Which channels failed, and on which nothing may go out for now, over all tenants: for health, metrics and claims.
import { insteadOf, type Pause, pausesOf } from '../policy/breaker.ts';
import type { Tenant } from './tenant.ts';

/** What waits for a channel that cannot be opened is put off by so much. */
const stuckLookMs = 60_000;

export interface ChannelBreaker {
  readonly tenant: string;
  readonly channel: string;
  readonly state: 'closed' | 'half_open' | 'open';
  readonly reason: string | null;
}

/** Every channel that ever failed. */
export function breakersOf(tenants: readonly Tenant[]): ChannelBreaker[] {
  return tenants.flatMap(({ name, policy }) =>
    [...policy.breakers.values()].map(({ channel, state, probe, reason }) => ({
      tenant: name,
      channel,
      state: state === 'open' && probe !== null ? ('half_open' as const) : state,
      reason,
    })),
  );
}

/**
 * Channels on which nothing but a probe may go out.
 * @param stuckOf Names of a tenant's channels that cannot be opened.
 */
export function pausedChannels(
  tenants: readonly Tenant[],
  stuckOf: (tenant: string) => readonly string[],
  now: number,
): Pause[] {
  return tenants.flatMap(({ name, policy }) => {
    const stuck = stuckOf(name);
    if (policy.breakers.size + stuck.length === 0) return [];
    const shut = stuck.map((channel) => ({
      ...{ tenant: name, channel, probe: false, until: now + stuckLookMs, since: now },
      ...insteadOf(policy, channel),
    }));
    return [...pausesOf(policy, now).filter(({ channel }) => !stuck.includes(channel)), ...shut];
  });
}
