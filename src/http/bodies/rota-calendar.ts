// A rota as an iCalendar object (RFC 5545): one event for each shift, times in UTC, so that no calendar program needs to know
// our time zones.
import { hash64 } from '../../../rules/fingerprint.ts';
import type { Schedule, Shift } from '../../policy/on-call/schedule.ts';

/** Of a line, without its end (RFC 5545, 3.1). */
const lineOctets = 75;

export interface RotaCalendar {
  readonly schedule: Pick<Schedule, 'name' | 'timeZone'>;
  readonly shifts: readonly Shift[];
  /** Makes the events those of this subscription, whatever others a calendar program has. */
  readonly scope: string;
  /** When it was asked for, epoch milliseconds. */
  readonly now: number;
}

export function rotaCalendar({ schedule, shifts, scope, now }: RotaCalendar): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Tocsin//On-call//EN',
    'CALSCALE:GREGORIAN',
    // RFC 7986, 5.7; the older name is what most programs read.
    'REFRESH-INTERVAL;VALUE=DURATION:PT1H',
    'X-PUBLISHED-TTL:PT1H',
    `X-WR-CALNAME:${escaped(`On call: ${schedule.name}`)}`,
    ...shifts.flatMap((shift) => eventLines(shift, schedule, scope, now)),
    'END:VCALENDAR',
  ];
  return `${lines.map(folded).join('\r\n')}\r\n`;
}

function eventLines(
  shift: Shift,
  schedule: RotaCalendar['schedule'],
  scope: string,
  now: number,
): readonly string[] {
  const { start, end, people, layer, override } = shift;
  // By its end: what an override takes away from a shift is mostly its beginning, and of one that lasts the beginning
  // moves with the span that is shown.
  const id = hash64(JSON.stringify([scope, schedule.name, layer, override?.id ?? null, end]));
  const from = override !== null ? 'Override' : `Layer ${layer}`;
  return [
    'BEGIN:VEVENT',
    `UID:${id}@tocsin`,
    `DTSTAMP:${utc(now)}`,
    `DTSTART:${utc(start)}`,
    `DTEND:${utc(end)}`,
    `SUMMARY:${escaped(`${people.join(', ')} (${schedule.name})`)}`,
    `DESCRIPTION:${escaped(`On call by the schedule ${schedule.name} (${schedule.timeZone}). ${from}.`)}`,
    'TRANSP:TRANSPARENT',
    'END:VEVENT',
  ];
}

/** `20260329T013000Z`; whole seconds, as the format has no smaller ones. */
function utc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

/** TEXT (RFC 5545, 3.3.11). */
function escaped(text: string): string {
  return text.replaceAll(/[\\;,]/g, '\\$&').replaceAll(/\r\n|\r|\n/g, '\\n');
}

/** A content line, folded between characters so that no piece has more than 75 octets. */
export function folded(line: string): string {
  const pieces: string[] = [];
  let piece = '';
  let octets = 0;
  for (const character of line) {
    const size = Buffer.byteLength(character);
    if (octets + size > lineOctets) {
      pieces.push(piece);
      piece = ' ';
      octets = 1;
    }
    piece += character;
    octets += size;
  }
  return [...pieces, piece].join('\r\n');
}
