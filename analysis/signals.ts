// What the analysis of alerts reads and says. Terminology:
//   alert        one firing episode; `key` is the same for all episodes of one rule and series (or of one kind of event)
//   change       something that people did: a deployment, a configuration
//   service      what a dependency leads from and to; the value of an alert's first label of `serviceLabels`
//   edge         a caller and the callee that it depends on
//   finding      something that was recognised, with the alerts and the figures that it rests on
// Invariants: time is an argument, in epoch milliseconds; nothing read here is kept without a bound; the same signals in
// the same order give the same findings.

/** From the least to the most urgent. */
export const severityOrder = ['info', 'warning', 'high', 'critical', 'emergency'] as const;

/** One firing episode of an alert. */
export interface AlertSignal {
  readonly id: string;
  readonly key: string;
  /** The rule's name, or the type of an event: its label `alertname`. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly severity: (typeof severityOrder)[number];
  /** What people read of it; may be empty. */
  readonly text: string;
  /** When it began to fire, by the clock of whoever says so: clocks differ by seconds between machines. */
  readonly at: number;
  /** When it ended; null while it fires. */
  readonly endedAt: number | null;
}

/** Something that became known of an alert, in the order in which it became known. */
export interface AlertNews {
  readonly kind: 'fired' | 'resolved';
  readonly alert: AlertSignal;
  /** When it became known here, never earlier than the news before. */
  readonly seenAt: number;
}

export interface ChangeSignal {
  readonly id: string;
  readonly kind: 'deploy' | 'config';
  /** Null where nothing says what was changed. */
  readonly service: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly text: string;
  readonly at: number;
}

/** `from` calls `to`: when `to` fails, `from` shows it. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  /** 0 … 1; 1 of what people declared. */
  readonly confidence: number;
  readonly source: 'declared' | 'labels' | 'learned';
}

/** Samples of one series, oldest first; both arrays have the same length. */
export interface SeriesSignal {
  readonly service: string | null;
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/** Where an alert's service is looked for, in this order. */
export const serviceLabels = ['service', 'app', 'job'] as const;

/** The service that labels name; null where they name none. */
export function serviceOf(labels: Readonly<Record<string, string>>): string | null {
  for (const label of serviceLabels) {
    const value = labels[label];
    if (value !== undefined && value !== '') return value;
  }
  return null;
}
