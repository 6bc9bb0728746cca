// The thread that reads changed rule files: a text can be made to cost its parser seconds, and the loop must not wait.
import { parentPort, workerData } from 'node:worker_threads';
import { portableRule } from './portable-rules.ts';
import { readRules } from './rule-files.ts';
import type { FromRuleThread, RuleTask } from './rule-reader.ts';

if (parentPort === null) throw new Error('rules are read in a thread');
const { rules, problems, files } = readRules((workerData as RuleTask).paths);
parentPort.postMessage({ rules: rules.map(portableRule), problems, files } satisfies FromRuleThread);
