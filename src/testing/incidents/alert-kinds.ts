// The rules that watch the simulated services. No name stands for one category of cause: what is slow or fails, fails for
// any reason, and what a category prefers to show, others show too.

import type { CauseCategory } from '../../../analysis/root-cause/hypothesis.ts';
import type { AlertSignal } from '../../../analysis/signals.ts';
import type { Layer } from './world.ts';

export interface AlertKind {
  readonly severity: AlertSignal['severity'];
  readonly metric: string;
  /** `{s}` is the service, `{i}` the instance, `{v}` a number. */
  readonly text: string;
}

export const alertKinds = {
  HighLatency: { severity: 'warning', metric: 'latency_ms', text: 'p95 of {s} is {v} ms' },
  LatencyP99High: { severity: 'high', metric: 'latency_ms', text: '99th percentile on {i} above 2 s' },
  SlowRequests: { severity: 'warning', metric: 'latency_ms', text: '{v} slow requests a minute on {s}' },
  HighErrorRate: { severity: 'high', metric: 'error_rate', text: '{v} % of the requests to {s} fail' },
  Http5xxHigh: { severity: 'critical', metric: 'error_rate', text: '{s} answers with 5xx' },
  ErrorBudgetBurn: {
    severity: 'high',
    metric: 'error_rate',
    text: 'error budget of {s} burns {v} times too fast',
  },
  UpstreamTimeouts: { severity: 'high', metric: 'error_rate', text: 'calls from {s} time out' },
  CircuitBreakerOpen: { severity: 'high', metric: 'error_rate', text: 'breaker on {i} open' },
  HighCPU: { severity: 'warning', metric: 'cpu', text: 'CPU of {i} at {v} %' },
  CPUThrottling: { severity: 'warning', metric: 'cpu', text: '{i} is throttled' },
  MemoryUsageHigh: { severity: 'warning', metric: 'memory', text: 'memory of {i} at {v} %' },
  PodCrashLooping: { severity: 'critical', metric: 'memory', text: '{i} restarts again and again' },
  PodNotReady: { severity: 'high', metric: 'error_rate', text: '{i} is not ready' },
  OOMKilled: { severity: 'high', metric: 'memory', text: '{i} was killed: out of memory' },
  ReplicasMismatch: {
    severity: 'warning',
    metric: 'saturation',
    text: '{s} has fewer replicas than asked for',
  },
  RequestRateHigh: { severity: 'warning', metric: 'requests', text: '{v} requests/s on {s}' },
  RequestRateDropped: {
    severity: 'high',
    metric: 'requests',
    text: '{s} gets far fewer requests than usual',
  },
  ThreadPoolSaturated: { severity: 'high', metric: 'saturation', text: 'all workers of {i} busy' },
  ConnectionPoolExhausted: { severity: 'critical', metric: 'saturation', text: '{i} waits for connections' },
  QueueBacklog: { severity: 'warning', metric: 'queue_depth', text: '{v} messages wait in {s}' },
  ConsumerLag: { severity: 'high', metric: 'queue_depth', text: 'consumers of {s} lag by {v} s' },
  DiskWillFill: { severity: 'warning', metric: 'disk', text: 'volume of {i} will be full within hours' },
  DiskUsageHigh: { severity: 'high', metric: 'disk', text: 'volume of {i} at {v} %' },
  DiskIOSaturated: { severity: 'high', metric: 'disk_io', text: 'disk of {i} busy {v} % of the time' },
  SlowQueries: { severity: 'warning', metric: 'lock_waits', text: '{v} slow statements a minute in {s}' },
  LockWaitsHigh: { severity: 'high', metric: 'lock_waits', text: 'statements in {s} wait for locks' },
  ReplicationLag: { severity: 'high', metric: 'replication_lag_s', text: 'replica {i} is {v} s behind' },
  PacketLoss: { severity: 'high', metric: 'retransmits', text: 'packet loss towards {i}' },
  TCPRetransmits: { severity: 'warning', metric: 'retransmits', text: '{v} % retransmitted on {i}' },
  ConnectTimeouts: { severity: 'high', metric: 'error_rate', text: 'connections to {s} time out' },
  TargetUnreachable: { severity: 'critical', metric: 'error_rate', text: '{i} does not answer' },
  ProbeFailed: { severity: 'critical', metric: 'error_rate', text: 'probe of {s} fails' },
  CertificateExpiresSoon: {
    severity: 'info',
    metric: 'error_rate',
    text: 'certificate of {s} expires in {v} days',
  },
  BackupSlow: { severity: 'info', metric: 'disk_io', text: 'backup of {s} takes {v} minutes' },
  BatchJobFailed: { severity: 'warning', metric: 'cpu', text: 'nightly job of {s} failed' },
  CacheHitRateLow: { severity: 'info', metric: 'latency_ms', text: 'hit rate of {s} at {v} %' },
  LogVolumeHigh: { severity: 'info', metric: 'disk', text: '{s} logs {v} MB a minute' },
  ClockDrift: { severity: 'info', metric: 'cpu', text: 'clock of {i} drifts' },
} as const satisfies Record<string, AlertKind>;
export type AlertName = keyof typeof alertKinds;

export const kindOf = (name: AlertName): AlertKind => alertKinds[name];

type Weights = readonly (readonly [AlertName, number])[];

/** What any failing service may show, whatever the cause. */
const anything: Weights = [
  ['HighLatency', 3],
  ['LatencyP99High', 2],
  ['SlowRequests', 1],
  ['HighErrorRate', 3],
  ['Http5xxHigh', 2],
  ['ErrorBudgetBurn', 2],
  ['PodNotReady', 1],
  ['ProbeFailed', 1],
];

/** What the callers of something that fails show. */
export const ofCallers: Weights = [
  ...anything,
  ['UpstreamTimeouts', 3],
  ['CircuitBreakerOpen', 2],
  ['ThreadPoolSaturated', 1.5],
  ['ConnectionPoolExhausted', 1],
  ['ConnectTimeouts', 1],
  ['RequestRateDropped', 0.7],
  ['QueueBacklog', 0.7],
  ['HighCPU', 0.4],
  ['PodCrashLooping', 0.4],
  ['MemoryUsageHigh', 0.3],
  ['PacketLoss', 0.3],
  ['RequestRateHigh', 0.4],
];

/** What services under too many requests show. */
export const ofOverload: Weights = [
  ...anything,
  ['HighCPU', 3],
  ['CPUThrottling', 2],
  ['RequestRateHigh', 2],
  ['ThreadPoolSaturated', 2],
  ['ConnectionPoolExhausted', 1.5],
  ['QueueBacklog', 1],
  ['MemoryUsageHigh', 0.7],
];

const own: Readonly<Record<CauseCategory, Weights>> = {
  resource_exhaustion: [
    ['MemoryUsageHigh', 3],
    ['OOMKilled', 3],
    ['PodCrashLooping', 3],
    ['DiskUsageHigh', 2],
    ['DiskWillFill', 1],
    ['HighCPU', 2],
    ['CPUThrottling', 1],
    ['SlowQueries', 1],
    ['DiskIOSaturated', 0.7],
    ['ReplicationLag', 0.4],
  ],
  change: [
    ['PodCrashLooping', 3],
    ['ReplicasMismatch', 3],
    ['PodNotReady', 2],
    ['OOMKilled', 1],
    ['Http5xxHigh', 2],
    ['HighCPU', 1],
    ['MemoryUsageHigh', 1],
    ['ConnectionPoolExhausted', 0.7],
    ['SlowQueries', 0.7],
    ['LockWaitsHigh', 0.5],
    ['ReplicationLag', 0.4],
    ['DiskIOSaturated', 0.4],
  ],
  dependency_failure: [
    ['ProbeFailed', 3],
    ['TargetUnreachable', 2],
    ['HighErrorRate', 3],
    ['HighLatency', 2],
    ['ConnectTimeouts', 1.5],
  ],
  network: [
    ['PacketLoss', 3],
    ['TCPRetransmits', 2],
    ['ConnectTimeouts', 3],
    ['TargetUnreachable', 2],
    ['RequestRateDropped', 2],
    ['UpstreamTimeouts', 1],
    ['ReplicationLag', 0.7],
    ['LockWaitsHigh', 0.5],
    ['SlowQueries', 0.4],
  ],
  traffic_surge: [
    ['RequestRateHigh', 4],
    ['HighCPU', 2],
    ['CPUThrottling', 1],
    ['ThreadPoolSaturated', 2],
    ['ConnectTimeouts', 0.7],
    ['TCPRetransmits', 0.5],
  ],
  data_storage: [
    ['SlowQueries', 3],
    ['LockWaitsHigh', 3],
    ['ReplicationLag', 2],
    ['DiskIOSaturated', 2],
    ['ConnectionPoolExhausted', 1.5],
    ['DiskUsageHigh', 0.7],
    ['HighCPU', 1],
  ],
  application_fault: [
    ['Http5xxHigh', 3],
    ['HighErrorRate', 3],
    ['PodCrashLooping', 2],
    ['ThreadPoolSaturated', 1],
    ['HighCPU', 1],
    ['QueueBacklog', 0.7],
    ['OOMKilled', 0.7],
    ['MemoryUsageHigh', 0.5],
  ],
};

/** What the service at fault shows: a part of it is what any cause shows, and some is what other causes like to show. */
export const ofRoot = (category: CauseCategory): Weights => [
  ...own[category],
  ...anything.map(([name, weight]) => [name, weight / 2] as const),
  ...Object.values(own).flatMap((other) => other.map(([name, weight]) => [name, weight * 0.06] as const)),
];

/** What comes and goes in operations that are well. */
export const ofNobody: Weights = [
  ...anything,
  ['HighCPU', 3],
  ['MemoryUsageHigh', 2],
  ['SlowQueries', 2],
  ['TCPRetransmits', 1],
  ['QueueBacklog', 1],
  ['CertificateExpiresSoon', 2],
  ['BackupSlow', 2],
  ['BatchJobFailed', 2],
  ['CacheHitRateLow', 3],
  ['LogVolumeHigh', 2],
  ['ClockDrift', 2],
  ['ReplicasMismatch', 1],
  ['PodCrashLooping', 0.7],
  ['DiskWillFill', 1],
];

const base = ['latency_ms', 'error_rate', 'cpu', 'memory', 'requests', 'retransmits'];
const metrics: Readonly<Record<Layer, readonly string[]>> = {
  edge: [...base, 'saturation'],
  application: [...base, 'saturation', 'queue_depth'],
  shared: [...base, 'saturation'],
  data: [...base, 'saturation', 'disk', 'disk_io', 'lock_waits', 'replication_lag_s'],
  infrastructure: [...base, 'queue_depth', 'disk', 'disk_io'],
  external: ['latency_ms', 'error_rate'],
};

/** The metrics that are recorded of a layer; nobody looks into what others run. */
export const metricsOf = (layer: Layer): readonly string[] => metrics[layer];

/** Only what the layer's metrics can raise. */
export const possible = (weights: Weights, layer: Layer): Weights =>
  weights.filter(([name]) => metrics[layer].includes(kindOf(name).metric));
