// Evidence that a person can check: each feature of a candidate in words of the field, with the ids and figures behind it.
import { type Candidate, type FeatureName, featureNames } from './features.ts';
import type { Evidence } from './hypothesis.ts';
import { isInner, type Observed, type ObservedAlert, type ObservedMetric } from './observed.ts';
import { kindOf, weights } from './weights.ts';

/** Ids that one piece of evidence names. */
const mostRefs = 20;
/** Weights below this are not worth a line. */
const worthSaying = 0.05;

/** The logarithm of the odds of a candidate, up to the constant that all have. */
export const oddsOf = ({ features }: Candidate): number =>
  featureNames.reduce((sum, name) => sum + weights[name] * features[name], 0);

interface Said {
  readonly refs?: readonly string[];
  readonly subject?: string;
  readonly figures: Readonly<Record<string, number>>;
}

const idsOf = (alerts: readonly ObservedAlert[]): string[] =>
  alerts.slice(0, mostRefs).map(({ alert }) => alert.id);

const metricSaid = (metric: ObservedMetric | null): Said =>
  metric === null
    ? { figures: {} }
    : {
        subject: metric.series.metric,
        figures: {
          noises_from_level: metric.deviation.score,
          level_before: metric.deviation.level,
          noise_before: metric.deviation.noise,
        },
      };

function said(name: FeatureName, candidate: Candidate, observed: Observed): Said {
  const { service, features, share, shareKind, inner, spread, callee } = candidate;
  const { surge, feeder, namedBy } = candidate;
  const mine = observed.alerts.get(service) ?? [];
  const late = mine.length > 0 ? (mine[0]!.alert.at - observed.firstAlertAt) / 1_000 : 0;
  const alertsOf = (services: readonly string[]) =>
    services.flatMap((one) => (observed.alerts.get(one) ?? []).slice(0, 1));
  switch (name) {
    case 'reach':
      return {
        refs: idsOf(alertsOf([...observed.alerts.keys()])),
        figures: {
          part_of_alerted_services_that_depend_on_it: features.reach,
          alerted_services: observed.alerts.size,
        },
      };
    case 'share':
      return {
        ...(shareKind && { subject: shareKind }),
        figures: share
          ? {
              part_of_symptom: share.share,
              level_before: share.loss.level,
              mean_during: share.loss.during,
              lost: share.loss.lost,
            }
          : {},
      };
    case 'inner_metric':
      return metricSaid(inner);
    case 'spread_metric':
      return metricSaid(spread);
    case 'first_alert':
    case 'later_alert':
      return { refs: idsOf(mine.slice(0, 1)), figures: { seconds_after_first_alert: late } };
    case 'inner_alert': {
      const these = mine.filter(({ sign }) => isInner(sign));
      return { refs: idsOf(these), figures: { alerts: these.length } };
    }
    case 'silent':
      return { figures: { alerts: 0 } };
    case 'upstream_alert': {
      const these = mine.filter(({ sign }) => sign?.name === 'dependency');
      return { refs: idsOf(these), figures: { alerts: these.length } };
    }
    case 'callee_metric':
      return {
        ...(callee !== null && { refs: idsOf(alertsOf([callee])), subject: `${service} → ${callee}` }),
        figures: { trouble_of_callee: features[name] },
      };
    case 'named_upstream':
      return { refs: idsOf(namedBy), figures: { alerts_that_name_it: namedBy.length } };
    case 'surge':
      return metricSaid(surge);
    case 'feeds':
      return {
        ...(surge && { subject: surge.series.metric }),
        figures: { part_of_alerted_services_that_it_calls: features.feeds / Math.max(features.surge, 1e-9) },
      };
    case 'fed':
      return {
        ...(feeder !== null && { subject: `${feeder} → ${service}` }),
        figures: { rise_that_callers_explain: features.fed },
      };
    case 'change': {
      const change = observed.changes.get(service)?.[0];
      return change
        ? { refs: [change.id], figures: { seconds_before_onset: (observed.onset - change.at) / 1_000 } }
        : { figures: {} };
    }
  }
}

/** What speaks for a candidate and against it, the weightiest first; nothing that weighs next to nothing. */
export function evidenceOf(candidate: Candidate, observed: Observed): Evidence[] {
  const evidence: Evidence[] = [];
  for (const name of featureNames) {
    const weight = weights[name] * candidate.features[name];
    if (Math.abs(weight) < worthSaying) continue;
    const { refs = [], subject, figures } = said(name, candidate, observed);
    evidence.push({ kind: kindOf[name], refs, ...(subject !== undefined && { subject }), figures, weight });
  }
  return evidence.sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
}
