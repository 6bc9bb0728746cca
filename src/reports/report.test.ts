// What a report says is what happened, in every format; and nothing that somebody named an alert does anything.
import { describe, expect, it } from 'vitest';
import { locales } from '../../channels/message.ts';
import { labelSet } from '../../rules/labels.ts';
import type { Report } from './report.ts';
import { csvCell, reportCsv } from './report-csv.ts';
import { escaped, reportHtml, reportPolicy } from './report-html.ts';
import { reportBody, reportJson } from './report-json.ts';
import { reportTexts } from './report-texts.ts';

const evil = `=cmd|' /C calc'!A0"><script>alert(1)</script>&`;
const day = 86_400_000;
const from = Date.parse('2026-03-28T23:00:00Z');
const spread = { count: 3, meanMs: 61_400, medianMs: 60_000, p90Ms: 3_600_000 };
const episodes = {
  fired: 1_234,
  open: 4,
  resolved: 1_230,
  resolvedByHand: 2,
  acknowledged: 3,
  events: 5,
  timeToAcknowledge: spread,
  timeToResolve: null,
};
const states = { queued: 0, sending: 0, sent: 7, delivered: 0, dead: 2, dropped: 0 };
const report: Report = {
  from,
  to: from + 23 * 3_600_000,
  zone: 'Europe/Vienna',
  madeAt: from + day,
  withAudit: true,
  figures: {
    tenant: 'acme',
    total: episodes,
    by: {
      severity: [{ name: 'critical', ...episodes }],
      category: [],
      rule: [
        { name: evil, ...episodes },
        { name: null, ...episodes },
      ],
    },
    more: { severity: 0, category: 0, rule: 9 },
    buckets: [{ from, to: from + 23 * 3_600_000, fired: 1_234, events: 5, resolved: 1_230 }],
    labelSets: [{ labels: labelSet({ host: evil }), fired: 3, events: 0 }],
    channels: [
      {
        channel: evil,
        deliveries: 9,
        states,
        attempts: 12,
        timeToAccept: spread,
        lost: [{ state: 'dead', reason: evil, count: 2 }],
      },
    ],
    heldBack: [
      { kind: 'notify.suppressed', reason: 'silenced', count: 8 },
      { kind: 'notify.skipped', reason: evil, count: 1 },
      { kind: 'notify.skipped', reason: 'constructor', count: 1 },
    ],
    storms: {
      ...{ storms: 2, open: 1, lasted: spread, came: 1_500, summed: 1_400, alone: 40, summaries: 12 },
      saved: 1_388,
    },
    acts: [{ kind: 'alert.acknowledged', actor: evil, count: 3 }],
  },
};

/** Reads what RFC 4180 says. */
function rowsOf(csv: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain!);
    if (end === '\r\n') rows.push([]);
  }
  return rows.slice(0, -1);
}

describe('a report as CSV', () => {
  it('is one table of figures that every reader takes apart alike', () => {
    const rows = rowsOf(reportCsv(report));
    expect(rows[0]).toEqual(['section', 'name', 'detail', 'figure', 'value']);
    expect(rows.every(({ length }) => length === 5)).toBe(true);
    expect(rows).toContainEqual(['total', '', '', 'alerts', '1234']);
    expect(rows).toContainEqual(['severity', 'critical', '', 'time_to_acknowledge_p90_ms', '3600000']);
    expect(rows).toContainEqual(['day', '2026-03-29', '', 'alerts', '1234']);
    expect(rows).toContainEqual(['lost', `'${evil}`, `'${evil}`, 'dead', '2']);
    expect(rows).toContainEqual(['held_back', 'notify.suppressed', 'silenced', 'count', '8']);
    expect(rows).toContainEqual(['storms', '', '', 'saved', '1388']);
    expect(rows).toContainEqual(['storms', '', '', 'time_to_calm_median_ms', '60000']);
    expect(rows).toContainEqual(['audit', 'alert.acknowledged', `'${evil}`, 'count', '3']);
  });

  it.each([
    '=1+1',
    '+1',
    '-1',
    '@A1',
    '\t=1',
    '\r=1',
    ' =1',
    '\u0000=1',
    '\u001b[0m',
    '＝1',
    '＠A1',
    '\u00a0=1',
  ])('has no cell that a spreadsheet runs: %j', (text) => {
    expect(csvCell(text).replace(/^"/, '')).toMatch(/^'/);
    expect(
      rowsOf(reportCsv(report))
        .flat()
        .filter((cell) => /^[=+\-@\p{Cc}]/u.test(cell)),
    ).toEqual([]);
  });

  it('quotes what has to be', () => {
    expect(['plain', 'a,b', 'a"b', 'a\nb', '日本', 5, null].map(csvCell)).toEqual([
      ...['plain', '"a,b"', '"a""b"', '"a\nb"', '日本', '5', ''],
    ]);
  });
});

describe('a report as a page', () => {
  it.each(locales)('speaks %s, and nothing in it is markup but its own', (locale) => {
    const html = reportHtml(report, locale);
    const t = reportTexts[locale];
    for (const word of [t.title, t.noisiestRules, t.heldReason.silenced, t.audit, t.andMore(9)])
      expect(html).toContain(word);
    expect(html).toContain(`<html lang="${locale}">`);
    const tags = new Set([...html.matchAll(/<\/?([a-z0-9]+)/gi)].map(([, tag]) => tag));
    expect([...tags].sort()).toEqual([
      'body',
      'div',
      'h1',
      'h2',
      'head',
      'html',
      'meta',
      'p',
      'style',
      'table',
      'tbody',
      'td',
      'th',
      'thead',
      'title',
      'tr',
    ]);
    // The name stands in it as text: in rules, labels, channels, reasons, acts.
    expect(html.split(escaped(evil)).length).toBeGreaterThanOrEqual(5);
    expect(html).not.toMatch(/https?:|src=|href=|url\(|\son\w+=/);
  });

  it('says figures as people read them', () => {
    const html = reportHtml(report, 'en');
    expect(html).toContain('1,234');
    expect(html).toMatch(/Messages saved<\/td><td class="n">1,388/);
    expect(html).toContain('1m (mean 1m1s, 90 % 1h)');
    expect(html).toContain('2026-03-29 00:00 – 2026-03-30 00:00 (Europe/Vienna)');
    expect(html).toContain('constructor');
  });

  it('shows what people did only to those who may see it', () => {
    expect(reportHtml({ ...report, withAudit: false }, 'en')).not.toContain(reportTexts.en.audit);
    expect(reportJson({ ...report, withAudit: false }).audit).toBeNull();
  });

  it('allows its own style alone', () => {
    expect(reportPolicy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/]{43}='/);
    expect(escaped('a\u0000\u001b\u202eb\n"\'')).toBe('ab &quot;&#39;');
  });
});

it('a report as JSON has the shape that the API describes', () => {
  expect(reportBody.parse(reportJson(report))).toMatchObject({
    tenant: 'acme',
    alerts: 1_234,
    by_rule: [{ rule: evil }, { rule: null }],
    channels: [{ dead_letters: 2 }],
    storms: { storms: 2, open: 1, lasted: { count: spread.count }, saved: 1_388 },
  });
});
