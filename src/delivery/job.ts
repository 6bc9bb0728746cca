// What the engine hands to the dispatcher.
import type { AlertMessage } from '../../channels/message.ts';
import type { Lane } from '../pipeline/rows.ts';

/** One leased delivery, with all that its attempt needs. */
export interface Job {
  readonly tenant: string;
  readonly deliveryId: string;
  readonly orderKey: string;
  readonly leaseToken: number;
  readonly leaseUntil: number;
  readonly attempt: number;
  readonly channel: string;
  /** As the delivery has it: who is meant, and whom its links are for. */
  readonly recipient: string;
  readonly lane: Lane;
  /** The receiver found the whole message too large. */
  readonly shorter: boolean;
  readonly message: AlertMessage;
}
