// `people:` and `teams:` of the file, and the same keys of what comes through the API.
import { z } from 'zod';
import { locales } from '../../channels/message.ts';
import { parseSeverity } from '../../rules/severity.ts';
import { timeZone } from '../../rules/time-zone.ts';
import { parseTarget } from '../policy/target.ts';
import { name, text } from './scalars.ts';

/** Bounds, per tenant. */
export const peopleLimits = {
  people: 10_000,
  teams: 1_000,
  /** Of a team or a receiver. */
  members: 1_000,
  /** Teams within teams. */
  depth: 32,
  addresses: 32,
  quietHours: 16,
} as const;

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const dayMinutes = 1_440;

const clock = z.string().transform((written, context) => {
  const [, hour, minute] = /^(\d{1,2}):([0-5]\d)$/.exec(written) ?? [];
  const minutes = Number(hour) * 60 + Number(minute);
  if (minutes <= dayMinutes) return minutes;
  context.addIssue({ code: 'custom', message: 'expected a time of day such as 22:00' });
  return z.NEVER;
});

export const severity = z.string().transform((written, context) => {
  const read = parseSeverity(written);
  if (read !== undefined) return read;
  const message = 'expected one of info, warning, high, critical, emergency';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

const quietHours = z.strictObject({
  from: clock.refine((minutes) => minutes < dayMinutes, 'expected a time of day before 24:00'),
  to: clock,
  days: z.array(z.enum(weekdays)).min(1, 'expected at least one day').max(7).optional(),
  passes: severity.optional(),
});

const target = z.string().transform((written, context) => {
  const read = parseTarget(written);
  if (read !== null) return read;
  const message = 'expected a person, team:<name>, on_call:<name> or channel:<name>';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

export const targetsSchema = z
  .array(target)
  .min(1, 'expected at least one')
  .max(peopleLimits.members, `expected at most ${peopleLimits.members}`);

const fewer = (most: number) => (record: object) => Object.keys(record).length <= most;

const address = z
  .string('expected a text, a number in quotes: "+886912345678"')
  .min(1, 'expected a text that is not empty')
  .max(254);

export const personKeys = {
  display_name: text.max(128).optional(),
  locale: z.enum(locales).optional(),
  time_zone: z
    .string()
    .max(64)
    .refine(
      (zone) => zone !== '' && timeZone(zone) !== null,
      'expected the name of a time zone such as Europe/Vienna',
    )
    .optional(),
  addresses: z
    .record(name, address)
    .refine(fewer(peopleLimits.addresses), `expected at most ${peopleLimits.addresses}`)
    .optional(),
  prefer: z.array(name).max(peopleLimits.addresses).optional(),
  quiet_hours: z.union([quietHours, z.array(quietHours).max(peopleLimits.quietHours)]).optional(),
};
const person = z.strictObject(personKeys);
export type PersonInput = z.output<typeof person>;

/** Days as they are counted inside, 0 is Sunday. */
export const weekdayOf = (day: (typeof weekdays)[number]): number => weekdays.indexOf(day);

export const peopleSections = {
  people: z
    .record(name, person)
    .refine(fewer(peopleLimits.people), `expected at most ${peopleLimits.people} people`)
    .optional(),
  teams: z
    .record(name, z.union([targetsSchema, z.literal('api', 'expected a list of members, or api')]))
    .refine(fewer(peopleLimits.teams), `expected at most ${peopleLimits.teams} teams`)
    .optional(),
};
const sections = z.strictObject(peopleSections);
export type PeopleInput = z.output<typeof sections>;
