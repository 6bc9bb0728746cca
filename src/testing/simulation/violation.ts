// The invariants of the simulation by their ids, and the error that a broken one is.

export const invariants = {
  I1: 'no silent loss: whoever is to be told gets an accepted delivery, or a row says why not',
  I2: 'order: an accepted resolved follows an accepted or dead firing, and nothing overtakes on one way',
  I3: 'no invention: what is sent, stored or decided has its cause',
  I4: 'rate: no provider counts more calls in any span than it grants',
  I5: 'tenants: nobody is told what belongs to another tenant',
  I6: 'durability: what was answered with 2xx is there, and the state is the fold of what was committed',
  I7: 'idempotency: one key, one effect, one answer',
  I8: 'an acknowledgement holds back repeats and the steps of escalations',
  I9: 'escalation: unanswered, each step comes in its time, none is skipped and none taken twice, over kills too',
  I10: 'nothing is decided of an alert that is silenced or inhibited, and what still fires at the end of that is told',
  I11: 'dedupe: no repeat too early, no message within the dedupe window',
  I12: 'storms: entered with the one too many and never before; what is summed up and what is told by itself is all that came; nothing urgent is only counted',
  I13: 'single flight: accepted once, and once more for each ambiguous outcome, under one id',
  I14: 'bounded: no lease beyond its end, no orphan, nothing open after quiescence',
  I15: 'policy by kind of result: what is busy or paused spends no attempt, a paused channel is left alone but for probes, poison is put aside',
  I17: 'determinism: the same samples and rules give the same episodes, whatever the batching or restarts',
} as const;
export type InvariantId = keyof typeof invariants;

export class Violation extends Error {
  readonly id: InvariantId;
  readonly at: number;

  constructor(id: InvariantId, message: string, at: number) {
    super(`${id} ${message}`);
    this.name = 'Violation';
    this.id = id;
    this.at = at;
  }
}
