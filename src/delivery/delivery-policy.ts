// The configured channels as policy sees them: which kind each is, and who takes over from it.
import type { ChannelConfig } from '../config/config.ts';
import type { DeliveryPolicy } from '../policy/state.ts';
import { builtInStrategies, type Strategies } from '../policy/strategy.ts';
import type { Ways } from '../policy/ways.ts';

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

type ConfiguredChannels = ReadonlyMap<
  string,
  Pick<ChannelConfig, 'name' | 'type'> & Partial<Pick<ChannelConfig, 'fallback' | 'tellsEnds'>>
>;

export function deliveryPolicyOf(
  channels: ConfiguredChannels,
  strategies: Strategies = builtInStrategies,
  timeZone = 'UTC',
): DeliveryPolicy {
  return { ways: waysOf(channels, (name) => channels.has(name)), strategies, timeZone };
}

/** @param known Whether there is a channel that could take over. */
export function waysOf(channels: ConfiguredChannels, known: (name: string) => boolean): Ways {
  return new Map(
    [...channels.values()].map(({ name, type, fallback = [], tellsEnds }) => [
      name,
      {
        type,
        family: ownFamily.has(type) ? type : 'chat',
        chain: [name, ...new Set(fallback)].filter(known),
        ...(tellsEnds === false && { tellsEnds }),
      },
    ]),
  );
}
