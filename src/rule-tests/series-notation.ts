// The values of a series as promtool writes them: `1 2 3`, `0+10x5` (six samples), `5x3` (four), `_` for no sample,
// `_x3`, `stale`.

/** Samples of one series: a value for each interval, null where there is none. */
export type SeriesValues = readonly (number | null)[];

const mostValues = 100_000;
const number = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?[Ii]nf`;
const repeated = new RegExp(`^(${number})(?:([+-])(${number}))?x(\\d+)$`);
const plain = new RegExp(`^(?:${number})$`);

/** The values of the text, or what is wrong with it. */
export function parseValues(text: string): SeriesValues | { readonly problem: string } {
  const values: (number | null)[] = [];
  for (const word of text.trim().split(/\s+/)) {
    if (word === '') continue;
    const more = valuesOf(word);
    if (more === null)
      return {
        problem: `expected values such as 1 2 3, 0+10x5, 5x3, _ or stale, got ${JSON.stringify(word.slice(0, 40))}`,
      };
    if (values.length + more.count > mostValues) return { problem: `expected at most ${mostValues} values` };
    for (let i = 0; i < more.count; i++) values.push(more.at(i));
  }
  return values;
}

function valuesOf(word: string): { readonly count: number; at(i: number): number | null } | null {
  if (word === '_' || word === 'stale') return { count: 1, at: () => null };
  const missing = /^_x(\d+)$/.exec(word);
  if (missing) return { count: Number(missing[1]), at: () => null };
  if (plain.test(word)) return { count: 1, at: () => read(word) };
  const found = repeated.exec(word);
  if (!found) return null;
  const first = read(found[1]!);
  const step = found[3] === undefined ? 0 : read(found[3]) * (found[2] === '-' ? -1 : 1);
  // As there: the first value and then so many more.
  return { count: Number(found[4]) + 1, at: (i) => first + step * i };
}

function read(text: string): number {
  if (/inf/i.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number(text);
}
