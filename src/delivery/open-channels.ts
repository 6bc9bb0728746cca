// The configured channels, opened: each holds its pools until `close`.

import type { ChannelDefinition, ChannelHost, ChannelInstance } from '../../channels/channel.ts';
import { channels as definitions } from '../../channels/index.ts';
import type { AlertMessage } from '../../channels/message.ts';
import { shorterMessage } from '../../channels/shorter.ts';
import type { ChannelConfig } from '../config/config.ts';
import type { Window } from '../policy/rate-limit.ts';

export interface OpenChannel {
  readonly name: string;
  readonly type: string;
  readonly definition: ChannelDefinition;
  readonly settings: unknown;
  /** Who takes over where it fails. */
  readonly fallback?: readonly string[];
  /** Windows of the configuration, beside those that its kind declares. */
  readonly limits?: readonly Window[];
  readonly instance: ChannelInstance<unknown>;
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

/**
 * Opens every channel of the configuration; opening reaches nobody yet.
 * @param callbackUrl Where the provider of a channel sends receipts; null when nobody can reach us.
 */
export function openChannels(
  configs: ReadonlyMap<string, ChannelConfig>,
  host: ChannelHost,
  callbackUrl: (channel: string) => string | null,
  registry: Readonly<Record<string, ChannelDefinition>> = definitions,
): Map<string, OpenChannel> {
  const open = new Map<string, OpenChannel>();
  for (const { name, type, settings, fallback, limits } of configs.values()) {
    const definition = registry[type];
    if (!definition) throw new Error(`channel ${name} has an unknown type: ${type}`);
    const url = definition.callback === undefined ? null : callbackUrl(name);
    const instance = definition.open(settings, url === null ? host : { ...host, callbackUrl: url });
    open.set(name, { name, type, definition, settings, fallback, limits, instance });
  }
  return open;
}

export async function closeChannels(open: ReadonlyMap<string, OpenChannel>): Promise<void> {
  await Promise.all([...open.values()].map((channel) => channel.instance.close()));
}
