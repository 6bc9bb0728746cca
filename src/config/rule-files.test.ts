import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clock, Timer } from '../clock.ts';
import { macrotask } from '../testing/manual-clock.ts';
import { type ReadRules, readRules, watchRules } from './rule-files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-rules-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const rule = (name: string) =>
  `  - { name: ${name}, type: threshold, metric: m, operator: gt, threshold: 1 }\n`;
const write = (name: string, ...rules: string[]) =>
  writeFileSync(join(folder, name), `rules:\n${rules.map(rule).join('')}`);
const said = (read: ReadRules) =>
  read.problems.map(({ file, line, message }) => `${file}:${line} ${message}`.replaceAll(`${folder}/`, ''));

describe('reading rules', () => {
  it('takes files and folders, sorted, without hidden ones and other kinds', () => {
    mkdirSync(join(folder, 'more'));
    write('b.yaml', 'B');
    write('a.yml', 'A');
    write('more/c.yaml', 'C');
    write('.hidden.yaml', 'H');
    writeFileSync(join(folder, 'README.md'), 'not a rule');
    const read = readRules([folder]);
    expect(read.problems).toEqual([]);
    expect(read.rules.map(({ name }) => name)).toEqual(['A', 'B', 'C']);
    expect(read.files.map((file) => file.slice(folder.length + 1))).toEqual([
      'a.yml',
      'b.yaml',
      'more/c.yaml',
    ]);
  });

  it('reads a file once, however often it is named', () => {
    write('a.yaml', 'A');
    expect(readRules([folder, join(folder, 'a.yaml'), folder]).rules).toHaveLength(1);
  });

  it('finds a name that two files use', () => {
    write('a.yaml', 'A');
    write('b.yaml', 'B', 'A');
    expect(said(readRules([folder]))).toEqual(['b.yaml:3 the name "A" is used already at a.yaml:2:5']);
  });

  it('finds names of rules that no file has, and circles over files, at the condition', () => {
    write('a.yaml', 'HighCpu');
    const names = (name: string, other: string) =>
      `rules:\n  - name: ${name}\n    by: []\n    conditions:\n      - { rule: ${other} }\n`;
    writeFileSync(join(folder, 'b.yaml'), names('B', 'HighCpu'));
    expect(said(readRules([folder]))).toEqual([]);
    writeFileSync(join(folder, 'b.yaml'), names('B', 'HighCup'));
    expect(said(readRules([folder]))).toEqual([
      'b.yaml:5 there is no rule "HighCup"; did you mean "HighCpu"?',
    ]);
    writeFileSync(join(folder, 'b.yaml'), names('B', 'C'));
    writeFileSync(join(folder, 'c.yaml'), names('C', 'B'));
    expect(said(readRules([folder]))).toEqual([
      'b.yaml:5 these rules name one another in a circle: "B" → "C" → "B"',
    ]);
  });

  it('says what is wrong with each file, and reads on', () => {
    writeFileSync(join(folder, 'a.yaml'), 'rules: [');
    writeFileSync(join(folder, 'b.yaml'), Buffer.from([0xff, 0xfe, 0x00]));
    writeFileSync(join(folder, 'c.yaml'), Buffer.alloc(8 * 1024 * 1024 + 1, 0x20));
    write('d.yaml', 'D');
    const read = readRules([folder, join(folder, 'nowhere')]);
    expect(read.rules.map(({ name }) => name)).toEqual(['D']);
    expect(said(read)).toMatchInlineSnapshot(`
      [
        "nowhere:1 there is no such file or folder",
        "a.yaml:1 Flow sequence in block collection must be sufficiently indented and end with a ]",
        "b.yaml:1 expected UTF-8 text",
        "c.yaml:1 expected a file of at most 8388608 bytes",
      ]
    `);
  });

  it.skipIf(process.platform === 'win32')('waits for no pipe', () => {
    spawnSync('mkfifo', [join(folder, 'pipe.yaml')]);
    write('a.yaml', 'A');
    expect(readRules([folder])).toMatchObject({ problems: [], rules: [{ name: 'A' }] });
    expect(said(readRules([join(folder, 'pipe.yaml')]))).toEqual(['pipe.yaml:1 this is not a file']);
    symlinkSync('/dev/zero', join(folder, 'zero.yaml'));
    expect(readRules([folder])).toMatchObject({ problems: [], rules: [{ name: 'A' }] });
    expect(said(readRules(['/dev/zero']))).toEqual(['/dev/zero:1 this is not a file']);
  });

  it('follows links within a folder, and none that lead out of it', () => {
    const outside = mkdtempSync(join(tmpdir(), 'tocsin-outside-'));
    writeFileSync(join(outside, 'secret.yaml'), 'rules: []');
    mkdirSync(join(folder, '..data'));
    write('..data/real.yaml', 'Real');
    symlinkSync('..data/real.yaml', join(folder, 'real.yaml'));
    symlinkSync(join(outside, 'secret.yaml'), join(folder, 'out.yaml'));
    symlinkSync(outside, join(folder, 'outside'));
    symlinkSync('.', join(folder, 'loop'));
    symlinkSync('nothing', join(folder, 'dangling.yaml'));
    const read = readRules([folder]);
    rmSync(outside, { recursive: true });
    expect(read.rules.map(({ name }) => name)).toEqual(['Real']);
    expect(said(read)).toEqual([
      'out.yaml:1 this link leads out of its folder',
      'outside:1 this link leads out of its folder',
    ]);
  });
});

describe('watching rules', () => {
  /** A clock that is moved by hand; callbacks run in order of their time. */
  function manualClock() {
    let now = 0;
    let timers: { at: number; callback: () => void }[] = [];
    const clock: Clock = {
      now: () => now,
      wall: () => now,
      at(at, callback): Timer {
        const timer = { at, callback };
        timers.push(timer);
        return {
          cancel() {
            timers = timers.filter((other) => other !== timer);
          },
        };
      },
      soon: (callback) => callback(),
      breath: macrotask,
    };
    const advance = (ms: number) => {
      const until = now + ms;
      for (;;) {
        const next = timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        timers = timers.filter((other) => other !== next);
        now = Math.max(now, next.at);
        next.callback();
      }
      now = until;
    };
    return { clock, advance };
  }
  const start = () => {
    const { clock, advance } = manualClock();
    const heard: ReadRules[] = [];
    const watch = watchRules([folder], { clock, events: false, onChange: (read) => void heard.push(read) });
    return { advance, watch, heard, names: () => heard.map((read) => read.rules.map(({ name }) => name)) };
  };

  it('delivers the whole new set once it has stood still', () => {
    write('a.yaml', 'A');
    const { advance, heard, names, watch } = start();
    advance(10_000);
    expect(heard).toEqual([]);
    write('b.yaml', 'B');
    advance(2_000);
    write('b.yaml', 'B', 'C');
    advance(200);
    expect(heard).toEqual([]);
    advance(200);
    expect(names()).toEqual([['A', 'B', 'C']]);
    advance(10_000);
    expect(heard).toHaveLength(1);
    watch.close();
  });

  it('sees a change of the same size, a new name and a file that went', () => {
    write('a.yaml', 'A');
    const { advance, names, watch } = start();
    write('a.yaml', 'Z');
    utimesSync(join(folder, 'a.yaml'), 1, 1);
    advance(2_200);
    renameSync(join(folder, 'a.yaml'), join(folder, 'b.yaml'));
    advance(2_200);
    rmSync(join(folder, 'b.yaml'));
    advance(2_200);
    expect(names()).toEqual([['Z'], ['Z'], []]);
    watch.close();
  });

  it('delivers the problems of a bad file, and the set again when it is good', () => {
    write('a.yaml', 'A');
    const { advance, heard, watch } = start();
    writeFileSync(join(folder, 'a.yaml'), 'rules: [');
    advance(2_200);
    expect(heard[0]?.problems).toHaveLength(1);
    write('a.yaml', 'A', 'B');
    advance(2_200);
    expect(heard[1]?.problems).toEqual([]);
    watch.close();
    write('a.yaml', 'A');
    advance(10_000);
    expect(heard).toHaveLength(2);
  });

  it('hears of a change from the file system without waiting for the next look', async () => {
    write('a.yaml', 'A');
    let watch: { close(): void } | undefined;
    const read = await new Promise<ReadRules>((resolve) => {
      watch = watchRules([folder], { onChange: resolve });
      write('b.yaml', 'B');
    });
    watch?.close();
    expect(read.rules.map(({ name }) => name)).toEqual(['A', 'B']);
  });
});
