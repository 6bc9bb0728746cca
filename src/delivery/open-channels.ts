// The configured channels, opened: each holds its pools until `close`.

import type { ChannelDefinition, ChannelHost, ChannelInstance } from '../../channels/channel.ts';
import { channels as definitions } from '../../channels/index.ts';
import type { AlertMessage } from '../../channels/message.ts';
import { shorterMessage } from '../../channels/shorter.ts';
import type { ChannelConfig } from '../config/config.ts';

export interface OpenChannel {
  readonly name: string;
  readonly type: string;
  readonly definition: ChannelDefinition;
  readonly settings: unknown;
  /** Who takes over where it fails. */
  readonly fallback?: readonly string[];
  readonly instance: ChannelInstance<unknown>;
  /** Where it is configured. */
  readonly place?: { readonly file: string; readonly line: number };
  /** Nothing leaves the process: whatever it is given is accepted. */
  readonly mock?: true;
}

/** What the channel is given to send: the message as it is, or in short. */
export function payloadOf(
  { definition, settings }: OpenChannel,
  message: AlertMessage,
  shorter: boolean,
): unknown {
  const said = shorter ? shorterMessage(message) : message;
  return definition.render(said, { config: settings, locale: said.locale });
}

/** The same for somebody who only looks; null when there is no such channel, or it cannot render the message. */
export function renderedBy(
  channel: OpenChannel | undefined,
  message: AlertMessage,
  shorter: boolean,
): unknown {
  if (!channel) return null;
  try {
    return payloadOf(channel, message, shorter);
  } catch {
    return null; // a bug of the channel; the attempt that met it has logged it
  }
}

/** Stands for any provider: it accepts, and says so. */
const mockInstance: ChannelInstance<unknown> = {
  send: async (_payload, { deliveryId }) => ({
    kind: 'sent',
    providerId: `mock-${deliveryId}`,
    detail: 'mock',
  }),
  verify: async () => ({ kind: 'sent', detail: 'mock' }),
  close: async () => {},
};

/** Opens every channel of the configuration; opening reaches nobody yet. `mock`: none of them ever will. */
export function openChannels(
  configs: ReadonlyMap<string, ChannelConfig>,
  host: ChannelHost,
  registry: Readonly<Record<string, ChannelDefinition>> = definitions,
  mock = false,
): Map<string, OpenChannel> {
  const open = new Map<string, OpenChannel>();
  for (const { name, type, settings, fallback, place } of configs.values()) {
    const definition = registry[type];
    if (!definition) throw new Error(`channel ${name} has an unknown type: ${type}`);
    const instance = mock ? mockInstance : definition.open(settings, host);
    open.set(name, {
      ...{ name, type, definition, settings, fallback, instance },
      ...(place && { place }),
      ...(mock && { mock }),
    });
  }
  return open;
}

export async function closeChannels(open: ReadonlyMap<string, OpenChannel>): Promise<void> {
  await Promise.all([...open.values()].map((channel) => channel.instance.close()));
}
