// The bench's side of a server under test: starts its process, asks it how it is, ends it.
import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { freePort } from './free-port.ts';
import type { IngestPeer } from './peers.ts';
import type { Bench } from './scenario.ts';
import type { Question, RowCounts, Served, ServerMode, Usage } from './server-protocol.ts';
import { shippedFlags } from './shipped.ts';

export class Server {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #waiting: Map<number, (answer: unknown) => void>;
  #asked = 0;

  constructor(port: number, child: ChildProcess, waiting: Map<number, (answer: unknown) => void>) {
    this.port = port;
    this.#child = child;
    this.#waiting = waiting;
  }

  ask(question: Question): Promise<unknown> {
    if (this.#child.exitCode !== null) return Promise.reject(new Error('the server has ended'));
    this.#asked += 1;
    const id = this.#asked;
    return new Promise((resolve, reject) => {
      const ended = () => reject(new Error('the server ended without an answer'));
      this.#child.once('exit', ended);
      this.#waiting.set(id, (answer) => {
        this.#child.off('exit', ended);
        resolve(answer);
      });
      this.#child.send({ id, question });
    });
  }

  async usage(): Promise<Usage> {
    return (await this.ask({ ask: 'usage' })) as Usage;
  }

  async rows(): Promise<RowCounts> {
    return (await this.ask({ ask: 'rows' })) as RowCounts;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
    await this.ask({ ask: 'stop' });
    const impatient = setTimeout(() => this.#child.kill('SIGKILL'), 15_000);
    await ended;
    clearTimeout(impatient);
  }
}

async function start(
  bench: Bench,
  script: string,
  args: readonly string[],
  flags: readonly string[] = [],
): Promise<Server> {
  const what = `${script} ${args.join(' ')}`;
  return serverOf(forked(bench, script, args, flags), what);
}

function forked(
  bench: Bench,
  script: string,
  args: readonly string[],
  flags: readonly string[],
): ChildProcess {
  const profiling =
    bench.profile === null
      ? []
      : ['--cpu-prof', `--cpu-prof-dir=${bench.profile}`, '--cpu-prof-interval=500'];
  return fork(join(bench.built, 'bench', script), args, {
    execArgv: ['--expose-gc', ...flags, ...profiling],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // Its own: the bench may run through a loader that the server must not inherit.
    env: { ...process.env, NODE_OPTIONS: '' },
  });
}

/** The process from when it listens. */
async function serverOf(child: ChildProcess, what: string): Promise<Server> {
  const waiting = new Map<number, (answer: unknown) => void>();
  const port = new Promise<number>((resolve, reject) => {
    waiting.set(0, (answer) => resolve(answer as number));
    child.once('exit', (code) => reject(new Error(`${what} ended with ${code}`)));
  });
  child.on('message', ({ id, answer }: { id: number; answer: unknown }) => {
    const resolve = waiting.get(id);
    waiting.delete(id);
    resolve?.(answer);
  });
  return new Server(await port, child, waiting);
}

export function startFloor(bench: Bench, kind: 'parse' | 'discard'): Promise<Server> {
  return start(bench, 'server-floor.js', [kind]);
}

/** A peer's program behind its port, with its data in a folder of the scratch folder. */
export async function startPeer(bench: Bench, name: IngestPeer, program: string): Promise<Server> {
  const port = await freePort();
  const folder = folderWith(bench, { 'made-for': name });
  const { readyPath, args } = peerCommands[name](port, folder);
  return start(bench, 'server-peer.js', [String(port), readyPath, program, ...args]);
}

/** Prometheus, which scrapes `target` and evaluates a rule file every second; on loopback and with its data here. */
export async function startPrometheus(
  bench: Bench,
  program: string,
  target: number,
  rules: string,
): Promise<{ readonly server: Server; readonly port: number }> {
  const port = await freePort();
  const config = `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [rules.yml]
scrape_configs: [{ job_name: bench, static_configs: [{ targets: ['127.0.0.1:${target}'] }] }]
`;
  const folder = folderWith(bench, { 'prometheus.yml': config, 'rules.yml': rules });
  const server = await start(bench, 'server-peer.js', [
    ...[String(port), '/-/ready', program],
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=error',
  ]);
  return { server, port };
}

/** As the packages start them, but on loopback and with their data here. */
const peerCommands: Record<
  IngestPeer,
  (port: number, folder: string) => { readyPath: string; args: string[] }
> = {
  'victoria-metrics': (port, folder) => ({
    readyPath: '/health',
    args: [`-httpListenAddr=127.0.0.1:${port}`, `-storageDataPath=${join(folder, 'data')}`],
  }),
  'prometheus-pushgateway': (port) => ({
    readyPath: '/-/ready',
    args: [`--web.listen-address=127.0.0.1:${port}`, '--log.level=error'],
  }),
};

let folders = 0;

/** A folder in the scratch folder with these files in it. */
export function folderWith(bench: Bench, files: Readonly<Record<string, string>>): string {
  folders += 1;
  const folder = join(bench.scratch, `server-${folders}`);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** `config` is tocsin.yaml, `rules` are files of its folder `rules/` by name. */
export function startTocsin(
  bench: Bench,
  mode: ServerMode,
  config: string,
  rules: Readonly<Record<string, string>>,
): Promise<Server> {
  const files = Object.fromEntries(Object.entries(rules).map(([name, text]) => [`rules/${name}`, text]));
  return startTocsinIn(bench, mode, folderWith(bench, { 'tocsin.yaml': config, ...files }));
}

/** A server that has read its code and waits for what it is to serve. */
let spare: ChildProcess | null = null;

/**
 * Over a folder that holds tocsin.yaml, and its data when there was a server before. In the short run the next server reads
 * its code, which takes a second, while this one works: no duration is judged that it could disturb.
 */
export async function startTocsinIn(bench: Bench, mode: ServerMode, folder: string): Promise<Server> {
  const flags = shippedFlags(bench.root);
  if (!bench.short) return start(bench, 'server-tocsin.js', [mode, folder], flags);
  const reading = () => forked(bench, 'server-tocsin.js', [], flags);
  const child = spare ?? reading();
  spare = null;
  const what: Served = { mode, folder };
  child.send(what);
  const server = await serverOf(child, `server-tocsin.js ${mode} ${folder}`);
  spare ??= reading();
  return server;
}
