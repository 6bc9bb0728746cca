// What people do with rules through the API, in its turn: decided between two commits on the rules as they are then, so
// that of two changes made on the same version the second is refused.
import type { RuleDocument } from '../../rules/document.ts';
import { ruleReferences } from '../../rules/readings.ts';
import { ruleLimits } from '../../rules/schema-fields.ts';
import type { Rule } from '../../rules/types.ts';
import { utf8Length } from '../../rules/utf8.ts';
import {
  type DocumentProblem,
  documentOf,
  patched,
  readApiRule,
  ruleDocumentBytes,
  withoutShown,
} from '../config/api-rule.ts';
import { toRuleBody } from '../http/bodies/rule-body.ts';
import type { ConfigAction, Effect } from '../pipeline/effect.ts';
import type { Answer } from '../services.ts';
import {
  type Change,
  deletedVersion,
  effectsOfChange,
  type Hand,
  hasSeen,
  nextVersion,
} from './object-change.ts';
import type { ObjectOrder } from './object-order.ts';
import { refusal } from './refusal.ts';
import { type ApiRule, placeOf, type RuleBook } from './rule-book.ts';
import { pathOfReference } from './rule-references.ts';
import { ruleVersion } from './rule-versions.ts';
import type { Tenant } from './tenant.ts';
import type { Turn } from './turn.ts';

interface Decision {
  readonly answer: Answer;
  /** Null when nothing changes. */
  readonly change: Change<ApiRule> | null;
  /** What it would be then. */
  readonly rule: Rule | null;
}

const refuse = (...given: Parameters<typeof refusal>): Decision => ({
  answer: refusal(...given),
  change: null,
  rule: null,
});

/** Carries the order out; its effects are the turn's, and the rules are applied once that is committed. */
export function carryOutRule(
  order: ObjectOrder,
  actor: string,
  tenant: Tenant,
  now: number,
  turn: Turn,
): Answer {
  const hand = { actor, newId: tenant.pipeline.newId };
  const { answer, change } = decideRule(order, tenant.book, hand, tenant.name, now);
  if (change !== null) {
    tenant.book.put(change.after);
    turn.ruled.add(tenant);
    turn.add(tenant.shard, effectsOf(change, hand, now));
  }
  return answer;
}

/** What the order comes to; nothing is changed. */
export function decideRule(
  order: ObjectOrder,
  book: RuleBook,
  hand: Hand,
  tenant: string,
  now: number,
): Decision {
  if (order.do === 'create') {
    const document = withoutShown(order.document);
    if (book.made >= ruleLimits.rules)
      return refuse('too_many_rules', { details: { max: ruleLimits.rules } });
    return settle(null, document, 'created', book, hand, tenant, now);
  }
  const found = book.byId(order.id) ?? book.byName(order.id);
  const file = book.ofFile(order.id);
  if (file?.origin.kind === 'file' && book.byId(order.id) === undefined) {
    const { file: path, line } = file.origin;
    const message = `${path}, line ${line}, owns this rule; change it there.`;
    return refuse('owned_by_file', { message, details: { file: path, line } });
  }
  if (found === undefined) return refuse('rule_not_found');
  if (!hasSeen(order.seen, found.row)) {
    return refuse('precondition_failed', { details: { version: found.row.version } });
  }
  if (order.do === 'delete') return remove(found, book, hand, now);
  const document =
    order.do === 'replace'
      ? withoutShown(order.document)
      : patched(found.document, withoutShown(order.patch));
  return settle(found, document, order.do === 'replace' ? 'replaced' : 'patched', book, hand, tenant, now);
}

/** A rule is to be what the document says. */
function settle(
  before: ApiRule | null,
  document: RuleDocument,
  action: ConfigAction,
  book: RuleBook,
  hand: Hand,
  tenant: string,
  now: number,
): Decision {
  const body = JSON.stringify(document);
  if (utf8Length(body) > ruleDocumentBytes)
    return refuse('payload_too_large', { details: { max_bytes: ruleDocumentBytes } });
  const read = readApiRule(tenant, document);
  if ('problems' in read) return invalid(read.problems);
  const { rule } = read;
  const holder = nameHolder(rule.name, before, book);
  if (holder !== null) {
    const message = `The name ${JSON.stringify(rule.name)} is used already by ${holder}.`;
    return refuse('rule_name_taken', { message });
  }
  const dangling = danglingReferences(rule, document, before, book);
  if (dangling.length > 0) return invalid(dangling);
  if (before !== null && before.row.name !== rule.name) {
    const users = usersOf(before.row.name, book);
    if (users.length > 0) return refuse('rule_in_use', { details: { used_by: users } });
  }
  const next = { tenant, kind: 'rule' as const, name: rule.name, body };
  const row = nextVersion(before?.row ?? null, next, hand, now);
  const same = before !== null && before.row.body === body;
  const after: ApiRule = same ? before : { row, document, rule, problems: [] };
  const shown = { ...after, active: true, document: documentOf(rule, document) };
  const answer = { status: before === null ? 201 : 200, body: toRuleBody(shown) };
  return { answer, change: same ? null : { action, before, after }, rule };
}

function remove(found: ApiRule, book: RuleBook, { actor }: Hand, now: number): Decision {
  const users = book.ofFile(found.row.name) === undefined ? usersOf(found.row.name, book) : [];
  if (users.length > 0) return refuse('rule_in_use', { details: { used_by: users } });
  const row = deletedVersion(found.row, actor, now);
  return {
    answer: { status: 204, body: null },
    change: { action: 'deleted', before: found, after: { ...found, row } },
    rule: null,
  };
}

const mostShown = 50;

function invalid(problems: readonly DocumentProblem[]): Decision {
  return refuse('invalid_body', { details: { problems: problems.slice(0, mostShown) } });
}

/** What has the name already; null when it is free. */
function nameHolder(name: string, own: ApiRule | null, book: RuleBook): string | null {
  const file = book.ofFile(name);
  if (file !== undefined) return `the rule of ${placeOf(file)}`;
  const other = book.byName(name);
  return other === undefined || other.row.id === own?.row.id ? null : `the rule ${other.row.id}`;
}

/** Names of the rules that name this one. */
function usersOf(name: string, book: RuleBook): string[] {
  return book.rules
    .filter((rule) => rule.name !== name && ruleReferences(rule).includes(name))
    .map((rule) => rule.name);
}

function danglingReferences(
  rule: Rule,
  document: RuleDocument,
  before: ApiRule | null,
  book: RuleBook,
): DocumentProblem[] {
  const names = ruleReferences(rule);
  if (names.length === 0) return [];
  const others = new Map(book.rules.map((other) => [other.name, other]));
  if (before !== null) others.delete(before.row.name);
  return names.flatMap((name): DocumentProblem[] => {
    const path = pathOfReference(document, name);
    if (name === rule.name || leadsTo(name, rule.name, others, new Set()))
      return [
        { path, message: `the rule ${JSON.stringify(name)} names this one, or would: that has no answer` },
      ];
    return others.has(name) ? [] : [{ path, message: `there is no rule ${JSON.stringify(name)}` }];
  });
}

/** Whether a rule names another, itself or by way of those that it names. */
function leadsTo(from: string, to: string, rules: ReadonlyMap<string, Rule>, seen: Set<string>): boolean {
  if (seen.has(from)) return false;
  seen.add(from);
  const rule = rules.get(from);
  if (rule === undefined) return false;
  return ruleReferences(rule).some((name) => name === to || leadsTo(name, to, rules, seen));
}

/** The object, what the audit says of it, and the version that alerts will refer to. */
function effectsOf(change: Change<ApiRule>, hand: Hand, now: number): Effect[] {
  const { row, rule } = change.after;
  const effects = effectsOfChange(change, hand, now);
  if (row.deletedAt === null && rule !== null)
    effects.push({ put: 'config_version', row: ruleVersion(row.tenant, rule, now) });
  return effects;
}
