// /proc/net/dev of Linux (man 5 proc_pid_net): counters since the device came up.

export interface DeviceBytes {
  readonly received: number;
  readonly transmitted: number;
}

/** Reads the text of /proc/net/dev: bytes by device. Lines that look otherwise are left out (the two header lines are). */
export function parseNetDev(text: string): Map<string, DeviceBytes> {
  const devices = new Map<string, DeviceBytes>();
  for (const line of text.split('\n')) {
    const colon = line.lastIndexOf(':'); // an alias such as eth0:1 holds one itself
    if (colon === -1) continue;
    const columns = line
      .slice(colon + 1)
      .trim()
      .split(/\s+/)
      .map(Number);
    const [received, transmitted] = [columns[0], columns[8]];
    if (received === undefined || transmitted === undefined) continue;
    if (Number.isNaN(received) || Number.isNaN(transmitted)) continue;
    devices.set(line.slice(0, colon).trim(), { received, transmitted });
  }
  return devices;
}
