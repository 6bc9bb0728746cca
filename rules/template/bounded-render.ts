// Runs a compiled template within its bounds of steps, time, memory and output.
import { Context, type Liquid, LiquidError, toValueSync } from 'liquidjs';
import { BoundedEmitter, bounded, OutputFull } from './bounded-emitter.ts';

export const maxOutputBytes = 32 * 1024;
const maxSteps = 10_000;

/** Where a template is wrong, within its own text; line and column start at 1. */
export interface TemplateProblem {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

interface RenderOptions {
  /** A variable that is not there is a problem, not an empty text. */
  readonly strict?: boolean;
  /** Instead of the engine's limit of time. */
  readonly limitMs?: number;
  /** Sees the context before anything is rendered. */
  readonly begin?: (context: Context) => void;
}

/** At most 32 KiB (a cut text ends with `…`), or why it could not be rendered. `scope` has no prototype at any depth. */
export function renderBounded(
  engine: Liquid,
  nodes: ReturnType<Liquid['parse']>,
  scope: object,
  { strict = false, limitMs, begin }: RenderOptions = {},
): string | TemplateProblem {
  const emitter = new BoundedEmitter(maxOutputBytes);
  const options = {
    sync: true,
    strictVariables: strict,
    ...(limitMs !== undefined && { renderLimit: limitMs }),
  };
  const context = new Context(scope, engine.options, options, { liquid: engine });
  limitSteps(context);
  begin?.(context);
  try {
    toValueSync(engine.renderer.renderTemplates(nodes, context, emitter));
  } catch (error) {
    const cause = LiquidError.is(error) ? (error.originalError ?? error) : error;
    if (!(cause instanceof OutputFull)) return problemOf(error);
  }
  return bounded(emitter.buffer, maxOutputBytes);
}

/** Whatever a text makes the engine throw (also a RangeError, for nesting) is the text's fault. */
export function problemOf(error: unknown): TemplateProblem {
  const [line, column] = LiquidError.is(error) ? error.token.getPosition() : [1, 1];
  return { message: reason(error), line: line ?? 1, column: column ?? 1 };
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

export function reason(error: unknown): string {
  if (LiquidError.is(error) && error.originalError) return error.originalError.message;
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/, line:\d+, col:\d+$/, '');
}
