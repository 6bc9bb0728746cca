// The thread that reads changed rule files: a text can be made to cost its parser seconds, and the loop must not wait.
// Rules go over a few at a time, each time somebody asks: whoever takes them has other things to do in between.
import { parentPort } from 'node:worker_threads';
import type { Rule } from '../../rules/types.ts';
import { GitCommits } from './git-commit.ts';
import { portableRule } from './portable-rules.ts';
import { readRuleFile } from './rule-files.ts';
import { listRuleFiles } from './rule-folder.ts';
import type { FromRuleThread, RuleTask, ToldFile } from './rule-messages.ts';

if (parentPort === null) throw new Error('rules are read in a thread');
const port = parentPort;
const rulesAtOnce = 25;
/** What was read and not told yet. */
let rules: Rule[] = [];
let told = 0;

const tell = (message: FromRuleThread): void => port.postMessage(message);

function read({ paths, known }: RuleTask): void {
  const listed = listRuleFiles(paths);
  const commits = new GitCommits();
  rules = [];
  told = 0;
  const files = listed.files.map(({ path, size, modifiedAt }): ToldFile => {
    const commit = commits.commitOf(path);
    const before = known.get(path);
    if (before !== undefined && before.size === size && before.modifiedAt === modifiedAt)
      return { path, size, modifiedAt, commit, read: null };
    const file = readRuleFile(path, commits);
    rules.push(...file.rules);
    const { problems, references } = file;
    return { path, size, modifiedAt, commit, read: { rules: file.rules.length, problems, references } };
  });
  tell({ problems: listed.problems, files, rules: rules.length });
}

port.on('message', (message: RuleTask | 'more') => {
  if (message !== 'more') {
    read(message);
    return;
  }
  tell({ rules: rules.slice(told, told + rulesAtOnce).map(portableRule) });
  told += rulesAtOnce;
  if (told >= rules.length) rules = [];
});
