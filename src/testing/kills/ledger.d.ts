import type { Answered } from './client.ts';
import type { Life } from './process.ts';
export declare const violationKinds: readonly [
  'event_lost',
  'event_twice',
  'answer_changed',
  'ack_lost',
  'resolve_lost',
  'effect_twice',
  'episodes_wrong',
  'sample_lost',
  'not_told',
  'sent_twice',
  'body_changed',
  'id_changed',
  'resolved_first',
  'invented',
  'unsettled',
  'integrity',
  'half_written',
  'not_ready',
  'point_not_reached',
  'unexpected_answer',
  'unexpected_exit',
];
export type ViolationKind = (typeof violationKinds)[number];
export interface Violation {
  readonly kind: ViolationKind;
  readonly text: string;
}
export interface PromisedSample {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly value: number;
  readonly answeredAt: number;
  readonly life: Life;
}
export interface PromisedEvent {
  readonly body: object;
  readonly key: string | null;
  /** The first answer of 202; null while nobody knows. */
  answer: Answered | null;
}
/** A command on one alert that was answered 200. */
export interface PromisedCommand {
  readonly alertId: string;
  readonly keyed: boolean;
}
export interface Episodes {
  /** Times that the first true sample after a false one was sent, and answered 202. */
  sent: number;
  answered: number;
}
export declare class Ledger {
  /** By `metric host`. */
  readonly samples: Map<string, PromisedSample[]>;
  /** By their dedup_key. */
  readonly events: Map<string, PromisedEvent>;
  readonly acknowledged: PromisedCommand[];
  readonly resolved: PromisedCommand[];
  /** By host. */
  readonly episodes: Map<string, Episodes>;
  readonly violations: Violation[];
  violate(kind: ViolationKind, text: string): void;
  sample(metric: string, host: string, at: number, value: number, answered: Answered): void;
  episodesOf(host: string): Episodes;
  get promises(): number;
}
