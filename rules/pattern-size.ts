// How large a regular expression gets once its counted repeats are written out: `a{2,1000}` a hundred times is 1 KiB of
// text and 225,000 instructions, and making them costs half a second of CPU and as much memory as all rules together.

const group = /\(\?(?:P?<[^>]*>|[A-Za-z-]*:?)/y;
const counted = /\{(\d{1,9})(?:,(\d{0,9}))?\}/y;
/** Repeats of repeats of repeats stay numbers. */
const enormous = 1e9;
const inBraces = /\\[pPx]\{[^}]*\}/y;
const bracketed = /\[\^?\]?(?:\[:[^\]]*:\]|\\[\s\S]|[^\]\\])*\]?/y;

/**
 * Letters, classes and operators of a pattern with its repeats written out: about as many as the instructions that it
 * compiles to, and never far below. What is no regular expression has some figure, too.
 */
export function writtenOutSize(source: string): number {
  const outer: number[] = [];
  let size = 0;
  /** Of what a repeat would repeat. */
  let last = 0;
  const add = (units: number) => {
    last = units;
    size += units;
  };
  for (let at = 0; at < source.length; ) {
    const char = source[at]!;
    if (source.startsWith('\\Q', at)) {
      const end = source.indexOf('\\E', at);
      const literal = (end === -1 ? source.length : end) - at - 2;
      add(1);
      size += Math.max(0, literal - 1);
      at += literal + (end === -1 ? 2 : 4);
    } else if (char === '\\') {
      add(1);
      at += lengthOf(inBraces, source, at) || 2;
    } else if (char === '[') {
      add(1);
      at += lengthOf(bracketed, source, at) || 1;
    } else if (char === '(') {
      outer.push(size);
      size = 0;
      last = 0;
      at += lengthOf(group, source, at) || 1;
    } else if (char === ')') {
      const inner = size + 1;
      size = outer.pop() ?? 0;
      add(inner);
      at++;
    } else if (char === '{' && lengthOf(counted, source, at) > 0) {
      counted.lastIndex = at;
      const [whole, least, most] = counted.exec(source)!;
      const times = Math.max(1, Number(least), Number(most ?? 0));
      size = Math.min(enormous, size + last * (times - 1));
      last = Math.min(enormous, last * times);
      at += whole.length;
    } else if (char === '*' || char === '+' || char === '?') {
      size++;
      last++;
      at++;
    } else {
      add(char === '|' ? 0 : 1);
      at++;
    }
  }
  return outer.reduce((sum, before) => sum + before, size);
}

function lengthOf(what: RegExp, source: string, at: number): number {
  what.lastIndex = at;
  return what.exec(source)?.[0].length ?? 0;
}
