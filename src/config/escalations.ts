// `escalations:` of the file, by name: who is told when nobody confirms, and what becomes more urgent by itself.
import { z } from 'zod';
import { severityRank } from '../../rules/severity.ts';
import type { TimeInterval } from '../../rules/time-interval.ts';
import type { EscalationPolicy } from '../pipeline/escalation.ts';
import type { Addressing } from './addressing.ts';
import { checkTargets, type NameComplaints, type TargetNames, targetNamesOf } from './people-names.ts';
import { severity, targetsSchema } from './people-schema.ts';
import { isRecord, own } from './plain.ts';
import { name, positiveDuration, text } from './scalars.ts';
import type { Path } from './source.ts';

export const escalationLimits = { policies: 1_000, steps: 50, repeat: 100 } as const;

const step = z.strictObject({
  after: positiveDuration.describe('Since the step before; of the first one since the group was told.'),
  to: targetsSchema,
  strategy: name.optional(),
  when: z
    .strictObject({
      severity: z.array(severity).min(1, 'expected at least one').max(5).optional(),
      time_intervals: z.array(text).min(1, 'expected at least one').max(100).optional(),
    })
    .optional()
    .describe('The step is left out unless all of this holds when it is due.'),
});

const promotion = z
  .strictObject({
    from: severity,
    after: positiveDuration.describe('Since the alert has been of that severity.'),
    to: severity,
    while: z.enum(['unresolved', 'unacknowledged']).optional(),
  })
  .refine(({ from, to }) => severityRank(to) > severityRank(from), {
    error: 'expected a severity that is more urgent than `from`',
    path: ['to'],
  });

export const escalationKeys = {
  steps: z
    .array(step)
    .max(escalationLimits.steps, `expected at most ${escalationLimits.steps} steps`)
    .optional(),
  repeat: z
    .int('expected a whole number: how often all steps are taken once more')
    .min(0)
    .max(escalationLimits.repeat, `expected at most ${escalationLimits.repeat}`)
    .optional(),
  confirm: z.enum(['any', 'all']).optional(),
  promote: z
    .array(promotion)
    .max(4)
    .refine((list) => new Set(list.map(({ from }) => from)).size === list.length, 'has one `from` twice')
    .optional(),
};

/** A policy without steps and promotions says nothing. */
export const doesSomething = ({
  steps = [],
  promote = [],
}: {
  readonly steps?: readonly unknown[] | undefined;
  readonly promote?: readonly unknown[] | undefined;
}) => steps.length > 0 || promote.length > 0;
export const nothingToDo = {
  error: 'is required: expected at least one step, or `promote`',
  path: ['steps'],
};

const policy = z.strictObject(escalationKeys).refine(doesSomething, nothingToDo);
export type EscalationInput = z.output<typeof policy>;

export const escalationsSchema = z
  .record(name, policy)
  .refine(
    (policies) => Object.keys(policies).length <= escalationLimits.policies,
    `expected at most ${escalationLimits.policies} policies`,
  );

/** The name of a policy, or `false`: none, whatever would hold otherwise. */
export const escalationName = z.union([name, z.literal(false)], {
  error: 'expected the name of an escalation, or false',
});

/** Policies by name; time intervals that stand for nothing are told where names are checked. */
export function escalationsOf(
  input: z.output<typeof escalationsSchema> = {},
  intervals: ReadonlyMap<string, TimeInterval>,
): ReadonlyMap<string, EscalationPolicy> {
  return new Map(
    Object.entries(input).map(([called, written]) => [called, escalationOf(called, written, intervals)]),
  );
}

/** A policy; time intervals that stand for nothing are left out. */
export function escalationOf(
  called: string,
  { steps = [], repeat = 0, confirm = 'any', promote = [] }: EscalationInput,
  intervals: ReadonlyMap<string, TimeInterval>,
): EscalationPolicy {
  return {
    ...{ name: called, repeat, confirm },
    steps: steps.map(({ after, to, strategy, when }) => ({
      ...{ afterMs: after, to, strategy: strategy ?? null, severities: when?.severity ?? null },
      during: (when?.time_intervals ?? []).flatMap((one) => intervals.get(one) ?? []),
    })),
    promote: promote.map(({ from, after, to, while: holds }) => ({
      ...{ from, afterMs: after, to, while: holds ?? ('unacknowledged' as const) },
    })),
  };
}

/** Names of the policies of these sections. */
export function escalationNames(sections: unknown): readonly string[] {
  const written = own(sections, 'escalations');
  return isRecord(written) ? Object.keys(written) : [];
}

/** Targets, strategies and time intervals of steps, and policies of receivers, that stand for nothing. */
export function danglingInEscalations(
  sections: unknown,
  known: {
    readonly addressing: Addressing;
    readonly strategies: readonly string[];
    readonly intervals: readonly string[];
  },
  complaints: NameComplaints,
): void {
  const names = escalationNames(sections);
  const targets = targetNamesOf(sections, known.addressing);
  for (const called of names) {
    const policy = own(own(sections, 'escalations'), called);
    checkSteps(policy, ['escalations', called], { ...known, targets }, complaints);
  }
  const receivers = own(sections, 'receivers');
  for (const [called, receiver] of isRecord(receivers) ? Object.entries(receivers) : []) {
    const escalation = own(receiver, 'escalation');
    if (typeof escalation === 'string' && !names.includes(escalation))
      complaints.unknown(['receivers', called, 'escalation'], 'escalation', escalation, names);
  }
}

/** Names that steps may use. */
export interface StepNames {
  readonly targets: TargetNames;
  readonly strategies: readonly string[];
  readonly intervals: readonly string[];
}

/** Names in the steps of a policy that stand for nothing. */
export function checkSteps(policy: unknown, base: Path, known: StepNames, complaints: NameComplaints): void {
  const steps = own(policy, 'steps');
  if (!Array.isArray(steps)) return;
  steps.forEach((one: unknown, i) => {
    const at: Path = [...base, 'steps', i];
    checkTargets(own(one, 'to'), [...at, 'to'], known.targets, complaints);
    const strategy = own(one, 'strategy');
    if (typeof strategy === 'string' && !known.strategies.includes(strategy))
      complaints.unknown([...at, 'strategy'], 'strategy', strategy, known.strategies);
    const during = own(own(one, 'when'), 'time_intervals');
    if (!Array.isArray(during)) return;
    during.forEach((interval: unknown, j) => {
      if (typeof interval === 'string' && !known.intervals.includes(interval))
        complaints.unknown([...at, 'when', 'time_intervals', j], 'time interval', interval, known.intervals);
    });
  });
}
