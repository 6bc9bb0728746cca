// Why there was no alert: which rules would have been about such labels, whether they were there and enabled at the time,
// and what the series did that they read. Everything is read beside the loop or in small pieces.
import { formatMatcher, matchesAll } from '../../rules/matchers.ts';
import { readingsOf } from '../../rules/readings.ts';
import type { Comparison, Labels, Matcher, Reading, Rule } from '../../rules/types.ts';
import type { RuleEntry } from '../engine/rule-book.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import type { ConfigObjectVersion, StoredEvent } from '../store/rows.ts';
import { conditionLabels, mayHave } from './rule-labels.ts';
import type { Span } from './search.ts';
import { comparesSamples, type SeriesThen, seriesThen } from './series-then.ts';

/** What stood in the way of a rule at that time, if something did. */
export type RuleAbsence =
  | { readonly kind: 'disabled'; readonly since: number | null; readonly by: string | null }
  /** Made, or as it is now, only since. */
  | { readonly kind: 'made_later'; readonly at: number; readonly by: string | null }
  | { readonly kind: 'deleted'; readonly at: number; readonly by: string | null }
  | { readonly kind: 'broken'; readonly problem: string };

export interface RuleThen {
  readonly name: string;
  /** As it is now; null for one that is deleted or cannot be read. */
  readonly rule: Rule | null;
  readonly absence: RuleAbsence | null;
  /** Series with such labels that it reads, at most three. */
  readonly series: readonly SeriesThen[];
  /** What the rule says of its window at that time, of rules that do not compare samples as they are. */
  readonly verdicts: readonly string[];
  /** Why that is not known. */
  readonly unknown: string | null;
}

export interface NothingThere {
  /** Series with such labels that the history knows, by their metric; at most so many as were looked at. */
  readonly metrics: readonly string[];
  readonly rules: readonly RuleThen[];
  /** Rules that were left out. */
  readonly more: boolean;
}

type Source = Pick<Services, 'store' | 'samples' | 'replays' | 'ruleEntries' | 'breath'>;

export interface Question extends Span {
  readonly tenant: string;
  readonly matchers: readonly Matcher[];
  readonly at: number;
}

const mostRules = 10;
const mostSeries = 3;
const mostKnown = 1_000;
/** How far before the time a last sample is looked for. */
const lookBackMs = 24 * 3_600_000;
const auditPages = 4;
const auditPageSize = 250;

/** Rejects with the signal's reason, and with what the history rejects with. */
export async function whyNothing(
  services: Source,
  question: Question,
  signal?: AbortSignal,
): Promise<NothingThere> {
  const { tenant, matchers } = question;
  const entries = services.ruleEntries(tenant);
  const ofRules = new Set(entries.flatMap(({ rule }) => Object.keys(rule?.labels ?? {})));
  const ofSeries = seriesMatchers(matchers, ofRules);
  const known = await services.samples.listSeries(
    { tenant, matchers: ofSeries, after: null, limit: mostKnown },
    signal,
  );
  const series = known.items.map(({ metric, labels }) => ({ metric, labels: JSON.parse(labels) as Labels }));
  const covering = entries.filter((entry) => covers(entry, matchers, series));
  const rules: RuleThen[] = [];
  for (const entry of covering.slice(0, mostRules)) {
    rules.push(await ruleThen(services, question, entry, signal));
    await services.breath();
  }
  rules.push(...(await deletedRules(services, question, new Set(series.map(({ metric }) => metric)))));
  return {
    metrics: [...new Set(series.map(({ metric }) => metric))],
    rules,
    more: covering.length > mostRules,
  };
}

/** Those that a series has to satisfy, where a rule gives these labels itself. */
function seriesMatchers(matchers: readonly Matcher[], given: ReadonlySet<string>): readonly string[] {
  return matchers
    .filter(({ name }) => !conditionLabels.has(name) && !given.has(name))
    .map((one) => formatMatcher(one));
}

/** Whether the rule could have had an alert with such labels: by its own labels, and by a series that it reads. */
function covers(
  { rule, document }: RuleEntry,
  matchers: readonly Matcher[],
  series: readonly { readonly metric: string; readonly labels: Labels }[],
): boolean {
  const named = matchers.some(({ name }) => name === 'alertname');
  if (rule === null) return named && mayHave(matchers, { alertname: String(document.name) }, ['alertname']);
  const given = Object.keys(rule.labels);
  if (!mayHave(matchers, { ...rule.labels, alertname: rule.name }, ['alertname', ...given])) return false;
  if (named) return true;
  const rest = matchers.filter(({ name }) => !conditionLabels.has(name) && !given.includes(name));
  return readingsOf(rule).some(({ metric, match }) =>
    series.some((one) => one.metric === metric && matchesAll([...match, ...rest], one.labels)),
  );
}

async function ruleThen(
  services: Source,
  question: Question,
  entry: RuleEntry,
  signal: AbortSignal | undefined,
): Promise<RuleThen> {
  const { rule } = entry;
  const ofSeries = seriesMatchers(question.matchers, new Set(Object.keys(rule?.labels ?? {})));
  const name = rule?.name ?? String(entry.document.name);
  const nothing = { name, rule, series: [], verdicts: [], unknown: null };
  const absence = absenceOf(services, question, entry);
  if (rule === null || absence !== null) return { ...nothing, absence };
  const found: SeriesThen[] = [];
  for (const reading of readingsOf(rule) as readonly (Reading & Comparison)[]) {
    if (found.length >= mostSeries) break;
    found.push(...(await readSeries(services, question, reading, ofSeries, signal)));
  }
  const shown = found.slice(0, mostSeries);
  const asSamples = readingsOf(rule).every(comparesSamples) && rule.type === 'threshold' && !rule.grid;
  if (asSamples || (shown.length === 0 && rule.type !== 'frequency'))
    return { ...nothing, series: shown, absence: null };
  return {
    ...nothing,
    series: shown,
    absence: null,
    ...(await verdictsOf(services, question, rule, signal)),
  };
}

async function readSeries(
  { samples }: Source,
  question: Question,
  reading: Reading & Comparison,
  ofSeries: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly SeriesThen[]> {
  const { tenant, from, to } = question;
  const answer = await samples.readRange(
    {
      ...{ tenant, metric: reading.metric, from: from - lookBackMs, to, limit: mostSeries },
      matchers: [...reading.match.map(formatMatcher), ...ofSeries],
    },
    signal,
  );
  return answer.series.map((series) => seriesThen(reading, series, question));
}

/** What the rule says at that time, as a backtest would. */
async function verdictsOf(
  { replays }: Source,
  { tenant, matchers, at }: Question,
  rule: Rule,
  signal: AbortSignal | undefined,
): Promise<Pick<RuleThen, 'verdicts' | 'unknown'>> {
  try {
    const { verdicts } = await replays.evaluate(tenant, { rules: [rule], samples: null, at }, signal);
    const about = verdicts.filter(({ labels }) =>
      mayHave(matchers, { ...labels, alertname: rule.name }, Object.keys(labels)),
    );
    return { verdicts: about.slice(0, mostSeries).map(({ why }) => why), unknown: null };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { verdicts: [], unknown: error.code };
  }
}

/** Whether the rule was there, and enabled, at that time. */
function absenceOf({ store }: Source, { tenant, at, to }: Question, entry: RuleEntry): RuleAbsence | null {
  const { row, rule, problems } = entry;
  if (row !== null) {
    const versions = store.configObjectVersions(tenant, 'rule', row.id, 100, null).items;
    const then = versions.find((version) => version.at <= at);
    if (then === undefined) {
      const first = versions.at(-1);
      if (row.createdAt > at) return { kind: 'made_later', at: row.createdAt, by: row.createdBy };
      return first && first.at > to ? { kind: 'made_later', at: first.at, by: first.actor } : null;
    }
    if (isDisabled(then)) return { kind: 'disabled', since: then.at, by: then.actor };
    return rule === null ? { kind: 'broken', problem: problems[0]?.message ?? '' } : null;
  }
  if (rule === null) return { kind: 'broken', problem: problems[0]?.message ?? '' };
  const version = store.configVersion(tenant, 'rule', rule.name, rule.hash);
  if (version !== null && version.firstAt > to) return { kind: 'made_later', at: version.firstAt, by: null };
  return rule.enabled ? null : { kind: 'disabled', since: version?.firstAt ?? null, by: null };
}

function isDisabled({ body }: ConfigObjectVersion): boolean {
  return (JSON.parse(body) as { enabled?: unknown }).enabled === false;
}

/** Rules that were deleted before that time and would have been about such labels; as far back as is looked. */
async function deletedRules(
  { store, breath }: Source,
  { tenant, matchers, at }: Question,
  metrics: ReadonlySet<string>,
): Promise<readonly RuleThen[]> {
  const found: RuleThen[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < auditPages; page++) {
    const { items, next } = store.auditEvents(tenant, auditPageSize, cursor);
    for (const event of items) {
      const name = deletedName(event, matchers, metrics);
      if (name === null || event.at > at) continue;
      const absence: RuleAbsence = { kind: 'deleted', at: event.at, by: event.actor };
      found.push({ name, rule: null, absence, series: [], verdicts: [], unknown: null });
      if (found.length === mostRules) return found;
    }
    cursor = next;
    if (cursor === null) break;
    await breath();
  }
  return found;
}

/** The name of the rule that the event says was deleted, if it would have been about such labels. */
function deletedName(
  { kind, body }: StoredEvent,
  matchers: readonly Matcher[],
  metrics: ReadonlySet<string>,
): string | null {
  if (kind !== 'rule.deleted' || typeof body.name !== 'string') return null;
  const before = (body.before ?? {}) as { metric?: unknown };
  const named = matchers.some(({ name }) => name === 'alertname');
  if (!mayHave(matchers, { alertname: body.name }, ['alertname'])) return null;
  return named || (typeof before.metric === 'string' && metrics.has(before.metric)) ? body.name : null;
}
