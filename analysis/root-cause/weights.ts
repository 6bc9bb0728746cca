// How much each thing that can be said of a candidate counts: natural logarithms of odds for a full feature.
import type { FeatureName } from './features.ts';
import type { Evidence } from './hypothesis.ts';

export const weights: Readonly<Record<FeatureName, number>> = {
  reach: 2,
  share: 5,
  inner_metric: 1.5,
  spread_metric: 0.5,
  first_metric: 0.5,
  first_alert: 1,
  later_alert: -0.7,
  inner_alert: 1.2,
  spread_alert: 0.5,
  silent: -1,
  upstream_alert: -0.7,
  callers_alert: 0.7,
  callee_alert: -1.2,
  callee_metric: -0.5,
  named_upstream: 1,
  surge: 1,
  feeds: 4,
  fed: -2,
  change: 2,
};

/** Odds of "it is none of these", beside which every candidate has to stand. */
export const noneOfThese = 4;

export const kindOf: Readonly<Record<FeatureName, Evidence['kind']>> = {
  reach: 'dependency',
  share: 'metric',
  inner_metric: 'metric',
  spread_metric: 'metric',
  first_metric: 'metric',
  first_alert: 'alert_order',
  later_alert: 'alert_order',
  inner_alert: 'alert_kind',
  spread_alert: 'alert_kind',
  silent: 'alert_order',
  upstream_alert: 'alert_kind',
  callers_alert: 'dependency',
  callee_alert: 'dependency',
  callee_metric: 'dependency',
  named_upstream: 'alert_kind',
  surge: 'metric',
  feeds: 'dependency',
  fed: 'dependency',
  change: 'change',
};
