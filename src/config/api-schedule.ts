// An on-call schedule as it comes through the API: a document with the keys of a schedule in the file, and `name`.
import { z } from 'zod';
import { formatDuration } from '../../rules/duration.ts';
import type { Schedule, WeeklyHours } from '../policy/on-call/schedule.ts';
import { shownAt, shownText, zoneOf } from '../policy/on-call/wall-clock.ts';
import { readDocument } from './api-people.ts';
import type { DocumentProblem } from './api-rule.ts';
import { nameInPath } from './scalars.ts';
import { type ScheduleInput, scheduleKeys, scheduleOf } from './schedules.ts';
import { dotted } from './source.ts';

/** Bounds on schedules of the API, per tenant. */
export const apiScheduleLimits = {
  /** Of a document, and of what patches make of it, in bytes of JSON. */
  documentBytes: 64 * 1024,
  schedules: 200,
} as const;

export const apiScheduleSchema = z.strictObject({ name: nameInPath(), ...scheduleKeys });
export type ApiScheduleInput = ScheduleInput & { readonly name: string };

/** Reads a document without what only answers have; people and gaps are another question. */
export function readApiSchedule(
  document: Readonly<Record<string, unknown>>,
): { readonly input: ApiScheduleInput } | { readonly problems: readonly DocumentProblem[] } {
  const read = readDocument(apiScheduleSchema, document);
  if ('problems' in read) return read;
  const problems: DocumentProblem[] = [];
  scheduleOf(read.input.name, read.input, 'UTC', (path, message) =>
    problems.push({ path: dotted(path), message }),
  );
  return problems.length > 0 ? { problems } : read;
}

/** Where the schedule names people, each with its path. */
export function* peopleOfSchedule({ layers, overrides = [] }: ScheduleInput): Generator<[string, string]> {
  for (const [i, { people }] of layers.entries())
    for (const [j, turn] of people.entries())
      for (const [k, person] of turn.entries())
        yield [turn.length === 1 ? `layers.${i}.people.${j}` : `layers.${i}.people.${j}.${k}`, person];
  for (const [i, { person }] of overrides.entries()) yield [`overrides.${i}.person`, person];
}

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/** A schedule of a file in the words of a document. */
export function scheduleDocument({ timeZone, layers, overrides, allowGaps }: Schedule) {
  const zone = zoneOf(timeZone);
  return {
    time_zone: timeZone,
    layers: layers.map(({ name, startsAt, everyMs, turns, hours }) => ({
      ...{ name, start: shownText(startsAt), every: formatDuration(everyMs) },
      people: turns.map((turn) => (turn.length === 1 ? turn[0]! : [...turn])),
      ...(hours !== null && { restrict: hours.map(hoursDocument) }),
    })),
    ...(overrides.length > 0 && {
      overrides: overrides.map(({ person, from, to, layer }) => ({
        ...{ person, from: shownText(shownAt(from, zone)), to: shownText(shownAt(to, zone)) },
        ...(layer !== null && { layer }),
      })),
    }),
    ...(allowGaps && { allow_gaps: true }),
  };
}

function hoursDocument({ days, from, to }: WeeklyHours) {
  const clock = (minutes: number) =>
    `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  const on = days === null ? null : [...days].sort((a, b) => a - b).map((day) => weekdays[day]!);
  return { ...(on !== null && { days: on }), from: clock(from), to: clock(to) };
}
