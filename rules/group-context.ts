// What a group knows beside its series, as the evaluators of rules on the grid ask for it.
import type { JointObservation } from '../analysis/detectors/joint-forest.ts';
import type { NamedState } from './types.ts';

export interface GroupContext {
  /** The grid time. */
  readonly at: number;
  /** From when on something could be heard of the group. */
  readonly since: number;
  /** Whether an alert of this rule that belongs to the group is in this state at `at`. */
  ruleState(rule: string, state: NamedState): boolean;
  /** Of a rule about occurrences: how many there were in its window, or values of its `distinct` label. */
  occurrences(): number;
  /** Of a rule over several metrics: what was seen in all of them together; null: nothing. */
  readonly joint?: JointObservation | null;
}
