// A peer's program as a child of this process, which speaks for it and takes it along when the bench ends.
// node server-peer.js <port> <path that answers 200 when ready> <program> <arguments...>
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { host } from './server-host.ts';
import type { Usage } from './server-protocol.ts';

const [port, readyPath, program, ...args] = process.argv.slice(2);
if (port === undefined || readyPath === undefined || program === undefined)
  throw new Error('expected a port, a path and a program');

const peer = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
let said = '';
peer.stderr.on('data', (chunk: Buffer) => {
  said = (said + chunk.toString()).slice(-2_000);
});
peer.on('error', (error) => {
  said = error.message;
  process.exit(1);
});
let ending = false;
peer.on('exit', (code) => {
  if (ending) return;
  process.stderr.write(`${program} ended with ${code}: ${said}\n`);
  process.exit(1);
});
process.on('exit', () => peer.kill('SIGKILL'));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
process.on('disconnect', () => process.exit(1)); // the bench is gone, perhaps before the peer was ready

/** Ticks of the kernel's accounting, 100 a second on every Linux that Debian ships. */
const tickUs = 10_000;

/** CPU of all threads and resident memory, from the kernel. Nobody can say how long its threads were blocked. */
function usage(): Usage {
  const stat = readFileSync(`/proc/${peer.pid}/stat`, 'utf8');
  // After the name in parentheses, which may hold anything: state is field 3, utime 14, stime 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const rss = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${peer.pid}/status`, 'utf8'))?.[1];
  const unknown = Number.NaN;
  return {
    cpuUs: (Number(fields[11]) + Number(fields[12])) * tickUs,
    mainUs: unknown,
    rssMiB: Number(rss) / 1024,
    heapMiB: unknown,
    loop: { p50: unknown, p99: unknown, p999: unknown, max: unknown },
    longestCpuMs: unknown,
  };
}

const ready = (): Promise<boolean> =>
  new Promise((resolve) => {
    const asked = get({ port, host: '127.0.0.1', path: readyPath, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on('error', () => resolve(false)); // nobody listens yet
  });

const until = Date.now() + 20_000;
while (!(await ready())) {
  if (Date.now() > until) throw new Error(`${program} is not ready after 20 s: ${said}`);
  await new Promise((resolve) => setTimeout(resolve, 20));
}

host(
  Number(port),
  () => null,
  async () => {
    ending = true;
    const ended = new Promise((resolve) => peer.once('exit', resolve));
    peer.kill('SIGTERM');
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 5_000))]);
  },
  usage,
);
