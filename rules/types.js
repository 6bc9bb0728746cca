// The words of the rule language, used everywhere else.
//
//   sample       one (series, time, value). Its time is SAMPLE time: epoch milliseconds given by the sender.
//   series       a metric name and a label set; the unit that windows, verdicts and alerts are kept for.
//   rule         what somebody wants to be told about. A rule and a series are a PAIR.
//   verdict      what a rule says of a series at one sample: true, false, or insufficient_data.
//   episode      from the first true verdict to the resolve; one alert row. Pending until `for` has passed, then firing.
//   `for`        how long (sample time) a verdict must stay true before the alert fires.
//   keep_firing_for   how long (sample time) a firing alert outlives its last true verdict.
//   fingerprint  Alertmanager's FNV-1a over the full label set: an index and a display, never an identity.
export const severities = ['info', 'warning', 'high', 'critical', 'emergency'];
export const priorities = ['P1', 'P2', 'P3', 'P4', 'P5'];
export const categories = ['system', 'performance', 'security', 'business', 'quality', 'cost'];
export const operators = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq'];
export const aggregates = ['last', 'avg', 'min', 'max', 'sum', 'count', 'absent'];
export const noDataPolicies = ['ok', 'alert', 'keep'];
//# sourceMappingURL=types.js.map
