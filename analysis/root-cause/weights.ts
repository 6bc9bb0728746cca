// How much each thing that can be said of a candidate counts: natural logarithms of odds for a full feature.
import type { FeatureName } from './features.ts';
import type { Evidence } from './hypothesis.ts';

export const weights: Readonly<Record<FeatureName, number>> = {
  reach: 2.7,
  share: 6,
  inner_metric: 2,
  spread_metric: 2.2,
  first_alert: 0.7,
  later_alert: -1.9,
  inner_alert: 1.3,
  silent: -2.7,
  upstream_alert: -2.6,
  callee_metric: -1.9,
  named_upstream: 1.5,
  surge: 1.2,
  feeds: 3.7,
  fed: -2.6,
  change: 1.4,
};

/** Odds of "it is none of these", beside which every candidate has to stand. */
export const noneOfThese = 3.9;

export const kindOf: Readonly<Record<FeatureName, Evidence['kind']>> = {
  reach: 'dependency',
  share: 6,
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
