// Texts of a rule, rendered for one alert. Templates are compiled once per rule and kept as long as the rule is.
import { compileTemplate, render, type Template } from '../../rules/template/template.ts';
import type { Finding, Labels, Rule } from '../../rules/types.ts';

const compiled = new WeakMap<Rule, readonly (readonly [string, Template | string])[]>();

function templatesOf(rule: Rule): readonly (readonly [string, Template | string])[] {
  const known = compiled.get(rule);
  if (known) return known;
  const list = Object.entries(rule.annotations).map(([name, text]) => {
    if (!text.includes('{{') && !text.includes('{%')) return [name, text] as const;
    const template = compileTemplate(text);
    // A bad template is refused when the rule is read; one that comes from an older version shows itself as it stands.
    return [name, 'message' in template ? text : template] as const;
  });
  compiled.set(rule, list);
  return list;
}

/**
 * Every annotation of the rule, rendered with `labels` and `value`; of an unusual value also with `expected.low`, `.high`
 * and `.mid`, `score`, and `one_in` (so many samples). Never throws.
 */
export function renderAnnotations(
  rule: Rule,
  labels: Labels,
  value: number | null,
  finding?: Finding | null,
): Readonly<Record<string, string>> {
  const found = finding == null ? null : scopeOf(finding);
  const rendered: Record<string, string> = {};
  for (const [name, template] of templatesOf(rule)) {
    rendered[name] = typeof template === 'string' ? template : render(template, { labels, value, ...found });
  }
  return rendered;
}

function scopeOf({ low, mid, high, score, oneIn }: Finding) {
  return { expected: { low, mid, high }, score, one_in: Math.round(oneIn) };
}
