// What a provider of short messages or of calls is to its channel: how it is configured, how it is asked to tell one
// person, and how it reports. The numbers of one message are asked for one by one where the provider has no status of
// each, so that a bad one costs no other.
import { z } from 'zod';
import type {
  CallbackOutcome,
  CallbackRequest,
  ChannelHost,
  ChannelInstance,
  RateWindow,
  RefusedCallback,
  RenderContext,
  SendContext,
  SendFailure,
  SendResult,
} from './channel.ts';
import type { AlertMessage } from './message.ts';
import { countries, e164 } from './phone-number.ts';
import { secret } from './secret.ts';

/** What became of one number. */
export type NumberResult = { readonly kind: 'sent'; readonly providerId: string } | SendFailure;

export interface PhoneProvider<Schema extends z.ZodType = z.ZodType, Payload = unknown> {
  /** As `provider` has it in the configuration. */
  readonly name: string;
  readonly config: Schema;
  /** Whose balance and limits they are; without secrets. */
  account(config: z.output<Schema>): string;
  readonly rates: readonly RateWindow[];
  /** Pure. */
  render(message: AlertMessage, context: RenderContext<z.output<Schema>>): Payload;
  open(
    config: z.output<Schema>,
    host: ChannelHost,
  ): {
    /** One attempt for all numbers, which are in E.164. */
    send(payload: Payload, to: readonly string[], context: SendContext): Promise<readonly NumberResult[]>;
    verify?: NonNullable<ChannelInstance<Payload>['verify']>;
  };
  /** Absent: it never calls. */
  read?(request: CallbackRequest, config: z.output<Schema>, now: number): CallbackOutcome | RefusedCallback;
}

export function definePhoneProvider<Schema extends z.ZodType, Payload>(
  provider: PhoneProvider<Schema, Payload>,
): PhoneProvider<Schema, Payload> {
  return provider;
}

/** Keys that every provider has. */
export const numbersConfig = {
  to: z
    .array(z.string().min(1).max(40))
    .min(1)
    .max(50)
    .optional()
    .describe(
      'Telephone numbers, in E.164 (+886912345678) or as they are dialled in `country`. Without them the channel tells people only.',
    ),
  country: z.enum(countries).optional().describe('Where a number without + is dialled.'),
};

export const baseUrl = (standard: string) =>
  z
    .url({ protocol: /^https?$/ })
    .max(2_048)
    .default(standard)
    .describe('In place of the address of the provider, for a proxy or a test.');

export const callbackToken = secret(
  z.string().regex(/^[A-Za-z0-9_-]{16,128}$/, 'must be 16 to 128 letters, digits, - or _'),
)
  .optional()
  .describe('The provider signs nothing: reports are taken only from a URL that ends in ?token= and this.');

/** A number of one person, which is known without a country. */
export const numberOfPerson = z
  .string()
  .max(40)
  .transform((written, context) => {
    const number = e164(written);
    if (number !== null) return number;
    const message = 'must be a telephone number with + in front, such as +886912345678';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

/** The configuration with its numbers in E.164; what cannot be read is named. */
export function withNumbers<
  Config extends { readonly to?: readonly string[] | undefined; readonly country?: string | undefined },
>(config: Config, context: z.RefinementCtx): Config {
  if (config.to === undefined) return config;
  const to = config.to.map((written, i) => {
    const number = e164(written, config.country as Parameters<typeof e164>[1]);
    if (number !== null) return number;
    const of = config.country === undefined ? 'with + in front (or set country)' : `of ${config.country}`;
    context.addIssue({
      code: 'custom',
      path: ['to', i],
      message: `must be a telephone number ${of}, such as +886912345678`,
    });
    return written;
  });
  return { ...config, to: [...new Set(to)] };
}

// Of several failures the one that leaves most hope stands for all: it is tried again.
const hope = [
  'unknown',
  'transient',
  'network',
  'rate_limited',
  'auth',
  'payload_too_large',
  'permanent',
  'invalid_recipient',
] as const satisfies readonly SendFailure['kind'][];

/** What an attempt for several numbers came to. */
export function resultOfNumbers(to: readonly string[], results: readonly NumberResult[]): SendResult {
  const accepted = results.find((result) => result.kind === 'sent');
  const failed = results.filter((result) => result.kind !== 'sent');
  if (accepted !== undefined) {
    const { providerId } = accepted;
    if (failed.length === 0) return { kind: 'sent', providerId };
    const per = to.map((number, i) => {
      const result = results[i]!;
      return [number, result.kind === 'sent' ? { kind: 'sent' as const } : result] as const;
    });
    return { kind: 'partial', per: Object.fromEntries(per), providerId };
  }
  const worst = failed.toSorted((a, b) => hope.indexOf(a.kind) - hope.indexOf(b.kind))[0];
  if (worst === undefined) throw new Error('an attempt for no number');
  return to.length === 1 ? worst : { ...worst, message: `None of ${to.length} numbers: ${worst.message}` };
}
