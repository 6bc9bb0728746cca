// One life of the program: started on a data folder, ready, and ended by a signal.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { exitCodes } from '../../cli/host.ts';
import {
  type ChildLine,
  faultVariable,
  type KillPoint,
  killAtVariable,
  type PlantedFault,
} from './points.ts';

export const operatorKey = 'kill-harness-operator-key-of-enough-characters';

export interface Life {
  /** 1 for the first process on the folder. */
  readonly no: number;
  readonly spawnedAt: number;
  /** `http://127.0.0.1:<port>` once it is ready; null when it ended before. */
  readonly ready: Promise<string | null>;
  /** From spawn to the first 200 of /health/ready; null while it is not ready. */
  readonly readyMs: number | null;
  /** When it was killed, epoch milliseconds: not later than that. Infinity while it lives or when it ended by itself. */
  readonly killedAt: number;
  /** The point at which it killed itself. */
  readonly killedBy: KillPoint | null;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** The last lines of its log. */
  readonly tail: readonly string[];
  kill(): void;
  /** SIGTERM. */
  end(): void;
  /** SIGSTOP and SIGCONT: it does nothing in between, and does not know. */
  freeze(): void;
  thaw(): void;
}

export interface LifeOptions {
  readonly child: string;
  readonly configFile: string;
  readonly no: number;
  readonly killAt?: { readonly point: KillPoint; readonly hit: number };
  readonly fault?: PlantedFault;
  /** Environment besides, e.g. of a library that makes calls fail. */
  readonly env?: Readonly<Record<string, string>>;
}

const tailLines = 30;
const pollMs = 10;

export function startLife(options: LifeOptions): Life {
  const { killAt, fault, env } = options;
  const spawnedAt = Date.now();
  const child = spawn(process.execPath, [options.child, options.configFile], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH ?? '',
      TOCSIN_ADMIN_KEY: operatorKey,
      ...(killAt && { [killAtVariable]: `${killAt.point}:${killAt.hit}` }),
      ...(fault && { [faultVariable]: fault }),
      ...env,
    },
  });
  const tail: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    tail.push(line);
    if (tail.length > tailLines) tail.shift();
  });
  let ended = false;
  let killedAt = Number.POSITIVE_INFINITY;
  let killedBy: KillPoint | null = null;
  let readyMs: number | null = null;
  const exited = once(child, 'close').then(([code, signal]) => {
    ended = true;
    // It gave up by itself: what waited in its memory is gone, as after a kill.
    if (code === exitCodes.broken) killedAt = Math.min(killedAt, Date.now());
    return { code: code as number | null, signal: signal as string | null };
  });
  const listening = listenedOn(child, (line) => {
    killedAt = Math.min(killedAt, line.at);
    killedBy = line.killing;
  });
  const ready = (async () => {
    const port = await Promise.race([listening, exited.then(() => null)]);
    if (port === null) return null;
    const url = `http://127.0.0.1:${port}`;
    while (!ended) {
      if (await isReady(url)) {
        readyMs = Date.now() - spawnedAt;
        return url;
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    return null;
  })();

  return {
    no: options.no,
    spawnedAt,
    ready,
    exited,
    tail,
    get readyMs() {
      return readyMs;
    },
    get killedAt() {
      return killedAt;
    },
    get killedBy() {
      return killedBy;
    },
    kill() {
      killedAt = Math.min(killedAt, Date.now());
      child.kill('SIGKILL');
    },
    end: () => void child.kill('SIGTERM'),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health/ready`);
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false; // not listening any more, or killed in the middle of the answer
  }
}

function listenedOn(
  child: ChildProcess,
  killing: (line: Extract<ChildLine, { killing: KillPoint }>) => void,
): Promise<number | null> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: child.stdout! });
    lines.on('line', (text) => {
      const line = JSON.parse(text) as ChildLine;
      if ('listening' in line) resolve(line.listening);
      else killing(line);
    });
    lines.on('close', () => resolve(null));
  });
}
