// The command as it is installed: how soon it is ready and how much it holds when nothing happens, beside a bare node.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { atMost } from '../report.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { folderWith } from '../server.ts';
import { alertRules, operatorKey, plainConfigText } from '../settings.ts';
import { median } from '../statistics.ts';

const quietMs = 5_000;
const bare = (port: number) =>
  `require('node:http').createServer((q, s) => s.end()).listen(${port}, '127.0.0.1')`;

interface Started {
  readonly child: ChildProcess;
  readonly readyMs: number;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

const ask = (port: number): Promise<number> =>
  new Promise((resolve) => {
    const asked = request({ port, host: '127.0.0.1', path: '/health/ready', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on('error', () => resolve(0)); // nobody listens yet
    asked.end();
  });

async function start(port: number, args: readonly string[]): Promise<Started> {
  const began = performance.now();
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { PATH: process.env.PATH, TOCSIN_ADMIN_KEY: operatorKey, TOCSIN_LOG: 'error' },
  });
  while ((await ask(port)) !== 200) {
    if (child.exitCode !== null) throw new Error(`${args.join(' ')} ended with ${child.exitCode}`);
    if (performance.now() - began > 20_000) throw new Error(`${args.join(' ')} is not ready after 20 s`);
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
  return { child, readyMs: performance.now() - began };
}

/** Resident memory in MiB, from the kernel. */
function rssOf(child: ChildProcess): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) / 1024;
}

async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  await ended;
}

export const idle: Scenario = {
  id: 'idle',
  async run(bench: Bench) {
    const rounds = bench.short ? 1 : 5;
    const ours: Started[] = [];
    const floor: Started[] = [];
    for (let round = 0; round < rounds; round++) {
      const port = await freePort();
      const folder = folderWith(bench, {
        'tocsin.yaml': plainConfigText(9).replace('127.0.0.1:0', `127.0.0.1:${port}`),
        'rules/bench.yaml': alertRules(),
      });
      const command = [join(bench.built, 'src/main.js'), 'serve', '--config', join(folder, 'tocsin.yaml')];
      ours.push(await start(port, [...command, '--data', join(folder, 'data')]));
      const free = await freePort();
      floor.push(await start(free, ['-e', bare(free)]));
    }
    await new Promise((resolve) => setTimeout(resolve, bench.short ? 1_000 : quietMs));
    const rss = (started: readonly Started[]) => started.map(({ child }) => rssOf(child));
    const ready = (started: readonly Started[]) => started.map(({ readyMs }) => readyMs);
    const figures = [
      { id: 'idle.rss', unit: 'MiB RSS after 5 s', of: rss, bar: 110 },
      { id: 'idle.ready', unit: 'ms from start to ready', of: ready, bar: 1_000 },
    ];
    for (const { id, unit, of, bar } of figures) {
      const values = of(ours);
      const limit = median(of(floor));
      bench.report.row({
        id,
        value: median(values),
        unit,
        ratio: median(values) / limit,
        against: `bare node:http: ${limit.toFixed(0)}`,
        bar: atMost(bar),
        spread: [Math.min(...values), Math.max(...values)],
      });
    }
    await Promise.all([...ours, ...floor].map(({ child }) => end(child)));
  },
};
