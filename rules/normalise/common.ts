// What the keys of a rule mean that rules of every type have, and what is filled in where one is absent.
import { emptyLabels, labelSet, mergeLabels } from '../labels.ts';
import type { CommonDraft, FileDefaults } from '../schema.ts';
import { priorityOf } from '../severity.ts';
import type { Labels, NoDataPolicy, Origin, RuleBase, Severity } from '../types.ts';

/** What a rule takes over from the file that it stands in. */
export interface RuleDefaults {
  readonly tenant: string;
  readonly group: string;
  readonly labels: Labels;
  /** How often its series send; 15 s when nobody says so. */
  readonly sampleIntervalMs?: number;
  /** `defaults:` of the file: for keys that a rule does not have. */
  readonly keys?: FileDefaults;
}

/** Reports a problem of the rule at one of its keys; no key: of the rule as a whole. */
export type ReportKey = (key: string | null, message: string) => void;

/** One rule on its way from keys to what they mean. */
export interface Reading<Draft> {
  readonly draft: Draft;
  /** Keys that the rule has, whether their values were right or not. */
  readonly given: ReadonlySet<string>;
  readonly origin: Origin;
  readonly defaults: RuleDefaults;
  readonly report: ReportKey;
  /** Reports a problem deeper down: the path from the rule. */
  readonly reportAt: (path: readonly (string | number)[], message: string) => void;
}

/** What rules of every type have, without the hash. */
export type CommonParts = Omit<RuleBase, 'hash' | 'noData' | 'noDataAfterMs' | 'sampleIntervalMs'>;

/** Says that two keys are words for the same. */
export function oneOf(reading: Pick<Reading<unknown>, 'given' | 'report'>, a: string, b: string): void {
  if (reading.given.has(a) && reading.given.has(b))
    reading.report(b, `${b} is another word for ${a}; write one of them`);
}

/** `severity` is that of the mildest level, where the rule has levels. */
export function commonParts(
  { draft, given, origin, defaults, report }: Reading<CommonDraft>,
  levelSeverity: Severity | undefined,
): CommonParts {
  oneOf({ given, report }, 'severity', 'level');
  if (!given.has('name')) report(null, 'expected a name');
  const { keys = {} } = defaults;
  const severity = levelSeverity ?? draft.severity ?? draft.level ?? keys.severity ?? 'warning';
  const dedupeWindowMs = draft.dedupe_window ?? keys.dedupe_window;
  return {
    tenant: defaults.tenant,
    name: draft.name ?? '',
    group: defaults.group,
    description: draft.description ?? '',
    category: draft.category ?? keys.category ?? 'system',
    severity,
    priority: draft.priority ?? priorityOf(severity),
    labels: mergeLabels(defaults.labels, draft.labels ?? emptyLabels),
    annotations: labelSet({ ...keys.annotations, ...draft.annotations }),
    enabled: draft.enabled ?? true,
    forMs: draft.for ?? keys.for ?? 0,
    keepFiringForMs: draft.keep_firing_for ?? keys.keep_firing_for ?? 0,
    ...(dedupeWindowMs === undefined ? {} : { dedupeWindowMs }),
    ...(draft.send_resolved === undefined ? {} : { sendResolved: draft.send_resolved }),
    ...dependencyParts(draft, report),
    origin,
  };
}

function dependencyParts(
  { name, depends_on: given }: CommonDraft,
  report: ReportKey,
): Pick<RuleBase, 'dependsOn'> {
  if (given === undefined || given.length === 0) return {};
  const dependsOn = given.map((one) =>
    typeof one === 'string' ? { rule: one, equal: [] } : { rule: one.rule, equal: one.equal ?? [] },
  );
  if (dependsOn.some(({ rule }) => rule === name)) report('depends_on', 'a rule cannot depend on itself');
  return { dependsOn };
}

const leastNoDataAfterMs = 60_000;

/** What silence means to a rule that looks back over `windowMs`. */
export function silenceParts(
  {
    draft,
    defaults,
    report,
  }: Pick<
    Reading<{
      no_data?: NoDataPolicy | undefined;
      no_data_after?: number | undefined;
      sample_interval?: number | undefined;
    }>,
    'draft' | 'defaults' | 'report'
  >,
  windowMs: number,
): Pick<RuleBase, 'noData' | 'noDataAfterMs' | 'sampleIntervalMs'> {
  const { keys = {} } = defaults;
  const sampleIntervalMs = draft.sample_interval ?? defaults.sampleIntervalMs;
  if (draft.no_data_after === 0) report('no_data_after', 'expected a duration above 0');
  return {
    noData: draft.no_data ?? keys.no_data ?? 'keep',
    noDataAfterMs: draft.no_data_after ?? keys.no_data_after ?? Math.max(windowMs, leastNoDataAfterMs),
    ...(sampleIntervalMs === undefined ? {} : { sampleIntervalMs }),
  };
}
