// The thread of backtests and evaluations: one question with a state of its own, over a connection that can only read.
// Whoever asked ends the thread when it takes too long.
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { ruleOf } from '../config/portable-rules.ts';
import { backtest, beginOf } from './backtest.ts';
import { evaluate } from './evaluate.ts';
import { TooLarge } from './questions.ts';
import { type Recorded, recordedIn, recordedOf } from './recorded.ts';
import { type FromReplay, type ReplayTask, routingOf } from './replay-messages.ts';

if (parentPort === null) throw new Error('replays run in a thread');
const port = parentPort;
const task = workerData as ReplayTask;
const around = { tenant: task.tenant, limits: task.limits, routing: routingOf(task.routing) };
const rules = task.rules.map(ruleOf);
const against = task.kind === 'backtest' && task.against !== null ? task.against.map(ruleOf) : null;

function recorded(from: number, to: number): Recorded {
  if (task.samples !== null) return recordedOf(task.samples);
  const raw = new Database(task.file, { readonly: true, timeout: 1_000 });
  try {
    return recordedIn(raw, task.tenant, [...rules, ...(against ?? [])], from, to);
  } finally {
    raw.close();
  }
}

try {
  if (task.kind === 'backtest') {
    const { from, to } = task;
    const all = recorded(beginOf([...rules, ...(against ?? [])], from), to);
    const answer = await backtest({ rules, against, samples: null, from, to }, all, around);
    port.postMessage({ kind: 'backtest', answer } satisfies FromReplay);
  } else {
    const { at } = task;
    const answer = await evaluate({ rules, samples: null, at }, recorded(beginOf(rules, at), at), around);
    port.postMessage({ kind: 'evaluate', answer } satisfies FromReplay);
  }
} catch (error) {
  if (!(error instanceof TooLarge)) throw error;
  port.postMessage({ kind: 'too_large', message: error.message } satisfies FromReplay);
}
