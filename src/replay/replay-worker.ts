// The thread of backtests and evaluations: one question at a time, each with a state of its own, over a connection that
// can only read. Whoever asked ends the thread when it takes too long.
import { dirname, join } from 'node:path';
import { parentPort } from 'node:worker_threads';
import Database from 'better-sqlite3';
import type { Matcher, Rule } from '../../rules/types.ts';
import { revived, ruleOf } from '../config/portable-rules.ts';
import { suggest } from '../effectiveness/suggest.ts';
import { databaseOf } from '../store/sqlite/database.ts';
import { type RuleEpisodes, ruleEpisodes, TooManyEpisodes } from '../store/sqlite/rule-episodes.ts';
import { backtest, beginOf } from './backtest.ts';
import { evaluate } from './evaluate.ts';
import { expected } from './expected.ts';
import { TooLarge } from './questions.ts';
import { type Recorded, recordedIn, recordedOf } from './recorded.ts';
import { countsEvents, eventsIn } from './recorded-events.ts';
import { type FromReplay, type ReplayTask, routingOf } from './replay-messages.ts';

if (parentPort === null) throw new Error('replays run in a thread');
const port = parentPort;

function recorded(task: ReplayTask, rules: readonly Rule[], from: number, to: number): Recorded {
  if (task.samples !== null) return recordedOf(task.samples);
  const raw = new Database(task.file, { readonly: true, timeout: 1_000 });
  try {
    const samples = recordedIn(raw, task.tenant, rules, from, to);
    if (!countsEvents(rules)) return samples;
    return {
      ...samples,
      occurrences: eventsIn(join(dirname(task.file), 'tocsin.db'), task.tenant, from, to),
    };
  } finally {
    raw.close();
  }
}

/** What people did about alerts, out of the state database. */
function episodesIn(file: string, tenant: string, from: number, to: number): RuleEpisodes {
  const raw = new Database(file, { readonly: true, timeout: 1_000 });
  try {
    const db = databaseOf(raw, () => raw.close());
    return raw.transaction(() => ruleEpisodes(db, { tenant, from, to }))();
  } catch (error) {
    if (error instanceof TooManyEpisodes) throw new TooLarge(error.message);
    throw error;
  } finally {
    raw.close();
  }
}

async function answerOf(task: ReplayTask): Promise<FromReplay> {
  const { tenant, limits, edges } = task;
  const around = { tenant, limits, edges, routing: routingOf(task.routing) };
  const rules = task.rules.map(ruleOf);
  if (task.kind === 'evaluate') {
    const { at } = task;
    const samples = recorded(task, rules, beginOf(rules, at), at);
    return { kind: 'evaluate', answer: await evaluate({ rules, samples: null, at }, samples, around) };
  }
  const { from, to } = task;
  if (task.kind === 'suggest') {
    const [rule, ...others] = rules;
    if (rule === undefined) throw new Error('expected a rule');
    const { namedBy, only } = task;
    const episodes = episodesIn(join(dirname(task.file), 'tocsin.db'), task.tenant, from, to);
    const recordedFor = (all: readonly Rule[]) => recorded(task, all, beginOf(all, from), to);
    const answer = await suggest({ rule, others, namedBy, only, from, to }, episodes, recordedFor, around);
    return { kind: 'suggest', answer };
  }
  if (task.kind === 'expected') {
    const [rule] = rules;
    if (rule?.type !== 'anomaly') throw new Error('expected a rule of type anomaly');
    const match = revived(task.match) as readonly Matcher[];
    const samples = recorded(task, rules, beginOf(rules, from), to);
    return { kind: 'expected', answer: expected({ rule, match, from, to }, samples) };
  }
  const against = task.against?.map(ruleOf) ?? null;
  const all = [...rules, ...(against ?? [])];
  const samples = recorded(task, all, beginOf(all, from), to);
  const answer = await backtest({ rules, against, samples: null, from, to }, samples, around);
  return { kind: 'backtest', answer };
}

port.on('message', (task: ReplayTask) => {
  answerOf(task).then(
    (answer) => port.postMessage(answer),
    (error: unknown) => {
      if (error instanceof TooLarge)
        port.postMessage({ kind: 'too_large', message: error.message } satisfies FromReplay);
      // The end of the thread: whoever asked hears of it.
      else
        queueMicrotask(() => {
          throw error;
        });
    },
  );
});
