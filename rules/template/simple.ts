// The templates that nearly everybody writes, text with `{{ labels.host }}`, `{{ value }}` and `{{ value | round: 1 }}`,
// without the engine: a tenth of its cost. Whatever is not exactly that is left to Liquid, whose answer is the same.
import { isForbiddenName } from '../labels.ts';
import type { Labels } from '../types.ts';
import { roundFilter } from './liquid-engine.ts';

export type SimplePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'label'; readonly name: string }
  /** `digits` null: the value as it is. */
  | { readonly kind: 'value'; readonly digits: number | null };

const output =
  /\{\{[ \t]*(?:labels\.([A-Za-z_][A-Za-z0-9_]*)|labels\["([^"'\\\n{}]+)"\]|value(?:[ \t]*\|[ \t]*(round)(?:[ \t]*:[ \t]*([0-9]))?)?)[ \t]*\}\}/g;
// Liquid answers these on any object.
const ownWords: ReadonlySet<string> = new Set(['size', 'first', 'last']);

/** The parts of a simple template, or null when it is not one. */
export function simpleParts(text: string): readonly SimplePart[] | null {
  const parts: SimplePart[] = [];
  let from = 0;
  for (const found of text.matchAll(output)) {
    if (!addText(parts, text.slice(from, found.index))) return null;
    from = found.index + found[0].length;
    const name = found[1] ?? found[2];
    if (name === undefined) {
      parts.push({ kind: 'value', digits: found[3] === undefined ? null : Number(found[4] ?? 0) });
    } else {
      if (ownWords.has(name) || isForbiddenName(name)) return null;
      parts.push({ kind: 'label', name });
    }
  }
  return addText(parts, text.slice(from)) ? parts : null;
}

function addText(parts: SimplePart[], text: string): boolean {
  if (text.includes('{{') || text.includes('{%') || text.endsWith('{')) return false;
  if (text !== '') parts.push({ kind: 'text', text });
  return true;
}

export function renderSimple(
  parts: readonly SimplePart[],
  scope: { readonly labels: Labels; readonly value: number | null },
): string {
  let text = '';
  for (const part of parts) {
    switch (part.kind) {
      case 'text':
        text += part.text;
        break;
      case 'label':
        if (Object.hasOwn(scope.labels, part.name)) text += scope.labels[part.name]!;
        break;
      case 'value':
        if (part.digits !== null) text += String(roundFilter(scope.value, part.digits));
        else if (scope.value !== null) text += String(scope.value);
    }
  }
  return text;
}
