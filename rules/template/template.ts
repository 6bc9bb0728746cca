// Users' texts: Liquid templates over an alert's labels and value. Rendering never throws, reads no clock and no file,
// and is bounded in time, memory and output. Nothing is escaped here: each channel escapes for where it writes.
import { Context, LiquidError, toValueSync } from 'liquidjs';
import { isForbiddenName, labelSet } from '../labels.ts';
import type { Labels } from '../types.ts';
import { BoundedEmitter, bounded, OutputFull } from './bounded-emitter.ts';
import { engine, maxTemplateLength } from './liquid-engine.ts';
import { renderSimple, type SimplePart, simpleParts } from './simple.ts';

const maxOutputBytes = 32 * 1024;
const maxSteps = 10_000;

/** A template ready to be rendered any number of times. */
export interface Template {
  readonly text: string;
  readonly simple: readonly SimplePart[] | null;
  readonly nodes: ReturnType<typeof engine.parse> | null;
}

/** Where a template is wrong, within its own text; line and column start at 1. */
export interface TemplateProblem {
  readonly message: string;
  readonly line: number;
  readonly column: number;
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

/** Whatever a text makes the parser throw (also a RangeError, for nesting) is the text's fault. */
export function problemOf(error: unknown): TemplateProblem {
  const [line, column] = LiquidError.is(error) ? error.token.getPosition() : [1, 1];
  return { message: reason(error), line: line ?? 1, column: column ?? 1 };
}

/** Renders a template: at most 32 KiB (a cut text ends with `…`). What cannot be rendered becomes a text that says so. */
export function render(template: Template, scope: TemplateScope): string {
  if (template.simple !== null) return bounded(renderSimple(template.simple, scope), maxOutputBytes);
  const emitter = new BoundedEmitter(maxOutputBytes);
  const context = new Context(scopeOf(scope), engine.options, { sync: true }, { liquid: engine });
  limitSteps(context);
  try {
    toValueSync(engine.renderer.renderTemplates(template.nodes ?? [], context, emitter));
  } catch (error) {
    const cause = LiquidError.is(error) ? (error.originalError ?? error) : error;
    if (!(cause instanceof OutputFull)) return `[this text could not be rendered: ${reason(error)}]`;
  }
  return bounded(emitter.buffer, maxOutputBytes);
}

/** The engine asks its limit of time before every node; nodes are counted there too, so that the same text ends the same way on a slow machine. */
export function limitSteps(context: Context): void {
  const time = context.renderLimit;
  let steps = 0;
  const check = time.check.bind(time);
  time.check = (now) => {
    if (++steps > maxSteps) throw new Error('template render limit exceeded');
    check(now);
  };
}

/** No prototype anywhere, and no label under a forbidden name, even if the labels came past `labelSet`. */
function scopeOf(scope: TemplateScope): object {
  const clean: Record<string, unknown> = Object.assign(Object.create(null), scope);
  if (Object.keys(scope.labels).some(isForbiddenName)) clean.labels = labelSet(scope.labels);
  return clean;
}

export function reason(error: unknown): string {
  if (LiquidError.is(error) && error.originalError) return error.originalError.message;
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/, line:\d+, col:\d+$/, '');
}
