import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startTestApp } from '../testing/test-app.ts';
import { runCli } from './program.ts';

const config = 'collector: { host: false }\nballast: 0\nchannels: { screen: { type: console } }\n';
let cwd: string;
beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'tocsin-damage-'));
  const app = await startTestApp(config, 'rules: []', { folder: cwd });
  const post = (n: number) =>
    app.call('POST', '/api/v1/events', {
      type: 'load',
      severity: 'info',
      message: 'm'.repeat(1_000),
      labels: { n: String(n) },
    });
  await Promise.all(Array.from({ length: 100 }, (_, n) => post(n)));
  await app.close();
});
afterEach(() => rmSync(cwd, { recursive: true }));

async function serve() {
  const err: string[] = [];
  const code = await runCli({
    argv: ['serve', '--listen', '127.0.0.1:0'],
    env: { TOCSIN_LOG: 'silent' },
    cwd,
    out: () => undefined,
    err: (line) => void err.push(line),
    onStop: (stop) => stop(),
    exit: (status) => {
      throw new Error(`exit ${status}`);
    },
  });
  return { code, err: err.join('\n') };
}

const file = () => join(cwd, 'data/tocsin.db');
function flip(places: readonly number[]): void {
  const bytes = readFileSync(file());
  const opened = openSync(file(), 'r+');
  for (const at of places) writeSync(opened, Buffer.of(bytes[at]! ^ 0xff), 0, 1, at);
  closeSync(opened);
}

it('starts on data that is whole', async () => {
  expect(await serve()).toEqual({ code: 0, err: '' });
});

it.each<[string, (size: number) => number[]]>([
  ['the first page', () => Array.from({ length: 16 }, (_, i) => i)],
  // The head of every page: what kind it is, how many cells it has.
  ['a page in the middle', (size) => Array.from({ length: 8 }, (_, i) => (size >> 13) * 4_096 + i)],
  ['the last page', (size) => Array.from({ length: 8 }, (_, i) => size - 4_096 + i)],
])('finds flipped bytes in %s, and says where and what to do', async (_where, places) => {
  flip(places(statSync(file()).size));
  const { code, err } = await serve();
  expect(code).toBe(70);
  expect(err).toContain(file());
  expect(err).toContain('put a backup in its place');
});
