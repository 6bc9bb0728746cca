// The message that every channel must be able to say: many alerts, and texts that want to be something else.
import type { Labels } from '../rules/types.ts';
import type { AlertMessage, MessageAlert } from './message.ts';

const control = '\u0000\u0007\u001b[31mred\u001b[0m\r\nBcc: evil@example.com\r\n\r\n.\r\n\u202e\u2028';
const markup = `<script>alert(1)</script><img src=x onerror=alert(1)> </td> "'& [link](http://evil.example) @all <!channel>`;
const chinese = '主機 CPU 使用率過高，請儘速處理 🔥 内存不足';
const long = 'あ😀x'.repeat(230); // 8 bytes each time round: about 2 KiB

function labels(entries: Record<string, string>): Labels {
  const sorted = Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.freeze(
    Object.assign(Object.create(null) as Record<string, string>, Object.fromEntries(sorted)),
  );
}

/** 1,000 alerts, firing and resolved, with everything that has broken a renderer before. Frozen. */
export function hostileMessage(): AlertMessage {
  const alerts = Array.from({ length: 1_000 }, (_, i): MessageAlert => {
    const id = `0190a1b2-c3d4-7e5f-8a6b-${String(i).padStart(12, '0')}`;
    return Object.freeze<MessageAlert>({
      id,
      kind: 'alert',
      fingerprint: String(i).padStart(16, '0'),
      status: i % 3 === 2 ? 'resolved' : 'firing',
      labels: labels({
        alertname: `HighCpu${control}`,
        host: `web-${i}`,
        note: chinese,
        long,
        markup,
        control,
      }),
      annotations: Object.freeze({
        summary: `${chinese} ${control} ${markup}`,
        description: `${long}${control}${markup}\ud83d`, // ends in half of a surrogate pair
        runbook_url: 'javascript:alert(1)',
      }),
      severity: 'critical',
      priority: 'P2',
      category: 'system',
      value: i / 3,
      startsAt: 1_700_000_000_000 + i,
      endsAt: i % 3 === 2 ? 1_700_000_600_000 : null,
    });
  });
  return Object.freeze<AlertMessage>({
    id: '0190a1b2-c3d4-7e5f-8a6b-999999999999',
    tenant: 'default',
    reason: 'new_alerts',
    status: 'firing',
    receiver: 'ops',
    groupKey: `ops/{}:{alertname="HighCpu${control}"}`,
    groupLabels: labels({ alertname: `HighCpu${control}`, note: chinese, long, markup }),
    alerts: Object.freeze(alerts),
    changed: Object.freeze(alerts.map((alert) => alert.id)),
    truncated: 7,
    severity: 'critical',
    priority: 'P2',
    at: 1_700_000_000_000,
    locale: 'en',
  });
}

/** The same, and the analysis knows as much of it as it can. */
export function hostileAnalysed(): AlertMessage {
  return Object.freeze<AlertMessage>({
    ...hostileMessage(),
    analysis: {
      incident: {
        ...{ id: '0190a1b2-c3d4-7e5f-8a6b-000000000900', title: `${control}${markup}${long}` },
        ...{ alerts: 1_007, services: 40, openedAt: 1_700_000_000_000 },
        first: { name: `${control}${markup}${long}`, service: `${markup}${control}${long}\ud83d` },
      },
      cause: { service: `${markup}${control}${long}`, category: 'network', confidence: 0.999 },
      patterns: [
        { pattern: 'storm', alerts: 1_007, services: null, confidence: 0.9, from: 1_700_000_000_000 },
      ],
      predictions: [
        {
          ...{ model: 'cascade', name: `${control}${markup}${long}`, service: `${markup}${control}${long}` },
          ...{ from: 1_700_000_000_000, to: 1_700_000_060_000, confidence: 0.999, times: null },
        },
      ],
    },
  });
}
