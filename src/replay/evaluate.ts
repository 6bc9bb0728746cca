// What rules say at one time, and why: the samples before it are replayed, so that what a verdict depends on besides its
// window (hysteresis, `for`) is as it would be.
import { explainers, gridEvaluators } from '../../rules/index.ts';
import { groupLabels, isGridRule } from '../../rules/grid.ts';
import { emptyTotals } from '../../rules/across.ts';
import { canonicalLabels, emptyLabels, labelSet } from '../../rules/labels.ts';
import { matchesAll } from '../../rules/matchers.ts';
import type { Labels, Rule } from '../../rules/types.ts';
import { emptyWindow } from '../ingest/series.ts';
import { alertKey } from '../pipeline/identify.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import { beginOf, type Surroundings } from './backtest.ts';
import { feed } from './feed.ts';
import { type EvaluateAnswer, type EvaluateQuestion, replayLimits, type VerdictAnswer } from './questions.ts';
import type { Recorded } from './recorded.ts';
import { Replay } from './replay.ts';

export async function evaluate(
  { rules, at }: EvaluateQuestion,
  recorded: Recorded,
  { tenant, routing, limits }: Surroundings,
): Promise<EvaluateAnswer> {
  const startAt = beginOf(rules, at);
  const replay = new Replay({ rules: rules.map((rule) => ({ ...rule, tenant })), routing, limits, startAt });
  try {
    await feed(replay, tenant, recorded, at, Number.POSITIVE_INFINITY);
    const open = new Map(replay.open(tenant).map((alert) => [alert.key, alert]));
    const verdicts: VerdictAnswer[] = [];
    for (const rule of rules) {
      if (verdicts.length > replayLimits.verdicts) break;
      const series = replay.table
        .byMetric(tenant, rule.metric)
        .filter((id) => matchesAll(rule.match, replay.table.labelsOf(id)));
      if (series.length === 0) verdicts.push(nothing(rule, open.get(alertKey(rule.name, emptyLabels))));
      else if (isGridRule(rule)) verdicts.push(...ofGroups(rule, series, replay, open, at));
      else verdicts.push(...series.map((id) => ofSeries(rule, id, replay, open, at)));
    }
    return {
      at,
      verdicts: verdicts.slice(0, replayLimits.verdicts),
      more: verdicts.length > replayLimits.verdicts,
    };
  } finally {
    await replay.close();
  }
}

type Open = ReadonlyMap<string, AlertRow>;
const window = emptyWindow();

function ofSeries(rule: Rule, id: number, { table }: Replay, open: Open, at: number): VerdictAnswer {
  const labels = table.labelsOf(id);
  const alert = open.get(alertKey(rule.name, labels));
  table.view(id, window);
  return answerOf(rule, labels, alert, explainers[rule.type].series(rule, window, at, wasTrue(alert)));
}

function ofGroups(
  rule: Extract<Rule, { grid?: unknown }> & { readonly grid: NonNullable<Rule['grid']> },
  series: readonly number[],
  { table }: Replay,
  open: Open,
  at: number,
): VerdictAnswer[] {
  const { intervalMs, evalDelayMs } = rule.grid;
  const gridAt = Math.floor((at - evalDelayMs) / intervalMs) * intervalMs;
  const groups = new Map<string, { labels: Labels; totals: ReturnType<typeof emptyTotals> }>();
  for (const id of series) {
    const labels = labelSet(groupLabels(rule.grid, table.labelsOf(id)));
    const name = canonicalLabels(labels);
    const group = groups.get(name) ?? { labels, totals: emptyTotals() };
    groups.set(name, group);
    table.view(id, window);
    gridEvaluators[rule.type].add(rule, window, gridAt, group.totals);
  }
  return [...groups.values()].map(({ labels, totals }) => {
    const alert = open.get(alertKey(rule.name, labels));
    return answerOf(rule, labels, alert, explainers[rule.type].group(rule, totals, gridAt, wasTrue(alert)));
  });
}

/** Hysteresis is of values: an alert that silence began or keeps has none. */
function wasTrue(alert: AlertRow | undefined): boolean {
  return alert !== undefined && alert.value !== null && alert.keepUntil === null;
}

function answerOf(
  rule: Rule,
  labels: Labels,
  alert: AlertRow | undefined,
  explained: Pick<VerdictAnswer, 'verdict' | 'value' | 'why'>,
): VerdictAnswer {
  const state = alert === undefined || alert.state === 'resolved' ? 'inactive' : alert.state;
  const since = alert?.pendingSince ?? null;
  const told = state === 'inactive' ? '' : `; ${state} since ${new Date(since ?? 0).toISOString()}`;
  const held = alert?.keepUntil ? ` (keep_firing_for until ${new Date(alert.keepUntil).toISOString()})` : '';
  const off = rule.enabled ? '' : '; the rule is switched off';
  return { rule: rule.name, labels, ...explained, why: `${explained.why}${told}${held}${off}`, state, since };
}

function nothing(rule: Rule, alert: AlertRow | undefined): VerdictAnswer {
  const why = 'no series of this metric matches';
  const verdict = alert === undefined ? 'insufficient_data' : 'true';
  return answerOf(rule, emptyLabels, alert, { verdict, value: null, why });
}
