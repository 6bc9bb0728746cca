// A rule as it comes through the API: a document with the keys of a rule file, and `group`. What an answer shows beside
// them is taken along and means nothing, so that what was read can be put again.
import { type RuleDocument, ruleDocument } from '../../rules/document.ts';
import { emptyLabels } from '../../rules/labels.ts';
import { parseRule } from '../../rules/parse.ts';
import { fileShape } from '../../rules/schema.ts';
import { type Rule, ruleTypes } from '../../rules/types.ts';
import { mergePatch } from './merge-patch.ts';

/** Where in the document, as a dotted path, and what was expected. */
export interface DocumentProblem {
  readonly path: string;
  readonly message: string;
}

/** Bound on a document, and on what patches make of it, in bytes of JSON. */
export const ruleDocumentBytes = 64 * 1024;

/** What answers show of a rule beside its own keys. */
const shownBeside: readonly string[] = [
  'id',
  'version',
  'created_at',
  'created_by',
  'updated_at',
  'updated_by',
  'origin',
  'hash',
  'active',
  'problems',
];

/** Key → another word for it, which says the same. */
const otherWords: Readonly<Record<string, string>> = {
  metric: 'metric_name',
  metric_name: 'metric',
  severity: 'level',
  level: 'severity',
};

/** Words that stand where the name of a rule would in a path. */
const wordsOfPaths: ReadonlySet<string> = new Set([...ruleTypes, 'anomaly', 'pattern', 'test', 'backtest']);
const looksLikeId = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const ownGroup = 'api';

/** The document without what only answers have. */
export function withoutShown(document: RuleDocument): RuleDocument {
  return Object.fromEntries(Object.entries(document).filter(([key]) => !shownBeside.includes(key)));
}

/** Reads a document that `withoutShown` has seen; every problem at once. */
export function readApiRule(
  tenant: string,
  document: RuleDocument,
): { readonly rule: Rule } | { readonly problems: readonly DocumentProblem[] } {
  const { group, ...own } = document;
  const problems: DocumentProblem[] = [];
  const grouped = group === undefined ? null : fileShape.group.safeParse(group);
  for (const { message } of grouped?.error?.issues ?? []) problems.push({ path: 'group', message });
  const { name } = own;
  if (typeof name === 'string' && (wordsOfPaths.has(name) || looksLikeId.test(name))) {
    const message = `a rule cannot be called ${JSON.stringify(name)}: that means something else in a path`;
    problems.push({ path: 'name', message });
  }
  const defaults = { tenant, group: grouped?.data ?? ownGroup, labels: emptyLabels };
  const read = parseRule(own, { kind: 'api' }, defaults);
  if ('problems' in read) {
    problems.push(...read.problems.map(({ path, message }) => ({ path, message: withoutValue(message) })));
    return { problems };
  }
  return problems.length > 0 ? { problems } : read;
}

/** A problem without the value that was sent: it may be a secret in the wrong place, and answers are kept in many logs. */
export function withoutValue(message: string): string {
  return message.replace(/, got .*$/s, '');
}

/** What is shown of a rule: its keys, and its group where that is not the usual one of such rules. */
export function documentOf(rule: Rule, source: RuleDocument | null): RuleDocument {
  const interval = source?.sample_interval;
  return {
    group: rule.group,
    ...ruleDocument(rule),
    // It is no part of a rule, but its window may need it to be read again.
    ...(interval !== undefined && { sample_interval: interval }),
  };
}

/** A JSON merge patch (RFC 7396) of a document. Of two words for a key the one that the patch has stays. */
export function patched(document: RuleDocument, patch: RuleDocument): RuleDocument {
  const result: Record<string, unknown> = { ...document };
  for (const key of Object.keys(patch)) {
    const other = otherWords[key];
    if (other !== undefined && !Object.hasOwn(patch, other)) delete result[other];
  }
  return mergePatch(result, patch);
}
