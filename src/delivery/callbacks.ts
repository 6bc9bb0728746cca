// Providers that call back: the channel says whether the request is its provider's and what it tells, and the engine
// writes that down before the provider is thanked.
import type { Receipt, Reply } from '../../channels/channel.ts';
import type { Clock } from '../clock.ts';
import type { Answered } from '../engine/receipt-desk.ts';
import { ApiError } from '../errors.ts';
import type { Log } from '../log.ts';
import { isConfirming } from '../policy/confirming-answer.ts';
import type { ReceiptOf } from '../policy/received-delivery.ts';
import type { CallbackAnswer, IncomingCallback, Services } from '../services.ts';
import type { ChannelRegistry } from './channel-registry.ts';
import { keyOf, type OpenChannel } from './open-channels.ts';

export interface CallbackPorts {
  readonly channels: Pick<ChannelRegistry, 'calledBack' | 'of'>;
  /** The address of this program as providers see it, without a slash at its end; null when it was not configured. */
  readonly publicUrl: string | null;
  readonly clock: Clock;
  readonly log: Log;
  /** Resolves when the receipts are durable, with what people answered. */
  readonly receive: (channel: OpenChannel, receipts: readonly ReceiptOf[]) => Promise<readonly Answered[]>;
  /** The provider's id of the message that a word which somebody sent answers; null: nothing that is open. */
  readonly repliedTo: (channel: OpenChannel, reply: Reply) => string | null;
  /** Resolves when that is durable. */
  readonly confirm: Services['confirm'];
}

/** Where the provider of a channel reaches this program. */
export function callbackUrlOf(publicUrl: string, channel: string): string {
  return `${publicUrl}/webhook/callback/${encodeURIComponent(channel)}`;
}

const comeAgainSeconds = 20;

export class Callbacks {
  readonly #ports: CallbackPorts;
  /** Requests that were refused, by channel. */
  readonly refused = new Map<string, number>();

  constructor(ports: CallbackPorts) {
    this.#ports = ports;
  }

  /** What the provider is answered; null when there is no such channel or nobody calls back for it. Rejects with ApiError. */
  async take(name: string, incoming: IncomingCallback): Promise<CallbackAnswer> {
    const { channels, publicUrl, clock, log, receive } = this.#ports;
    const channel = channels.calledBack(name);
    const callback = channel?.definition.callback;
    if (channel === undefined || callback === undefined) return null;
    const { path, origin, ...rest } = incoming;
    const request = { ...rest, url: `${publicUrl ?? origin}${path}` };
    const outcome =
      (await channel.instance.readCallback?.(request, clock.wall())) ??
      callback.read(request, channel.settings, clock.wall());
    if ('later' in outcome) {
      log.warn('callback.later', { channel: keyOf(channel), reason: outcome.later });
      throw new ApiError('unavailable', {
        message: 'Whose this is cannot be told now; come again.',
        retryAfter: comeAgainSeconds,
      });
    }
    if ('refused' in outcome) {
      const key = keyOf(channel);
      this.refused.set(key, (this.refused.get(key) ?? 0) + 1);
      const hint = publicUrl === null ? { hint: 'public_url is not configured' } : {};
      log.warn('callback.refused', { channel: key, reason: outcome.refused, ...hint });
      return 'refused';
    }
    if (outcome.note !== undefined)
      log.info('callback.note', { channel: keyOf(channel), note: outcome.note });
    const receipts = [...outcome.receipts, ...this.#answersIn(channel, outcome.replies ?? [])];
    if (receipts.length > 0) {
      const answers = await receive(channel, receipts.map(newsOf));
      // The provider is thanked for what is done: one that has to come again changes nothing twice.
      for (const answer of answers) await this.answered(answer);
    }
    return outcome.reply;
  }

  /** Whoever answers a message has it. */
  #answersIn(channel: OpenChannel, replies: readonly Reply[]): Receipt[] {
    return replies.flatMap((reply) => {
      const providerId = this.#ports.repliedTo(channel, reply);
      if (providerId !== null) return { providerId, status: 'delivered' as const, answer: reply.text };
      this.#ports.log.info('callback.reply_to_nothing', { channel: keyOf(channel) });
      return [];
    });
  }

  /** A person answered: what means yes confirms the notification. Rejects with ApiError. */
  async answered({ tenant, notificationId, recipient, channel, answer }: Answered): Promise<void> {
    if (!isConfirming(answer)) return;
    const outcome = await this.#ports.confirm(tenant, {
      ...{ notificationId, recipient, actor: `answer:${channel}`, name: null, note: null },
      via: this.#ports.channels.of(tenant, channel)?.type === 'phone' ? 'key_press' : 'reply',
    });
    if ('refused' in outcome)
      this.#ports.log.warn('callback.not_confirmed', { channel, reason: outcome.refused });
  }
}

function newsOf({ providerId, deliveryId, status, code, message, answer }: Receipt): ReceiptOf {
  const said = { status, code: code ?? null, message: message ?? null, answer: answer ?? null };
  return { providerId, ...(deliveryId !== undefined && { deliveryId }), ...said };
}
