// /proc/<pid>/stat of Linux (man 5 proc_pid_stat), and the TIME column of ps for everything else.

export interface ProcessTime {
  /** CPU time in user and kernel mode, in milliseconds. */
  readonly cpuMs: number;
  /** Tells two processes of the same pid apart; no meaning else. */
  readonly started: string;
}

// USER_HZ, the unit that the kernel shows to programs: 100 on every architecture that Node runs on.
const tickMs = 10;

/** Reads the text of /proc/<pid>/stat; null when it does not look like one. */
export function parseProcStat(text: string): ProcessTime | null {
  // The second field is the program's name in parentheses and may hold spaces and parentheses itself.
  const end = text.lastIndexOf(')');
  if (end === -1) return null;
  // From field 3 on: utime is field 14, stime 15, starttime 22.
  const fields = text
    .slice(end + 1)
    .trim()
    .split(/\s+/);
  const ticks = Number(fields[11]) + Number(fields[12]);
  const started = fields[19];
  if (Number.isNaN(ticks) || started === undefined) return null;
  return { cpuMs: ticks * tickMs, started };
}

/** Reads what `ps -o time=` prints, `[[dd-]hh:]mm:ss[.cc]`, as milliseconds; null for anything else. */
export function parsePsTime(text: string): number | null {
  const found = /^(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+(?:\.\d+)?)$/.exec(text.trim());
  if (found === null) return null;
  const [, days = 0, hours = 0, minutes = 0, seconds = 0] = found;
  const total = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
  return Math.round(total * 1_000);
}
