// Reads rule files in a thread that is ended when it takes too long: half a minute is what ten thousand rules need on a
// slow machine, many times over. Whatever goes wrong is a problem like any other, so that the rules at hand go on.
// Files that stand as they stood are not read again, and rules come over a few at a time, so that the loop goes on.
import type { Rule } from '../../rules/types.ts';
import { nextSlice, type Sliced } from '../slices.ts';
import { ruleOf } from './portable-rules.ts';
import { joinRules, type ReadFile, type ReadRules } from './rule-files.ts';
import type { Found, Stamp } from './rule-messages.ts';
import { RuleThread } from './rule-thread.ts';

const limitMs = 30_000;
/** Whoever saved a rule file saves it again soon: to start the thread takes longer than to read a file. */
const keptMs = 600_000;

interface KnownFile extends ReadFile, Stamp {}

/** Remembers what it read. One reading at a time. */
export class RuleReader {
  readonly #paths: readonly string[];
  readonly #withinMs: number;
  #known = new Map<string, KnownFile>();
  #kept: { readonly thread: RuleThread; readonly timer: NodeJS.Timeout } | null = null;
  #closed = false;

  constructor(paths: readonly string[], withinMs: number = limitMs) {
    this.#paths = paths;
    this.#withinMs = withinMs;
  }

  /** As `readRules`, for a process that waits for it: at a start there is nothing else that keeps it alive. */
  first(): Promise<ReadRules> {
    return new Promise((resolve) => this.#read(resolve, false).ref());
  }

  /** As `readRules`, aside. Calls back once; the thread does not keep the process alive, and is kept for the next time. */
  read(done: (read: ReadRules) => void): Pick<RuleThread, 'ref'> {
    return this.#read(done, true);
  }

  /** Lets go of the thread. */
  close(): void {
    this.#closed = true;
    this.#take()?.end();
  }

  #take(): RuleThread | null {
    const kept = this.#kept;
    this.#kept = null;
    if (kept === null) return null;
    clearTimeout(kept.timer);
    return kept.thread;
  }

  #keep(thread: RuleThread): void {
    thread.rest();
    const timer = setTimeout(() => this.#take()?.end(), keptMs);
    timer.unref();
    this.#kept = { thread, timer };
  }

  #read(done: (read: ReadRules) => void, keep: boolean): RuleThread {
    const thread = this.#take() ?? new RuleThread();
    let finished = false;
    const finish = (read: ReadRules, keeping: boolean): void => {
      if (finished) return;
      finished = true;
      clearTimeout(timer);
      if (keeping && !this.#closed) this.#keep(thread);
      else thread.end();
      // Others have their turn before they are taken over.
      setImmediate(done, read);
    };
    const failed = (message: string): void => {
      const path = this.#paths[0] ?? '';
      const problem = { file: path, line: 1, column: 1, path: '', message };
      finish({ rules: [], problems: [problem], files: [] }, false);
    };
    const timer = setTimeout(() => {
      failed(`the rule files were not read within ${this.#withinMs / 1_000} s; are they too large?`);
    }, this.#withinMs);
    timer.unref();
    const joinOn = (join: Sliced<ReadRules>): void => {
      if (finished) return;
      const joined = nextSlice(join);
      if (joined === null) setImmediate(joinOn, join);
      else finish(joined.result, keep);
    };
    let found: Found | null = null;
    const rules: Rule[] = [];
    const known = [...this.#known].map(
      ([path, { size, modifiedAt }]) => [path, { size, modifiedAt }] as const,
    );
    thread.ask(
      { paths: this.#paths, known: new Map(known) },
      {
        told: (message) => {
          if (finished) return;
          if ('files' in message) found = message;
          else for (const rule of message.rules) rules.push(ruleOf(rule));
          if (found === null) return;
          // Not before everything else that waits for the loop had its turn.
          if (rules.length < found.rules) setImmediate(() => finished || thread.more());
          else joinOn(this.#join(found, rules));
        },
        failed: (why) => failed(`the rule files could not be read: ${why}`),
      },
    );
    return thread;
  }

  /** Joins what was read now with what stood as it was. */
  *#join({ files, problems: listing }: Found, rules: readonly Rule[]): Sliced<ReadRules> {
    const known = new Map<string, KnownFile>();
    let taken = 0;
    for (const { path, size, modifiedAt, commit, read } of files) {
      const before = this.#known.get(path);
      if (read === null) {
        if (before === undefined) throw new Error(`nobody read ${path}`);
        known.set(path, { ...before, rules: before.rules.map((rule) => ofCommit(rule, commit)) });
        yield before.rules.length;
        continue;
      }
      const own = rules.slice(taken, taken + read.rules);
      taken += read.rules;
      const { problems, references } = read;
      known.set(path, { path, size, modifiedAt, rules: own, problems, references });
    }
    this.#known = known;
    return yield* joinRules(listing, [...known.values()]);
  }
}

/** The work tree may have moved on although the file did not. */
function ofCommit(rule: Rule, commit: string | null): Rule {
  const { origin } = rule;
  if (origin.kind !== 'file' || (origin.commit ?? null) === commit) return rule;
  const { commit: _, ...place } = origin;
  return { ...rule, origin: commit === null ? place : { ...place, commit } };
}
