// What a test of a channel says: one event, in the language that was asked for.
import type { AlertMessage, Locale } from '../../channels/message.ts';
import { fingerprint } from '../../rules/fingerprint.ts';
import { labelSet } from '../../rules/labels.ts';
import { priorityOf } from '../../rules/severity.ts';
import type { TestWords } from '../services.ts';

const texts: Readonly<Record<Locale, (channel: string) => string>> = {
  en: (channel) => `This is a test of the channel ${channel}. Nothing is wrong.`,
  'zh-TW': (channel) => `這是管道 ${channel} 的測試訊息，一切正常。`,
  'zh-CN': (channel) => `这是渠道 ${channel} 的测试消息，一切正常。`,
};

/** @param ids Of the notification, and of the event in it. */
export function testMessage(
  tenant: string,
  channel: string,
  { text, severity, locale }: TestWords,
  ids: { readonly notification: string; readonly event: string },
  now: number,
): AlertMessage {
  const labels = labelSet({ alertname: 'tocsin.test', channel });
  const priority = priorityOf(severity);
  return {
    id: ids.notification,
    tenant,
    reason: 'event',
    status: 'firing',
    receiver: channel,
    groupKey: `test:${ids.notification}`,
    groupLabels: labels,
    alerts: [
      {
        id: ids.event,
        kind: 'event',
        fingerprint: fingerprint(labels),
        status: 'firing',
        labels,
        annotations: { summary: text ?? texts[locale](channel) },
        severity,
        priority,
        category: 'system',
        value: null,
        startsAt: now,
        endsAt: null,
      },
    ],
    changed: [ids.event],
    truncated: 0,
    severity,
    priority,
    at: now,
    locale,
  };
}
