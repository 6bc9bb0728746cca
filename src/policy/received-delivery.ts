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
}

/** A delivery with what its provider has said of it so far. */
export interface ReceivedDelivery
  extends Pick<
    DeliveryRow,
    | 'id'
    | 'notificationId'
    | 'channel'
    | 'recipient'
    | 'leaseToken'
    | 'state'
    | 'reason'
    | 'lastError'
    | 'finishedAt'
  > {
  readonly providerId: string;
  /** Its message is about the program itself. */
  readonly system: boolean;
  /** Statuses that were written down before: sum of `receiptBits`. */
  readonly receipts: number;
  /** The last answer. */
  readonly answer: string | null;
}

export interface ReceiptInput {
  readonly kind: 'receipt';
  /** As it is stored, or as an earlier input of the turn left it. */
  readonly delivery: ReceivedDelivery;
  readonly receipt: ReceiptNews;
}

/**
 * - `applied`: the delivery moved. `noted`: it did not, but its history says what came.
 * - `repeated`: nothing new.
 */
export type ReceiptFate = 'applied' | 'noted' | 'repeated';

export const receiptBits = { delivered: 1, failed: 2 } as const;
