// Reads rule files in a thread that is ended when it takes too long: half a minute is what ten thousand rules need on a
// slow machine, many times over. Whatever goes wrong is a problem like any other, so that the rules at hand go on.
// Files that stand as they stood are not read again, and rules come over a few at a time, so that the loop goes on.
import type { Worker } from 'node:worker_threads';
import type { Rule } from '../../rules/types.ts';
import { startThread } from '../ingest/threads.ts';
import { type Portable, ruleOf } from './portable-rules.ts';
import { joinRules, type ReadFile, type ReadRules } from './rule-files.ts';

const limitMs = 30_000;
/** A document is a hundred times its text while it is parsed. */
const memoryMb = 512;
/** Of a document most is garbage as soon as it is read: in a small nursery that costs half of the time. */
const youngMb = 64;

interface Stamp {
  readonly size: number;
  readonly modifiedAt: number;
}

export interface RuleTask {
  readonly paths: readonly string[];
  /** Files that need not be read again while they stand so. */
  readonly known: ReadonlyMap<string, Stamp>;
}

/** A file as the thread found it; `read` is null when it stands as it stood. */
export interface ToldFile extends Stamp {
  readonly path: string;
  readonly commit: string | null;
  readonly read:
    | (Pick<ReadFile, 'problems' | 'references'> & {
        readonly rules: number;
      })
    | null;
}

interface Found {
  readonly problems: readonly { readonly file: string; readonly message: string }[];
  readonly files: readonly ToldFile[];
  /** How many rules follow, of all files that were read, in their order. */
  readonly rules: number;
}

/** First what was found, then rules, some for each time that they are asked for. */
export type FromRuleThread = Found | { readonly rules: readonly Portable[] };

interface KnownFile extends ReadFile, Stamp {}

/** Remembers what it read. One reading at a time. */
export class RuleReader {
  readonly #paths: readonly string[];
  readonly #withinMs: number;
  #known = new Map<string, KnownFile>();

  constructor(paths: readonly string[], withinMs: number = limitMs) {
    this.#paths = paths;
    this.#withinMs = withinMs;
  }

  /** As `readRules`, for a process that waits for it: at a start there is nothing else that keeps it alive. */
  first(): Promise<ReadRules> {
    return new Promise((resolve) => this.read(resolve).ref());
  }

  /** As `readRules`, aside. Calls back once; the thread does not keep the process alive. */
  read(done: (read: ReadRules) => void): Pick<Worker, 'ref'> {
    const task: RuleTask = {
      paths: this.#paths,
      known: new Map([...this.#known].map(([path, { size, modifiedAt }]) => [path, { size, modifiedAt }])),
    };
    const thread = startThread('rule-worker', task, { beside: import.meta.url, memoryMb, youngMb });
    let finished = false;
    const finish = (read: ReadRules): void => {
      if (finished) return;
      finished = true;
      clearTimeout(timer);
      void thread.terminate();
      // Joining them took a while, and so will taking them over: others have their turn in between.
      setImmediate(done, read);
    };
    const failed = (message: string): ReadRules => ({
      rules: [],
      problems: [{ file: this.#paths[0] ?? '', line: 1, column: 1, path: '', message }],
      files: [],
    });
    const timer = setTimeout(() => {
      const limit = `${this.#withinMs / 1_000} s`;
      finish(failed(`the rule files were not read within ${limit}; are they too large?`));
    }, this.#withinMs);
    timer.unref();
    let found: Found | null = null;
    const rules: Rule[] = [];
    thread.on('message', (message: FromRuleThread) => {
      if (finished) return;
      if ('files' in message) found = message;
      else for (const rule of message.rules) rules.push(ruleOf(rule));
      if (found === null) return;
      if (rules.length === found.rules) finish(this.#take(found, rules));
      // Not before everything else that waits for the loop had its turn.
      else setImmediate(() => thread.postMessage('more'));
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

  /** Joins what was read now with what stood as it was. */
  #take({ files, problems: listing }: Found, rules: readonly Rule[]): ReadRules {
    const known = new Map<string, KnownFile>();
    let taken = 0;
    for (const { path, size, modifiedAt, commit, read } of files) {
      const before = this.#known.get(path);
      if (read === null) {
        if (before === undefined) throw new Error(`nobody read ${path}`);
        known.set(path, { ...before, rules: before.rules.map((rule) => ofCommit(rule, commit)) });
        continue;
      }
      const own = rules.slice(taken, taken + read.rules);
      taken += read.rules;
      const { problems, references } = read;
      known.set(path, { path, size, modifiedAt, rules: own, problems, references });
    }
    this.#known = known;
    return joinRules(listing, [...known.values()]);
  }
}

/** The work tree may have moved on although the file did not. */
function ofCommit(rule: Rule, commit: string | null): Rule {
  const { origin } = rule;
  if (origin.kind !== 'file' || (origin.commit ?? null) === commit) return rule;
  const { commit: _, ...place } = origin;
  return { ...rule, origin: commit === null ? place : { ...place, commit } };
}
