// `reach_test:` of the file: when it is tried whether people can be reached, and who hears of those who were not.
import { z } from 'zod';
import type { Target } from '../pipeline/target.ts';
import { parseSchedule, type Schedule } from '../reports/schedule.ts';
import { targetsSchema } from './people-schema.ts';
import { name, positiveDuration } from './scalars.ts';
import { zoneName } from './schedules.ts';

export const cron = z
  .string()
  .max(128)
  .transform((written, context) => {
    const schedule = parseSchedule(written);
    if (!('problem' in schedule)) return schedule;
    context.addIssue({ code: 'custom', message: schedule.problem });
    return z.NEVER;
  });

const dayMs = 86_400_000;
const usualConfirmMs = 30 * 60_000;

export const confirmWithin = positiveDuration
  .refine((ms) => ms <= dayMs, 'expected a duration of at most 24h')
  .describe('Who has not confirmed by then was not reached; 30m unless told otherwise.');

export const reachTestSchema = z.strictObject({
  schedule: cron,
  time_zone: zoneName.optional(),
  to: targetsSchema,
  confirm_within: confirmWithin.optional(),
  report_to: name.optional().describe('A receiver; the administrator unless one is named.'),
});

export interface ReachTestPlan {
  readonly schedule: Schedule;
  /** An IANA name. */
  readonly timeZone: string;
  readonly to: readonly Target[];
  readonly confirmWithinMs: number;
  /** A receiver; null: the administrator. */
  readonly reportTo: string | null;
}

/** @param timeZone Where the section names none. */
export function reachTestOf(written: z.output<typeof reachTestSchema>, timeZone: string): ReachTestPlan {
  const { schedule, time_zone: zone = timeZone, to, confirm_within: ms, report_to: reportTo } = written;
  return {
    ...{ schedule, timeZone: zone, to },
    ...{ confirmWithinMs: ms ?? usualConfirmMs, reportTo: reportTo ?? null },
  };
}
