// Why a rule had no alert, in words.
import { conditionText } from '../../rules/condition-text.ts';
import { isGridRule } from '../../rules/readings.ts';
import type { Rule } from '../../rules/types.ts';
import type { RuleAbsence, RuleThen } from './rules-then.ts';
import { labelsText, type Say, spanText, valueText, whoText } from './say.ts';
import type { Span } from './search.ts';
import type { SeriesThen } from './series-then.ts';

export function findingText(
  { name, rule, absence, series, verdicts, unknown }: RuleThen,
  asked: Span & { readonly at: number },
  say: Say,
): string {
  const { nothing } = say.t;
  if (absence !== null) return absenceText(name, absence, say);
  if (rule === null) throw new Error(`the rule ${name} is neither there nor absent`);
  const sentences = [
    nothing.rule({
      name,
      condition: conditionText({ ...rule }),
      span: rule.forMs === 0 ? null : spanText(rule.forMs),
    }),
  ];
  if (rule.type === 'frequency') sentences.push(nothing.counts);
  else if (series.length === 0) sentences.push(nothing.ruleNoSeries);
  for (const one of series) sentences.push(seriesText(rule, one, asked, say));
  for (const why of verdicts)
    sentences.push(nothing.verdict({ at: say.timeBeside(asked.at, asked.from), why }));
  if (unknown !== null) sentences.push(nothing.unknown(unknown));
  return sentences.join(say.t.gap);
}

function absenceText(name: string, absence: RuleAbsence, say: Say): string {
  const { nothing } = say.t;
  switch (absence.kind) {
    case 'disabled': {
      const { since, by } = absence;
      return nothing.disabled({
        name,
        since: since === null ? null : say.time(since),
        by: by === null ? null : whoText(by, say),
      });
    }
    case 'made_later': {
      const { at, by } = absence;
      return nothing.madeLater({ name, at: say.time(at), by: by === null ? null : whoText(by, say) });
    }
    case 'deleted':
      return nothing.deleted({ name, at: say.time(absence.at), by: whoText(absence.by, say) });
    case 'broken':
      return nothing.broken({ name, problem: absence.problem });
  }
}

function seriesText(rule: Rule, then: SeriesThen, asked: Span, say: Say): string {
  const { nothing } = say.t;
  const { samples, last, extreme, metMs } = then;
  const series = `${then.metric}${labelsText(then.labels)}`;
  const time = (at: number) => say.timeBeside(at, asked.from);
  if (samples === 0 || last === null)
    return nothing.noSamples({
      series,
      last: last && time(last.at),
      value: last && valueText(last.value),
    });
  const ofLast = { series, count: samples, value: valueText(last.value), at: time(last.at) };
  if (rule.type !== 'threshold' || isGridRule(rule) || rule.aggregate !== 'last' || rule.windowMs > 0)
    return nothing.sampled(ofLast);
  if (metMs !== null)
    return metMs < rule.forMs
      ? nothing.tooShort({ series, met: spanText(metMs), span: spanText(rule.forMs) })
      : nothing.met({ series, met: spanText(metMs) });
  if (extreme === null) return nothing.neverMet(ofLast);
  const ofExtreme = { ...ofLast, value: valueText(extreme.value), at: time(extreme.at) };
  const high = rule.operator === 'gt' || rule.operator === 'gte';
  return high ? nothing.highest(ofExtreme) : nothing.lowest(ofExtreme);
}
