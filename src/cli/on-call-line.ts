// Who is on call, as a line.
import { minuteText } from '../statistics/calendar.ts';

export interface WatchShown {
  readonly schedule: string;
  readonly people: readonly string[];
  readonly override: boolean;
  /** Epoch milliseconds; null: nobody else for as long as anybody looks ahead. */
  readonly until: number | null;
  readonly next: { readonly people: readonly string[]; readonly from: number } | null;
}

const names = (people: readonly string[]) => (people.length === 0 ? 'nobody' : people.join(', '));

/** `primary: ann until 2026-11-30 09:00, then bob`. Times are those of `zone`. */
export function onCallLine({ schedule, people, override, until, next }: WatchShown, zone: string): string {
  const instead = override ? ' (override)' : '';
  if (until === null) return `${schedule}: ${names(people)}${instead}`;
  const nobody = next === null || next.from > until;
  const then = next === null ? '' : `, then ${names(next.people)}`;
  const gap =
    nobody && people.length > 0
      ? `, then nobody${next === null ? '' : ` until ${minuteText(next.from, zone)}`}`
      : '';
  return `${schedule}: ${names(people)}${instead} until ${minuteText(until, zone)}${gap}${then}`;
}

/** `primary: bob from 2026-11-30 09:00`. */
export function nextLine({ schedule, next }: WatchShown, zone: string): string {
  if (next === null) return `${schedule}: nobody else within 400 days`;
  return `${schedule}: ${names(next.people)} from ${minuteText(next.from, zone)}`;
}
