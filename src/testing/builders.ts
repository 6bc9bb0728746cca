// Whole values with one thing changed: what a test or the simulation says is what matters to it.
import { emptyLabels } from '../../rules/labels.ts';
import { hashOfRule } from '../../rules/rule-hash.ts';
import type { ThresholdRule } from '../../rules/types.ts';
import type { Receiver, Route } from '../pipeline/routing.ts';

export function aRule(over: Partial<ThresholdRule> = {}): ThresholdRule {
  const rule = {
    type: 'threshold' as const,
    tenant: 'default',
    name: 'HighCpu',
    group: 'host',
    description: '',
    category: 'system' as const,
    severity: 'warning' as const,
    priority: 'P4' as const,
    labels: emptyLabels,
    annotations: {},
    enabled: true,
    forMs: 0,
    keepFiringForMs: 0,
    noData: 'keep' as const,
    noDataAfterMs: 60_000,
    origin: { kind: 'api' as const },
    metric: 'cpu',
    match: [],
    aggregate: 'last' as const,
    windowMs: 0,
    operator: 'gt' as const,
    threshold: 80,
    ...over,
  };
  return { hash: hashOfRule(rule), ...rule };
}

export function aRoute(over: Partial<Route> = {}): Route {
  return {
    path: '{}',
    matchers: [],
    receiver: 'ops',
    groupBy: ['alertname'],
    groupWaitMs: 10_000,
    groupIntervalMs: 60_000,
    repeatIntervalMs: 4 * 3_600_000,
    resolveWaitMs: 60_000,
    continue: false,
    mute: [],
    active: [],
    routes: [],
    ...over,
  };
}

export function aReceiver(over: Partial<Receiver> = {}): Receiver {
  return { name: 'ops', channels: ['hook'], sendResolved: true, dedupeWindowMs: 300_000, ...over };
}
