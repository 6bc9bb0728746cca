// The shape of what says who is told what and when: receivers, the route tree, inhibition, time intervals. The same at the
// top of the file and for a tenant.
import { z } from 'zod';
import { timeIntervalsSchema } from '../../rules/time-interval-schema.ts';
import { digestSchema } from './digest-schema.ts';
import { escalationName, escalationsSchema } from './escalations.ts';
import { peopleSections, targetsSchema } from './people-schema.ts';
import { reachTestSchema } from './reach-test.ts';
import { duration, matcher, name, positiveDuration, text } from './scalars.ts';
import { schedulesSchema } from './schedules.ts';
import { stormSchema } from './storm-schema.ts';

const labelNames = z.array(text).max(32);
const matchers = z.array(matcher).min(1, 'expected at least one matcher').max(64);
const intervalNames = z.array(text).max(100);

/** A receiver, or one channel alone: `channel:<name>`. */
const receiver = z
  .string()
  .regex(
    /^(channel:)?[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/,
    'expected a name of letters, digits, "_", "-", "."',
  );

export const routeSchema = z.strictObject({
  receiver: receiver.optional(),
  group_by: z
    .union([z.literal('...'), labelNames], { error: 'expected a list of label names, or ...' })
    .refine(
      (by) => !Array.isArray(by) || !by.includes('...') || by.length === 1,
      '... stands for all labels: expected it alone',
    )
    .transform((by) => (by === '...' || by[0] === '...' ? ('all' as const) : by))
    .optional(),
  group_wait: duration.optional(),
  group_interval: duration.optional(),
  repeat_interval: positiveDuration.optional(),
  resolve_wait: duration.optional(),
  match: matchers.optional(),
  /** Alertmanager's word for the same. */
  matchers: matchers.optional(),
  mute_time_intervals: intervalNames.optional(),
  active_time_intervals: intervalNames.optional(),
  /** How the notifications of its groups are brought home. */
  strategy: name.optional(),
  /** By which policy its groups are escalated. */
  escalation: escalationName.optional(),
  /** What is collected and told at a time on the clock. */
  digest: digestSchema.optional(),
  continue: z.boolean().optional(),
  get routes() {
    return z.array(routeSchema).max(1_000).optional();
  },
});
export type RouteInput = z.output<typeof routeSchema>;

const inhibitRule = z.strictObject({
  name: text.max(128).optional(),
  source_matchers: matchers,
  target_matchers: matchers,
  equal: labelNames.optional(),
});

const dependencies = z.strictObject({
  label: text,
  depends_on: z.record(text, z.array(text).min(1, 'expected at least one').max(1_000)),
  equal: labelNames.optional(),
  source_matchers: matchers.optional(),
});

export const receiverSchema = z.strictObject({
  channels: z.array(name).min(1, 'expected at least one channel').max(100).optional(),
  to: targetsSchema.optional(),
  send_resolved: z.boolean().optional(),
  dedupe_window: duration.optional(),
  strategy: name.optional(),
  escalation: name.optional(),
  digest: digestSchema.optional(),
});

export const routingSections = {
  ...peopleSections,
  receivers: z
    .record(
      name,
      receiverSchema.refine((receiver) => receiver.channels !== undefined || receiver.to !== undefined, {
        error: 'is required: expected `channels`, `to`, or both',
        path: ['channels'],
      }),
    )
    .optional(),
  schedules: schedulesSchema.optional(),
  escalations: escalationsSchema.optional(),
  reach_test: reachTestSchema.optional(),
  route: routeSchema.optional(),
  /** The receiver of what nobody took for an hour. */
  emergency: name.optional(),
  /** The receiver of what is wrong with the delivery itself. */
  administrator: name.optional(),
  storm: stormSchema.optional(),
  inhibit_rules: z.array(inhibitRule).max(1_000).optional(),
  dependencies: dependencies.optional(),
  time_intervals: z
    .array(z.strictObject({ name: text.max(128), time_intervals: timeIntervalsSchema }))
    .max(1_000)
    .optional(),
};
const sections = z.strictObject(routingSections);
export type RoutingInput = z.output<typeof sections>;
