// `storm:` of the file or of a tenant: how much at once is a storm, and when that is over.
import { z } from 'zod';
import type { StormConfig } from '../pipeline/storm.ts';
import { positiveDuration } from './scalars.ts';

const second = 1_000;
const minute = 60 * second;
const day = 24 * 60 * minute;

/** What holds unless the file says otherwise. */
export const defaultStorm: StormConfig = {
  ...{ events: 100, withinMs: minute, everyMs: minute, calmEvents: 50, calmMs: 5 * minute },
  ...{ newAfterMs: 7 * day, newAtMost: 20 },
};

const between = (least: number, most: number, said: string) =>
  positiveDuration.refine((ms) => ms >= least && ms <= most && ms % second === 0, said);

const counting = z
  .strictObject({
    events: z.int().min(2).max(100_000).optional().describe('So many are no storm yet, one more is.'),
    within: between(10 * second, 10 * minute, 'expected whole seconds, from 10s to 10m').optional(),
    every: between(10 * second, 60 * minute, 'expected whole seconds, from 10s to 1h')
      .optional()
      .describe('How often what it holds is told.'),
    calm_events: z
      .int()
      .min(0)
      .max(100_000)
      .optional()
      .describe('It is calm while no more come within that time; half of events unless told otherwise.'),
    calm_for: between(10 * second, day, 'expected whole seconds, from 10s to 1d').optional(),
    new_after: between(minute, 90 * day, 'expected from 1m to 90d')
      .optional()
      .describe('What was not seen for so long is the first of its kind.'),
    new_at_most: z.int().min(0).max(1_000).optional().describe('So many of these are told by themselves.'),
  })
  .transform((written): StormConfig => {
    const { events = defaultStorm.events, within, every, calm_for, new_after, new_at_most } = written;
    return {
      events,
      withinMs: within ?? defaultStorm.withinMs,
      everyMs: every ?? defaultStorm.everyMs,
      calmEvents: written.calm_events ?? Math.floor(events / 2),
      calmMs: calm_for ?? defaultStorm.calmMs,
      newAfterMs: new_after ?? defaultStorm.newAfterMs,
      newAtMost: new_at_most ?? defaultStorm.newAtMost,
    };
  })
  .refine(({ events, calmEvents }) => calmEvents < events, {
    error: 'expected fewer than `events`',
    path: ['calm_events'],
  });

/** `false`: nothing is called a storm. Not a union: what is wrong within is told where it is. */
export const stormSchema = z.preprocess(
  (written) => (written === false ? null : written),
  counting.nullable(),
);
