// What ports and providers know of the simulated machine that they belong to.
import type { ChannelHost } from '../../../channels/channel.ts';
import type { AlertMessage } from '../../../channels/message.ts';
import type { HistoryBlock, HistorySeries } from '../../ingest/history.ts';
import type { ManualClock } from '../manual-clock.ts';
import type { Counters } from './counters.ts';
import type { Accepted, Journal } from './journal.ts';
import type { FaultPlan } from './plan-of-seed.ts';
import type { Random } from './random.ts';

/** A message that a provider took. */
export interface TakenMessage {
  readonly channel: string;
  /** The id that came with it: a delivery's, or that of a call of several. */
  readonly given: string;
  readonly providerId: string;
  /** Deliveries that it tells of. */
  readonly ids: readonly string[];
}

export interface Machine {
  readonly clock: ManualClock;
  readonly random: Random;
  readonly counters: Counters;
  readonly journal: Journal;
  readonly faults: FaultPlan;
  readonly channelHost: ChannelHost;
  /** Whether process number `generation` still runs. */
  alive(generation: number): boolean;
  /** Draws whether the process dies here; true also when it is dead already. */
  mayCrash(generation: number, point: string, side?: 'before' | 'after'): boolean;
  /** A commit failed without killing the process. */
  trouble(generation: number): void;
  flushed(declared: readonly HistorySeries[], blocks: readonly HistoryBlock[]): void;
  sendStarted(deliveryId: string, message: AlertMessage, attempt: number): void;
  /** A provider failed a delivery in a way that spends an attempt. */
  failed(deliveryId: string): void;
  /** A provider was busy and told when a delivery may come again. */
  askedForPatience(deliveryId: string, until: number): void;
  /** A provider counted more calls than it grants. */
  exceeded(message: string): void;
  accepted(accepted: Accepted): void;
  /** A provider took a message: one delivery, or several in one call. */
  took(message: TakenMessage): void;
}
