// JSON that is written in slices: what the analyses know of a storm is megabytes, and written in one piece it would hold up
// everybody for tens of milliseconds.
import type { Sliced } from '../slices.ts';

/** Elements of a list that are written at once; of what is known of alerts one has 5,000 characters at most. */
const elements = 16;
/** Characters that take as long as one thing of a slice, about a microsecond on a busy processor. */
const charactersPerThing = 256;

/**
 * The text that `JSON.stringify` gives. Objects are written key by key and lists a few elements at a time; what an element
 * of a list holds is written at once.
 *
 * @param value Plain JSON without `toJSON`; it must not change meanwhile.
 */
export function* slicedJson(value: unknown): Sliced<string> {
  if (Array.isArray(value)) {
    const texts: string[] = [];
    for (let from = 0; from < value.length; from += elements) {
      const text = JSON.stringify(value.slice(from, from + elements)).slice(1, -1);
      texts.push(text);
      yield text.length / charactersPerThing;
    }
    return `[${texts.join(',')}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const texts: string[] = [];
  for (const [key, held] of Object.entries(value))
    if (held !== undefined) texts.push(`${JSON.stringify(key)}:${yield* slicedJson(held)}`);
  return `{${texts.join(',')}}`;
}
