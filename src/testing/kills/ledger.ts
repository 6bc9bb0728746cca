// What the client was promised, and what it saw at once to be wrong. Everything in here has to be true at the end.
import type { Answered } from './client.ts';
import type { Life } from './process.ts';

export const violationKinds = [
  'event_lost',
  'event_twice',
  'answer_changed',
  'ack_lost',
  'silence_lost',
  'told_while_held',
  'end_untold',
  'told_twice',
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
] as const;
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

export class Ledger {
  /** By `metric host`. */
  readonly samples = new Map<string, PromisedSample[]>();
  /** By their dedup_key. */
  readonly events = new Map<string, PromisedEvent>();
  readonly acknowledged: PromisedCommand[] = [];
  readonly resolved: PromisedCommand[] = [];
  /** By host. */
  readonly episodes = new Map<string, Episodes>();
  /** Alerts that something held back, as it was promised to. */
  held = 0;
  readonly violations: Violation[] = [];

  violate(kind: ViolationKind, text: string): void {
    this.violations.push({ kind, text });
  }

  sample(metric: string, host: string, at: number, value: number, answered: Answered): void {
    const series = `${metric} ${host}`;
    let list = this.samples.get(series);
    if (list === undefined) {
      list = [];
      this.samples.set(series, list);
    }
    list.push({ at, value, answeredAt: answered.at, life: answered.life });
  }

  episodesOf(host: string): Episodes {
    let episodes = this.episodes.get(host);
    if (episodes === undefined) {
      episodes = { sent: 0, answered: 0 };
      this.episodes.set(host, episodes);
    }
    return episodes;
  }

  get promises(): number {
    let n = this.acknowledged.length + this.resolved.length + this.held;
    for (const { answer } of this.events.values()) n += answer === null ? 0 : 1;
    for (const { answered } of this.episodes.values()) n += answered;
    return n;
  }
}
