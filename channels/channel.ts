// The contract of a channel: one attempt, no sleeping, no retry inside; policy decides by the kind of the result.
import type { Socket } from 'node:net';
import type { Dispatcher } from 'undici';
import type { z } from 'zod';
import type { HttpOutcome, HttpRequest } from './http-exchange.ts';
import type { AlertMessage, Locale } from './message.ts';

/** Closed list: metric label, policy and dashboard use the same word. */
export const resultKinds = [
  'sent',
  'delivered',
  'partial',
  'rate_limited',
  'transient',
  'network',
  'unknown',
  'auth',
  'invalid_recipient',
  'payload_too_large',
  'permanent',
] as const;
export type ResultKind = (typeof resultKinds)[number];

/**
 * What one attempt came to.
 * - `sent`: accepted by the provider; `delivered`: known to have arrived.
 * - `partial`: some recipients were accepted; `per` says what happened to each of the others too.
 * - `network`: nothing can have been accepted (refused, DNS, reset before the request was written).
 * - `unknown`: the request went out and no answer came; the provider may have it.
 */
export type SendResult =
  | { readonly kind: 'sent' | 'delivered'; readonly providerId?: string; readonly detail?: string }
  | {
      readonly kind: 'partial';
      readonly per: Readonly<Record<string, SendFailure | SendAccepted>>;
      readonly providerId?: string;
    }
  | SendFailure;
export interface SendAccepted {
  readonly kind: 'sent' | 'delivered';
}
export interface SendFailure {
  readonly kind: Exclude<ResultKind, 'sent' | 'delivered' | 'partial'>;
  /** The provider's code: HTTP status, SMTP reply code, errcode. */
  readonly code?: string;
  /** One line, without secrets, for a person. */
  readonly message: string;
  readonly retryAfterMs?: number;
  readonly scope?: 'channel' | 'recipient' | 'account';
}

/** What the process lends to a channel. Every way out goes through `dispatcher` or `connect`, which check the address. */
export interface ChannelHost {
  /** undici dispatcher with the address check in connector and lookup, without redirects; loaded when first asked for. */
  dispatcher(): Promise<Dispatcher>;
  /**
   * Makes the request elsewhere than on the main thread, through the same check; null: not now. Absent: never. For
   * `request` of http.ts, which everybody calls.
   */
  exchange?(call: HttpRequest): Promise<HttpOutcome> | null;
  /** A plain TCP socket through the same address check (SMTP). Rejects with EgressError. */
  connect(host: string, port: number, signal: AbortSignal): Promise<Socket>;
  /** Epoch milliseconds. */
  now(): number;
  /** Where the provider of this channel sends receipts; absent when the operator did not say how it is reached. */
  readonly callbackUrl?: string;
  /** One readable line (console channel, demo). */
  print(line: string): void;
}

export interface SendContext {
  /** Constant over all attempts of one delivery: the receiver's idempotency key (`webhook-id`). */
  readonly deliveryId: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Wall clock of this attempt, epoch milliseconds. */
  readonly now: number;
  /** Aborts at the attempt's total deadline and at shutdown. */
  readonly signal: AbortSignal;
  /** Of a message that several deliveries were merged into: all of them. `deliveryId` is then an id of the call. */
  readonly deliveryIds?: readonly string[];
  /** One person's address on this channel, in place of the recipients that the configuration names. */
  readonly to?: string;
}

/** What a user's own template made of a message, in place of the built-in texts. */
export interface Words {
  /** One line of plain text; null: the built-in title. */
  readonly title: string | null;
  /** In the channel's own notation: what came from outside went through its dialect's `escape`; null: the built-in text. */
  readonly text: string | null;
}

export interface RenderContext<Config> {
  readonly config: Config;
  readonly locale: Locale;
  /** Absent: nobody wrote a template. */
  readonly words?: Words;
}

/** One message of a call that carries several. */
export interface Bundled<Payload> {
  readonly payload: Payload;
  readonly deliveryId: string;
  readonly attempt: number;
}

/** Several deliveries in one call, where the receiver's configuration allows it. */
export interface Bundle<Payload> {
  /** Messages in one call, at most. */
  readonly most: number;
  /** UTF-8 bytes that a payload takes in the call; together they stay within the channel's `maxBytes`. */
  bytes(payload: Payload): number;
  /** One attempt for all of them (also for a single one): its result is the result of each. */
  send(items: readonly Bundled<Payload>[], context: Pick<SendContext, 'now' | 'signal'>): Promise<SendResult>;
}

/** An open channel: holds pools and sockets until `close`. */
export interface ChannelInstance<Payload> {
  send(payload: Payload, context: SendContext): Promise<SendResult>;
  /** Absent: every delivery is a call of its own. */
  readonly bundle?: Bundle<Payload>;
  /** Asks the provider whether the credentials are good, without telling anybody anything. */
  verify?(context: Pick<SendContext, 'now' | 'signal'>): Promise<SendResult>;
  /**
   * In place of the definition's `callback.read`, where a signature is checked with what has to be fetched. Never rejects
   * for what comes from outside.
   * @param now Epoch milliseconds.
   */
  readCallback?(request: CallbackRequest, now: number): Promise<CallbackOutcome | CallOffOutcome>;
  close(): Promise<void>;
}

export interface ChannelLimits {
  /** Largest body in bytes that `render` may produce. */
  readonly maxBytes: number;
  /** Attempts under way at once on this channel. */
  readonly concurrency: number;
  /** Total deadline of one attempt. */
  readonly deadlineMs: number;
  /** What the provider grants; the process keeps to it, and merges what waits behind it. */
  readonly rates?: readonly RateWindow[];
}

/** At most so many calls in any span of so many milliseconds. */
export interface RateWindow {
  /** Whose calls are counted: this channel's, those to one recipient, or those of everybody with the same account. */
  readonly scope: 'channel' | 'recipient' | 'account';
  readonly calls: number;
  readonly perMs: number;
}

/** A provider's request to us: a receipt, a key press. */
export interface CallbackRequest {
  readonly method: string;
  /** As the provider was told to call it, with its query: some sign it. */
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** As it came, within 64 KiB. */
  readonly body: string;
}

/** What a provider says about a message that it accepted before. */
export interface Receipt {
  /** The provider's id of the message, as `SendResult.providerId` had it. */
  readonly providerId: string;
  /** The delivery, when the provider gives back what it was given with the message. */
  readonly deliveryId?: string;
  /** `sent`: on its way; `failed`: did not arrive; the order of arrival is not the order of events, the rank is. */
  readonly status: 'sent' | 'delivered' | 'failed';
  /** The provider's code and one line without secrets, of a failure. */
  readonly code?: string;
  readonly message?: string;
  /** A person answered: the key that was pressed, the word that was sent. */
  readonly answer?: string;
}

/** What somebody sent to us of their own accord, in answer to no message that the provider would name. */
export interface Reply {
  /** Their number, in E.164. */
  readonly from: string;
  readonly text: string;
  /** When it was sent, epoch milliseconds; absent: the provider does not say. */
  readonly at?: number;
}

/** What a request from a provider comes to; the body is what the provider wants to read. */
export interface CallbackOutcome {
  readonly receipts: readonly Receipt[];
  /** Absent: none. */
  readonly replies?: readonly Reply[];
  /** One line for the log, of what is no receipt: a subscription that was confirmed. */
  readonly note?: string;
  readonly reply: { readonly status: number; readonly contentType: string; readonly body: string };
}

/** It is not the provider's, or cannot be read; one line for the log. */
export interface RefusedCallback {
  readonly refused: string;
}

/** A request that is not taken. `later`: whose it is cannot be told now; the provider is asked to come again. */
export type CallOffOutcome = RefusedCallback | { readonly later: string };

export interface ChannelCallback<Config> {
  /**
   * Checks the signature and reads the request. Pure.
   * @param now Epoch milliseconds.
   */
  read(request: CallbackRequest, config: Config, now: number): CallbackOutcome | RefusedCallback;
}

/** How a channel writes marks: everything from outside goes through `escape`. */
export interface Dialect {
  escape(text: string): string;
  /** The argument is escaped already. */
  bold(escaped: string): string;
  /** `url` is an http or https address; the label is escaped already. */
  link(escapedLabel: string, url: string): string;
  /** A title in the colour of what it says, where there are colours. */
  toned(escaped: string, tone: 'firing' | 'resolved' | 'event'): string;
  /** Between lines and between paragraphs. */
  readonly line: string;
  readonly paragraph: string;
}

export interface ChannelDefinition<Schema extends z.ZodType = z.ZodType, Payload = unknown> {
  readonly kind: string;
  readonly label: Readonly<Record<Locale, string>>;
  /** Validates the configuration of one channel (without `type`); secret fields are built with `secret()`. */
  readonly config: Schema;
  readonly limits: ChannelLimits;
  /** For docs/channels.md: what a user has to know, and what the provider's answers mean. */
  readonly docs?: {
    readonly text: string;
    readonly answers: readonly (readonly [answer: string, result: ResultKind])[];
  };
  /** false: a machine reads it, which tells groups apart; nothing is merged. Absent: what waits behind a limit may be. */
  readonly merges?: false;
  /** false: people are not told on it that something is over, unless the configuration says so. Absent: they are. */
  readonly ends?: false;
  /** How users' templates write for it; absent: plain text. */
  readonly dialect?: Dialect;
  /** Checks and normalises one person's address on it; absent: it reaches places, not people. */
  readonly address?: z.ZodType<string>;
  /** Whether a channel of this configuration writes to people; absent: with `address` every one does. */
  reachesPeople?(config: z.output<Schema>): boolean;
  /** Whether a channel of this configuration has recipients of its own; absent: every one has. Else it tells people only. */
  reachesPlaces?(config: z.output<Schema>): boolean;
  /** Who shares the provider's account: an id without secrets. Absent: every channel has its own. */
  account?(config: z.output<Schema>): string;
  /** What the provider of this configuration grants, in place of `limits.rates`, where a kind has several providers. */
  rates?(config: z.output<Schema>): readonly RateWindow[];
  /** Absent: the provider never calls. */
  readonly callback?: ChannelCallback<z.output<Schema>>;
  /** Pure: same message and config, same payload. Shortens instead of failing. */
  render(message: AlertMessage, context: RenderContext<z.output<Schema>>): Payload;
  open(config: z.output<Schema>, host: ChannelHost): ChannelInstance<Payload>;
}

/** Declares a channel. The result is what `channels/index.ts`, `plugins:` and the contract suite take. */
export function defineChannel<Schema extends z.ZodType, Payload>(
  definition: ChannelDefinition<Schema, Payload>,
): ChannelDefinition<Schema, Payload> {
  return definition;
}
