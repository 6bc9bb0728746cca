// On-call schedules of the file: their shape, what they mean, and the hours in which nobody would be on call.
import { z } from 'zod';
import { parseDuration } from '../../rules/duration.ts';
import { isSyntaxProblem } from '../../rules/syntax-problem.ts';
import { readLocation, readTime, readWeekdays } from '../../rules/time-interval-words.ts';
import { firstGap } from '../policy/on-call/rota.ts';
import { type Layer, type Schedule, scheduleLimits, type WeeklyHours } from '../policy/on-call/schedule.ts';
import { firstShowing, parseShown, shownAt, shownText, zoneOf } from '../policy/on-call/wall-clock.ts';
import { isRecord, own } from './plain.ts';
import { name } from './scalars.ts';
import type { Path } from './source.ts';

export const zoneName = z.string().superRefine((text, context) => {
  const zone = readLocation(text);
  if ('problem' in zone) context.addIssue({ code: 'custom', message: zone.problem });
});

const shownTime = 'expected a date and time of the schedule’s zone such as 2026-01-05 09:00';
const shown = z.string(shownTime).transform((text, context) => {
  const read = parseShown(text);
  if (read !== null) return read;
  context.addIssue({ code: 'custom', message: shownTime });
  return z.NEVER;
});

const hourMs = 3_600_000;
const everyExpected = 'expected whole hours from 1h to 366d, such as 12h, 1d or 1w';
const every = z.string(everyExpected).transform((text, context) => {
  const ms = parseDuration(text);
  const { shortestTurnMs, longestTurnMs } = scheduleLimits;
  if (!isSyntaxProblem(ms) && ms >= shortestTurnMs && ms <= longestTurnMs && ms % hourMs === 0) return ms;
  context.addIssue({ code: 'custom', message: everyExpected });
  return z.NEVER;
});

const clock = z.string('expected a time such as 09:00').transform((text, context) => {
  const read = readTime(text);
  if (typeof read === 'number') return read;
  context.addIssue({ code: 'custom', message: read.problem });
  return z.NEVER;
});

const days = z
  .array(
    z.string().superRefine((text, context) => {
      const read = readWeekdays(text);
      if ('problem' in read) context.addIssue({ code: 'custom', message: read.problem });
    }),
    { error: "expected a list of days, such as ['monday:friday']" },
  )
  .min(1, 'expected at least one day')
  .max(7);

const together = z
  .array(name)
  .min(1, 'expected at least one name')
  .max(scheduleLimits.together)
  .refine((names) => new Set(names).size === names.length, 'names somebody twice');

const layer = z.strictObject({
  name,
  start: shown,
  every,
  people: z
    .array(
      z.union([name.transform((one) => [one]), together], { error: 'expected a name, or a list of names' }),
    )
    .min(1, 'expected at least one name')
    .max(scheduleLimits.turns),
  restrict: z
    .array(z.strictObject({ days: days.optional(), from: clock, to: clock }))
    .min(1, 'expected at least one')
    .max(scheduleLimits.hours)
    .optional(),
});

export const scheduleKeys = {
  time_zone: zoneName.optional(),
  layers: z.array(layer).min(1, 'expected at least one layer').max(scheduleLimits.layers),
  overrides: z
    .array(z.strictObject({ person: name, from: shown, to: shown, layer: name.optional() }))
    .max(scheduleLimits.overridesOfFile)
    .optional(),
  allow_gaps: z.boolean().optional(),
};
const schedule = z.strictObject(scheduleKeys);
export type ScheduleInput = z.output<typeof schedule>;

export const schedulesSchema = z.record(name, schedule);
type SchedulesInput = z.output<typeof schedulesSchema>;

interface Surroundings {
  /** Of schedules that name none. */
  readonly timeZone: string;
  /** From when on somebody has to be on call, epoch milliseconds. */
  readonly now: number;
  /** Paths are below the section. */
  complain(path: Path, message: string): void;
}

/** Schedules by name. Gaps are complained of unless the schedule allows them. */
export function schedulesOf(
  input: SchedulesInput | undefined,
  around: Surroundings,
): ReadonlyMap<string, Schedule> {
  const schedules = new Map<string, Schedule>();
  for (const [called, written] of Object.entries(input ?? {})) {
    const complain = (path: Path, message: string) => around.complain([called, ...path], message);
    const schedule = scheduleOf(called, written, around.timeZone, complain);
    schedules.set(called, schedule);
    const gap = forbiddenGap(schedule, around.now);
    if (gap !== null) complain([], gap);
  }
  return schedules;
}

/** @param timeZone Where the schedule names none. Paths of complaints are below the schedule. */
export function scheduleOf(
  called: string,
  written: ScheduleInput,
  timeZone: string,
  complain: (path: Path, message: string) => void,
): Schedule {
  const zone = zoneOf(written.time_zone ?? timeZone);
  const layers = written.layers.map((one, i): Layer => {
    if (written.layers.findIndex(({ name: other }) => other === one.name) < i)
      complain(['layers', i, 'name'], `there is a layer ${JSON.stringify(one.name)} already`);
    return {
      name: one.name,
      startsAt: one.start,
      everyMs: one.every,
      turns: one.people,
      hours: one.restrict?.map(hoursOf) ?? null,
    };
  });
  const overrides = (written.overrides ?? []).map((one, i) => {
    if (one.to <= one.from) complain(['overrides', i, 'to'], 'expected a time after `from`');
    const layer = one.layer ?? null;
    const known = layers.map(({ name: of }) => of);
    if (layer !== null && !known.includes(layer))
      complain(['overrides', i, 'layer'], `there is no such layer; expected one of ${known.join(', ')}`);
    return {
      ...{ id: null, person: one.person, layer },
      ...{ from: firstShowing(one.from, zone), to: firstShowing(one.to, zone) },
    };
  });
  return {
    ...{ name: called, timeZone: zone.name || 'UTC', layers, overrides },
    allowGaps: written.allow_gaps ?? false,
  };
}

function hoursOf(written: { days?: string[] | undefined; from: number; to: number }): WeeklyHours {
  const { days: words, from, to } = written;
  if (words === undefined) return { days: null, from, to };
  const on = new Set<number>();
  for (const word of words) {
    const range = readWeekdays(word);
    if ('problem' in range) throw new Error(range.problem); // the schema has read it before
    for (let day = range.from; ; day = (day + 1) % 7) {
      on.add(day);
      if (day === range.to) break;
    }
  }
  return { days: on, from, to };
}

/** What is wrong with a schedule that has a gap and does not allow it; null: nothing. */
export function forbiddenGap(schedule: Schedule, now: number): string | null {
  const gap = schedule.allowGaps ? null : gapText(schedule, now);
  return gap && `${gap}; add a layer that has somebody then, or say allow_gaps: true`;
}

/** The first time within the next 400 days at which nobody is on call, said by the zone's clocks; null: there is none. */
export function gapText(schedule: Schedule, now: number): string | null {
  const until = now + scheduleLimits.horizonMs;
  const gap = firstGap(schedule, now, until);
  if (gap === null) return null;
  const zone = zoneOf(schedule.timeZone);
  const said = (at: number) => shownText(shownAt(at, zone));
  const end = gap.end === until ? 'on' : `to ${said(gap.end)}`;
  return `nobody is on call from ${said(gap.start)} ${end} (${schedule.timeZone})`;
}

/** Everybody whom schedules name and the section `people` does not know, where there is such a section. */
export function danglingInSchedules(
  sections: unknown,
  complain: (path: Path, person: string, known: readonly string[]) => void,
): void {
  const people = own(sections, 'people');
  if (!isRecord(people)) return;
  const known = Object.keys(people);
  const look = (value: unknown, path: Path): void => {
    if (typeof value === 'string' && !known.includes(value)) complain(path, value, known);
    if (Array.isArray(value)) value.forEach((one: unknown, i) => void look(one, [...path, i]));
  };
  const schedules = own(sections, 'schedules');
  for (const [called, schedule] of isRecord(schedules) ? Object.entries(schedules) : []) {
    const layers = own(schedule, 'layers');
    const overrides = own(schedule, 'overrides');
    const at = ['schedules', called];
    if (Array.isArray(layers))
      layers.forEach((one: unknown, i) => void look(own(one, 'people'), [...at, 'layers', i, 'people']));
    if (Array.isArray(overrides))
      overrides.forEach(
        (one: unknown, i) => void look(own(one, 'person'), [...at, 'overrides', i, 'person']),
      );
  }
}
