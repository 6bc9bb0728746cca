// What can happen to a tenant's deliveries, as plain data.
import type { Notification } from '../pipeline/input.ts';
import type { RoutingConfig } from '../pipeline/routing.ts';
import type { Lane } from '../pipeline/rows.ts';
import type { ConfirmInput } from './confirm.ts';
import type { DiscardInput, RequeueInput } from './dead-letters.ts';
import type { OverdueInput } from './overdue.ts';
import type { ReceiptInput } from './receipt-input.ts';
import type { AttemptResult } from './retry.ts';

export type PolicyInput =
  | {
      readonly kind: 'notification';
      readonly notification: Notification;
      readonly routing: RoutingConfig;
      /** Whether the dispatcher takes another delivery for this channel straight from memory. */
      readonly room: (channel: string, lane: Lane) => boolean;
      readonly leaseMs: number;
    }
  | {
      readonly kind: 'result';
      readonly deliveryId: string;
      readonly orderKey: string;
      readonly leaseToken: number;
      readonly result: AttemptResult;
      readonly durationMs: number;
      /** In [0, 1), drawn by the shell: the jitter of the next delay. */
      readonly draw: number;
    }
  /** The dispatcher gives a lease back unused: shutdown, or it waited too long in memory. */
  | {
      readonly kind: 'released';
      readonly deliveryId: string;
      readonly orderKey: string;
      readonly leaseToken: number;
    }
  /** The group is gone: nobody will be told of its alerts again. */
  | {
      readonly kind: 'group_closed';
      /** `audienceOf` the group. */
      readonly audience: string;
      /** Null: whoever was told, people may be among them. */
      readonly channels: readonly string[] | null;
      /** Alerts that another group of the same audience still speaks of. */
      readonly known: (alertId: string) => boolean;
    }
  /** A delivery was claimed from the store under a new lease. */
  | {
      readonly kind: 'claimed';
      readonly deliveryId: string;
      readonly orderKey: string;
      readonly leaseToken: number;
      /** When it was due. */
      readonly dueAt: number;
      /** The channel that carries it: the store moves what waits for a paused one. */
      readonly channel: string;
    }
  /** It was claimed after the end of its time. */
  | {
      readonly kind: 'expired';
      readonly deliveryId: string;
      readonly orderKey: string;
      readonly leaseToken: number;
    }
  /** A channel is another one than before, or is gone: what paused it may be over. */
  | { readonly kind: 'channel_changed'; readonly channel: string; readonly gone: boolean }
  /** Nobody has accepted a notification: is it time that somebody else hears of it? */
  | OverdueInput
  | RequeueInput
  | ReceiptInput
  | ConfirmInput
  | DiscardInput;
