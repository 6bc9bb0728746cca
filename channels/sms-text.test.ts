import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostileMessage } from './contract-message.ts';
import { locales } from './message.ts';
import { fitSegments, segmentsOf, smsText, smsVariable, withoutLinks } from './sms-text.ts';

describe('segments', () => {
  it.each([
    ['a'.repeat(160), 1],
    ['a'.repeat(161), 2],
    ['a'.repeat(306), 2],
    ['a'.repeat(307), 3],
    [`${'a'.repeat(158)}€`, 1],
    [`${'a'.repeat(159)}€`, 2],
    ['告'.repeat(70), 1],
    ['告'.repeat(71), 2],
    ['告'.repeat(134), 2],
    ['告'.repeat(135), 3],
    [`${'a'.repeat(69)}告`, 1],
    ['🔥'.repeat(36), 2],
  ])('of %s are %i', (text, segments) => {
    expect(segmentsOf(text)).toBe(segments);
  });

  it('are never exceeded, and no half of a surrogate pair stays', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 700 }),
        fc.integer({ min: 1, max: 4 }),
        (raw, most) => {
          const text = raw.replace(/\p{Surrogate}/gu, '\ufffd');
          const fitted = fitSegments(text, most);
          expect(segmentsOf(fitted)).toBeLessThanOrEqual(most);
          expect(/[\ud800-\udbff](?![\udc00-\udfff])/.test(fitted)).toBe(false);
          if (segmentsOf(text) <= most) expect(fitted).toBe(text);
        },
      ),
      { numRuns: 200, seed: 7 },
    );
  });
});

describe('a text', () => {
  it('is one line within its segments in every language', () => {
    for (const locale of locales) {
      for (const most of [1, 2, 3, 10]) {
        const text = smsText(hostileMessage(), { config: null, locale }, most);
        expect(segmentsOf(text)).toBeLessThanOrEqual(most);
        expect(text).not.toMatch(/\p{Cc}/u);
      }
    }
  });

  it('is what a user wrote', () => {
    const words = { title: 'CPU is high', text: null };
    const message = { ...hostileMessage(), truncated: 0 };
    const single = { ...message, alerts: message.alerts.slice(0, 1) };
    expect(smsText(single, { config: null, locale: 'en', words }, 3)).toBe('CPU is high');
    expect(smsText(message, { config: null, locale: 'en', words: { title: null, text: 'a\nb' } }, 3)).toBe(
      'a b',
    );
  });
});

it.each([
  ['see https://run.example/1?a=b now', 'see now'],
  ['10.0.0.1 is down', 'is down'],
  ['2001:db8:0:0:0:0:0:1 (10.0.0.1) is down', 'is down'],
  ['std::vector', 'std::vector'],
  ['10.0.0.1:9100 and 10.0.0.0/8 are down', 'and are down'],
  ['host [fe80::1]:22, ::1', 'host ,'],
  ['disk of db-1.prod.example.com is full', 'disk of db-1 is full'],
  ['www.example.com/path', 'www'],
  ['CPU at 91.5 % of 100.0', 'CPU at 91.5 % of 100.0'],
  ['since 12:30:15', 'since 12:30:15'],
  ['主机 db.内网 故障', '主机 db 故障'],
])('%j without addresses is %j', (text, expected) => {
  expect(withoutLinks(text)).toBe(expected);
});

it('never is an empty variable, nor one that is too long', () => {
  const message = { ...hostileMessage(), groupLabels: {} };
  const limits = { maxLength: 12, withoutLinks: true };
  const of = (source: 'group' | 'title' | 'count') =>
    smsVariable(source, message, { config: null, locale: 'en' }, limits);
  expect(of('group')).toBe('-');
  expect(of('count')).toBe('1007');
  expect(of('title').length).toBeLessThanOrEqual(12);
});
