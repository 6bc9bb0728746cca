// Templates: any text compiles or says why not; rendering ends, is bounded, gives the same again, and shows nothing but
// what the scope itself holds.
import { labelSet } from '../../../../rules/labels.ts';
import { engine, maxTemplateLength } from '../../../../rules/template/liquid-engine.ts';
import { compileTemplate, render } from '../../../../rules/template/template.ts';
import { materialOf, mutated } from '../mutate.ts';
import { claim, pureTarget, quoted, textOf } from '../target.ts';

const longestOutput = 32 * 1024;
const outOfTime = 'template render limit exceeded';
const canary = 'canary-of-no-scope';
const material = materialOf(
  [
    '{{ labels.host }} is at {{ value | round: 1 }} %',
    'plain text',
    '{% if value > 90 %}high{% elsif labels.env == "prod" %}prod{% else %}low{% endif %}',
    '{% for i in (1..50) %}{{ i }},{% endfor %}',
    '{{ labels["service.name"] | upcase | truncate: 5 }}',
    '{% assign x = "a,b" | split: "," %}{{ x | join: "-" }}{{ x.first }}{{ labels.size }}',
    '{{ value | times: 1024 | divided_by: 3 | date: "%Y" }}',
    '{% case labels.env %}{% when "prod" %}1{% endcase %}{% raw %}{{ x }}{% endraw %}{% comment %}c{% endcomment %}',
    '{{ rule.name }} {{ labels | json }} {{ labels.__proto__ }} {{ labels.constructor }}',
    '{{ "now" | date: "%s" }}{% cycle "a", "b" %}{% increment n %}{% liquid echo value %}',
  ],
  ['{{', '}}', '{%', '%}', '{%-', '-%}', '|', 'labels', 'labels.host', '["', '"]', 'value', '| round', ': 1']
    .concat([
      '__proto__',
      'constructor',
      'prototype',
      'toString',
      '.size',
      '.first',
      'secret',
      '(1..99999999)',
    ])
    .concat([
      '{% for a in (1..1000) %}',
      '{% endfor %}',
      '| append: labels.host',
      '| json',
      '| inspect',
      '| where: "a"',
    ])
    .concat([
      '{% include "x" %}',
      '{% render "x" %}',
      '{% capture x %}',
      '{% assign x = ',
      '| split: ""',
      '| replace: "a", "aaaaaaaa"',
    ])
    .concat([
      '| map: "constructor"',
      '| date: "%9999999d"',
      '| slice: -1, 999999999',
      '| sort',
      '| strip_html',
      '| default: secret',
    ]),
);
// Whoever looks past the scope's own properties meets the canary.
const rule = Object.assign(Object.create({ secret: canary }), { name: 'HighCpu' });
const scope = Object.assign(Object.create({ secret: canary, process: { env: canary } }), {
  labels: labelSet({
    host: 'web-1',
    env: 'prod',
    'service.name': 'äpi',
    html: '<b>&"',
    long: 'x'.repeat(500),
  }),
  value: 91.2345,
  rule,
});

export const templates = pureTarget({
  name: 'templates',
  holds:
    'a text of at most 32 KiB, the same each time, out of the scope alone; the short way is the engine’s',
  weight: 5,
  input: (random) => mutated(random, material),
  check(input) {
    const text = textOf(input);
    const template = compileTemplate(text);
    if ('message' in template) {
      claim(template.line >= 1 && template.column >= 1, `a problem at ${template.line}:${template.column}`);
      claim(template.line <= text.split('\n').length, `a problem in line ${template.line}`);
      // A problem quotes the template at most, and that has a bound.
      claim(template.message.length <= 2 * maxTemplateLength, `a problem of ${template.message.length}`);
      return;
    }
    const output = render(template, scope);
    claim(Buffer.byteLength(output) <= longestOutput, `${Buffer.byteLength(output)} bytes`);
    claim(!output.includes(canary), () => `${quoted(text)} shows what is not in the scope`);
    const again = render(template, scope);
    // The engine also ends what takes 50 ms by the clock: then the machine was busy, and nothing can be compared.
    if (`${output}${again}`.includes(outOfTime)) return;
    claim(again === output, () => `${quoted(text)} renders differently the second time`);
    if (template.simple === null) return;
    const whole = render({ ...template, simple: null, nodes: engine.parse(text) }, scope);
    if (whole.includes(outOfTime)) return;
    claim(whole === output, () => `${quoted(text)}: ${quoted(output)}, the engine ${quoted(whole)}`);
  },
});
