import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostileMessage } from './contract-message.ts';
import type { AlertMessage } from './message.ts';
import { webhook } from './webhook.ts';

const base = hostileMessage();
const one: AlertMessage = { ...base, alerts: base.alerts.slice(0, 1), truncated: 0 };
const url = 'http://127.0.0.1:9000/';

function rendered(
  body: object,
  message: AlertMessage = one,
  words?: { title: string | null; text: string | null },
): string {
  const config = webhook.config.parse({ url, body });
  return webhook.render(message, { config, locale: 'en', ...(words && { words }) });
}
const problemsOf = (body: unknown) =>
  webhook.config
    .safeParse({ url, body })
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);

describe('a body of one’s own', () => {
  it('keeps the type of what a string names, and renders every other string', () => {
    const body = {
      id: '{{ id }}',
      count: '{{ alerts | size }}',
      value: ' {{ alerts[0].value }} ',
      firing: '{{ status == "firing" }}',
      labels: '{{ groupLabels }}',
      missing: '{{ nothing.at.all }}',
      text: 'now {{ status }}: {{ alerts[0].value }}',
      list: ['{{ severity }}', 1, true, null, { deep: '{{ receiver | upcase }}' }],
    };
    expect(JSON.parse(rendered(body))).toEqual({
      id: one.id,
      count: 1,
      value: 0,
      firing: true,
      labels: { ...one.groupLabels },
      missing: null,
      text: 'now firing: 0',
      list: ['critical', 1, true, null, { deep: 'OPS' }],
    });
  });

  it('has the words of a template where there is one', () => {
    const body = { title: '{{ title }}', text: '{{ text }}' };
    expect(JSON.parse(rendered(body, one, { title: 'A', text: 'B' }))).toEqual({ title: 'A', text: 'B' });
  });

  it('says where a template is wrong', () => {
    expect(problemsOf({ a: { b: ['x', 'y\n {{ status | nope }}'] } })).toEqual([
      'body.a.b.1: line 2, column 2: undefined filter: nope',
    ]);
    expect(problemsOf({ a: '{% include "x" %}' })).toEqual([
      'body.a: line 1, column 1: tag "include" not found',
    ]);
    expect(problemsOf({ a: Number.NaN })).toEqual(['body.a: expected what JSON can say']);
    expect(problemsOf({ a: Array.from({ length: 300 }, () => 1) })).toEqual([
      'body: expected at most 200 values',
    ]);
    expect(problemsOf({ a: 'x'.repeat(8_193) })?.[0]).toMatch(/at most 8192 characters/);
    let deep: unknown = 1;
    for (let i = 0; i < 20; i++) deep = { deep };
    expect(problemsOf(deep)?.[0]).toMatch(/at most 16 levels/);
  });

  it('lets nothing in an alert add a field or end a string', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    fc.assert(
      fc.property(text, (hostile) => {
        const [alert] = one.alerts;
        const message = { ...one, alerts: [{ ...alert!, labels: { host: `","x":"${hostile}` } }] };
        const said = JSON.parse(
          rendered({ a: '{{ alerts[0].labels.host }}', b: '-{{ alerts[0].labels.host }}' }, message),
        );
        expect(said).toEqual({ a: `","x":"${hostile}`, b: `-","x":"${hostile}` });
      }),
      { numRuns: 50 },
    );
  });

  it('stays within 1 MiB and a bounded time, whatever it names', () => {
    const all = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`k${i}`, '{{ alerts }}']));
    const texts = Object.fromEntries(
      Array.from({ length: 150 }, (_, i) => [`k${i}`, '{{ text }} {{ text }}']),
    );
    const endless = { a: '{% for i in (1..1000000000) %}x{% endfor %}' };
    const loops = '{% for i in (1..400) %}{% for j in (1..99) %}.{% endfor %}{% endfor %}';
    for (const body of [all, texts, endless, { a: loops, b: loops }]) {
      const said = rendered(body, base);
      expect(Buffer.byteLength(said)).toBeLessThanOrEqual(1024 * 1024);
      expect(Object.keys(JSON.parse(said))).toEqual(Object.keys(body));
    }
    expect(rendered({ a: loops }, base)).toContain('could not be rendered: ');
  });

  it('counts the alerts that it leaves out', () => {
    const said = JSON.parse(rendered({ left: '{{ truncated }}', alerts: '{{ alerts }}' }, base));
    expect(said.left + said.alerts.length).toBe(1_007);
    expect(said.alerts.length).toBeGreaterThan(0);
  });
});
