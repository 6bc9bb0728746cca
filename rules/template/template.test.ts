import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelSet } from '../labels.ts';
import type { Labels } from '../types.ts';
import { utf8Length } from '../utf8.ts';
import { engine } from './liquid-engine.ts';
import { compileTemplate, render, type Template } from './template.ts';

function compiled(text: string): Template {
  const template = compileTemplate(text);
  if ('message' in template) throw new Error(`${text}: ${template.message}`);
  return template;
}

const labels = labelSet({ host: 'web-1', 'service.name': 'api', team: 'infra <a> & "b"' });
const show = (text: string, more: Record<string, unknown> = {}) =>
  render(compiled(text), { labels, value: 81.25, ...more });

describe('templates', () => {
  it('read labels and the value', () => {
    expect(show('CPU of {{ labels.host }} at {{ value | round: 1 }} %')).toBe('CPU of web-1 at 81.3 %');
    expect(show('{{ labels["service.name"] }} {{value}} {{ value | round }}')).toBe('api 81.25 81');
    expect(show('{% if value > 80 %}hot{% else %}fine{% endif %}, {{ labels.host | upcase }}')).toBe(
      'hot, WEB-1',
    );
    expect(show('{{ rule.name }}', { rule: { name: 'HighCpu' } })).toBe('HighCpu');
    expect(show('{{ labels.missing }}{{ nothing.at.all }}')).toBe('');
    expect(render(compiled('[{{ value }}]'), { labels, value: null })).toBe('[]');
  });

  it('escape nothing: that is for the channel to do', () => {
    expect(show('{{ labels.team }}')).toBe('infra <a> & "b"');
    expect(show('{{ labels.team | append: "!" }}')).toBe('infra <a> & "b"!');
  });

  it('see no prototype', () => {
    const hostile = JSON.parse('{"__proto__":"p","constructor":"c","prototype":"q","host":"h"}') as Labels;
    for (const scope of [labels, hostile]) {
      for (const name of [
        'labels.constructor',
        'labels.__proto__',
        'labels["prototype"]',
        'labels.toString',
        'constructor',
        '__proto__',
        'labels.host.constructor',
        'value.constructor',
      ]) {
        expect([name, render(compiled(`{{ ${name} }}`), { labels: scope, value: 1 })]).toEqual([name, '']);
      }
    }
  });

  it('show nothing but what they were given, whatever path they take', () => {
    const word = fc.constantFrom(
      ...['labels', 'value', 'host', 'team', 'rule', 'constructor', '__proto__', 'prototype', 'toString'],
      ...['valueOf', 'call', 'caller', 'arguments', 'process', 'globalThis', 'env', 'size', 'first', 'last'],
    );
    const path = fc.array(word, { minLength: 1, maxLength: 6 });
    const form = fc.constantFrom(
      ([first, ...more]: string[]) => `{{ ${first}${more.map((one) => `["${one}"]`).join('')} }}`,
      (words: string[]) => `{{ ${words.join('.')} }}`,
      (words: string[]) => `{% assign x = ${words.join('.')} %}{{ x.constructor }}{{ x }}`,
      (words: string[]) => `{{ labels | map: "${words.join('.')}" }}`,
      (words: string[]) => `{% for x in ${words.join('.')} %}{{ x[1].constructor }}{% endfor %}`,
    );
    fc.assert(
      fc.property(form, path, (write, words) => {
        const template = compileTemplate(write(words));
        if ('message' in template) return;
        const said = render(template, { labels: labelSet({ host: 'HOST', team: 'TEAM' }), value: 81.25 });
        expect(said).toMatch(/^(\[this text could not be rendered: .*\]|HOST|TEAM|81\.25|\d+)?$/);
      }),
      { numRuns: 3_000 },
    );
  });

  it('say where they are wrong', () => {
    const wrong = [
      '{{ labels.host',
      'a\n  {{ labels.host | nope }}',
      '{% if value %}',
      '{% include "x" %}',
      '{% capture a %}{% endcapture %}',
      '{{ labels | sample }}',
      '{{ }}',
      'x'.repeat(8_193),
    ];
    expect(
      wrong
        .map((text) => compileTemplate(text))
        .map((t) => ('message' in t ? `${t.line}:${t.column} ${t.message}` : 'good')),
    ).toMatchInlineSnapshot(`
      [
        "1:1 output "{{ labels.host" not closed",
        "2:3 undefined filter: nope",
        "1:1 tag {% if value %} not closed",
        "1:1 tag "include" not found",
        "1:1 tag "capture" not found",
        "1:1 undefined filter: sample",
        "1:4 invalid value expression: """,
        "1:1 expected a template of at most 8192 characters",
      ]
    `);
  });

  it('become a text that says so when they cannot be rendered', () => {
    expect(show('{{ labels }}')).toMatch(/^\[this text could not be rendered: /);
    expect(show('{% for i in (1..1000000000) %}x{% endfor %}')).toBe(
      '[this text could not be rendered: memory alloc limit exceeded]',
    );
    expect(
      show(
        '{% assign a = "xxxxxxxxxxxxxxxx" %}{% for i in (1..99) %}{% assign a = a | append: a %}{% endfor %}{{ a }}',
      ),
    ).toMatch(/memory alloc/);
    expect(show('{{ "a" | date: "%999999999d" }}')).toBe('a');
    expect(show('{{ 0 | date: "%999999999d" }}')).toMatch(/memory alloc/);
  });

  it('write at most 32 KiB', () => {
    const big = labelSet({ a: 'x'.repeat(2_047), b: '主'.repeat(600) });
    const long = render(compiled('{% for i in (1..99) %}{{ labels.b }}{% endfor %}'), {
      labels: big,
      value: 1,
    });
    expect(utf8Length(long)).toBeLessThanOrEqual(32 * 1024);
    expect(utf8Length(long)).toBeGreaterThan(32 * 1024 - 8);
    expect(long.endsWith('…')).toBe(true);
    const fast = render(compiled('{{ labels.a }}'.repeat(100)), { labels: big, value: 1 });
    expect(utf8Length(fast)).toBe(32 * 1024);
  });

  it('end after a fixed number of steps, on any machine', () => {
    expect(show('{% for i in (1..400) %}{% for j in (1..99) %}.{% endfor %}{% endfor %}')).toBe(
      '[this text could not be rendered: template render limit exceeded]',
    );
  });

  it('know no present time and no time zone of the machine', () => {
    expect(show('[{{ "now" | date: "%s" }}{{ "today" | date_to_string }}]')).toBe('[]');
    expect(show('{{ 1700000000 | date }}')).toBe('2023-11-14 22:13:20 +0000');
    expect(show('{{ 1700000000 | date: "%H:%M", "Asia/Taipei" }}')).toBe('06:13');
  });

  it('survive any nesting', () => {
    const deep = `${'{% if value %}'.repeat(300)}x${'{% endif %}'.repeat(300)}`;
    expect(show(deep)).toBe('x');
    expect(show(`{{ ${'labels['.repeat(500)}"a"${']'.repeat(500)} }}`)).toBe('');
  });

  it('are the same with and without the engine', () => {
    const piece = fc.constantFrom(
      'a',
      ' ',
      '{',
      '}',
      '%',
      '{{ labels.host }}',
      '{{labels.host}}',
      '{{ labels["service.name"] }}',
      '{{ labels.size }}',
      '{{ labels.none }}',
      '{{ value }}',
      '{{ value | round }}',
      '{{ value | round: 2 }}',
      '{{value|round:0}}',
      '{{- value -}}',
      '\n',
      '主',
      '"',
      '|',
    );
    const value = fc.oneof(
      fc.double({ noNaN: true }),
      fc.constantFrom(null, 0, -0, 1e21, 1e-7, -2.5, 0.125, Infinity),
    );
    let simple = 0;
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 6 }).map((p) => p.join('')),
        value,
        (text, v) => {
          const template = compileTemplate(text);
          let nodes: ReturnType<typeof engine.parse> | null = null;
          try {
            nodes = engine.parse(text);
          } catch {
            expect(template).toHaveProperty('message');
          }
          if (nodes === null || 'message' in template) return;
          if (template.simple) simple++;
          const scope = { labels, value: v };
          expect(render(template, scope)).toBe(render({ text, simple: null, nodes }, scope));
        },
      ),
      { numRuns: 2_000 },
    );
    expect(simple).toBeGreaterThan(100);
  });

  it('never throw, whatever the text is', () => {
    const piece = fc.constantFrom(
      '{{',
      '}}',
      '{%',
      '%}',
      'if',
      'for i in labels',
      'endfor',
      'endif',
      'labels',
      '.host',
      '|',
      'round',
      'split: ""',
      'join',
      ':',
      '"',
      "'",
      '[',
      ']',
      '(1..9)',
      'value',
      ' ',
      'assign x =',
      'case',
      'when',
      'else',
      '__proto__',
      ',',
      '-',
      'where: "a"',
      'map: "host"',
      'date: "%Y"',
      'json',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const template = compileTemplate(pieces.join(' '));
        if (!('message' in template)) expect(typeof render(template, { labels, value: 1 })).toBe('string');
      }),
      { numRuns: 3_000 },
    );
  });
});
