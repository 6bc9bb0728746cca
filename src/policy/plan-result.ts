// What an input came to: what to store, what to send from memory, whom to wake.
import type { Effect } from '../pipeline/effect.ts';
import type { Notification } from '../pipeline/input.ts';
import type { ConfirmationRow, DeliveryRow } from '../pipeline/rows.ts';
import type { ReceiptFate, ReceivedDelivery } from './received-delivery.ts';

/** A delivery to dispatch from memory once the commit is durable. */
export interface Leased {
  readonly row: DeliveryRow;
  readonly notification: Notification;
}

export interface PlanResult {
  readonly effects: Effect[];
  readonly leased: Leased[];
  /** When a queued delivery may be claimed from the store; engine time. */
  readonly wakeAt: number[];
  /** Channels that were paused: what waits for them in memory is given back. */
  readonly paused: string[];
  /** Channels that work again: what waited for them is due. */
  readonly resumed: string[];
  /** What became of each dead letter of the input. */
  readonly letters: { readonly id: string; readonly fate: LetterFate }[];
  /** Notifications that somebody else hears of at that time, unless somebody has accepted them by then. */
  readonly overdue: { readonly notificationId: string; readonly at: number }[];
  /** What became of each receipt of the input. */
  readonly receipts: { readonly fate: ReceiptFate; readonly after: ReceivedDelivery }[];
  /** The confirmation that the input asked for, and what it ended; `fresh`: it had not been given before. */
  readonly confirmed: {
    readonly confirmation: ConfirmationRow;
    readonly fresh: boolean;
    /** Deliveries that are not sent any more. */
    readonly dropped: number;
  }[];
  /** False when the input was about a delivery or a lease that is no longer open. */
  current: boolean;
}

export function emptyPlan(): PlanResult {
  return {
    effects: [],
    leased: [],
    wakeAt: [],
    paused: [],
    resumed: [],
    letters: [],
    overdue: [],
    receipts: [],
    confirmed: [],
    current: true,
  };
}

export type LetterFate = 'requeued' | 'discarded' | 'not_dead' | 'superseded';
