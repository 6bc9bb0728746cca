// Sources that measure the machine: processors, load, memory, disks, network.
import { readFile, statfs } from 'node:fs/promises';
import { cpus, freemem, loadavg, platform, totalmem } from 'node:os';
import { type Memory, parseMeminfo } from './proc-meminfo.ts';
import { parseNetDev } from './proc-net-dev.ts';
import { Rates, type Reading, type Source } from './reading.ts';

/** A host of many containers has a device for each; more than this are left out. */
const maxDevices = 32;

/** `system.cpu.usage`: per cent of all processors together that were not idle since the last reading. */
export function processorSource(): Source {
  let before = processorTimes();
  return {
    name: 'cpu',
    read() {
      const after = processorTimes();
      const total = after.total - before.total;
      const idle = after.idle - before.idle;
      before = after;
      // The counters move in steps of 10 ms; two readings within one of them say nothing.
      if (total <= 0) return [];
      return [{ metric: 'system.cpu.usage', value: 100 * Math.min(1, Math.max(0, 1 - idle / total)) }];
    },
  };
}

function processorTimes(): { total: number; idle: number } {
  let total = 0;
  let idle = 0;
  for (const { times } of cpus()) {
    total += times.user + times.nice + times.sys + times.irq + times.idle;
    idle += times.idle;
  }
  return { total, idle };
}

/** `system.load1`: the one-minute load average; nothing on Windows, which has none. */
export function loadSource(): Source {
  return {
    name: 'load',
    read: () => (platform() === 'win32' ? [] : [{ metric: 'system.load1', value: loadavg()[0]! }]),
  };
}

/** `system.memory.used_percent` and `system.memory.available_bytes`. */
export function memorySource(): Source {
  return {
    name: 'memory',
    async read() {
      const memory = await readMemory();
      const used = 100 * (1 - memory.availableBytes / memory.totalBytes);
      return [
        { metric: 'system.memory.used_percent', value: used },
        { metric: 'system.memory.available_bytes', value: memory.availableBytes },
      ];
    },
  };
}

async function readMemory(): Promise<Memory> {
  const measured = platform() === 'linux' ? parseMeminfo(await readFile('/proc/meminfo', 'utf8')) : null;
  return measured ?? { totalBytes: totalmem(), availableBytes: freemem() };
}

/** `system.disk.used_percent` with the label `mount`, as df counts it: what users may still write is free. */
export function diskSource(folders: readonly string[]): Source {
  return {
    name: 'disk',
    async read() {
      const readings: Reading[] = [];
      for (const mount of new Set(folders)) {
        const { blocks, bfree, bavail } = await statfs(mount);
        const used = blocks - bfree;
        if (used + bavail === 0) continue;
        const value = (100 * used) / (used + bavail);
        readings.push({ metric: 'system.disk.used_percent', value, labels: { mount } });
      }
      return readings;
    },
  };
}

/** `system.network.receive_bytes_per_s` and `transmit_bytes_per_s` with the label `device`; Linux only, without `lo`. */
export function networkSource(): Source {
  const rates = new Rates();
  return {
    name: 'network',
    async read(now) {
      if (platform() !== 'linux') return [];
      const readings: Reading[] = [];
      const devices = [...parseNetDev(await readFile('/proc/net/dev', 'utf8'))].filter(
        ([name]) => name !== 'lo',
      );
      for (const [device, { received, transmitted }] of devices.slice(0, maxDevices)) {
        const labels = { device };
        const receive = rates.perSecond(`receive ${device}`, received, now);
        const transmit = rates.perSecond(`transmit ${device}`, transmitted, now);
        if (receive !== null) {
          readings.push({ metric: 'system.network.receive_bytes_per_s', value: receive, labels });
        }
        if (transmit !== null) {
          readings.push({ metric: 'system.network.transmit_bytes_per_s', value: transmit, labels });
        }
      }
      rates.endRound();
      return readings;
    },
  };
}
