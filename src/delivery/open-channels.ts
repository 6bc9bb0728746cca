// The configured channels, opened: each holds its pools until `close`.

import type {
  ChannelDefinition,
  ChannelHost,
  ChannelInstance,
  RenderContext,
} from '../../channels/channel.ts';
import type { AlertMessage, Locale } from '../../channels/message.ts';
import { shorterMessage } from '../../channels/shorter.ts';
import type { ChannelConfig } from '../config/config.ts';
import type { Window } from '../policy/rate-limit.ts';
import { type Said, Wordings } from './wordings.ts';

export interface OpenChannel {
  readonly name: string;
  readonly type: string;
  readonly definition: ChannelDefinition;
  readonly settings: unknown;
  /** Who takes over where it fails. */
  readonly fallback?: readonly string[];
  /** Windows of the configuration, beside those that its kind declares. */
  readonly limits?: readonly Window[];
  /** What one message costs. */
  readonly cost?: number;
  /** false: what tells of ends alone does not go out on it. */
  readonly tellsEnds?: false;
  /** Whose words its messages are said in, and the language; absent: the built-in ones, the message's. */
  readonly template?: string;
  readonly locale?: Locale;
  readonly instance: ChannelInstance<unknown>;
  /** Where it is configured. */
  readonly place?: { readonly file: string; readonly line: number };
  /** Nothing leaves the process: whatever it is given is accepted. */
  readonly mock?: true;
  /** Of a channel of the API: whose it is, and the word under which its provider calls back. Absent: the file's. */
  readonly own?: { readonly tenant: string; readonly callback: string };
}

/** Tells channels apart over all tenants: names hold no slash. */
export function keyOf({ name, own }: Pick<OpenChannel, 'name' | 'own'>): string {
  return own === undefined ? name : `${own.tenant}/${name}`;
}

/** What the channel is given to send: the message as it is, or in short, in the words that it is to be said in. */
export function payloadOf(
  channel: OpenChannel,
  message: AlertMessage,
  shorter: boolean,
  wordings: Wordings = builtInWords,
): unknown {
  const { definition, settings } = channel;
  const form = shorter ? shorterMessage(message) : message;
  const said = wordings.say(definition, channel, form, shorter);
  return definition.render(said.message, contextOf(settings, said));
}

function contextOf(settings: unknown, { locale, words }: Said): RenderContext<unknown> {
  return { config: settings, locale, ...(words && { words }) };
}

const builtInWords = new Wordings(new Map());

/** The same for somebody who only looks; null when there is no such channel, or it cannot render the message. */
export function renderedBy(
  channel: OpenChannel | undefined,
  message: AlertMessage,
  shorter: boolean,
  wordings: Wordings = builtInWords,
): unknown {
  if (!channel) return null;
  try {
    return payloadOf(channel, message, shorter, wordings);
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

/** Opens every channel of the configuration; opening reaches nobody yet. */
export function openChannels(
  configs: ReadonlyMap<string, ChannelConfig>,
  opener: Opener,
): Map<string, OpenChannel> {
  return new Map([...configs.values()].map((config) => [config.name, openChannel(config, opener)]));
}

/** What channels are opened with. */
export interface Opener {
  readonly host: ChannelHost;
  /** Where the provider of a channel sends receipts; null when nobody can reach us. */
  readonly callbackUrl: (channel: string) => string | null;
  readonly registry: Readonly<Record<string, ChannelDefinition>>;
  /** None of them will ever reach anybody. */
  readonly mock: boolean;
}

/** Opens one; `own`: of which tenant. Throws what its kind throws. */
export function openChannel(
  { name, type, settings, fallback, limits, cost, tellsEnds, template, locale, place }: ChannelConfig,
  { host, callbackUrl, registry, mock }: Opener,
  own?: OpenChannel['own'],
): OpenChannel {
  const definition = registry[type];
  if (!definition) throw new Error(`channel ${name} has an unknown type: ${type}`);
  const words = { ...(template !== undefined && { template }), ...(locale !== undefined && { locale }) };
  const url = definition.callback === undefined ? null : callbackUrl(own?.callback ?? name);
  const instance = mock
    ? mockInstance
    : definition.open(settings, url === null ? host : { ...host, callbackUrl: url });
  return {
    ...{ name, type, definition, settings, fallback, limits, instance },
    ...words,
    ...(cost !== undefined && { cost }),
    ...(tellsEnds === false && { tellsEnds }),
    ...(place && { place }),
    ...(mock && { mock }),
    ...(own && { own }),
  };
}

export async function closeChannels(open: Iterable<OpenChannel>): Promise<void> {
  await Promise.all([...open].map((channel) => channel.instance.close()));
}
