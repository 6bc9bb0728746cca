// Calls in a thread of their own while there are very many: each costs the loop as much as the step that decided it, and
// waits for a pass of the loop before its first byte goes out. With few calls there is no thread, and nothing to pay for one.
import type { Worker } from 'node:worker_threads';
import type { HttpOutcome, HttpRequest } from '../../channels/http-exchange.ts';
import type { Clock, Timer } from '../clock.ts';
import { startThread } from '../ingest/threads.ts';
import type { EgressOptions } from './egress.ts';
import type { AskedCall, EgressData, FromEgress, ToEgress } from './egress-messages.ts';

/** So many calls within a second start the thread. */
const manyCalls = 200;
/** A thread with fewer calls than this between two looks ends: storms come in waves, and a start costs the next one's first calls. */
const fewCalls = 3_000;
const lookMs = 60_000;

export interface EgressThreadOptions {
  readonly egress: EgressOptions;
  readonly clock: Pick<Clock, 'now' | 'at'>;
  /** Starts the thread; the shipped one unless given. */
  readonly start?: (data: EgressData) => Worker;
}

interface OpenCall {
  readonly call: HttpRequest;
  readonly settle: (outcome: HttpOutcome) => void;
  readonly onAbort: () => void;
}

export class EgressThread {
  readonly #options: EgressThreadOptions;
  #thread: Worker | null = null;
  #ready = false;
  /** It takes nothing new, and ends with its last call. */
  #leaving = false;
  #closed = false;
  readonly #open = new Map<number, OpenCall>();
  #ids = 0;
  #calls: AskedCall[] = [];
  #aborted: number[] = [];
  #second = 0;
  #inSecond = 0;
  #sinceLook = 0;
  #look: Timer | null = null;

  constructor(options: EgressThreadOptions) {
    this.#options = options;
  }

  /** Whether calls are made in a thread at the moment. */
  get running(): boolean {
    return this.#ready && !this.#leaving;
  }

  /** Makes the call; null: not here, or not at the moment. What the call comes to is told as `exchange` tells it. */
  exchange(call: HttpRequest): Promise<HttpOutcome> | null {
    this.#count();
    if (!this.running) return null;
    if (call.signal.aborted) return Promise.resolve({ kind: 'failure', written: false, code: 'aborted' });
    return new Promise((settle) => {
      const id = ++this.#ids;
      const { signal, ...asked } = call;
      const onAbort = () => this.#abort(id);
      this.#open.set(id, { call, settle, onAbort });
      signal.addEventListener('abort', onAbort, { once: true });
      this.#post();
      this.#calls.push({ ...asked, id });
    });
  }

  /** Whoever has a call open hears that nobody knows what became of it. */
  close(): void {
    this.#closed = true;
    this.#end();
  }

  #count(): void {
    const second = Math.floor(this.#options.clock.now() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#inSecond = 0;
    }
    this.#inSecond += 1;
    this.#sinceLook += 1;
    if (this.#inSecond < manyCalls || this.#closed) return;
    // One that is about to leave has its sockets still.
    this.#leaving = false;
    if (this.#thread === null) this.#start();
  }

  #start(): void {
    const { egress, start = startEgress } = this.#options;
    // How names are resolved in its place cannot be told to another thread.
    if (egress.lookup !== undefined) return;
    const thread = start(dataOf(egress));
    this.#thread = thread;
    this.#lookLater();
    thread.on('message', (message: FromEgress) => {
      if (this.#thread !== thread) return;
      if (message.kind === 'ready') this.#ready = true;
      else for (const [id, outcome] of message.outcomes) this.#settle(id, outcome);
    });
    const gone = () => {
      if (this.#thread === thread) this.#end();
    };
    thread.on('error', gone);
    thread.on('exit', gone);
  }

  #lookLater(): void {
    const { clock } = this.#options;
    this.#sinceLook = 0;
    this.#look = clock.at(clock.now() + lookMs, () => {
      this.#leaving = this.#sinceLook < fewCalls;
      if (this.#leaving && this.#open.size === 0) this.#end();
      else this.#lookLater();
    });
  }

  /** What is asked for in the same moment goes in one message, after everything that is under way in it. */
  #post(): void {
    if (this.#calls.length > 0 || this.#aborted.length > 0) return;
    process.nextTick(() => {
      const message: ToEgress = { calls: this.#calls, aborted: this.#aborted };
      this.#calls = [];
      this.#aborted = [];
      this.#thread?.postMessage(message);
    });
  }

  #abort(id: number): void {
    const waiting = this.#calls.findIndex((call) => call.id === id);
    if (waiting !== -1) {
      this.#calls.splice(waiting, 1);
      this.#settle(id, { kind: 'failure', written: false, code: 'aborted' });
      return;
    }
    this.#post();
    this.#aborted.push(id);
  }

  #settle(id: number, outcome: HttpOutcome): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    this.#open.delete(id);
    open.call.signal.removeEventListener('abort', open.onAbort);
    open.settle(outcome);
  }

  #end(): void {
    const thread = this.#thread;
    this.#thread = null;
    this.#ready = false;
    this.#leaving = false;
    this.#look?.cancel();
    this.#look = null;
    const unsent = new Set(this.#calls.map(({ id }) => id));
    this.#calls = [];
    this.#aborted = [];
    for (const id of [...this.#open.keys()])
      this.#settle(id, { kind: 'failure', written: !unsent.has(id), code: 'thread_ended' });
    void thread?.terminate();
  }
}

function startEgress(data: EgressData): Worker {
  return startThread('egress-worker', data, { beside: import.meta.url });
}

function dataOf({ allow, proxy, deadlines, socketsPerOrigin, ca }: EgressOptions): EgressData {
  return {
    allow,
    proxy: proxy ? { ...proxy, password: proxy.password?.reveal() ?? null } : null,
    ...(deadlines && { deadlines }),
    ...(socketsPerOrigin !== undefined && { socketsPerOrigin }),
    ...(ca !== undefined && { ca }),
  };
}
