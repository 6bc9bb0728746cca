// Users' texts: Liquid templates over an alert's labels and value. Rendering never throws, reads no clock and no file,
// and is bounded in time, memory and output. Nothing is escaped here: each channel escapes for where it writes.
import { isForbiddenName, labelSet } from '../labels.ts';
import type { Labels } from '../types.ts';
import { bounded } from './bounded-emitter.ts';
import { maxOutputBytes, problemOf, renderBounded, type TemplateProblem } from './bounded-render.ts';
import { engine, maxTemplateLength } from './liquid-engine.ts';
import { renderSimple, type SimplePart, simpleParts } from './simple.ts';

export type { TemplateProblem } from './bounded-render.ts';

/** A template ready to be rendered any number of times. */
export interface Template {
  readonly text: string;
  readonly simple: readonly SimplePart[] | null;
  readonly nodes: ReturnType<typeof engine.parse> | null;
}

/** What a template can read: `labels`, `value`, and whatever else its place offers (`rule.name`, …). */
export interface TemplateScope {
  readonly labels: Labels;
  readonly value: number | null;
  readonly [name: string]: unknown;
}

/** Compiles a template of at most 8,192 characters; unknown filters and tags are problems already here. */
export function compileTemplate(text: string): Template | TemplateProblem {
  if (text.length > maxTemplateLength) {
    return { message: `expected a template of at most ${maxTemplateLength} characters`, line: 1, column: 1 };
  }
  const simple = simpleParts(text);
  if (simple !== null) return { text, simple, nodes: null };
  try {
    return { text, simple: null, nodes: engine.parse(text) };
  } catch (error) {
    return problemOf(error);
  }
}

/** Renders a template: at most 32 KiB (a cut text ends with `…`). What cannot be rendered becomes a text that says so. */
export function render(template: Template, scope: TemplateScope): string {
  if (template.simple !== null) return bounded(renderSimple(template.simple, scope), maxOutputBytes);
  const rendered = renderBounded(engine, template.nodes ?? [], scopeOf(scope));
  return typeof rendered === 'string' ? rendered : `[this text could not be rendered: ${rendered.message}]`;
}

/** No prototype anywhere, and no label under a forbidden name, even if the labels came past `labelSet`. */
function scopeOf(scope: TemplateScope): object {
  const clean: Record<string, unknown> = Object.assign(Object.create(null), scope);
  if (Object.keys(scope.labels).some(isForbiddenName)) clean.labels = labelSet(scope.labels);
  return clean;
}
