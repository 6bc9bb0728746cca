// Templates whose result is a value: a text that is exactly one `{{ … }}` keeps the type of what it names, every other
// text is rendered. One budget of time and steps serves all that are rendered together.
import { Context, LiquidError, Output, toValueSync } from 'liquidjs';
import { BoundedEmitter, bounded, OutputFull } from './bounded-emitter.ts';
import { limitSteps, problemOf, reason, type TemplateProblem } from './bounded-render.ts';
import { engine, maxTemplateLength } from './liquid-engine.ts';

export interface ValueTemplate {
  readonly nodes: ReturnType<typeof engine.parse>;
  /** The text is exactly one output. */
  readonly single: boolean;
}

/** Compiles a text of at most 8,192 characters; unknown filters and tags are problems already here. */
export function compileValue(text: string): ValueTemplate | TemplateProblem {
  if (text.length > maxTemplateLength)
    return { message: `expected a template of at most ${maxTemplateLength} characters`, line: 1, column: 1 };
  try {
    const alone = engine.parse(text.trim());
    const single = alone.length === 1 && alone[0] instanceof Output;
    return { nodes: single ? alone : engine.parse(text), single };
  } catch (error) {
    return problemOf(error);
  }
}

/** What the templates of one object may spend together: 50 ms and 10,000 steps. */
export class TemplateBudget {
  #limit: Context['renderLimit'] | undefined;

  contextOf(scope: object): Context {
    const renderLimit = this.#limit;
    const context = new Context(
      scope,
      engine.options,
      { sync: true },
      { liquid: engine, ...(renderLimit && { renderLimit }) },
    );
    if (!renderLimit) limitSteps(context);
    this.#limit = context.renderLimit;
    return context;
  }
}

/**
 * The value of a template; never throws. A text has at most `maxBytes` of UTF-8 (a cut one ends with `…`), nothing is
 * null, and what cannot be rendered becomes a text that says so.
 */
export function templateValue(
  { nodes, single }: ValueTemplate,
  scope: object,
  budget: TemplateBudget,
  maxBytes: number,
): unknown {
  const text = new BoundedEmitter(maxBytes);
  const value = new ValueEmitter();
  try {
    toValueSync(engine.renderer.renderTemplates(nodes, budget.contextOf(scope), single ? value : text));
  } catch (error) {
    const cause = LiquidError.is(error) ? (error.originalError ?? error) : error;
    if (!(cause instanceof OutputFull)) return `[this text could not be rendered: ${reason(error)}]`;
  }
  if (!single) return bounded(text.buffer, maxBytes);
  return typeof value.value === 'string' ? bounded(value.value, maxBytes) : (value.value ?? null);
}

/** Takes what an output writes as it is. */
class ValueEmitter {
  readonly buffer = '';
  value: unknown;
  write(value: unknown): void {
    this.value = value;
  }
}
