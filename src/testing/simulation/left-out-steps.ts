// The oracle of steps that an escalation leaves out: by the hour, or because the most urgent of what nobody holds is not of
// the step's severities.
import type { Severity } from '../../../rules/types.ts';
import type { EscalationStep } from '../../pipeline/escalation.ts';
import type { NotificationRow } from '../../pipeline/rows.ts';
import { isOddQuarter } from './escalation-plan.ts';
import type { Run } from './escalation-runs.ts';
import { Violation } from './violation.ts';
import type { World } from './world.ts';

/** A step that was left out by severity, until a message of the same moment is a reason for it. */
interface LeftOut {
  readonly groupId: string;
  readonly at: number;
  readonly step: EscalationStep;
  /** What is broken without one. */
  readonly message: string;
}

/** How urgent the most urgent alert of a group is that was told and that nobody holds; null: there is none. */
type WorstOpen = (groupId: string, at: number) => Severity | null;

export class LeftOutSteps {
  readonly #world: World;
  readonly #worstOpen: WorstOpen;
  /** Those that were left out by severity, while nothing that was told is a reason for it. */
  #waiting: LeftOut[] = [];

  constructor(world: World, worstOpen: WorstOpen) {
    this.#world = world;
    this.#worstOpen = worstOpen;
  }

  /** @param unsettled Whether the tree has changed not long ago. */
  leftOut(run: Run, reason: string | null, at: number, unsettled: boolean): void {
    const step = run.policy.steps[run.next]!;
    const where = `step ${run.next + 1} of ${run.groupId}`;
    if (reason === 'hours' && (step.during.length === 0 || isOddQuarter(at)))
      this.#broken(`${where} was left out by the hour, and it is in time`);
    if (reason !== 'severity') return;
    const severity = this.#worstOpen(run.groupId, at);
    if (severity === null || unsettled) return;
    if (step.severities !== null && !step.severities.includes(severity)) return;
    const message = `${where} was left out by severity, which is ${severity}`;
    if (step.severities === null) this.#broken(message);
    this.#waiting.push({ groupId: run.groupId, at, step, message });
  }

  /**
   * A group that is due for both is told first, and its step goes by what was told: the message of a moment is stored after
   * its events.
   */
  receiverTold({ groupId, createdAt }: NotificationRow): void {
    if (!this.#waiting.some((left) => left.groupId === groupId && left.at === createdAt)) return;
    const severity = this.#worstOpen(groupId!, createdAt);
    if (severity === null) return;
    this.#waiting = this.#waiting.filter(
      (left) => left.groupId !== groupId || left.at !== createdAt || left.step.severities?.includes(severity),
    );
  }

  sweep(): void {
    for (const { message } of this.#waiting) this.#broken(message);
  }

  #broken(message: string): never {
    throw new Violation('I9', message, this.#world.clock.now());
  }
}
