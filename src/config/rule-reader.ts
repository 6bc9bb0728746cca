// Reads rule files in a thread that is ended when it takes too long: half a minute is what ten thousand rules need on a
// slow machine, many times over. Whatever goes wrong is a problem like any other, so that the rules at hand go on.
import type { Worker } from 'node:worker_threads';
import { startThread } from '../ingest/threads.ts';
import { type Portable, ruleOf } from './portable-rules.ts';
import type { ReadRules } from './rule-files.ts';

const limitMs = 30_000;
/** A document is a hundred times its text while it is parsed. */
const memoryMb = 512;

export interface RuleTask {
  readonly paths: readonly string[];
}
export type FromRuleThread = Omit<ReadRules, 'rules'> & { readonly rules: readonly Portable[] };

/** As `readRules`, aside, for a process that waits for it: at a start there is nothing else that keeps it alive. */
export function readRulesFirst(paths: readonly string[]): Promise<ReadRules> {
  return new Promise((resolve) => readRulesAside(paths, resolve).ref());
}

/** As `readRules`, aside. Calls back once; the thread does not keep the process alive. */
export function readRulesAside(
  paths: readonly string[],
  done: (read: ReadRules) => void,
  withinMs: number = limitMs,
): Pick<Worker, 'ref'> {
  const task: RuleTask = { paths };
  const thread = startThread('rule-worker', task, { beside: import.meta.url, memoryMb });
  let finished = false;
  const finish = (read: ReadRules): void => {
    if (finished) return;
    finished = true;
    clearTimeout(timer);
    void thread.terminate();
    done(read);
  };
  const failed = (message: string): ReadRules => ({
    rules: [],
    problems: [{ file: paths[0] ?? '', line: 1, column: 1, path: '', message }],
    files: [],
  });
  const timer = setTimeout(
    () => finish(failed(`the rule files were not read within ${withinMs / 1_000} s; are they too large?`)),
    withinMs,
  );
  timer.unref();
  thread.on('message', ({ rules, problems, files }: FromRuleThread) => {
    finish({ rules: rules.map(ruleOf), problems, files });
  });
  thread.on('error', (error: NodeJS.ErrnoException) => {
    const why =
      error.code === 'ERR_WORKER_OUT_OF_MEMORY'
        ? `they need more than ${memoryMb} MiB of memory; are they too large?`
        : error.message;
    finish(failed(`the rule files could not be read: ${why}`));
  });
  thread.on('exit', () => finish(failed('the rule files could not be read: the thread ended')));
  return thread;
}
