// How rules do: their figures over a span, what could be changed of them, and the change itself.
import { z } from 'zod';
import { type RankedRule, ruleStandings } from '../../../analysis/effectiveness/index.ts';
import { askedRule, suggestQuestion } from '../../effectiveness/asked.ts';
import type { SuggestAnswer, SuggestQuestion } from '../../effectiveness/questions.ts';
import { tagOf } from '../../engine/object-change.ts';
import type { RuleEntry } from '../../engine/rule-book.ts';
import { ApiError } from '../../errors.ts';
import {
  effectivenessBody,
  suggestionsBody,
  toEffectivenessBody,
  toSuggestionsBody,
} from '../bodies/effectiveness-body.ts';
import { ruleBody } from '../bodies/rule-body.ts';
import { pageQuery, timeInQuery, timeOut, timeText, wordsIn } from '../bodies/shapes.ts';
import { spanOf } from '../bodies/span-query.ts';
import { seenIn } from '../if-match.ts';
import { tagged } from '../object-change.ts';
import { answer, type Call, route } from '../route.ts';

const dayMs = 86_400_000;
const listedMs = 14 * dayMs;
/** Samples are kept for a week unless told otherwise. */
const suggestedMs = 7 * dayMs;

/** What a list may be sorted by: the figure, and whether the most or the least comes first. */
const sorts = {
  worst: ({ worth }: RankedRule) => worth,
  best: ({ worth }: RankedRule) => -worth,
  noise: ({ noise }: RankedRule) => -noise.score,
  fired: ({ fired }: RankedRule) => -fired,
  messages: ({ messages }: RankedRule) => -messages,
  flaps: ({ flaps }: RankedRule) => -flaps,
  late: ({ late }: RankedRule) => -late.count,
  name: () => 0,
} as const;
type Sort = keyof typeof sorts;
const sortWords = Object.keys(sorts) as [Sort, ...Sort[]];

const spanQuery = (days: number) => ({
  from: timeInQuery.optional().meta({ description: `${days} days before \`to\`, unless given.` }),
  to: timeInQuery.optional().meta({ description: 'Not in the span itself. Now, unless given.' }),
});

const listQuery = z.strictObject({
  ...spanQuery(14),
  sort: z.enum(sortWords).default('worst'),
  standing: wordsIn(ruleStandings).optional(),
  ...pageQuery,
});
const oneQuery = z.strictObject({
  ...spanQuery(14),
  suggest: z
    .enum(['true', 'false'], 'expected true or false')
    .transform((text) => text === 'true')
    .default(false)
    .meta({ description: 'Also what could be changed: up to a minute of replays on the stored samples.' }),
});

/** Where a page ended. The pages of a list are of one span, and so of one order. */
const place = z.tuple([z.enum(sortWords), z.number(), z.number(), z.number(), z.string()]);

function readCursor(cursor: string): z.output<typeof place> {
  try {
    const read = place.safeParse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    if (read.success) return read.data;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new ApiError('invalid_cursor');
}

/** By code units, so that every machine sorts alike. */
const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function ruleList({ deps, tenant }: Pick<Call<unknown, unknown>, 'deps' | 'tenant'>) {
  return deps.services
    .ruleEntries(tenant)
    .flatMap(({ rule, active }) => (rule !== null && active ? [rule] : []));
}

async function figuresFor(
  call: Pick<Call<unknown, unknown>, 'c' | 'deps' | 'tenant'>,
  span: { readonly from: number; readonly to: number },
): Promise<readonly RankedRule[]> {
  const { services } = call.deps;
  const rules = ruleList(call).map(askedRule);
  const query = { ask: 'effectiveness' as const, tenant: call.tenant, rules, ...span, now: services.now() };
  return (await services.statistics.effectiveness(query, call.c.req.raw.signal)).rules;
}

/** By its name, or the id of one of the API. */
function existing({ deps, tenant, param }: Pick<Call<unknown, unknown>, 'deps' | 'tenant' | 'param'>) {
  const entry = deps.services.ruleEntry(tenant, param('rule'));
  if (entry === null || entry.rule === null) throw new ApiError('rule_not_found');
  return { entry, rule: entry.rule };
}

const tagFor = ({ row, rule }: RuleEntry) => (row === null ? `"${rule?.hash}"` : tagOf(row));

function ask(
  call: Pick<Call<unknown, unknown>, 'c' | 'deps' | 'tenant'>,
  question: SuggestQuestion,
): Promise<SuggestAnswer> {
  return call.deps.services.replays.suggest(call.tenant, question, call.c.req.raw.signal);
}

const failures = ['query_timeout', 'query_too_large', 'overloaded', 'unavailable'] as const;
const spanOut = { from: timeOut, to: timeOut };

export const effectivenessRoutes = [
  route({
    method: 'get',
    path: '/api/v1/alerts/effectiveness',
    requires: 'read',
    tag: 'effectiveness',
    summary: 'How each rule did in a span: what it told, what people made of it, noise, lateness and a rank.',
    query: listQuery,
    answers: {
      200: {
        description: 'A page',
        schema: z.object({ ...spanOut, items: z.array(effectivenessBody), next: z.string().nullable() }),
      },
    },
    errors: ['invalid_cursor', ...failures],
    async handler(call) {
      const { query } = call;
      const after = query.cursor === undefined ? null : readCursor(query.cursor);
      const sort = after?.[0] ?? query.sort;
      const span = after
        ? { from: after[1], to: after[2] }
        : spanOf(query, call.deps.services.now(), listedMs);
      const figureOf = sorts[sort];
      const all = (await figuresFor(call, span))
        .filter(({ standing }) => query.standing?.includes(standing) ?? true)
        .map((rule) => ({ rule, figure: figureOf(rule) }))
        .sort((a, b) => a.figure - b.figure || byText(a.rule.rule, b.rule.rule));
      const rest = after
        ? all.filter(
            ({ figure, rule }) =>
              figure > after[3] || (figure === after[3] && byText(rule.rule, after[4]) > 0),
          )
        : all;
      const items = rest.slice(0, query.limit);
      const last = items.at(-1);
      const next =
        last === undefined || rest.length <= query.limit
          ? null
          : Buffer.from(JSON.stringify([sort, span.from, span.to, last.figure, last.rule.rule])).toString(
              'base64url',
            );
      return answer(call.c, 200, {
        from: timeText(span.from),
        to: timeText(span.to),
        items: items.map(({ rule }) => toEffectivenessBody(rule)),
        next,
      });
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/alerts/effectiveness/{rule}',
    requires: 'read',
    tag: 'effectiveness',
    summary:
      'How one rule did, and with `suggest` what could be changed: each suggestion is proven on the stored samples.',
    query: oneQuery,
    answers: {
      200: {
        description: 'The figures; `suggestions` where they were asked for',
        schema: z.object({ ...spanOut, figures: effectivenessBody, suggestions: suggestionsBody.nullable() }),
      },
    },
    errors: ['rule_not_found', ...failures],
    async handler(call) {
      const { c, deps, tenant, query } = call;
      const { entry, rule } = existing(call);
      const now = deps.services.now();
      const span = spanOf(query, now, query.suggest ? suggestedMs : listedMs);
      const figures = (await figuresFor(call, span)).find((one) => one.rule === rule.name);
      if (figures === undefined) throw new ApiError('rule_not_found');
      let suggested: SuggestAnswer | null = null;
      if (query.suggest) {
        suggested = await ask(call, suggestQuestion(rule, ruleList(call), span.from, span.to));
        const { suggestions } = suggested;
        deps.offers.put(tenant, rule.name, { hash: rule.hash, from: span.from, suggestions });
      }
      c.header('etag', tagFor(entry));
      return answer(c, 200, {
        from: timeText(span.from),
        to: timeText(span.to),
        figures: toEffectivenessBody(figures),
        suggestions: suggested === null ? null : toSuggestionsBody(suggested),
      });
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/alerts/effectiveness/{rule}/suggestions/{n}/apply',
    requires: 'edit',
    tag: 'effectiveness',
    summary:
      'Change a rule of the API as was suggested last. What people did since counts: a change that would lose any of it is refused.',
    body: z.strictObject({}),
    bodyOptional: true,
    conditional: true,
    answers: { 200: { description: 'The rule as it is now', schema: ruleBody } },
    errors: [
      'rule_not_found',
      'owned_by_file',
      'precondition_failed',
      'no_such_suggestion',
      'suggestion_overtaken',
      ...failures,
    ],
    async handler(call) {
      const { c, deps, tenant, actor, param } = call;
      const { entry, rule } = existing(call);
      const offer = deps.offers.get(tenant, rule.name);
      const chosen = /^[1-9]\d?$/.test(param('n')) ? offer?.suggestions[Number(param('n')) - 1] : undefined;
      const patch = chosen?.patch ?? {};
      const seen = seenIn(c) ?? [tagFor(entry)];
      const order = { do: 'patch', id: entry.row?.id ?? rule.name, patch, seen } as const;
      // Who may not change it at all is told that first.
      const { answer: would } = deps.services.tryRule(tenant, order, actor);
      if (would.status >= 300) return tagged(c, would);
      if (offer === null || chosen === undefined) throw new ApiError('no_such_suggestion');
      const { hash } = would.body as { readonly hash: string };
      if (offer.hash !== rule.hash || hash !== chosen.hash) throw new ApiError('suggestion_overtaken');
      const { goal, change } = chosen;
      const question = suggestQuestion(rule, ruleList(call), offer.from, deps.services.now(), {
        goal,
        change,
      });
      if ((await ask(call, question)).suggestions.length === 0) throw new ApiError('suggestion_overtaken');
      return tagged(c, await deps.services.changeRule(tenant, order, actor, null));
    },
  }),
];
