// Rules: all are read here; those that were made here are changed here, those of files in their files.
import { z } from 'zod';
import { matchesAll } from '../../../rules/matchers.ts';
import { readingsOf } from '../../../rules/readings.ts';
import { ruleSchema } from '../../../rules/schema.ts';
import { categories, ruleTypes, severities } from '../../../rules/types.ts';
import { ruleDocumentBytes } from '../../config/api-rule.ts';
import { tagOf } from '../../engine/object-change.ts';
import type { ObjectOrder } from '../../engine/object-order.ts';
import type { RuleEntry } from '../../engine/rule-book.ts';
import { ApiError } from '../../errors.ts';
import { ruleBody, ruleTrialBody, toRuleBody } from '../bodies/rule-body.ts';
import { matcherIn, pageOut, pageQuery } from '../bodies/shapes.ts';
import { toVersionBody, versionBody } from '../bodies/version-body.ts';
import { seenIn } from '../if-match.ts';
import { type ChangeQuery, changeQuery, tagged } from '../object-change.ts';
import { answer, type Call, passOn, route } from '../route.ts';

const flag = z.enum(['true', 'false'], 'expected true or false').transform((text) => text === 'true');
const text = z.string().min(1).max(256);

const listQuery = z.strictObject({
  type: z.enum(ruleTypes).optional(),
  severity: z.enum(severities).optional(),
  category: z.enum(categories).optional(),
  enabled: flag.optional(),
  origin: z.enum(['file', 'api']).optional(),
  group: text.optional(),
  metric: text.optional().meta({ description: 'Rules that read this metric.' }),
  name: text.optional().meta({ description: 'A part of the name, in any case.' }),
  'match[]': z.array(matcherIn).max(32).optional().meta({
    description: 'Matchers on the labels that the rule puts on its alerts, e.g. `team="infra"`.',
  }),
  ...pageQuery,
});

const document = z.record(z.string(), z.unknown(), 'expected a rule (an object)');
const someKeys = z.looseObject({}).meta({ description: 'Keys of a rule; null takes one away.' });

function wanted(query: z.output<typeof listQuery>): (entry: RuleEntry) => boolean {
  const part = query.name?.toLowerCase();
  const matchers = query['match[]'] ?? [];
  return ({ row, rule }) => {
    const name = row?.name ?? rule?.name ?? '';
    if (part !== undefined && !name.toLowerCase().includes(part)) return false;
    if (query.origin !== undefined && (row === null ? 'file' : 'api') !== query.origin) return false;
    if (rule === null) return keysOfRules.every((key) => query[key] === undefined) && matchers.length === 0;
    return (
      (query.type === undefined || rule.type === query.type) &&
      (query.severity === undefined || rule.severity === query.severity) &&
      (query.category === undefined || rule.category === query.category) &&
      (query.enabled === undefined || rule.enabled === query.enabled) &&
      (query.group === undefined || rule.group === query.group) &&
      (query.metric === undefined || readingsOf(rule).some(({ metric }) => metric === query.metric)) &&
      matchesAll(matchers, rule.labels)
    );
  };
}
const keysOfRules = ['type', 'severity', 'category', 'enabled', 'group', 'metric'] as const;

/** By name; of two with one name (see `active`) that of the file first. */
function sortKey({ row, rule }: RuleEntry): string {
  return JSON.stringify([row?.name ?? rule?.name ?? '', row?.id ?? '']);
}

function keyOfCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!key.startsWith('["') || cursorOf(key) !== cursor) throw new ApiError('invalid_cursor');
  return key;
}
const cursorOf = (key: string): string => Buffer.from(key, 'utf8').toString('base64url');

function page(entries: readonly RuleEntry[], limit: number, cursor: string | undefined) {
  const after = cursor === undefined ? '' : keyOfCursor(cursor);
  const rest = entries
    .map((entry) => ({ key: sortKey(entry), entry }))
    .filter(({ key }) => key > after)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const items = rest.slice(0, limit);
  return {
    items: items.map(({ entry }) => toRuleBody(entry)),
    next: rest.length > limit ? cursorOf(items.at(-1)!.key) : null,
  };
}

/** Makes the change, or only tries it. */
async function change(call: Call<unknown, ChangeQuery>, order: ObjectOrder): Promise<Response> {
  const { c, deps, tenant, actor, idempotency, query } = call;
  if (query.dry_run) {
    const { answer: would, series } = deps.services.tryRule(tenant, order, actor);
    if (would.status >= 300) return passOn(c, would);
    const problems =
      series > 0 || (would.body as { type?: unknown }).type === 'frequency'
        ? []
        : [{ path: '', message: 'no series that is known now is read by this rule' }];
    return answer(c, 200, { dry_run: true, rule: would.body, series, problems });
  }
  const result = await deps.services.changeRule(tenant, order, actor, idempotency);
  if (result.status === 201) {
    c.header('location', `/api/v1/alerts/rules/${(result.body as { id: string }).id}`);
  }
  return tagged(c, result);
}

const errorsOfDocument = ['rule_name_taken', 'too_many_rules'] as const;
const stored = { description: 'Stored, and applied', schema: ruleBody };
const trial = { description: 'With `dry_run`: what would be stored', schema: ruleTrialBody };
const changed = {
  description: 'As it is now; with `dry_run` as it would be',
  schema: z.union([ruleTrialBody, ruleBody]),
};

/** One rule, by its id or its name. */
function existing({ deps, tenant, param }: Call<unknown, unknown>): RuleEntry {
  const entry = deps.services.ruleEntry(tenant, param('id'));
  if (entry === null) throw new ApiError('rule_not_found');
  return entry;
}

function switching(word: 'enable' | 'disable') {
  return route({
    method: 'post',
    path: `/api/v1/alerts/rules/{id}/${word}`,
    requires: 'edit',
    tag: 'rules',
    summary: word === 'enable' ? 'Let the rule run.' : 'Stop the rule; its alerts resolve.',
    body: z.strictObject({}),
    bodyOptional: true,
    idempotent: true,
    conditional: true,
    answers: { 200: stored },
    errors: ['rule_not_found', 'owned_by_file', 'precondition_failed', 'rule_name_taken'],
    handler(call) {
      const patch = { enabled: word === 'enable' };
      const order: ObjectOrder = { do: 'patch', id: call.param('id'), patch, seen: seenIn(call.c) };
      return change({ ...call, query: {} }, order);
    },
  });
}

export const rulesRoutes = [
  route({
    method: 'get',
    path: '/api/v1/alerts/rules',
    requires: 'read',
    tag: 'rules',
    summary: 'The rules of the tenant by name, those of files and those of the API.',
    query: listQuery,
    answers: { 200: { description: 'A page', schema: pageOut(ruleBody) } },
    errors: ['invalid_cursor'],
    handler({ c, deps, tenant, query }) {
      const entries = deps.services.ruleEntries(tenant).filter(wanted(query));
      return answer(c, 200, page(entries, query.limit, query.cursor));
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/alerts/rules',
    requires: 'edit',
    tag: 'rules',
    summary: 'Make a rule. Answered once it is durable and applied.',
    query: changeQuery,
    body: document,
    describedBody: ruleSchema,
    bodyBytes: ruleDocumentBytes,
    idempotent: true,
    answers: { 201: stored, 200: trial },
    errors: [...errorsOfDocument, 'idempotency_conflict'],
    handler: (call) => change(call, { do: 'create', document: call.body }),
  }),
  ...ruleTypes.map((type) =>
    route({
      method: 'post',
      path: `/api/v1/alerts/rules/${type}`,
      requires: 'edit',
      tag: 'rules',
      summary: `Make a ${type} rule.`,
      query: changeQuery,
      body: document,
      describedBody: ruleSchema,
      bodyBytes: ruleDocumentBytes,
      idempotent: true,
      answers: { 201: stored, 200: trial },
      errors: [...errorsOfDocument, 'idempotency_conflict'],
      handler(call) {
        const said = call.body.type;
        if (typeof said === 'string' && said.trim().toLowerCase() !== type) {
          const problem = { path: 'type', message: `expected ${type}, as the path says, or no type` };
          throw new ApiError('invalid_body', { details: { problems: [problem] } });
        }
        return change(call, { do: 'create', document: { type, ...call.body } });
      },
    }),
  ),
  route({
    method: 'get',
    path: '/api/v1/alerts/rules/{id}',
    requires: 'read',
    tag: 'rules',
    summary: 'One rule, by its id or its name.',
    answers: { 200: { description: 'The rule', schema: ruleBody } },
    errors: ['rule_not_found'],
    handler(call) {
      const entry = existing(call);
      call.c.header('etag', entry.row === null ? `"${entry.rule?.hash}"` : tagOf(entry.row));
      return answer(call.c, 200, toRuleBody(entry));
    },
  }),
  route({
    method: 'put',
    path: '/api/v1/alerts/rules/{id}',
    requires: 'edit',
    tag: 'rules',
    summary: 'Replace a rule of the API. Another name renames it; its alerts resolve then.',
    query: changeQuery,
    body: document,
    describedBody: ruleSchema,
    bodyBytes: ruleDocumentBytes,
    conditional: true,
    answers: { 200: changed },
    errors: ['rule_not_found', 'owned_by_file', 'rule_name_taken', 'rule_in_use', 'precondition_failed'],
    handler: (call) =>
      change(call, { do: 'replace', id: call.param('id'), document: call.body, seen: seenIn(call.c) }),
  }),
  route({
    method: 'patch',
    path: '/api/v1/alerts/rules/{id}',
    requires: 'edit',
    tag: 'rules',
    summary: 'Change some keys of a rule of the API (JSON merge patch: null takes a key away).',
    query: changeQuery,
    body: document,
    describedBody: someKeys,
    bodyBytes: ruleDocumentBytes,
    conditional: true,
    answers: { 200: changed },
    errors: ['rule_not_found', 'owned_by_file', 'rule_name_taken', 'rule_in_use', 'precondition_failed'],
    handler: (call) =>
      change(call, { do: 'patch', id: call.param('id'), patch: call.body, seen: seenIn(call.c) }),
  }),
  route({
    method: 'delete',
    path: '/api/v1/alerts/rules/{id}',
    requires: 'edit',
    tag: 'rules',
    summary: 'Delete a rule of the API; its alerts resolve.',
    conditional: true,
    answers: { 204: { description: 'Deleted' } },
    errors: ['rule_not_found', 'owned_by_file', 'rule_in_use', 'precondition_failed'],
    async handler({ c, deps, tenant, actor, param }) {
      const order: ObjectOrder = { do: 'delete', id: param('id'), seen: seenIn(c) };
      const result = await deps.services.changeRule(tenant, order, actor, null);
      return result.status === 204 ? c.body(null, 204) : passOn(c, result);
    },
  }),
  switching('enable'),
  switching('disable'),
  route({
    method: 'get',
    path: '/api/v1/alerts/rules/{id}/versions',
    requires: 'read',
    tag: 'rules',
    summary: 'What a rule of the API was after each change, newest first; by its id also once it is deleted.',
    query: z.strictObject(pageQuery),
    answers: { 200: { description: 'A page', schema: pageOut(versionBody) } },
    errors: ['rule_not_found', 'invalid_cursor'],
    handler({ c, deps, tenant, query, param }) {
      const { store } = deps.services;
      const entry = deps.services.ruleEntry(tenant, param('id'));
      const id = entry === null ? param('id') : (entry.row?.id ?? null);
      // A rule of a file has its versions where the file has them.
      if (id === null) return answer(c, 200, { items: [], next: null });
      if (store.configObject(tenant, 'rule', id) === null) throw new ApiError('rule_not_found');
      const found = store.configObjectVersions(tenant, 'rule', id, query.limit, query.cursor ?? null);
      return answer(c, 200, { items: found.items.map(toVersionBody), next: found.next });
    },
  }),
];
