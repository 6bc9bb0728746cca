// What rules say at one time, and why: the samples before it are replayed, so that what a verdict depends on besides its
// window (hysteresis, `for`) is as it would be.
import { emptyTotals, type GroupTotals } from '../../rules/across.ts';
import { explainSight } from '../../rules/anomaly.ts';
import { type GridRule, groupLabels } from '../../rules/grid.ts';
import { gridEvaluatorOf, groupExplainerOf, seriesExplainers } from '../../rules/index.ts';
import { canonicalLabels, emptyLabels, labelSet } from '../../rules/labels.ts';
import { matchesAll } from '../../rules/matchers.ts';
import { isGridRule, isSeriesRule, readingsOf, type SeriesRule } from '../../rules/readings.ts';
import type { CountingRule, Labels, Rule } from '../../rules/types.ts';
import type { RuleGroups } from '../engine/rule-groups.ts';
import { emptyWindow } from '../ingest/series.ts';
import { alertKey } from '../pipeline/identify.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import { beginOf, type Surroundings, startOf } from './backtest.ts';
import { feed } from './feed.ts';
import { type EvaluateAnswer, type EvaluateQuestion, replayLimits, type VerdictAnswer } from './questions.ts';
import type { Recorded } from './recorded.ts';
import { Replay } from './replay.ts';

export async function evaluate(
  { rules, at }: EvaluateQuestion,
  recorded: Recorded,
  { tenant, routing, limits, edges }: Surroundings,
): Promise<EvaluateAnswer> {
  const startAt = Math.min(at, startOf(beginOf(rules, at), recorded));
  const own = rules.map((rule) => ({ ...rule, tenant }));
  const replay = new Replay({ rules: own, routing, limits, edges, startAt });
  try {
    await feed(replay, tenant, recorded, at, Number.POSITIVE_INFINITY);
    const open = new Map(replay.open(tenant).map((alert) => [alert.key, alert]));
    const verdicts: VerdictAnswer[] = [];
    for (const rule of rules) {
      if (verdicts.length > replayLimits.verdicts) break;
      if (isGridRule(rule)) verdicts.push(...ofGroups(rule, replay, tenant, open, at));
      else if (isSeriesRule(rule)) verdicts.push(...ofAllSeries(rule, replay, tenant, open, at));
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

function ofAllSeries(
  rule: SeriesRule,
  { table, detections }: Replay,
  tenant: string,
  open: Open,
  at: number,
): VerdictAnswer[] {
  const series = table
    .byMetric(tenant, rule.metric)
    .filter((id) => matchesAll(rule.match, table.labelsOf(id)));
  if (series.length === 0) return [nothing(rule, open.get(alertKey(rule.name, emptyLabels)))];
  return series.map((id) => {
    const labels = table.labelsOf(id);
    const alert = open.get(alertKey(rule.name, labels));
    table.view(id, window);
    if (rule.type === 'anomaly') {
      const { key } = rule.detection;
      const sight = detections.sight(id, key);
      return answerOf(
        rule,
        labels,
        alert,
        explainSight(rule, sight, detections.unseen(id, key), wasTrue(alert)),
      );
    }
    // Both kinds are read the same way.
    return answerOf(rule, labels, alert, seriesExplainers[rule.type](rule, window, at, wasTrue(alert)));
  });
}

interface Group {
  readonly labels: Labels;
  readonly totals: readonly GroupTotals[];
  readonly series: number[];
}

function ofGroups(rule: GridRule, replay: Replay, tenant: string, open: Open, at: number): VerdictAnswer[] {
  const { table, detections, now } = replay;
  if (rule.type === 'frequency' || rule.type === 'pattern') {
    return ofCounts(rule, replay.groupsOf(tenant, rule.name), open, at);
  }
  const { intervalMs, evalDelayMs } = rule.grid;
  const gridAt = Math.floor((at - evalDelayMs) / intervalMs) * intervalMs;
  const readings = readingsOf(rule);
  const members = readings.flatMap(({ metric, match }, reading) =>
    table
      .byMetric(tenant, metric)
      .map((id) => ({ id, reading, labels: table.labelsOf(id) }))
      .filter(({ labels }) => matchesAll(match, labels)),
  );
  if (members.length === 0) return [nothing(rule, open.get(alertKey(rule.name, emptyLabels)))];
  const by = rule.type === 'composite' && rule.shared ? namesInAll(members) : rule.grid.by;
  const groups = new Map<string, Group>();
  for (const { id, reading, labels: all } of members) {
    const labels = labelSet(groupLabels(by, all));
    const name = canonicalLabels(labels);
    const group = groups.get(name) ?? { labels, totals: readings.map(() => emptyTotals()), series: [] };
    groups.set(name, group);
    group.series.push(id);
    table.view(id, window);
    const was = wasTrue(open.get(alertKey(rule.name, labels)));
    const sight =
      rule.type === 'anomaly' ? detections.sightAt(id, rule.detection.key, gridAt, rule.windowMs) : null;
    gridEvaluatorOf(rule).add(rule, reading, window, gridAt, was, group.totals, sight);
  }
  return [...groups.values()].map(({ labels, totals, series }) => {
    const alert = open.get(alertKey(rule.name, labels));
    const context = {
      at: gridAt,
      since: now - at,
      joint:
        rule.type === 'anomaly' && rule.joint !== undefined
          ? detections.together(series, rule.joint.key)
          : null,
      occurrences: () => 0,
      ruleState: (name: string, state: string) =>
        [...open.values()].some(
          (one) =>
            one.rule === name &&
            (state === 'active' || one.state === state) &&
            canonicalLabels(labelSet(groupLabels(by, one.labels))) === canonicalLabels(labels),
        ),
    };
    return answerOf(rule, labels, alert, groupExplainerOf(rule)(rule, totals, context, wasTrue(alert)));
  });
}

function ofCounts(rule: CountingRule, groups: RuleGroups | null, open: Open, at: number): VerdictAnswer[] {
  const { intervalMs, evalDelayMs } = rule.grid;
  const gridAt = Math.floor((at - evalDelayMs) / intervalMs) * intervalMs;
  const all = [...(groups?.groups.values() ?? [])];
  if (groups === null || all.length === 0) {
    const why = `no ${rule.of} that it counts`;
    return [answerOf(rule, emptyLabels, undefined, { verdict: 'insufficient_data', value: null, why })];
  }
  return all.map((group) => {
    const alert = open.get(group.key);
    const context = groups.contextOf(group, gridAt);
    const explained = groupExplainerOf(rule)(rule, [], context, wasTrue(alert));
    return answerOf(rule, group.labels(rule), alert, explained);
  });
}

/** Names of labels that all of them have. */
function namesInAll(members: readonly { readonly labels: Labels }[]): readonly string[] {
  const [first, ...others] = members;
  return Object.keys(first?.labels ?? {}).filter((name) =>
    others.every(({ labels }) => labels[name] !== undefined),
  );
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
