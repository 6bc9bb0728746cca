// A strict reader of iCalendar (RFC 5545) for tests: what a calendar program may stumble over makes it throw.

export interface ReadEvent {
  readonly uid: string;
  readonly stamp: number;
  /** Epoch milliseconds. */
  readonly start: number;
  readonly end: number;
  readonly summary: string;
  readonly description: string;
}

const singleInEvent = ['UID', 'DTSTAMP', 'DTSTART', 'DTEND', 'SUMMARY', 'DESCRIPTION', 'TRANSP'];

/** @throws with the line that is wrong. */
export function readCalendar(text: string): {
  readonly name: string | null;
  readonly events: readonly ReadEvent[];
} {
  if (!text.endsWith('\r\n')) throw new Error('the last line has no end');
  const raw = text.slice(0, -2).split('\r\n');
  for (const line of raw) {
    if (/[\r\n]/.test(line)) throw new Error(`a line ends without CR LF: ${JSON.stringify(line)}`);
    if (Buffer.byteLength(line) > 75) throw new Error(`more than 75 octets: ${line}`);
    if (/[\p{Cc}\uFFFD]/u.test(line))
      throw new Error(`a control or broken character: ${JSON.stringify(line)}`);
  }
  const lines: string[] = [];
  for (const line of raw) {
    if (line.startsWith(' ')) {
      if (lines.length === 0) throw new Error('the first line goes on another');
      lines[lines.length - 1] += line.slice(1);
    } else lines.push(line);
  }
  const properties = lines.map(property);
  if (properties[0]?.name !== 'BEGIN' || properties[0].value !== 'VCALENDAR') throw new Error('no VCALENDAR');
  const last = properties.at(-1)!;
  if (last.name !== 'END' || last.value !== 'VCALENDAR') throw new Error('VCALENDAR has no end');
  const events: ReadEvent[] = [];
  const ofCalendar = new Map<string, string>();
  let event: Map<string, string> | null = null;
  for (const { name, value } of properties.slice(1, -1)) {
    if (name === 'BEGIN') {
      if (value !== 'VEVENT' || event !== null) throw new Error(`unexpected BEGIN:${value}`);
      event = new Map();
    } else if (name === 'END') {
      if (value !== 'VEVENT' || event === null) throw new Error(`unexpected END:${value}`);
      events.push(eventOf(event));
      event = null;
    } else {
      const into = event ?? ofCalendar;
      if (event !== null && !singleInEvent.includes(name)) throw new Error(`${name} in an event`);
      if (into.has(name)) throw new Error(`${name} comes twice`);
      into.set(name, value);
    }
  }
  if (event !== null) throw new Error('an event has no end');
  if (ofCalendar.get('VERSION') !== '2.0' || !ofCalendar.has('PRODID'))
    throw new Error('VERSION:2.0 and PRODID are required');
  const name = ofCalendar.get('X-WR-CALNAME');
  return { name: name === undefined ? null : plain(name), events };
}

function property(line: string): { readonly name: string; readonly value: string } {
  const found = /^([A-Z-]+)((?:;[A-Z-]+=[^;:",]+)*):(.*)$/s.exec(line);
  if (found === null) throw new Error(`no content line: ${line}`);
  return { name: found[1]!, value: found[3]! };
}

function eventOf(properties: ReadonlyMap<string, string>): ReadEvent {
  const needed = (name: string) => {
    const value = properties.get(name);
    if (value === undefined || value === '') throw new Error(`an event has no ${name}`);
    return value;
  };
  const event = {
    uid: needed('UID'),
    stamp: time(needed('DTSTAMP')),
    start: time(needed('DTSTART')),
    end: time(needed('DTEND')),
    summary: plain(needed('SUMMARY')),
    description: plain(needed('DESCRIPTION')),
  };
  if (event.end <= event.start) throw new Error(`${event.uid} ends before it begins`);
  return event;
}

function time(value: string): number {
  const found = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(value);
  if (found === null) throw new Error(`no UTC time: ${value}`);
  const [, year, month, day, hour, minute, second] = found;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(at)) throw new Error(`no time: ${value}`);
  return at;
}

/** TEXT without its escapes; what has to be escaped and is not throws. */
function plain(value: string): string {
  if (!/^(?:[^\\;,]|\\[\\;,nN])*$/u.test(value)) throw new Error(`not escaped: ${value}`);
  return value.replaceAll(/\\([\\;,nN])/g, (_, one: string) => (one.toLowerCase() === 'n' ? '\n' : one));
}
