// The depth of JSON that is not parsed yet, against its brackets outside of strings.
import { jsonDepthExceeds } from '../../../ingest/json-depth.ts';
import { materialOf, mutated } from '../mutate.ts';
import { claim, pureTarget } from '../target.ts';

const material = materialOf(
  [
    '{"a":[1,{"b":"]}["}],"c":"\\"[["}',
    '[[[[]]],{"x":{"y":{"z":[]}}}]',
    '{"metric":"a","value":1}\n{"metric":"b","value":[[2]]}\n',
    '"\\\\"',
    '[]',
  ],
  ['[', ']', '{"a":', '}', '"', '\\"', '\\\\', '"["', '\n', '[[[[', ']]]]', ',', '"\\\n['],
);

export const jsonDepth = pureTarget({
  name: 'json-depth',
  holds: 'of what parses, the depth is found exactly, for a document and line by line',
  weight: 100,
  input: (random) => mutated(random, material),
  check(input) {
    const text = Buffer.from(input).toString('latin1');
    compare(depthOf(text), (max) => jsonDepthExceeds(input, max), 'document');
    const lines = text.split('\n').map((line) => (line.trim() === '' ? 0 : depthOf(line)));
    const known = lines.every((depth) => depth !== null);
    compare(known ? Math.max(...lines) : null, (max) => jsonDepthExceeds(input, max, true), 'lines');
  },
});

function compare(depth: number | null, exceeds: (max: number) => boolean, what: string): void {
  // What does not parse may have any depth, only not none at all and more than its bytes.
  if (depth === null) return void exceeds(3);
  claim(!exceeds(depth), `${what} of depth ${depth} said to be deeper`);
  if (depth > 0) claim(exceeds(depth - 1), `${what} of depth ${depth} said to be less deep`);
}

/** Null for what is not JSON; of JSON, the brackets that are left once its strings are gone. */
function depthOf(text: string): number | null {
  try {
    JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  let depth = 0;
  let deepest = 0;
  for (const character of text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '')) {
    if (character === '[' || character === '{') deepest = Math.max(deepest, ++depth);
    else if (character === ']' || character === '}') depth--;
  }
  return deepest;
}
