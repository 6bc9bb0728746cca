// /proc/meminfo of Linux (man 5 proc_meminfo).

export interface Memory {
  readonly totalBytes: number;
  /** What could be given to new programs without swapping, the page cache included. */
  readonly availableBytes: number;
}

/** Reads the text of /proc/meminfo; null when it lacks one of the two lines (kernels before 3.14 have no MemAvailable). */
export function parseMeminfo(text: string): Memory | null {
  const total = kibibytes(text, 'MemTotal');
  const available = kibibytes(text, 'MemAvailable');
  if (total === null || available === null || total === 0) return null;
  return { totalBytes: total * 1_024, availableBytes: available * 1_024 };
}

function kibibytes(text: string, name: string): number | null {
  const found = new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(text);
  return found === null ? null : Number(found[1]);
}
