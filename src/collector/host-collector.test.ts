import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import type { Clock } from '../clock.ts';
import { type Log, silentLog } from '../log.ts';
import type { RawSample } from '../services.ts';
import { macrotask } from '../testing/manual-clock.ts';
import { type HostCollector, startHostCollector } from './host-collector.ts';

const intervalMs = 5_000;
let cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const undo of cleanUp) undo();
  cleanUp = [];
});

/** A clock that moves when told to; `armed` resolves when somebody waits for it. */
function manualClock() {
  let now = 1_700_000_000_000;
  let timer: { at: number; callback: () => void } | null = null;
  let onArmed: (() => void) | null = null;
  const clock: Clock = {
    now: () => now,
    wall: () => now,
    at(at, callback) {
      timer = { at, callback };
      onArmed?.();
      return { cancel: () => (timer = null) };
    },
    soon: setImmediate,
    breath: macrotask,
  };
  return {
    clock,
    armed: () =>
      new Promise<void>((resolve) => {
        if (timer === null) onArmed = resolve;
        else resolve();
      }),
    /** Moves to the time that is waited for; false when nobody waits. */
    advance() {
      if (timer === null) return false;
      const { at, callback } = timer;
      now = at;
      timer = null;
      callback();
      return true;
    },
  };
}

function started(push: (samples: readonly RawSample[]) => unknown, log: Log = silentLog) {
  const { clock, armed, advance } = manualClock();
  const collector: HostCollector = startHostCollector({
    clock,
    intervalMs,
    push,
    log,
    host: 'h1',
    folders: [tmpdir()],
  });
  cleanUp.push(() => collector.stop());
  return { collector, clock, armed, advance };
}

const namesOf = (samples: readonly RawSample[]) => new Set(samples.map(({ metric }) => metric));

describe('the host collector', () => {
  it('measures this machine: gauges at once, rates from the second round on', async () => {
    const rounds: (readonly RawSample[])[] = [];
    const { armed, advance } = started((samples) => rounds.push(samples));
    await armed();
    spin(30); // two readings of the processors need a tick of 10 ms between them
    advance();
    await armed();
    const [first, second] = [rounds[0]!, rounds[1]!];
    expect(namesOf(first)).toContain('system.memory.used_percent');
    expect(namesOf(first)).not.toContain('process.cpu.usage');
    for (const metric of [
      'system.cpu.usage',
      'system.load1',
      'system.memory.used_percent',
      'system.memory.available_bytes',
      'system.disk.used_percent',
      'process.cpu.usage',
      'process.memory.rss_bytes',
    ]) {
      expect(namesOf(second)).toContain(metric);
    }
    expect(second.map(({ index }) => index)).toEqual(second.map((_, i) => i));
    for (const { metric, value, labels, timestamp } of [...first, ...second]) {
      expect(Number.isFinite(value) && value >= 0).toBe(true);
      if (metric.endsWith('percent') || metric === 'system.cpu.usage') expect(value).toBeLessThanOrEqual(100);
      expect(labels.host).toBe('h1');
      expect(Number.isInteger(timestamp)).toBe(true);
    }
    const disks = second.filter(({ metric }) => metric === 'system.disk.used_percent');
    expect(disks.map(({ labels }) => labels.mount)).toEqual(['/', tmpdir()]);
    const devices = second.filter(({ metric }) => metric.startsWith('system.network.'));
    expect(devices.every(({ labels }) => labels.device !== undefined && labels.device !== 'lo')).toBe(true);
  });

  it('measures a process that it was told of, until that ends', async () => {
    const rounds: (readonly RawSample[])[] = [];
    const { collector, armed, advance } = started((samples) => rounds.push(samples));
    const child = burner();
    await once(child.stdout!, 'data'); // it has burnt 300 ms of a core
    const usage = () =>
      rounds
        .at(-1)!
        .find(({ metric, labels }) => metric === 'process.cpu.usage' && labels.process === 'burner');
    await armed();
    collector.watchProcess('burner', child.pid!);
    advance();
    await armed();
    expect(usage()).toBeUndefined();
    child.stdin!.write('\n');
    await once(child.stdout!, 'data');
    advance();
    await armed();
    // 300 ms within 5 s of this clock are 6 % of a core; the child does something else, too.
    expect(usage()!.value).toBeGreaterThan(4);
    child.stdin!.end();
    await once(child, 'close');
    advance();
    await armed();
    expect(usage()).toBeUndefined();
  });

  it('goes on after a push that failed', async () => {
    const warnings: string[] = [];
    let pushes = 0;
    const push = () => {
      pushes++;
      throw new Error('overloaded');
    };
    const { armed, advance } = started(push, { ...silentLog, warn: (event) => warnings.push(event) });
    await armed();
    advance();
    await armed();
    expect(pushes).toBe(2);
    expect(warnings).toEqual(['collector.push_failed', 'collector.push_failed']);
  });

  it('says once which source fails and measures the others', async () => {
    const warnings: unknown[] = [];
    const rounds: (readonly RawSample[])[] = [];
    const { clock, armed, advance } = manualClock();
    const collector = startHostCollector({
      clock,
      intervalMs,
      push: (samples) => rounds.push(samples),
      log: { ...silentLog, warn: (event, fields) => warnings.push([event, fields?.source]) },
      folders: ['/there is no such folder'],
    });
    cleanUp.push(() => collector.stop());
    await armed();
    advance();
    await armed();
    expect(warnings).toEqual([['collector.source_failed', 'disk']]);
    expect(namesOf(rounds[1]!)).toContain('system.memory.used_percent');
  });

  it('pushes nothing once it was stopped', async () => {
    let pushes = 0;
    const { collector, armed, advance } = started(() => pushes++);
    await armed();
    collector.stop();
    expect(advance()).toBe(false);
    expect(pushes).toBe(1);
  });
});

/** Keeps this core busy until that much CPU time is used. */
function spin(ms: number): void {
  const start = performance.now();
  while (performance.now() - start < ms);
}

/** A process that burns 300 ms of CPU time at its start and after each line, and then says so. */
function burner(): ChildProcess {
  const script = `
    const burn = () => {
      const from = process.cpuUsage();
      for (;;) {
        const { user, system } = process.cpuUsage(from);
        if (user + system > 300_000) break;
      }
      process.stdout.write('done');
    };
    burn();
    process.stdin.on('data', burn);
  `;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  cleanUp.push(() => child.kill());
  return child;
}
