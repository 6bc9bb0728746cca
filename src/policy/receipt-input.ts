// A receipt for policy, with the delivery that it speaks of and what it takes to go on with that.
import type { ConfirmationRow } from '../pipeline/rows.ts';
import type { DeadLetter, StillTrue } from './dead-letters.ts';
import type { NamedBy, ReceiptNews, ReceivedDelivery } from './received-delivery.ts';

export interface ReceiptInput {
  readonly kind: 'receipt';
  /** As it is stored, or as an earlier input of the turn left it. */
  readonly delivery: ReceivedDelivery;
  readonly receipt: ReceiptNews;
  /** Absent: the provider's id of the receipt is the delivery's. */
  readonly named?: NamedBy;
  /** What it takes to go on with a delivery that was taken and did not arrive; absent or null: that is only recorded. */
  readonly lost?: () => LostDelivery | null;
}

/** A delivery that was taken and did not arrive. */
export interface LostDelivery {
  readonly letter: DeadLetter;
  /** What became of the other deliveries of its notification. */
  readonly others: { readonly accepted: number; readonly dead: number };
  /** Who has confirmed the notification. */
  readonly confirmations: readonly ConfirmationRow[];
  readonly stillTrue: StillTrue;
}
