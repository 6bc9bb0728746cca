// A case that never ends cannot be stopped from its own thread: another one looks whether cases go on, says which one
// does not, and ends the process.
import { Worker } from 'node:worker_threads';

const patienceMs = 30_000;

export interface Watchdog {
  /** Case `number` of the target with this index begins. */
  beat(target: number, number: number): void;
  close(): Promise<void>;
}

const program = `
const { workerData } = require('node:worker_threads');
const { writeSync } = require('node:fs');
const { shared, names, seed, patienceMs } = workerData;
const beats = new Int32Array(shared);
let last = -1, since = Date.now();
setInterval(() => {
  const count = Atomics.load(beats, 2);
  if (count !== last) { last = count; since = Date.now(); return; }
  if (Date.now() - since < patienceMs) return;
  const name = names[Atomics.load(beats, 0)], number = Atomics.load(beats, 1);
  writeSync(1, 'HANG ' + name + ': case ' + number + ' of seed ' + seed + ' did not end in ' + patienceMs / 1000 + ' s\\n' +
    'replay: npm run fuzz -- --target ' + name + ' --seed ' + seed + ' --case ' + number + '\\n');
  process.kill(process.pid, 'SIGKILL');
}, Math.min(1000, patienceMs / 4));
`;

/** Begins to watch; `names` are the targets by index. */
export function watch(names: readonly string[], seed: number, within: number = patienceMs): Watchdog {
  const shared = new SharedArrayBuffer(12);
  const beats = new Int32Array(shared);
  const worker = new Worker(program, {
    eval: true,
    workerData: { shared, names, seed, patienceMs: within },
  });
  worker.unref();
  return {
    beat(target, number) {
      beats[0] = target;
      beats[1] = number;
      Atomics.add(beats, 2, 1);
    },
    async close() {
      await worker.terminate();
    },
  };
}
