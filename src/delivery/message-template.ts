// One template of a user: title and text, each in one language or in several, compiled and tried before it is used.
import { type AlertMessage, type Locale, locales } from '../../channels/message.ts';
import { messageScope, messageShape } from '../../channels/message-scope.ts';
import { sampleAnalysed, sampleKinds, sampleMessage } from '../../channels/sample-message.ts';
import type { TemplateProblem } from '../../rules/template/bounded-render.ts';
import {
  compileMessageTemplate,
  type MessageTemplate,
  renderMessageTemplate,
} from '../../rules/template/message-template.ts';

/** As it is written: one text for all languages, or one for each of some. */
export type WrittenText = string | { readonly [L in Locale]?: string | undefined };
export interface WrittenTemplate {
  readonly title?: WrittenText | undefined;
  readonly text?: WrittenText | undefined;
}

/** The parts of a template by language; null: that part is the built-in one. */
export interface Wording {
  readonly name: string;
  readonly title: ReadonlyMap<Locale, MessageTemplate> | null;
  readonly text: ReadonlyMap<Locale, MessageTemplate> | null;
  /** As it was written, and in which file. */
  readonly written?: WrittenTemplate;
  readonly place?: { readonly file: string; readonly line: number };
}

/** Where in a written template something is wrong, e.g. `['title', 'zh-TW']`. */
export interface WordingProblem extends TemplateProblem {
  readonly path: readonly string[];
}

/** Compiles both parts and tries them on samples in every language. */
export function compileWording(
  name: string,
  { title, text }: WrittenTemplate,
): Wording | { readonly problems: readonly WordingProblem[] } {
  const problems: WordingProblem[] = [];
  const part = (key: 'title' | 'text', written: WrittenText | undefined) =>
    written === undefined ? null : compilePart(key, written, problems);
  const written = { ...(title !== undefined && { title }), ...(text !== undefined && { text }) };
  const wording = { name, title: part('title', title), text: part('text', text), written };
  return problems.length > 0 ? { problems } : wording;
}

function compilePart(
  key: string,
  written: WrittenText,
  problems: WordingProblem[],
): ReadonlyMap<Locale, MessageTemplate> {
  const texts = typeof written === 'string' ? { en: written } : written;
  const compiled = new Map<Locale, MessageTemplate>();
  for (const locale of locales) {
    const text = texts[locale];
    if (text === undefined) continue;
    const template = compileMessageTemplate(text, messageShape);
    const problem = 'message' in template ? template : tried(template, locale);
    if (problem !== null)
      problems.push({ ...problem, path: typeof written === 'string' ? [key] : [key, locale] });
    else if ('nodes' in template) compiled.set(locale, template);
  }
  return compiled;
}

/** What goes wrong with messages as they come: a name that a loop gave, a filter that cannot take its value. */
function tried(template: MessageTemplate, locale: Locale): TemplateProblem | null {
  for (const sample of [...sampleKinds.map(sampleMessage), sampleAnalysed()]) {
    const scope = anyKey(messageScope(sample, locale)) as object;
    const rendered = renderMessageTemplate(template, scope, String, true);
    if (typeof rendered !== 'string') return rendered;
  }
  return null;
}

const mostTried = 10;
const maps: ReadonlySet<string> = new Set(['labels', 'annotations', 'group_labels', 'links']);

/** The same, with maps that have every key and long lists: nobody knows the labels that alerts will have, nor how many. */
function anyKey(value: unknown): unknown {
  if (Array.isArray(value) && value.length === 0) return value;
  if (Array.isArray(value))
    return Array.from({ length: mostTried }, (_, i) => anyKey(value[i % value.length]));
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = Object.create(null);
  for (const [name, of] of Object.entries(value))
    copy[name] = maps.has(name) ? endless(of as object) : anyKey(of);
  return copy;
}

function endless(map: object): object {
  const value = (key: string | symbol) =>
    typeof key === 'string' ? (Reflect.get(map, key) ?? 'x') : undefined;
  return new Proxy(map, {
    get: (_, key) => value(key),
    has: (_, key) => typeof key === 'string',
    getOwnPropertyDescriptor: (_, key) => ({ value: value(key), configurable: true, enumerable: true }),
  });
}

/** The template of a language: its own, else the English one, else whichever there is. */
export function inLanguage(
  part: ReadonlyMap<Locale, MessageTemplate> | null,
  locale: Locale,
): MessageTemplate | null {
  if (part === null) return null;
  const [any] = part.values();
  return part.get(locale) ?? part.get('en') ?? any ?? null;
}

/**
 * One part of a message in a template's words; null where it has none.
 * @param mark The escape that values go through.
 */
export function rendered(
  part: ReadonlyMap<Locale, MessageTemplate> | null,
  message: AlertMessage,
  locale: Locale,
  mark: (value: string) => string,
): string | TemplateProblem | null {
  const template = inLanguage(part, locale);
  return template === null ? null : renderMessageTemplate(template, messageScope(message, locale), mark);
}
