// Messages that say what most do: to look at a template or a channel with, without an alert.
import type { Labels } from '../rules/types.ts';
import type { AlertMessage, MessageAlert } from './message.ts';

export const sampleKinds = ['firing', 'resolved', 'event'] as const;
export type SampleKind = (typeof sampleKinds)[number];

const at = 1_700_000_720_000;
const labels = (entries: Record<string, string>): Labels =>
  Object.freeze(Object.assign(Object.create(null) as Record<string, string>, entries));

const cpu = {
  id: '0190a1b2-c3d4-7e5f-8a6b-000000000001',
  kind: 'alert',
  fingerprint: '1fa9f162bb23df53',
  status: 'firing',
  labels: labels({ alertname: 'HighCpu', env: 'prod', host: 'web-1', severity: 'critical' }),
  annotations: {
    dashboard_url: 'https://grafana.example.com/d/cpu?var-host=web-1',
    description: 'The CPU of web-1 has been above 80 % for half a minute.',
    runbook_url: 'https://wiki.example.com/runbooks/high-cpu',
    summary: 'CPU of web-1 at 91.2 %',
  },
  severity: 'critical',
  priority: 'P2',
  category: 'system',
  value: 91.2345678,
  condition: '> 80',
  forMs: 30_000,
  startsAt: 1_700_000_000_000,
  endsAt: null,
} satisfies MessageAlert;
const disk = {
  ...cpu,
  id: '0190a1b2-c3d4-7e5f-8a6b-000000000002',
  fingerprint: '2fa9f162bb23df54',
  labels: labels({ alertname: 'DiskFull', env: 'prod', host: 'db-1', severity: 'warning' }),
  annotations: {
    generator_url: 'https://prometheus.example.com/graph?g0.expr=disk_used',
    summary: 'Disk /data of db-1 is 95 % full *&<soon>_',
  },
  severity: 'warning',
  priority: 'P4',
  value: 95,
  condition: '>= 95',
  forMs: 0,
  startsAt: 1_699_996_400_000,
} satisfies MessageAlert;
const deploy = {
  ...cpu,
  id: '0190a1b2-c3d4-7e5f-8a6b-000000000003',
  kind: 'event',
  labels: labels({ alertname: 'deploy.failed', env: 'prod', severity: 'warning' }),
  annotations: { message: 'Release 42 was rolled back' },
  severity: 'warning',
  priority: 'P4',
  category: 'business',
  value: null,
} satisfies MessageAlert;

/** As long as a real one. */
const answer = (word: string) => `https://alerts.example.com/l/${`sample-${word}-`.padEnd(84, 'x')}`;
const everyAnswer = {
  acknowledge: answer('respond'),
  silence: `${answer('respond')}#silence`,
  explain: answer('why'),
};

/** A digest of fifteen events of an hour; the same each time. */
export function sampleDigest(): AlertMessage {
  const of = (type: string, subject: string, n: number) => ({
    ...deploy,
    id: `0190a1b2-c3d4-7e5f-8a6b-0000000001${String(n).padStart(2, '0')}`,
    labels: labels({ alertname: type, severity: 'info', subject }),
    annotations: { summary: subject },
    severity: 'info' as const,
    priority: 'P5' as const,
    startsAt: 1_699_999_200_000 + n * 60_000,
  });
  const users = ['user123', 'user789', 'user790', 'user791', 'user792', 'user793', 'user794', 'user795'];
  const orders = ['order456', 'order457', 'order458', 'order459', 'order460', 'order461', 'order999'];
  const alerts = [
    ...users.map((user, n) => of('user registered', user, n)),
    ...orders.map((order, n) => of('order completed', order, users.length + n)),
  ];
  return {
    ...sampleMessage('event'),
    reason: 'digest',
    receiver: 'daily-updates',
    groupKey: 'daily-updates:{} digest 1h:{}',
    groupLabels: labels({}),
    alerts,
    changed: alerts.map(({ id }) => id),
    severity: 'info',
    priority: 'P5',
    at: 1_700_002_800_000,
    digest: {
      ...{ from: 1_699_999_200_000, to: 1_700_002_800_000, zone: 'UTC', total: 15, standing: 0, others: 0 },
      kinds: [
        { name: 'user registered', count: 8, resolved: 0, subjects: users.slice(0, 5) },
        { name: 'order completed', count: 7, resolved: 0, subjects: orders.slice(0, 5) },
      ],
    },
  };
}

/** The firing one, of which the analysis knows all that it can know; the same each time. */
export function sampleAnalysed(): AlertMessage {
  return {
    ...sampleMessage('firing'),
    analysis: {
      incident: {
        id: '0190a1b2-c3d4-7e5f-8a6b-000000000900',
        title: 'DiskFull on db-1 and 2 other services: 7 alerts',
        ...{ alerts: 7, services: 3, first: { name: 'DiskFull', service: 'db-1' }, openedAt: disk.startsAt },
      },
      cause: { service: 'db-1', category: 'data_storage', confidence: 0.82 },
      patterns: [
        { pattern: 'cascade', alerts: 7, services: 3, confidence: 0.9, from: disk.startsAt },
        { pattern: 'burst', alerts: 5, services: null, confidence: 0.7, from: cpu.startsAt },
      ],
      predictions: [
        {
          ...{ model: 'cascade', name: 'HighErrorRate', service: 'cart', confidence: 0.89 },
          ...{ from: disk.startsAt + 60_000, to: disk.startsAt + 240_000, times: { came: 17, of: 19 } },
        },
        {
          ...{ model: 'burst', name: 'DiskFull', service: 'db', confidence: 0.84, times: null },
          ...{ from: disk.startsAt, to: disk.startsAt + 60_000 },
        },
      ],
    },
  };
}

/** The sample of a kind; the same each time. */
export function sampleMessage(kind: SampleKind): AlertMessage {
  const alerts = {
    firing: [cpu, disk],
    resolved: [cpu, disk].map((alert) => ({
      ...alert,
      status: 'resolved' as const,
      endsAt: 1_700_000_600_000,
    })),
    event: [deploy],
  }[kind] satisfies MessageAlert[];
  const [first] = alerts;
  return {
    id: '0190a1b2-c3d4-7e5f-8a6b-999999999999',
    tenant: 'default',
    reason: { firing: 'first', resolved: 'resolved', event: 'event' }[kind] as AlertMessage['reason'],
    status: kind === 'resolved' ? 'resolved' : 'firing',
    receiver: 'ops',
    groupKey: 'ops:{}:{env="prod"}',
    groupLabels: labels({ env: 'prod' }),
    alerts,
    changed: alerts.map(({ id }) => id),
    truncated: 0,
    severity: first!.severity,
    priority: first!.priority,
    at,
    locale: 'en',
    links: kind === 'resolved' ? { explain: answer('why') } : everyAnswer,
  };
}
