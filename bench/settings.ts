// The load's own configuration, as a user would write it.

export const operatorKey = 'bench-operator-key-of-enough-characters';

/** Every change of every alert is one message at once: a group per host, no waits, no dedupe window, no storm. */
export function loadConfigText(sinkPort: number, limits = ''): string {
  return `${base(sinkPort)}
storm: false
route: { receiver: ops, group_by: [host], group_wait: 0s, group_interval: 0s, resolve_wait: 0s }
receivers: { ops: { channels: [sink], dedupe_window: 0s } }
${limits}`;
}

/** What somebody gets who says nothing about groups. */
export function plainConfigText(sinkPort: number): string {
  return `${base(sinkPort)}
receivers: { ops: { channels: [sink] } }
storm: false
route: { receiver: ops }
`;
}

/** The loads fire the same hosts again and again, and every alert is to be told. */
function base(sinkPort: number): string {
  return `listen: 127.0.0.1:0
rules: [rules/]
collector: { host: false }
flapping: false
egress: { allow: [127.0.0.0/8] }
channels: { sink: { type: webhook, url: "http://127.0.0.1:${sinkPort}/alerts" } }`;
}

/** One rule over all hosts; its alerts fire at the first sample. */
export function alertRules(tenant?: string): string {
  return `${tenant === undefined ? '' : `tenant: ${tenant}\n`}group: bench
rules:
  - name: HostIsHot
    metric: bench.load
    operator: gt
    threshold: 50
    for: 0s
    severity: warning
    annotations: { summary: "{{ labels.host }} is at {{ value }}" }
`;
}

/** A second rule that keeps the group of a host open. */
export const holdRule = `group: hold
rules:
  - { name: HostIsHeld, metric: bench.hold, operator: gt, threshold: 50, for: 0s, severity: warning }
`;

export const metricCount = 100;
export const environments = 10;

/**
 * 1,000 threshold rules that never fire. 100 metrics x 10 rules: 7 read every series of their metric and 3 one tenth of
 * them, so a series has 7.3 rules, and 10k series make 73k pairs.
 */
export function manyRules(): string {
  const lines = ['group: many', 'rules:'];
  for (let metric = 0; metric < metricCount; metric++) {
    for (let n = 0; n < 10; n++) {
      const match = n < 7 ? '' : `, match: ['env="env-${n - 7}"']`;
      lines.push(
        `  - { name: R${metric}_${n}, metric: ${metricName(metric)}, operator: gt, threshold: ${thresholdOf(n)}${match} }`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Of rule n of a metric; no value of the load comes near it. */
export const thresholdOf = (n: number): number => 1_000_000 + n;

/** A rule over a window of half an hour for each metric: a window of 60 points is kept of every series. */
export function windowRules(threshold: number): string {
  const lines = Array.from(
    { length: metricCount },
    (_, n) =>
      `  - { name: W${n}, metric: ${metricName(n)}, aggregate: avg, window: 30m, operator: gt, threshold: ${threshold} }`,
  );
  return `group: windows\nrules:\n${lines.join('\n')}\n`;
}

/** Of letters that every wire format takes, also the peers'. */
export function metricName(n: number): string {
  return `bench_m${String(n % metricCount).padStart(2, '0')}`;
}
