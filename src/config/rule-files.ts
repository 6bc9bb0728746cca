// The operator's rule files as one set, all or nothing: whoever gets problems keeps the rules that it has. Watching them
// looks every two seconds (network file systems and mounted volumes send no events); file events only make it sooner.
import { type FSWatcher, watch } from 'node:fs';
import { parseRuleFile } from '../../rules/parse.ts';
import { dependencyCircles, type RuleReference, unknownReferences } from '../../rules/references.ts';
import { ruleLimits } from '../../rules/schema-fields.ts';
import type { Problem, Rule } from '../../rules/types.ts';
import { type Clock, systemClock, type Timer } from '../clock.ts';
import { atOnce, type Sliced } from '../slices.ts';
import { GitCommits } from './git-commit.ts';
import { readTextFile } from './read-file.ts';
import { listRuleFiles } from './rule-folder.ts';

const lookEveryMs = 2_000;
/** A change is read once it has stood still for this long, so that half a save is not. */
const standStillMs = 200;
/** Rules are joined so many at a time. */
const rulesAtOnce = 64;

export interface ReadRules {
  /** In the order of files and of rules within them; to be used only when there are no problems. */
  readonly rules: readonly Rule[];
  readonly problems: readonly Problem[];
  /** Absolute paths of the files that were looked at. */
  readonly files: readonly string[];
}

/** What one file says. */
export interface ReadFile {
  readonly path: string;
  readonly rules: readonly Rule[];
  readonly problems: readonly Problem[];
  readonly references: readonly RuleReference[];
}

/** Reads files, and folders recursively (`*.yaml`, `*.yml`, sorted). Names are unique per tenant over all of them. */
export function readRules(paths: readonly string[]): ReadRules {
  const listed = listRuleFiles(paths);
  const commits = new GitCommits();
  const files = listed.files.map(({ path }) => readRuleFile(path, commits));
  return atOnce(joinRules(listed.problems, files));
}

export function readRuleFile(path: string, commits: GitCommits): ReadFile {
  const text = readTextFile(path, ruleLimits.fileBytes);
  if (typeof text !== 'string')
    return { path, rules: [], problems: [whole(path, text.problem)], references: [] };
  return { path, ...parseRuleFile(text, path, commits.commitOf(path)) };
}

/** The files as one set, with what is wrong only between them; in slices. */
export function* joinRules(
  listing: readonly { readonly file: string; readonly message: string }[],
  files: readonly ReadFile[],
): Sliced<ReadRules> {
  const problems: Problem[] = listing.map(({ file, message }) => whole(file, message));
  const rules: Rule[] = [];
  const tenants = new Map<string, Map<string, Rule>>();
  for (const file of files) {
    problems.push(...file.problems);
    for (const rule of file.rules) {
      let first = tenants.get(rule.tenant);
      if (first === undefined) {
        first = new Map();
        tenants.set(rule.tenant, first);
      }
      const other = first.get(rule.name);
      // Within one file the parser has said so already.
      if (other !== undefined && place(other).file !== file.path) problems.push(duplicate(rule, other));
      if (other === undefined) first.set(rule.name, rule);
      rules.push(rule);
      if (rules.length % rulesAtOnce === 0) yield rulesAtOnce;
    }
  }
  // A rule with a problem of its own is not known, and whoever names it would have one that is none.
  if (problems.length === 0)
    problems.push(
      ...unknownReferences(
        rules,
        files.flatMap(({ references }) => references),
      ),
      ...dependencyCircles(rules),
    );
  return { rules, problems, files: files.map(({ path }) => path) };
}

function duplicate(rule: Rule, other: Rule): Problem {
  const there = place(other);
  const message = `the name ${JSON.stringify(rule.name)} is used already at ${there.file}:${there.line}:${there.column}`;
  return { ...place(rule), path: 'name', message };
}

function place(rule: Rule): { file: string; line: number; column: number } {
  const { origin } = rule;
  return origin.kind === 'file'
    ? { file: origin.file, line: origin.line, column: origin.column }
    : { file: 'api', line: 1, column: 1 };
}

function whole(file: string, message: string): Problem {
  return { file, line: 1, column: 1, path: '', message };
}

export interface RuleWatch {
  close(): void;
}

export interface WatchOptions {
  /** The real one unless told otherwise. */
  readonly clock?: Clock;
  /** The complete new set, or its problems: then nothing of it is to be used. */
  readonly onChange: (read: ReadRules) => void;
  /** Reads them and calls back once, now or later; `readRules` at once unless told otherwise. */
  readonly read?: (paths: readonly string[], done: (read: ReadRules) => void) => void;
  /** File events beside the polling; on unless told otherwise. */
  readonly events?: boolean;
}

/** Watches files and folders; what is there at the start counts as known. */
export function watchRules(paths: readonly string[], options: WatchOptions): RuleWatch {
  const clock = options.clock ?? systemClock();
  const read = options.read ?? ((of, done) => done(readRules(of)));
  let reading = false;
  let known = stateOf(paths).text;
  let seen = known;
  let timer: Timer | null = null;
  let lookAt = 0;
  let closed = false;
  const watchers = new Map<string, FSWatcher>();

  const look = (): void => {
    if (closed) return;
    // What changes meanwhile is seen at the next look.
    if (reading) {
      again(standStillMs);
      return;
    }
    const state = stateOf(paths);
    if (options.events !== false) follow(state.folders);
    if (state.text === known) {
      seen = known;
      again(lookEveryMs);
    } else if (state.text !== seen) {
      seen = state.text;
      again(standStillMs);
    } else {
      known = state.text;
      again(lookEveryMs);
      reading = true;
      read(paths, (found) => {
        reading = false;
        if (!closed) options.onChange(found);
      });
    }
  };
  const again = (ms: number): void => {
    timer?.cancel();
    lookAt = clock.now() + ms;
    if (!closed) timer = clock.at(lookAt, look);
  };
  // Only ever sooner: a folder in which something is written all the time must not put the look off for ever.
  const hurry = (): void => {
    if (lookAt - clock.now() > standStillMs) again(standStillMs);
  };
  const follow = (folders: readonly string[]): void => {
    for (const [folder, watcher] of watchers) {
      if (folders.includes(folder)) continue;
      watcher.close();
      watchers.delete(folder);
    }
    for (const folder of folders) {
      if (watchers.has(folder)) continue;
      try {
        const watcher = watch(folder, { persistent: false }, hurry);
        // Without events (inotify's limit, a folder that went away) the polling still sees everything.
        watcher.on('error', () => watcher.close());
        watchers.set(folder, watcher);
      } catch {
        return; // the same: polling is enough
      }
    }
  };

  if (options.events !== false) follow(stateOf(paths).folders);
  again(lookEveryMs);
  return {
    close() {
      closed = true;
      timer?.cancel();
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
}

/** Everything about the files that tells one state from another. */
function stateOf(paths: readonly string[]): { text: string; folders: readonly string[] } {
  const { files, folders, problems } = listRuleFiles(paths);
  const parts = files.map(({ path, size, modifiedAt }) => `${path}\0${size}\0${modifiedAt}`);
  parts.push(...problems.map(({ file, message }) => `${file}\0${message}`));
  return { text: parts.join('\n'), folders };
}
