// The configured channels as policy sees them: which kind each is, and who takes over from it.
import type { ChannelConfig } from '../config/config.ts';
import type { DeliveryPolicy } from '../policy/state.ts';
import { builtInStrategies, type Strategies } from '../policy/strategy.ts';

/** Kinds that are a family of their own; everything else that people read is a chat. */
const ownFamily = new Set([
  'email',
  'sms',
  'phone',
  'push',
  'webhook',
  'alertmanager-webhook',
  'pagerduty',
  'console',
]);

export function deliveryPolicyOf(
  channels: ReadonlyMap<
    string,
    Pick<ChannelConfig, 'name' | 'type'> & Partial<Pick<ChannelConfig, 'fallback'>>
  >,
  strategies: Strategies = builtInStrategies,
  timeZone = 'UTC',
): DeliveryPolicy {
  const ways = new Map(
    [...channels.values()].map(({ name, type, fallback = [] }) => [
      name,
      {
        type,
        family: ownFamily.has(type) ? type : 'chat',
        chain: [name, ...new Set(fallback)].filter((one) => channels.has(one)),
      },
    ]),
  );
  return { ways, strategies, timeZone };
}
