// Reports by schedule, on a real store and real files, under a clock that is told what time it is.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadConfig } from '../config/load.ts';
import { type Log, silentLog } from '../log.ts';
import { figuresOf } from '../statistics/figures.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { ManualClock, macrotask } from '../testing/manual-clock.ts';
import { startReports } from './scheduled-reports.ts';

const minute = 60_000;
const at = (text: string) => Date.parse(text);
let folder: string;
let out: string;
let store: Store;
let stop: () => void;
const logged: string[] = [];
const log: Log = {
  ...silentLog,
  error: (event) => void logged.push(event),
  info: (event) => void logged.push(event),
};

const open = () => openSqliteStore({ file: join(folder, 'tocsin.db'), durability: 'normal' });
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-reports-'));
  out = join(folder, 'out');
  store = open();
  stop = () => {};
  logged.length = 0;
});
afterEach(() => {
  stop();
  store.close();
  rmSync(folder, { recursive: true });
});

function reportsOf(text: string) {
  const file = join(folder, 'tocsin.yaml');
  writeFileSync(file, text);
  const loaded = loadConfig({ file, cwd: folder, env: {}, flags: {} });
  if ('problems' in loaded) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  return loaded.config.reports;
}
const weekly = 'reports: [{ name: weekly, schedule: "0 8 * * 1", tz: Europe/Vienna, to: out }]';

/** Starts as a process would at that time; `go` lets time pass, minute by minute. */
function process(now: number, reports = reportsOf(weekly)) {
  const clock = new ManualClock(now);
  const statistics = {
    reportFigures: async (query: Parameters<typeof figuresOf>[1]) => figuresOf(store, query),
  };
  ({ stop } = startReports({ reports, store, statistics, clock, log }));
  return clock;
}
// A draft is written first, and then given its name.
const files = () =>
  existsSync(out)
    ? readdirSync(out)
        .filter((name) => !name.endsWith('.tmp'))
        .sort()
    : [];
const written = (count: number) => vi.waitFor(() => expect(files()).toHaveLength(count));
const until = (clock: ManualClock, text: string) => clock.advance(at(text) - clock.now());

describe('a report by schedule', () => {
  it('is written when it is due, once, also over a restart', async () => {
    // Of the week in which the clocks are put forward, which begins at eight all the same.
    const clock = process(at('2026-03-30T05:58:30Z'));
    await macrotask();
    await until(clock, '2026-03-30T05:59:59Z');
    await macrotask();
    expect(files()).toEqual([]);
    await until(clock, '2026-03-30T06:00:00Z');
    await written(1);
    expect(files()).toEqual(['weekly-20260323T0800-20260330T0800.html']);
    expect(readFileSync(join(out, files()[0]!), 'utf8')).toContain('2026-03-23 08:00 – 2026-03-30 08:00');
    await vi.waitFor(() => expect(store.meta('report:weekly')).toBe(String(at('2026-03-30T06:00:00Z'))));
    rmSync(join(out, files()[0]!));
    stop();
    store.close();
    store = open();
    const again = process(at('2026-03-30T06:00:20Z'));
    await macrotask();
    await until(again, '2026-03-30T06:05:00Z');
    await macrotask();
    expect(files()).toEqual([]);
  });

  it('is made up for when the process was down, but not from before it was configured', async () => {
    process(at('2026-11-10T00:00:00Z'));
    await macrotask();
    expect(files()).toEqual([]);
    stop();
    process(at('2026-11-24T00:00:00Z'));
    await written(2);
    expect(files().map((name) => name.slice(-18))).toEqual(['20261116T0800.html', '20261123T0800.html']);
  });

  it('is tried again when it could not be written', async () => {
    process(at('2026-11-10T00:00:00Z'));
    await macrotask();
    stop();
    writeFileSync(out, 'a file where the folder should be');
    const clock = process(at('2026-11-17T00:00:00Z'));
    await vi.waitFor(() => expect(logged).toEqual(['report.failed']));
    rmSync(out);
    await clock.advance(minute);
    await written(1);
    await vi.waitFor(() => expect(logged).toEqual(['report.failed', 'report.written']));
  });
});

it.each([
  ['{ name: a, schedule: "0 8 * *", to: x }', 'five fields'],
  ['{ name: a, schedule: "0 0 31 2 *", to: x }', 'no such day'],
  ['{ name: a, schedule: "0 8 * * 1", to: x, tz: Mars/Base }', 'the name of a time zone'],
  ['{ name: a, schedule: "0 8 * * 1", to: x, period: 401d }', 'at most 400d'],
  ['{ name: ../a, schedule: "0 8 * * 1", to: x }', 'expected a name'],
  ['{ name: a, schedule: "0 8 * * 1", to: x }, { name: a, schedule: "0 9 * * 1", to: x }', 'has this name'],
])('the configuration refuses %s', (report, why) => {
  expect(() => reportsOf(`reports: [${report}]`)).toThrow(why);
});
