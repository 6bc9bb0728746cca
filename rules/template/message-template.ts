// Users' templates of messages: Liquid as rules have it, but every value goes through the escape of where it is written,
// and a variable that there is not is found before the template is used.
import { didYouMean } from '../did-you-mean.ts';
import { problemOf, renderBounded, type TemplateProblem } from './bounded-render.ts';
import { createEngine, maxTemplateLength } from './liquid-engine.ts';

// Steps, memory and output bound the work (some 50 ms of it). The time on the wall is for what they do not see: on a busy
// machine a process waits for longer than it works, and a message must not lose its words for that.
const limitMs = 5_000;

export interface MessageTemplate {
  readonly text: string;
  readonly nodes: ReturnType<typeof engine.parse>;
}

/** What a template may name: a single value, a map with any keys, an object with its fields, or a list of such. */
export type Shape =
  | 'value'
  | 'map'
  | { readonly fields: Readonly<Record<string, Shape>> }
  | { readonly list: Shape };

type Escape = (value: string) => string;
const escapes = new WeakMap<object, Escape>();

function outputEscape(this: unknown, value: unknown): string {
  const { context } = this as { readonly context: object };
  return (escapes.get(context) ?? String)(textOf(value));
}
const engine = createEngine(outputEscape);

/** Compiles a template of at most 8,192 characters. Syntax, filters, tags and variables that are unknown are problems. */
export function compileMessageTemplate(text: string, variables: Shape): MessageTemplate | TemplateProblem {
  if (text.length > maxTemplateLength)
    return { message: `expected a template of at most ${maxTemplateLength} characters`, line: 1, column: 1 };
  try {
    const nodes = engine.parse(text);
    return unknownVariable(nodes, variables) ?? { text, nodes };
  } catch (error) {
    return problemOf(error);
  }
}

/**
 * At most 32 KiB, or why it could not be rendered; never throws.
 * @param mark Takes each value as text; what the template itself says is written as it stands.
 * @param strict Also what a loop names must be there.
 */
export function renderMessageTemplate(
  template: MessageTemplate,
  scope: object,
  mark: Escape,
  strict = false,
): string | TemplateProblem {
  return renderBounded(engine, template.nodes, scope, {
    strict,
    limitMs,
    begin: (context) => void escapes.set(context, mark),
  });
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(textOf).join('');
  if (typeof value !== 'object') return String(value);
  return Object.entries(value)
    .map(([name, of]) => `${name}=${textOf(of)}`)
    .join(', ');
}

/** The first name that nothing has; names that the template gives itself are looked at when it is tried. */
function unknownVariable(nodes: MessageTemplate['nodes'], variables: Shape): TemplateProblem | null {
  const { variables: all, globals } = engine.analyzeSync(nodes, { partials: false });
  const known = typeof variables === 'object' && 'fields' in variables ? variables.fields : {};
  const ours = Object.entries(all).filter(([name]) => Object.hasOwn(known, name));
  const used = [...Object.values(globals), ...ours.map(([, found]) => found)];
  for (const { segments, location } of used.flat()) {
    const message = unknownIn(segments, variables);
    if (message !== null) return { message, line: location.row, column: location.col };
  }
  return null;
}

const ofLists: ReadonlySet<unknown> = new Set(['size', 'first', 'last']);

function unknownIn(segments: readonly unknown[], variables: Shape): string | null {
  let shape: Shape = variables;
  const path: string[] = [];
  for (const segment of segments) {
    if (shape === 'map') return null;
    if (shape === 'value') return segment === 'size' ? null : `${path.join('.')} has no ${String(segment)}`;
    if ('list' in shape) {
      if (typeof segment === 'string' && !ofLists.has(segment))
        return `${path.join('.')} is a list: use {% for alert in ${path.join('.')} %}`;
      if (segment === 'size') return null;
      shape = shape.list;
      continue;
    }
    if (typeof segment !== 'string') return null; // known only when it is rendered
    path.push(segment);
    const names = Object.keys(shape.fields);
    const next: Shape | undefined = Object.hasOwn(shape.fields, segment) ? shape.fields[segment] : undefined;
    if (next === undefined) {
      const near = didYouMean(segment, names);
      const help = near === undefined ? `expected one of ${names.join(', ')}` : `did you mean ${near}?`;
      return `there is no variable ${path.join('.')}; ${help}`;
    }
    shape = next;
  }
  return null;
}
