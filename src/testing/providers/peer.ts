// A simulated provider as the peer of the channel contract.
import type { ChannelPeer, Conduct } from '../../../channels/contract.ts';
import type { Provider, ProviderFault } from './provider.ts';

export interface PeerPlan {
  /** Configuration, as written in a file, of a channel that calls `url`. */
  readonly config: (url: string) => unknown;
  /** What the provider does instead of looking at the request. */
  readonly faults: Partial<Record<Conduct, ProviderFault>>;
  /** Requests to other paths (for a token) are always looked at. */
  readonly path?: string;
  /** Requests that come before the one with the message. */
  readonly before?: number;
  /** Whom it was asked to tell. */
  readonly told?: () => readonly string[];
}

/** What every provider does by its HTTP server, whatever it sells. */
const serverFaults: Partial<Record<Conduct, ProviderFault>> = {
  failing: { status: 500, body: 'internal error' },
  rate_limited_bare: { status: 429, body: 'slow down' },
  garbage: 'garbage',
  black_hole: 'hang',
  reset: 'reset',
};

export async function providerPeer(
  conduct: Conduct,
  provider: Provider<unknown>,
  plan: PeerPlan,
): Promise<ChannelPeer> {
  const fault = { ...serverFaults, ...plan.faults }[conduct] ?? null;
  provider.chaos = ({ pathname }) => (plan.path === undefined || pathname === plan.path ? fault : null);
  if (conduct === 'refused') await provider.close();
  return {
    config: plan.config(provider.url),
    deliveryIds: () => [], // such a provider is told none
    ...(plan.told !== undefined && { told: plan.told }),
    holding:
      conduct === 'black_hole' ? provider.waitFor(1 + (plan.before ?? 0)).then(() => {}) : Promise.resolve(),
    close: () => (conduct === 'refused' ? Promise.resolve() : provider.close()),
  };
}
