// A delivery that its provider took, and what the provider says of it later.
import type { DeliveryRow } from '../pipeline/rows.ts';

/** What a provider says of one message. Same words as the channels' receipts. */
export interface ReceiptNews {
  readonly status: 'sent' | 'delivered' | 'failed';
  /** The provider's code and line, of a failure. */
  readonly code: string | null;
  readonly message: string | null;
  /** The key that somebody pressed, the word that somebody sent. */
  readonly answer: string | null;
}

/** The same of the message that the provider knows by `providerId`. */
export interface ReceiptOf extends ReceiptNews {
  readonly providerId: string;
  /** The delivery, where the provider gives back what it was given with the message. */
  readonly deliveryId?: string;
}

/** Who says it of which message, of a receipt that found its delivery by another name than the provider's id. */
export interface NamedBy {
  readonly channel: string;
  readonly providerId: string;
}

/** A delivery with what its provider has said of it so far. */
export interface ReceivedDelivery
  extends Pick<
    DeliveryRow,
    | 'id'
    | 'notificationId'
    | 'channel'
    | 'recipient'
    | 'orderKey'
    | 'leaseToken'
    | 'state'
    | 'reason'
    | 'lastError'
    | 'finishedAt'
  > {
  /** Null: no answer of the provider has ever said it. */
  readonly providerId: string | null;
  /** Its message is about the program itself. */
  readonly system: boolean;
  /** Statuses that were written down before: sum of `receiptBits`. */
  readonly receipts: number;
  /** The last answer. */
  readonly answer: string | null;
}

/** What a receipt makes of a delivery; without a state it stays what it is. */
export type ReceivedMove = Partial<
  Pick<ReceivedDelivery, 'state' | 'reason' | 'lastError' | 'finishedAt' | 'providerId' | 'channel'>
>;

/**
 * - `applied`: the delivery moved. `noted`: it did not, but its history says what came.
 * - `repeated`: nothing new.
 * - `other`: it speaks of a message of the delivery that does not count for it: sent before, or to another recipient.
 */
export type ReceiptFate = 'applied' | 'noted' | 'repeated' | 'other';

export const receiptBits = { delivered: 1, failed: 2 } as const;

/** `receipt_failed: 30005: Unknown destination`. */
export function receiptError({ code, message }: Pick<ReceiptNews, 'code' | 'message'>): string {
  return ['receipt_failed', code, message].filter((part) => part !== null).join(': ');
}
