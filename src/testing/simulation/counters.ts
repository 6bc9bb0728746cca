// States that a simulation must reach to mean anything: a run over many seeds that never saw one of them fails.

export const sometimes = [
  'crash',
  'crash between send and done',
  'restart with open deliveries',
  'lease voided',
  'commit failed before',
  'commit failed after',
  'reload',
  'fatal store failure',
  'history flush failed',
  'history folded',
  'history forgotten',
  'fired',
  'cleared while pending',
  'keep_firing_for used',
  'no_data fired',
  'no_data resolved',
  'absent fired',
  'manual resolve',
  'many answered at once',
  'several orders at once',
  'rule removed',
  'acknowledged',
  'acknowledged repeat suppressed',
  'told at the end of an acknowledgement',
  'first',
  'undelivered',
  'digest',
  'digest full',
  'digest flushed',
  'digest late',
  'digest of what has passed',
  'dropped resolved_before_send',
  'dropped superseded',
  'slow round',
  'new_alerts',
  'refired',
  'escalated',
  'escalation_step',
  'resolved',
  'some_resolved',
  'repeat',
  'event',
  'event deduplicated',
  'held by dedupe window',
  'resolved before notify',
  'send_resolved off',
  'retry',
  'dead letter',
  'resolved dropped firing_not_sent',
  'queued behind its order',
  'provider outage',
  'reply lost',
  'hang until the deadline',
  'retry after obeyed',
  'breaker opened',
  'breaker closed',
  'auth paused',
  'probe sent',
  'parked behind a breaker',
  'message shortened',
  'merged',
  'poison',
  'dead letter requeued',
  'dead letter discarded',
  'dead letter superseded',
  'dead letters retried at once',
  'dead letters told',
  'idempotent replay',
  'idempotency conflict',
  'client retried',
  'late sample',
  'rule edited',
  'route changed',
  'silence made',
  'several silences at once',
  'silence changed',
  'silence taken back',
  'silence ended',
  'silence reminded of',
  'silenced',
  'inhibited',
  'event held back',
  'told after a hold',
  'resolve told after a hold',
  'severity changed',
  'routed elsewhere',
  'taken back',
  'group handed over',
  'group closed',
  'receipt of an arrival',
  'receipt of a loss',
  'receipt before the result',
  'lost and sent on',
  'group fired',
  'group must fire',
  'group must be quiet',
] as const;
export type Sometimes = (typeof sometimes)[number];

export class Counters {
  readonly #counts = new Map<Sometimes, number>();

  hit(name: Sometimes, by = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  }

  of(name: Sometimes): number {
    return this.#counts.get(name) ?? 0;
  }

  entries(): readonly (readonly [Sometimes, number])[] {
    return [...this.#counts];
  }

  missing(): readonly Sometimes[] {
    return sometimes.filter((name) => this.of(name) === 0);
  }
}
