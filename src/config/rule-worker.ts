// The thread that reads changed rule files: a text can be made to cost its parser seconds, and the loop must not wait.
// Rules go over a few at a time, each time somebody asks: whoever takes them has other things to do in between.
import { parentPort, workerData } from 'node:worker_threads';
import type { Rule } from '../../rules/types.ts';
import { GitCommits } from './git-commit.ts';
import { portableRule } from './portable-rules.ts';
import { readRuleFile } from './rule-files.ts';
import { listRuleFiles } from './rule-folder.ts';
import type { FromRuleThread, RuleTask, ToldFile } from './rule-reader.ts';

if (parentPort === null) throw new Error('rules are read in a thread');
const port = parentPort;
const rulesAtOnce = 25;

const { paths, known } = workerData as RuleTask;
const listed = listRuleFiles(paths);
const commits = new GitCommits();
const rules: Rule[] = [];
const files = listed.files.map(({ path, size, modifiedAt }): ToldFile => {
  const commit = commits.commitOf(path);
  const before = known.get(path);
  if (before !== undefined && before.size === size && before.modifiedAt === modifiedAt)
    return { path, size, modifiedAt, commit, read: null };
  const read = readRuleFile(path, commits);
  rules.push(...read.rules);
  const { problems, references } = read;
  return { path, size, modifiedAt, commit, read: { rules: read.rules.length, problems, references } };
});
const tell = (message: FromRuleThread): void => port.postMessage(message);
let told = 0;
port.on('message', () => {
  tell({ rules: rules.slice(told, told + rulesAtOnce).map(portableRule) });
  told += rulesAtOnce;
});
tell({ problems: listed.problems, files, rules: rules.length });
