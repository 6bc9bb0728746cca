// How rules do, and what is suggested, as the API shows it.
import { z } from 'zod';
import {
  goals,
  lateReasons,
  type RankedRule,
  ruleStandings,
  type Times,
} from '../../../analysis/effectiveness/index.ts';
import { formatDuration } from '../../../rules/duration.ts';
import { type ProvenSuggestion, type SuggestAnswer, silences } from '../../effectiveness/questions.ts';
import { timeOut, timeText } from './shapes.ts';

const count = z.number().int();
const timesBody = z
  .object({ count, median_ms: z.number(), p90_ms: z.number(), median: z.string() })
  .nullable();

export const effectivenessBody = z
  .object({
    rule: z.string(),
    rank: count.meta({ description: '1 is worth the most.' }),
    standing: z.enum(ruleStandings),
    worth: z.number().meta({ description: '−1 … 1: (acted_on − 0.6 late) / (fired + 2) − noise.score.' }),
    fired: count,
    open: count,
    acknowledged: count,
    acted_on: count.meta({
      description: 'Acknowledged, assigned, commented, snoozed, confirmed, or ended by a person.',
    }),
    auto_resolved: count.meta({ description: 'Ended, and no person ended it.' }),
    auto_resolved_soon: count.meta({ description: 'Of these: within five minutes.' }),
    flaps: count.meta({ description: 'Fired again within ten minutes of an end.' }),
    messages: count,
    time_to_acknowledge: timesBody,
    time_to_resolve: timesBody,
    noise: z
      .object({ score: z.number(), ignored: count, brief: count, flapping: count })
      .meta({ description: 'score = (0.5 ignored + 0.25 brief + 0.25 flapping) / (fired + 2).' }),
    late: z.object({
      count,
      reasons: z.object(Object.fromEntries(lateReasons.map((reason) => [reason, count]))),
      median_ms: z.number().nullable(),
    }),
  })
  .meta({ id: 'RuleEffectiveness' });

/** To four digits: figures that a person compares with a sum of their own. */
const short = (value: number) => Number(value.toFixed(4));

function toTimesBody(times: Times | null): z.output<typeof timesBody> {
  if (times === null) return null;
  const { count, medianMs, p90Ms } = times;
  const median = formatDuration(Math.round(medianMs / 1_000) * 1_000);
  return { count, median_ms: medianMs, p90_ms: p90Ms, median };
}

export function toEffectivenessBody(rule: RankedRule): z.output<typeof effectivenessBody> {
  const { noise, late } = rule;
  return {
    rule: rule.rule,
    rank: rule.rank,
    standing: rule.standing,
    worth: short(rule.worth),
    fired: rule.fired,
    open: rule.open,
    acknowledged: rule.acknowledged,
    acted_on: rule.actedOn,
    auto_resolved: rule.autoResolved,
    auto_resolved_soon: rule.autoResolvedSoon,
    flaps: rule.flaps,
    messages: rule.messages,
    time_to_acknowledge: toTimesBody(rule.timeToAcknowledge),
    time_to_resolve: toTimesBody(rule.timeToResolve),
    noise: { ...noise, score: short(noise.score) },
    late: { count: late.count, reasons: { ...late.reasons }, median_ms: late.medianMs },
  };
}

const beforeAfter = z.object({ before: count, after: count });
export const suggestionsBody = z.object({
  from: timeOut,
  to: timeOut,
  fired: count,
  acted_on: count,
  tried: count.meta({ description: 'Versions of the rule that were replayed.' }),
  items: z.array(
    z.object({
      n: count.meta({ description: 'From 1; names it when it is applied.' }),
      goal: z.enum(goals),
      patch: z.record(z.string(), z.union([z.string(), z.number()])),
      alerts: beforeAfter,
      messages: beforeAfter,
      latest_ms: z.number().meta({
        description: 'So much later an alert that people acted on would come at most; negative: earlier.',
      }),
      median_ms: z.number(),
      text: z.string(),
    }),
  ),
  none: z
    .enum(Object.keys(silences) as (keyof typeof silences)[])
    .nullable()
    .meta({ description: 'Why there is none.' }),
  why: z.string().nullable(),
});

export function toSuggestionsBody(answer: SuggestAnswer): z.output<typeof suggestionsBody> {
  const { from, to, fired, actedOn, tried, suggestions, none } = answer;
  return {
    from: timeText(from),
    to: timeText(to),
    fired,
    acted_on: actedOn,
    tried,
    items: suggestions.map((one: ProvenSuggestion, i) => ({
      n: i + 1,
      goal: one.goal,
      patch: { ...one.patch },
      alerts: one.alerts,
      messages: one.messages,
      latest_ms: one.latestMs,
      median_ms: one.medianMs,
      text: one.text,
    })),
    none,
    why: none === null ? null : silences[none],
  };
}
