import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostileMessage } from './contract-message.ts';
import { type AlertMessage, type Locale, locales } from './message.ts';
import { byteLength, lines, messageText, paragraphs, plain } from './text.ts';

const limits = { maxAlerts: 50, maxBytes: 64 * 1024 };

function message(changes: Partial<AlertMessage> = {}): AlertMessage {
  const [alert] = hostileMessage().alerts;
  return {
    ...hostileMessage(),
    reason: 'first',
    at: 1_700_000_720_000,
    truncated: 0,
    groupLabels: { alertname: 'HighCpu', env: 'prod' },
    alerts: [
      {
        ...alert!,
        labels: { alertname: 'HighCpu', env: 'prod', host: 'web-1' },
        annotations: {
          summary: 'CPU of web-1 at 91.2 %',
          description: 'Two lines\nof it',
          runbook_url: 'https://example.com/run',
          dashboard_url: 'https://grafana.example.com/d/1?var-host=[web-1]',
          generator_url: 'javascript:alert(1)',
        },
        value: 91.23456789,
        condition: '> 80',
        forMs: 30_000,
        startsAt: 1_700_000_000_000,
      },
    ],
    ...changes,
  };
}

describe('plain', () => {
  it('gives one line of at most the asked length, without control characters', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.integer({ min: 1, max: 100 }),
        (text, max) => {
          const line = plain(text, max);
          return line.length <= max && !/[\p{Cc}\u2028\u2029\u202e]/u.test(line);
        },
      ),
    );
  });

  it('leaves ordinary text alone and cuts no character in half', () => {
    expect(plain('主機 🔥 ok')).toBe('主機 🔥 ok');
    expect(plain('ab🔥cd', 4)).toBe('ab…');
    expect(plain('a\r\n\u001b[31mb')).toBe('a [31mb');
  });
});

describe('a message in words', () => {
  it('reads like this', () => {
    const text = messageText(message(), 'en', limits);
    expect(text.subject).toBe('FIRING [critical] HighCpu: CPU of web-1 at 91.2 %');
    expect(paragraphs(text, 'en')).toMatchInlineSnapshot(`
      "FIRING (new)
      Group: env=prod
      Receiver: ops

      FIRING [critical] HighCpu: CPU of web-1 at 91.2 %
        Value: 91.2346 (> 80 for 30 s)
        Started: 2023-11-14 22:13:20 UTC (for 12 min)
        Labels: env=prod, host=web-1
        Description: Two lines of it
        Dashboard: https://grafana.example.com/d/1?var-host=%5Bweb-1%5D
        Runbook: https://example.com/run
      "
    `);
    expect(lines(message(), 'en', limits)).toEqual([
      'FIRING [critical] HighCpu: CPU of web-1 at 91.2 % (Value 91.2346, > 80 for 30 s) {env=prod, host=web-1}',
    ]);
  });

  it('tells the time of the configured zone, with its offset, and the span in the language', () => {
    const rows = (timeZone: string, at: number, locale: Locale) =>
      messageText(message({ timeZone, at }), locale, limits).alerts[0]!.rows.slice(0, 2);
    expect(rows('Asia/Taipei', 1_700_000_090_000, 'zh-TW')).toEqual([
      ['數值', '91.2346 (> 80，持續 30 秒)'],
      ['開始時間', '2023-11-15 06:13:20 +08:00 (已持續 1 分鐘 30 秒)'],
    ]);
    const [, started] = rows('America/St_Johns', 1_700_093_600_000, 'en');
    expect(started).toEqual(['Started', '2023-11-14 18:43:20 -03:30 (for 1 d 2 h)']);
    // Decided by a clock that is behind the sample's: no span is better than a wrong one.
    expect(rows('UTC', 1_600_000_000_000, 'en')[1]).toEqual(['Started', '2023-11-14 22:13:20 UTC']);
  });

  it('says when an event happened, and a runbook that is no address as a text', () => {
    const [alert] = message().alerts;
    const { condition: _, ...event } = { ...alert!, kind: 'event' as const, value: null };
    const said = messageText(
      message({ alerts: [{ ...event, annotations: { runbook_url: 'binder 3, page 7' } }] }),
      'en',
      limits,
    );
    expect(said.alerts[0]!.rows).toEqual([
      ['Occurred', '2023-11-14 22:13:20 UTC'],
      ['Labels', 'env=prod, host=web-1'],
      ['Runbook', 'binder 3, page 7'],
    ]);
  });

  it('counts in the subject when there are several alerts', () => {
    const [alert] = message().alerts;
    const resolved = { ...alert!, status: 'resolved' as const, endsAt: 1_700_000_060_000 };
    const several = message({ alerts: [alert!, alert!, resolved], truncated: 3 });
    expect(messageText(several, 'zh-TW', limits).subject).toBe('觸發中 ×5 [嚴重] env=prod');
    expect(paragraphs(messageText(several, 'zh-CN', limits), 'zh-CN')).toContain(
      '结束时间：2023-11-14 22:14:20 UTC (历时 1 分钟)',
    );
    expect(messageText(several, 'en', limits).more).toBe('… and 3 more');
  });

  it('keeps within its bytes and counts what it leaves out', () => {
    for (const locale of locales) {
      for (const maxBytes of [1, 5_000, 20_000, 64 * 1024]) {
        const hostile = hostileMessage();
        const text = messageText(hostile, locale, { maxAlerts: 1_000, maxBytes });
        const bytes = byteLength(JSON.stringify(text.alerts.map(({ title, rows }) => title + rows.join(''))));
        expect(bytes).toBeLessThanOrEqual(maxBytes + 2);
        expect(text.more).toContain(String(1_007 - text.alerts.length));
      }
    }
  });
});
