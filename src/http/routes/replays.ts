// Rules tried before they run: what they would have done (backtest), and what they say now and why (evaluate). Nothing is
// stored and nothing is sent.
import { z } from 'zod';
import { emptyLabels, labelSet } from '../../../rules/labels.ts';
import { parseMatcher } from '../../../rules/matchers.ts';
import { parseRule } from '../../../rules/parse.ts';
import { isSyntaxProblem } from '../../../rules/syntax-problem.ts';
import type { Rule } from '../../../rules/types.ts';
import { withoutValue } from '../../config/api-rule.ts';
import { ApiError } from '../../errors.ts';
import { type GivenSample, replayLimits, type SideOutcome } from '../../replay/questions.ts';
import type { Services } from '../../services.ts';
import { labelsOut, timeIn, timeInQuery, timeOut, timeText, timeTextOrNull } from '../bodies/shapes.ts';
import { answer, route } from '../route.ts';
import { matchers } from './series.ts';

const mostSamples = 20_000;
const dayMs = 86_400_000;

const rulesIn = z
  .array(z.record(z.string(), z.unknown()))
  .min(1)
  .max(replayLimits.rules)
  .meta({ description: 'Rules with the keys of a rule file.' });
const namesIn = z
  .array(z.string().min(1))
  .min(1)
  .max(replayLimits.rules)
  .meta({ description: 'Names of rules that run.' });
const sampleIn = z.strictObject({
  metric: z.string().min(1).max(1_024),
  labels: labelsOut.optional(),
  value: z.number(),
  timestamp: z.number().int().min(0).optional(),
});
const samplesIn = z
  .array(sampleIn)
  .max(mostSamples)
  .optional()
  .meta({ description: 'Instead of the history; in the order in which they came.' });

const evaluateIn = z.strictObject({
  rules: rulesIn.optional(),
  names: namesIn.optional(),
  samples: samplesIn,
  at: timeIn.optional().meta({ description: 'Now, unless given.' }),
});
const backtestIn = z.strictObject({
  rules: rulesIn.optional(),
  names: namesIn.optional(),
  against: z
    .union([z.literal('running'), rulesIn])
    .optional()
    .meta({
      description: 'Another version on the same samples: `running` are the rules of the same names that run.',
    }),
  samples: samplesIn,
  from: timeIn,
  to: timeIn.optional().meta({ description: 'Now, unless given.' }),
});

const expectedQuery = z.strictObject({
  'match[]': matchers,
  from: timeInQuery.optional().meta({ description: 'A day before `to`, unless given.' }),
  to: timeInQuery.optional().meta({ description: 'Now, unless given.' }),
});

const count = z.number().int();
const sideOut = z.object({
  messages: count,
  messages_by_receiver: z.record(z.string(), count),
  messages_by_reason: z.record(z.string(), count),
  rules: z.array(
    z.object({
      rule: z.string(),
      fired: count,
      flaps: count.meta({ description: 'Fired again within ten minutes of its end.' }),
      cleared: count.meta({ description: 'Ended before it fired.' }),
      firing_at_start: count,
      firing_at_end: count,
      firing_ms: z.number(),
      label_sets: count,
      top: z.array(z.object({ labels: labelsOut, fired: count, firing_ms: z.number() })),
      messages: count,
    }),
  ),
});
const backtestOut = z.object({
  from: timeOut,
  to: timeOut,
  samples: count,
  refused_samples: count,
  series: count,
  outcome: sideOut,
  against: sideOut.nullable(),
});
const evaluateOut = z.object({
  at: timeOut,
  more: z.boolean(),
  verdicts: z.array(
    z.object({
      rule: z.string(),
      labels: labelsOut,
      verdict: z.enum(['true', 'false', 'insufficient_data']),
      value: z.number().nullable(),
      why: z.string(),
      state: z.enum(['inactive', 'pending', 'firing']),
      since: timeOut.nullable(),
    }),
  ),
});

function problem(path: string, message: string): ApiError {
  return new ApiError('invalid_body', { details: { problems: [{ path, message }] } });
}

function read(values: readonly unknown[], key: string, tenant: string): Rule[] {
  const rules: Rule[] = [];
  for (const [i, value] of values.entries()) {
    const parsed = parseRule(value, { kind: 'api' }, { tenant, group: 'api', labels: emptyLabels });
    if ('problems' in parsed) {
      const problems = parsed.problems.map(({ path, message }) => ({
        path: [key, i, path].filter((part) => part !== '').join('.'),
        message: withoutValue(message),
      }));
      throw new ApiError('invalid_body', { details: { problems } });
    }
    if (rules.some(({ name }) => name === parsed.rule.name))
      throw problem(`${key}.${i}.name`, 'the name is used already');
    rules.push(parsed.rule);
  }
  return rules;
}

/** Given rules, running ones by name, or all that run. */
function chosen(
  services: Services,
  tenant: string,
  { rules, names }: { readonly rules?: unknown[] | undefined; readonly names?: string[] | undefined },
): readonly Rule[] {
  if (rules !== undefined && names !== undefined) throw problem('names', 'expected rules or names, not both');
  if (rules !== undefined) return read(rules, 'rules', tenant);
  const running = services.rules(tenant);
  if (names !== undefined)
    return names.map((name) => {
      const rule = running.find((one) => one.name === name);
      if (rule === undefined) throw new ApiError('rule_not_found');
      return rule;
    });
  if (running.length > replayLimits.rules)
    throw problem('names', `expected at most ${replayLimits.rules} rules at once, ${running.length} run`);
  return running;
}

function given(samples: z.output<typeof samplesIn>, now: number): readonly GivenSample[] | null {
  if (samples === undefined) return null;
  return samples.map(({ metric, labels, value, timestamp }) => ({
    metric,
    labels: labelSet(labels ?? {}),
    value,
    timestamp: timestamp ?? now,
  }));
}

function sideText(side: SideOutcome): z.output<typeof sideOut> {
  return {
    messages: side.messages,
    messages_by_receiver: { ...side.messagesByReceiver },
    messages_by_reason: { ...side.messagesByReason } as Record<string, number>,
    rules: side.rules.map((one) => ({
      rule: one.rule,
      fired: one.fired,
      flaps: one.flaps,
      cleared: one.cleared,
      firing_at_start: one.firingAtStart,
      firing_at_end: one.firingAtEnd,
      firing_ms: one.firingMs,
      label_sets: one.labelSets,
      top: one.top.map(({ labels, fired, firingMs }) => ({
        labels: { ...labels },
        fired,
        firing_ms: firingMs,
      })),
      messages: one.messages,
    })),
  };
}

const expectedOut = z.object({
  from: timeOut,
  to: timeOut,
  more: z.boolean().meta({ description: 'There are more series or samples than are shown.' }),
  series: z.array(
    z.object({
      metric: z.string(),
      labels: labelsOut,
      timestamps: z.array(z.number()).meta({ description: 'Epoch milliseconds.' }),
      values: z.array(z.number().nullable()),
      low: z.array(z.number().nullable()),
      mid: z.array(z.number().nullable()),
      high: z.array(z.number().nullable()),
      score: z.array(z.number()),
      one_in: z.array(z.number()),
      verdicts: z.array(z.enum(['true', 'false', 'insufficient_data'])),
    }),
  ),
});

const failures = [
  'invalid_body',
  'rule_not_found',
  'query_timeout',
  'query_too_large',
  'overloaded',
] as const;

export const replaysRoutes = [
  route({
    method: 'post',
    path: '/api/v1/alerts/backtest',
    requires: 'read',
    tag: 'rules',
    summary:
      'What rules would have done on the history or on given samples, with the messages that would have gone out.',
    body: backtestIn,
    answers: { 200: { description: 'The figures', schema: backtestOut } },
    errors: failures,
    async handler({ c, deps, tenant, body }) {
      const { services } = deps;
      const now = services.now();
      const { from } = body;
      const to = body.to ?? now;
      if (from >= to) throw problem('from', 'expected a time before `to`');
      const rules = chosen(services, tenant, body);
      const against =
        body.against === undefined
          ? null
          : body.against === 'running'
            ? services.rules(tenant).filter(({ name }) => rules.some((rule) => rule.name === name))
            : read(body.against, 'against', tenant);
      const question = { rules, against, samples: given(body.samples, now), from, to };
      const got = await services.replays.backtest(tenant, question, c.req.raw.signal);
      return answer(c, 200, {
        from: timeText(got.from),
        to: timeText(got.to),
        samples: got.samples,
        refused_samples: got.refused,
        series: got.series,
        outcome: sideText(got.outcome),
        against: got.against === null ? null : sideText(got.against),
      });
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/alerts/evaluate',
    requires: 'read',
    tag: 'rules',
    summary: 'What rules say at one time of each series or group, and why, in figures.',
    body: evaluateIn,
    bodyOptional: true,
    answers: { 200: { description: 'The verdicts', schema: evaluateOut } },
    errors: failures,
    async handler({ c, deps, tenant, body }) {
      const { services } = deps;
      const at = body.at ?? services.now();
      const question = { rules: chosen(services, tenant, body), samples: given(body.samples, at), at };
      const got = await services.replays.evaluate(tenant, question, c.req.raw.signal);
      const verdicts = got.verdicts.map((one) => ({
        ...one,
        labels: { ...one.labels },
        since: timeTextOrNull(one.since),
      }));
      return answer(c, 200, { at: timeText(got.at), verdicts, more: got.more });
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/alerts/rules/{id}/expected',
    requires: 'read',
    tag: 'rules',
    summary:
      'What a rule of type anomaly expected of its series over a span, and how strange it found each sample.',
    query: expectedQuery,
    answers: { 200: { description: 'Columns for a plot', schema: expectedOut } },
    errors: failures,
    async handler({ c, deps, tenant, param, query }) {
      const { services } = deps;
      const id = param('id');
      const rule = services
        .ruleEntries(tenant)
        .find((one) => one.row?.id === id || one.rule?.name === id)?.rule;
      if (rule == null) throw new ApiError('rule_not_found');
      const to = query.to ?? services.now();
      const from = query.from ?? to - dayMs;
      if (from >= to) throw problem('from', 'expected a time before `to`');
      // Rules of other types expect nothing.
      if (rule.type !== 'anomaly')
        return answer(c, 200, { from: timeText(from), to: timeText(to), more: false, series: [] });
      const match = query['match[]'].flatMap((text) => {
        const one = parseMatcher(text);
        return isSyntaxProblem(one) ? [] : [one];
      });
      const got = await services.replays.expected(tenant, { rule, match, from, to }, c.req.raw.signal);
      return answer(c, 200, {
        from: timeText(got.from),
        to: timeText(got.to),
        more: got.more,
        series: got.series.map(({ oneIn, labels, ...one }) => ({
          metric: one.metric,
          labels: { ...labels },
          timestamps: [...one.timestamps],
          values: [...one.values],
          low: [...one.low],
          mid: [...one.mid],
          high: [...one.high],
          score: [...one.score],
          verdicts: [...one.verdicts],
          one_in: oneIn,
        })),
      });
    },
  }),
];
