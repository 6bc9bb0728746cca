// The bench's side of a storm in a process of its own.
import { type ChildProcess, fork } from 'node:child_process';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import type { Arrival, Ledger } from './ledger.ts';
import type { Bench } from './scenario.ts';

export interface StormOptions {
  readonly tenant: string;
  readonly hosts: number;
  /** A load for each: what begins the names of its hosts, and how many of them are hot at a time. */
  readonly lags: Readonly<Record<string, number>>;
  readonly connections: number;
  readonly patienceMs: number;
}

/** What the sink received of the storm's alerts. */
export interface Arrivals {
  readonly arrivals: readonly Arrival[];
}

export interface StormCall {
  readonly id: number;
  readonly prefix: string;
  readonly call: 'warmUp' | 'closed' | 'paced' | 'endRound' | 'answered' | 'counts';
  readonly numbers: readonly number[];
}

export type StormCounts = Pick<Ledger, 'received' | 'outstanding' | 'missing' | 'doubled' | 'unexpected'> & {
  readonly accepted: number;
  readonly refused: number;
  readonly other: number;
};

/** Arrivals are handed on together, this often. */
const handOnMs = 5;

export class Storm {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  #arrivals: Arrival[] = [];
  readonly #timer: NodeJS.Timeout;
  #calls = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', ({ id, answer, error }: { id: number; answer?: unknown; error?: string }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(answer);
      else waiting?.reject(new Error(error));
    });
    child.once('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the storm ended'));
    });
    this.#timer = setInterval(() => {
      if (this.#arrivals.length > 0) child.send({ arrivals: this.#arrivals } satisfies Arrivals);
      this.#arrivals = [];
    }, handOnMs);
  }

  receive(arrival: Arrival): void {
    this.#arrivals.push(arrival);
  }

  /** Heats the first hosts, see `AlertLoad.warmUp`. */
  async warmUp(prefix: string): Promise<void> {
    await this.#call(prefix, 'warmUp');
  }

  /** See `AlertLoad.closed`: seconds. */
  async closed(prefix: string, total: number, window: number, batch = 1): Promise<number> {
    return (await this.#call(prefix, 'closed', total, window, batch)) as number;
  }

  /** See `AlertLoad.paced`. */
  async paced(prefix: string, perSecond: number, ms: number, batch = 1): Promise<void> {
    await this.#call(prefix, 'paced', perSecond, ms, batch);
  }

  /** Waits until everything has arrived, or gives it up. */
  async endRound(prefix: string): Promise<void> {
    await this.#call(prefix, 'endRound');
  }

  /** Every push has its answer. */
  async answered(prefix: string): Promise<void> {
    await this.#call(prefix, 'answered');
  }

  async counts(prefix: string): Promise<StormCounts> {
    return (await this.#call(prefix, 'counts')) as StormCounts;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#child.kill();
  }

  #call(prefix: string, call: StormCall['call'], ...numbers: number[]): Promise<unknown> {
    this.#calls += 1;
    const id = this.#calls;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, prefix, call, numbers } satisfies StormCall);
    });
  }
}

/** Of two that want the processor the server under test has it: else the figures would hold the load generator's time. */
const nicenessOfLoad = 10;

/** Starts the process; it has pushed nothing yet. */
export async function startStorm(bench: Bench, port: number, options: StormOptions): Promise<Storm> {
  const child = fork(
    join(bench.built, 'bench', 'storm-child.js'),
    [String(port), JSON.stringify(options)],
    // Its own flags: the bench may run through a loader that the child must not inherit.
    {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, NODE_OPTIONS: '' },
    },
  );
  if (child.pid !== undefined) setPriority(child.pid, nicenessOfLoad);
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('exit', (code) => reject(new Error(`the storm ended with ${code}`)));
  });
  return new Storm(child);
}
