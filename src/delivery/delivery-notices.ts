// Tells the administrator what is wrong with the delivery itself: messages that not everybody got, channels that are
// paused, recipients that do not exist. It sees what was committed. The first of a kind is told at once, those within the
// ten minutes after it together. Messages about the program itself do not count, or an undelivered notice would raise
// the next one.
import { labelSet } from '../../rules/labels.ts';
import type { IncomingEvent } from '../services.ts';
import type { CommittedEvent } from '../store/store.ts';

const quietMs = 600_000;
/** Tenants, kinds and channels that are remembered. */
const mostRemembered = 10_000;

interface Notice {
  readonly tenant: string;
  readonly type: string;
  readonly severity: 'high' | 'critical';
  /** What it is about: a channel, or nothing. */
  readonly channel: string | null;
  readonly message: string;
}

interface Told {
  at: number;
  /** Seen since, and not told. */
  more: number;
}

export class DeliveryNotices {
  readonly #tell: (tenant: string, event: IncomingEvent, key: string, at: number) => void;
  readonly #hears: (tenant: string) => boolean;
  readonly #told = new Map<string, Told>();

  /** @param hears Whether the tenant has an administrator. */
  constructor(
    hears: (tenant: string) => boolean,
    tell: (tenant: string, event: IncomingEvent, key: string, at: number) => void,
  ) {
    this.#hears = hears;
    this.#tell = tell;
  }

  see(events: readonly CommittedEvent[]): void {
    for (const { row } of events) {
      const notice = noticeOf(row);
      if (notice !== null && this.#hears(row.tenant)) this.#note(notice, row.at);
    }
  }

  #note(notice: Notice, at: number): void {
    const key = `${notice.tenant}\n${notice.type}\n${notice.channel ?? ''}`;
    const told = this.#told.get(key);
    if (told && at < told.at + quietMs) {
      told.more += 1;
      return;
    }
    const more = told?.more ?? 0;
    this.#told.delete(key); // to the end: the oldest stands first
    this.#told.set(key, { at, more: 0 });
    if (this.#told.size > mostRemembered) this.#told.delete(this.#told.keys().next().value!);
    this.#tell(notice.tenant, eventOf(notice, more), `${notice.type} ${notice.channel ?? ''} ${at}`, at);
  }
}

function noticeOf({ tenant, kind, reason, body, subjectId }: CommittedEvent['row']): Notice | null {
  if (body.system === true) return null;
  const of = (
    type: string,
    severity: Notice['severity'],
    channel: string | null,
    message: string,
  ): Notice => ({
    ...{ tenant, type, severity, channel, message },
  });
  switch (kind) {
    case 'notification.failed':
      return reason === 'none_accepted'
        ? of(
            'tocsin.undelivered',
            'critical',
            null,
            `Nobody could be told: notification ${subjectId} reached no channel.`,
          )
        : of(
            'tocsin.incomplete',
            'high',
            null,
            `Notification ${subjectId} did not reach all of its channels.`,
          );
    case 'notification.partial':
      return of(
        'tocsin.partial',
        'high',
        null,
        `Notification ${subjectId} reached some of its channels only.`,
      );
    case 'channel.paused':
      return of(
        'tocsin.channel_paused',
        reason === 'auth' ? 'critical' : 'high',
        subjectId,
        `Channel ${subjectId} is paused (${reason}): ${String(body.message ?? body.code ?? 'no answer')}.`,
      );
    case 'delivery.dead':
    case 'delivery.retry':
      if (reason === 'receipt_failed')
        return of(
          'tocsin.not_received',
          'high',
          String(body.channel),
          `Channel ${String(body.channel)} took a message that did not arrive: ${String(body.message ?? body.code ?? 'no reason given')}.`,
        );
      if (reason !== 'invalid_recipient') return null;
      return of(
        'tocsin.invalid_recipient',
        'high',
        String(body.channel),
        `A recipient of channel ${String(body.channel)} does not exist: ${String(body.message ?? '')}`,
      );
    default:
      return null;
  }
}

function eventOf({ type, severity, channel, message }: Notice, more: number): IncomingEvent {
  return {
    type,
    severity,
    category: 'system',
    message: more === 0 ? message : `${message} There were ${more} more like it before.`,
    labels: labelSet(channel === null ? {} : { channel }),
    recipients: [],
  };
}
