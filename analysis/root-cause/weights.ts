// How much each thing that can be said of a candidate counts: natural logarithms of odds for a full feature.
import type { FeatureName } from './features.ts';
import type { Evidence } from './hypothesis.ts';

export const weights: Readonly<Record<FeatureName, number>> = {
  reach: 2.7,
  share: 6,
  inner_metric: 2,
  spread_metric: 2.3,
  first_alert: 0.8,
  later_alert: -1.8,
  inner_alert: 1.4,
  silent: -2.8,
  upstream_alert: -2.8,
  callee_metric: -2.5,
  named_upstream: 1.4,
  surge: 0.5,
  feeds: 3,
  fed: -2.5,
  change: 1.4,
};

/** Odds of "it is none of these", beside which every candidate has to stand. */
export const noneOfThese = 4;

export const kindOf: Readonly<Record<FeatureName, Evidence['kind']>> = {
  reach: 'dependency',
  share: 'metric',
  inner_metric: 'metric',
  spread_metric: 'metric',
  first_alert: 'alert_order',
  later_alert: 'alert_order',
  inner_alert: 'alert_kind',
  silent: 'alert_order',
  upstream_alert: 'alert_kind',
  callee_metric: 'dependency',
  named_upstream: 'alert_kind',
  surge: 'metric',
  feeds: 'dependency',
  fed: 'dependency',
  change: 'change',
};
