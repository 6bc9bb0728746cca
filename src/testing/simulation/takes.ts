// The oracle's own reading of matchers: RE2 and the engine's index are not asked.
import type { Labels, MatchOperator } from '../../../rules/types.ts';

/** A matcher as it is written. */
export interface Written {
  readonly name: string;
  readonly op: MatchOperator;
  readonly value: string;
}

const expressions = new Map<string, RegExp>();

function anchored(text: string): RegExp {
  let made = expressions.get(text);
  if (!made) {
    made = new RegExp(`^(?:${text})$`, 's');
    expressions.set(text, made);
  }
  return made;
}

/** Whether all of the matchers take the label set; an absent label is the empty one. */
export function takes(matchers: readonly Written[], labels: Labels): boolean {
  return matchers.every(({ name, op, value }) => {
    const is = labels[name] ?? '';
    if (op === '=') return is === value;
    if (op === '!=') return is !== value;
    return anchored(value).test(is) === (op === '=~');
  });
}
