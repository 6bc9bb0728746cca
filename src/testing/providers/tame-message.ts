// The message of an ordinary day: one alert about one host.
import type { AlertMessage } from '../../../channels/message.ts';

export function tameMessage(over: Partial<AlertMessage> = {}): AlertMessage {
  const labels = { alertname: 'HighCpu', host: 'web-1', severity: 'critical' };
  const startsAt = 1_700_000_000_000;
  return {
    ...{ id: 'n', tenant: 'default', reason: 'first', status: 'firing', receiver: 'ops', locale: 'en' },
    ...{ groupKey: 'ops:{}:{alertname="HighCpu"}', groupLabels: { alertname: 'HighCpu' }, changed: [] },
    ...{ truncated: 0, severity: 'critical', priority: 'P2', at: startsAt },
    alerts: [
      {
        ...{ id: '0190a1b2-c3d4-7e5f-8a6b-000000000001', kind: 'alert', fingerprint: 'a97b32c18b0f3d16' },
        ...{ status: over.status ?? 'firing', severity: 'critical', priority: 'P2', category: 'system' },
        ...{ value: 97, startsAt, endsAt: over.status === 'resolved' ? startsAt + 60_000 : null },
        labels,
        annotations: { summary: 'CPU of web-1 at 97 %', runbook_url: 'https://wiki.example/cpu' },
      },
    ],
    ...over,
  };
}
