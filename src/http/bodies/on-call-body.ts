// Schedules and who is on call, as the API shows them.
import { z } from 'zod';
import { type Watch, watchAt } from '../../policy/on-call/rota.ts';
import type { Schedule, Shift } from '../../policy/on-call/schedule.ts';
import { timeOut, timeText, timeTextOrNull } from './shapes.ts';

const people = z.array(z.string()).meta({ description: 'First the one that is to be asked first.' });

export const watchBody = z
  .object({
    schedule: z.string(),
    time_zone: z.string(),
    people: people.meta({ description: 'Empty: nobody is on call.' }),
    layer: z.string().nullable(),
    override: z.boolean(),
    until: timeOut
      .nullable()
      .meta({ description: 'When others are on call, or nobody; null: not within 400 days.' }),
    next: z.object({ people, from: timeOut }).nullable(),
  })
  .meta({ id: 'OnCall' });

export function toWatchBody(schedule: Schedule, at: number): z.output<typeof watchBody> {
  const { people: on, shift, until, next }: Watch = watchAt(schedule, at);
  return {
    ...{ schedule: schedule.name, time_zone: schedule.timeZone, people: [...on] },
    ...{ layer: shift?.layer ?? null, override: shift?.override != null, until: timeTextOrNull(until) },
    next: next === null ? null : { people: [...next.people], from: timeText(next.from) },
  };
}

const shiftBody = z.object({
  start: timeOut,
  end: timeOut,
  people,
  layer: z.string().nullable(),
  override: z.boolean(),
  override_id: z.uuid().nullable().meta({ description: 'Null also for an override of the file.' }),
});

export const rotaBody = z
  .object({
    schedule: z.string(),
    time_zone: z.string(),
    allow_gaps: z.boolean(),
    shifts: z.array(shiftBody),
    next: timeOut.nullable().meta({ description: 'There are more: ask again with this as `from`.' }),
  })
  .meta({ id: 'Rota' });

/** So many shifts at a time: a year of turns of twelve hours. */
const mostShifts = 1_000;

export function toRotaBody(schedule: Schedule, shifts: readonly Shift[]): z.output<typeof rotaBody> {
  const more = shifts[mostShifts];
  return {
    ...{ schedule: schedule.name, time_zone: schedule.timeZone, allow_gaps: schedule.allowGaps },
    shifts: shifts.slice(0, mostShifts).map((shift) => ({
      ...{ start: timeText(shift.start), end: timeText(shift.end), people: [...shift.people] },
      ...{ layer: shift.layer, override: shift.override !== null },
      override_id: shift.override?.id ?? null,
    })),
    next: more === undefined ? null : timeText(more.start),
  };
}
