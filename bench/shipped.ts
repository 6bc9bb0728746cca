// The command as it ships: dist/ built, and started by Node with the flags that package.json gives it.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { operatorKey } from './settings.ts';

interface PackageFile {
  readonly scripts: { readonly start: string; readonly prestart: string };
  readonly bin: Readonly<Record<string, string>>;
}

/** What stands between `node` and the script in `start`; without any there, what the first line of the bin says. */
export function nodeFlagsOf(start: string, firstLineOfBin: string): { flags: string[]; script: string } {
  const words = start.split(/\s+/);
  const at = words.findIndex((word, i) => i > 0 && !word.startsWith('-'));
  if (words[0] !== 'node' || at === -1) throw new Error(`expected "node [flags] script ...": ${start}`);
  const shebang = /^#!.*\bnode\s+(.*)$/.exec(firstLineOfBin)?.[1]?.split(/\s+/) ?? [];
  const own = words.slice(1, at);
  return { flags: own.length > 0 ? own : shebang.filter((word) => word !== ''), script: words[at]! };
}

const sources = ['src', 'rules', 'channels', 'analysis', 'scripts'];

/** Newest change of what dist/ is made of, epoch milliseconds. */
function changedAt(root: string): number {
  const files = sources.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  );
  return Math.max(...['package.json', ...files].map((file) => statSync(join(root, file)).mtimeMs));
}

/** The flags of node with which the command ships. */
export function shippedFlags(root: string): readonly string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as PackageFile;
  return nodeFlagsOf(scripts.start, '').flags;
}

/** Builds dist/ where it is older than its sources; answers the arguments of node up to and with the script. */
export function shippedCommand(root: string): readonly string[] {
  const { scripts, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as PackageFile;
  const binFile = join(root, Object.values(bin)[0]!);
  const built = statSync(join(root, 'dist/command/tocsin.cache'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (built < changedAt(root)) {
    const { status, stdout, stderr } = spawnSync(scripts.prestart, {
      cwd: root,
      shell: true,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${scripts.prestart}: ${stdout}${stderr}`);
  }
  const firstLine = readFileSync(binFile, 'utf8').split('\n', 1)[0]!;
  const { flags, script } = nodeFlagsOf(scripts.start, firstLine);
  return [...flags, join(root, script)];
}

export interface Started {
  readonly child: ChildProcess;
  readonly port: number;
  /** From the start of the process to the first 200 of /health/ready. */
  readonly readyMs: number;
}

const isReady = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const asked = request({ port, host: '127.0.0.1', path: '/health/ready', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on('error', () => resolve(false)); // nobody listens yet
    asked.end();
  });

/** Children that run; they end with the bench. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts node with the arguments that `argsOf` makes for a free port, and waits until it is ready. */
export async function startNode(
  argsOf: (port: number) => readonly string[],
  patienceMs = 20_000,
): Promise<Started> {
  const port = await freePort();
  const args = argsOf(port);
  const began = performance.now();
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { PATH: process.env.PATH, TOCSIN_ADMIN_KEY: operatorKey, TOCSIN_LOG: 'error' },
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  while (!(await isReady(port))) {
    if (child.exitCode !== null) throw new Error(`${args.join(' ')} ended with ${child.exitCode}`);
    if (performance.now() - began > patienceMs)
      throw new Error(`${args.join(' ')} is not ready after ${patienceMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
  return { child, port, readyMs: performance.now() - began };
}

/** `tocsin serve` over the tocsin.yaml of a folder, whose data lies beside it. */
export function serveArgs(command: readonly string[], folder: string, port: number): readonly string[] {
  const config = join(folder, 'tocsin.yaml');
  const listen = `127.0.0.1:${port}`;
  return [...command, 'serve', '--config', config, '--data', join(folder, 'data'), '--listen', listen];
}

/** Resident memory in MiB, from the kernel. */
export function rssOf({ child }: Started): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) / 1024;
}

export async function end({ child }: Started): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const impatient = setTimeout(() => child.kill('SIGKILL'), 30_000);
  await ended;
  clearTimeout(impatient);
}
