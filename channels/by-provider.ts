// A channel whose configuration names one of several providers; it does what that provider does.
import { z } from 'zod';
import { type ChannelDefinition, defineChannel } from './channel.ts';
import { hasRecipients, noRecipients } from './own-recipients.ts';
import { numberOfPerson, type PhoneProvider, resultOfNumbers, withNumbers } from './phone-provider.ts';

/** What every configuration has, with its numbers in E.164. */
export interface Settings {
  readonly provider: string;
  /** Absent: it tells people only. */
  readonly to?: readonly string[] | undefined;
  readonly country?: string | undefined;
}

/** The channel of these providers; `provider` of the configuration says which. */
export function byProvider(
  channel: Pick<ChannelDefinition, 'kind' | 'label' | 'limits' | 'docs' | 'ends'>,
  providers: readonly [PhoneProvider, ...PhoneProvider[]],
): ChannelDefinition<z.ZodType<Settings>, unknown> {
  const schemas = providers.map(({ config }) => config) as unknown as [
    z.ZodObject<{ provider: z.ZodLiteral }>,
  ];
  const config = z
    .discriminatedUnion('provider', schemas, {
      error: ({ code }) =>
        code === 'invalid_union'
          ? `expected one of ${providers.map(({ name }) => name).join(', ')}`
          : undefined,
    })
    .transform((value, context) => withNumbers(value as unknown as Settings, context));
  const of = ({ provider }: Settings) => {
    const found = providers.find(({ name }) => name === provider);
    if (found === undefined) throw new Error(`a configuration of ${provider}, which passed the schema`);
    return found;
  };
  return defineChannel({
    ...channel,
    config: config as unknown as z.ZodType<Settings>,
    address: numberOfPerson,
    reachesPlaces: hasRecipients,
    account: (settings: Settings) => of(settings).account(settings),
    rates: (settings: Settings) => of(settings).rates,
    render: (message, context) => of(context.config).render(message, context),
    open(settings, host) {
      const opened = of(settings).open(settings, host);
      return {
        async send(payload, context) {
          const to = context.to === undefined ? settings.to : [context.to];
          if (to === undefined) return noRecipients;
          return resultOfNumbers(to, await opened.send(payload, to, context));
        },
        ...(opened.verify !== undefined && { verify: opened.verify }),
        async close() {},
      };
    },
    callback: {
      read: (request, settings, now) =>
        of(settings).read?.(request, settings, now) ?? { refused: `${settings.provider} reports to nobody` },
    },
  });
}
