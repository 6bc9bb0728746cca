// `tocsin on-call`: who is on call by the schedules of a running Tocsin, now or at another time, and who is next.
import { isZone } from '../explain/say.ts';
import { dateText } from '../statistics/calendar.ts';
import { timeIn } from './explain-time.ts';
import type { OnCallFlags } from './flags.ts';
import { type CliHost, exitCodes } from './host.ts';
import { nextLine, onCallLine } from './on-call-line.ts';
import { ask, remoteOf } from './remote.ts';

interface Answered {
  readonly at: string;
  readonly items: readonly {
    readonly schedule: string;
    readonly time_zone: string;
    readonly people: readonly string[];
    readonly override: boolean;
    readonly until: string | null;
    readonly next: { readonly people: readonly string[]; readonly from: string } | null;
  }[];
}

export async function onCallCommand(
  host: CliHost,
  schedule: string | undefined,
  flags: OnCallFlags,
): Promise<number> {
  const { tz = new Intl.DateTimeFormat().resolvedOptions().timeZone } = flags;
  if (!isZone(tz)) {
    host.err(`--tz: expected a time zone such as Asia/Taipei or UTC, got ${JSON.stringify(tz)}`);
    return exitCodes.usage;
  }
  const at = flags.at === undefined ? undefined : timeOf(flags.at, tz, Date.now());
  if (at === null) {
    host.err(
      `--at: expected a time such as 22:00 (of today), "2026-12-24 18:00", 2026-12-24T18:00:00Z or 30m (ago), got ${JSON.stringify(flags.at)}`,
    );
    return exitCodes.usage;
  }
  const remote = remoteOf(host, flags);
  if (typeof remote === 'number') return remote;
  const path = at === undefined ? '/api/v1/on-call' : `/api/v1/on-call?at=${at}`;
  const answer = await ask<Answered>(host, remote, 'GET', path);
  if (typeof answer === 'number') return answer;
  const wanted = answer.items.filter((one) => schedule === undefined || one.schedule === schedule);
  if (schedule !== undefined && wanted.length === 0) {
    const known = answer.items.map((one) => one.schedule);
    const list = known.length === 0 ? 'there is none' : `expected one of ${known.join(', ')}`;
    host.err(`there is no schedule ${JSON.stringify(schedule)}; ${list}`);
    return exitCodes.failed;
  }
  if (flags.json === true) {
    host.out(JSON.stringify({ at: answer.at, items: wanted }, null, 2));
    return exitCodes.ok;
  }
  if (wanted.length === 0) host.out('There are no on-call schedules.');
  for (const one of wanted) {
    const shown = {
      ...one,
      until: one.until === null ? null : Date.parse(one.until),
      next: one.next === null ? null : { people: one.next.people, from: Date.parse(one.next.from) },
    };
    host.out(flags.next === true ? nextLine(shown, tz) : onCallLine(shown, tz));
  }
  return exitCodes.ok;
}

/** As for `explain`, but that a time of the clock alone is one of today: whoever asks mostly asks about tonight. */
function timeOf(text: string, zone: string, now: number): number | null {
  const clock = /^\d{1,2}:\d{2}$/.test(text.trim());
  return timeIn(clock ? `${dateText(now, zone)} ${text.trim()}` : text, zone, now);
}
