// A body of the receiver's own shape: an object whose strings are Liquid templates. What they name goes in as JSON values,
// so that nothing in an alert can add a field or end a string.
import { z } from 'zod';
import { compileValue, TemplateBudget, templateValue, type ValueTemplate } from '../rules/template/value.ts';
import { analysisObject } from './analysis-text.ts';
import type { Words } from './channel.ts';
import type { AlertMessage, Locale } from './message.ts';
import { byteLength, messageText, paragraphs } from './text.ts';
import { alertObject } from './webhook-body.ts';

const mostLeaves = 200;
const deepest = 16;
const longestTemplate = 64 * 1024;
const longestText = 16 * 1024;
const shortText = 512;

type Compiled =
  | { readonly kind: 'template'; readonly template: ValueTemplate }
  | { readonly kind: 'list'; readonly items: readonly Compiled[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, Compiled])[] }
  | { readonly kind: 'constant'; readonly value: number | boolean | null };

interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const compiled = new WeakMap<object, Compiled>();

export const webhookTemplate = z
  .record(z.string(), z.unknown())
  .superRefine((body, context) => {
    const result = compile(body);
    if (!('problem' in result)) return;
    const { path, message } = result.problem;
    context.addIssue({ code: 'custom', path: [...path], message });
  })
  .describe('A body of your own in place of the usual one: an object whose strings are Liquid templates.');
type Body = z.output<typeof webhookTemplate>;

function compile(body: object): { readonly compiled: Compiled } | { readonly problem: Problem } {
  if (byteLength(JSON.stringify(body)) > longestTemplate)
    return { problem: { path: [], message: `expected at most ${longestTemplate} bytes of JSON` } };
  let leaves = 0;
  let problem: Problem | null = null;
  const fail = (path: Problem['path'], message: string): Compiled => {
    problem ??= { path, message };
    return { kind: 'constant', value: null };
  };
  const each = (value: unknown, path: readonly (string | number)[]): Compiled => {
    if (problem !== null) return { kind: 'constant', value: null };
    leaves += 1;
    if (leaves > mostLeaves) return fail([], `expected at most ${mostLeaves} values`);
    if (path.length > deepest) return fail(path, `expected at most ${deepest} levels`);
    if (value === null || typeof value === 'boolean') return { kind: 'constant', value };
    if (typeof value === 'number' && Number.isFinite(value)) return { kind: 'constant', value };
    if (typeof value === 'string') {
      const template = compileValue(value);
      if (!('message' in template)) return { kind: 'template', template };
      return fail(path, `line ${template.line}, column ${template.column}: ${template.message}`);
    }
    if (Array.isArray(value))
      return { kind: 'list', items: value.map((item, i) => each(item, [...path, i])) };
    if (typeof value !== 'object') return fail(path, 'expected what JSON can say');
    const entries = Object.entries(value).map(([key, of]) => {
      if (key === '__proto__') fail([...path, key], 'is not a key');
      return [key, each(of, [...path, key])] as const;
    });
    return { kind: 'object', entries };
  };
  const result = each(body, []);
  return problem === null ? { compiled: result } : { problem };
}

export interface TemplateLimits {
  readonly maxAlerts: number;
  /** UTF-8 bytes of the whole body. */
  readonly maxBytes: number;
}

/** Pure. What does not fit is left out (alerts, counted in `truncated`), then cut; never refused. */
export function templateBody(
  body: Body,
  message: AlertMessage,
  look: { readonly locale: Locale; readonly words?: Words | undefined },
  limits: TemplateLimits,
): string {
  let known = compiled.get(body);
  if (!known) {
    const result = compile(body);
    if ('problem' in result) throw new Error('a body that did not pass the schema');
    known = result.compiled;
    compiled.set(body, known);
  }
  for (let most = Math.min(limits.maxAlerts, message.alerts.length); ; most = Math.floor(most / 4)) {
    const scope = scopeOf(message, look, most);
    const json = jsonOf(known, scope, { text: longestText, value: limits.maxBytes }, limits.maxBytes);
    if (json !== null) return json;
    if (most <= 1) break;
  }
  // 200 values of at most 3 KiB each: that fits.
  const least = scopeOf(message, look, 1);
  return jsonOf(known, least, { text: shortText, value: shortText }, Number.POSITIVE_INFINITY)!;
}

/** What templates can name: the fields of the usual body's `data`, and some more. */
function scopeOf(
  message: AlertMessage,
  { locale, words }: { readonly locale: Locale; readonly words?: Words | undefined },
  maxAlerts: number,
): object {
  const alerts = message.alerts.slice(0, maxAlerts);
  const text = messageText(message, locale, { maxAlerts, maxBytes: longestText });
  return {
    id: message.id,
    tenant: message.tenant,
    timestamp: new Date(message.at).toISOString(),
    reason: message.reason,
    status: message.status,
    severity: message.severity,
    priority: message.priority,
    receiver: message.receiver,
    groupKey: message.groupKey,
    groupLabels: message.groupLabels,
    title: words?.title ?? text.subject,
    text: words?.text ?? paragraphs(text, locale),
    alerts: alerts.map((alert) => alertObject(alert, alert.annotations)),
    links: message.links ?? {},
    analysis: message.analysis ? analysisObject(message.analysis) : null,
    changed: message.changed,
    truncated: message.truncated + message.alerts.length - alerts.length,
  };
}

/** Null when it would be longer than `maxBytes`. A single value of more than `longest.value` bytes becomes null. */
function jsonOf(
  tree: Compiled,
  scope: object,
  longest: { readonly text: number; readonly value: number },
  maxBytes: number,
): string | null {
  const budget = new TemplateBudget();
  let bytes = 0;
  const each = (node: Compiled): unknown => {
    if (bytes > maxBytes) return null;
    switch (node.kind) {
      case 'constant':
        return node.value;
      case 'list':
        return node.items.map(each);
      case 'object':
        return Object.fromEntries(node.entries.map(([key, value]) => [key, each(value)]));
      case 'template': {
        const value = templateValue(node.template, scope, budget, longest.text);
        const size = byteLength(JSON.stringify(value) ?? 'null');
        if (typeof value !== 'string' && size > longest.value) return null;
        bytes += size;
        return value;
      }
    }
  };
  const value = each(tree);
  if (bytes > maxBytes) return null;
  const json = JSON.stringify(value);
  return byteLength(json) > maxBytes ? null : json;
}
