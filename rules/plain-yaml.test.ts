import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPlainYaml } from './plain-yaml.ts';
import type { Path } from './read-keys.ts';
import { readAnyYaml, readYaml, type YamlSource } from './yaml-source.ts';

const folder = join(import.meta.dirname, '../examples/rules');
const examples = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));

/** The way to every value, and ways that end in nothing. */
function pathsIn(value: unknown, path: Path = []): Path[] {
  const own = [path, [...path, 'nowhere'], [...path, 7]];
  if (typeof value !== 'object' || value === null) return own;
  const inner = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return own.concat(...inner.map(([part, of]) => pathsIn(of, [...path, part])));
}

/** Reads a text as plain and by the library, and says where they differ; null: they do not, or it is not plain. */
function difference(text: string): string | null {
  if (readPlainYaml(text) === null) return null;
  const read = readYaml(text) as YamlSource;
  const right = readAnyYaml(text);
  if ('problems' in right) return `the library refuses it: ${right.problems[0]?.message}`;
  expect(read.value).toStrictEqual(right.value);
  // -0, and the order of keys.
  expect(JSON.stringify(read.value)).toBe(JSON.stringify(right.value));
  for (const path of pathsIn(right.value)) {
    for (const at of ['key', 'value'] as const) {
      const [here, there] = [read.locate(path, at), right.locate(path, at)];
      if (here.line !== there.line || here.column !== there.column)
        return `${path.join('.')} (${at}) is at ${JSON.stringify(here)}, should be ${JSON.stringify(there)}`;
    }
  }
  return null;
}

describe('a text that is plain', () => {
  it.each(examples)('is read without the library, with its answer: $name', ({ text }) => {
    expect(readPlainYaml(text)).not.toBeNull();
    expect(difference(text)).toBeNull();
  });

  it.each([
    '---\n# first\na: 1\n',
    'a:\nb:\n  # c: 2\n  d: 1 # e\n\nf: g#h',
    'a:\n- b\n- c: 1\n  d: [x, { y: z, w: [] }, {}]\n- "e \\"f\\" \\\\ \\n"\n-   g: 1\n    h: 2\ni: \'j\'\'k\'',
    'a: [0x1f, 0o17, 1e3, -0, .5, +1, ~, null, True, FALSE, .inf, -.Inf, .nan, 1_000, 2024-01-01, 10.0.0.1, nulls, ]\nb: { c: 1, }',
    'a: http://b/c?d=e\nf: x: y\n'.replace('x: y', 'x:y'),
    'a: |\n  b\n\n \n  c: d # e\n\nf: >-\n  g\n  h\n\n\n  i\n  \n# j\nk: >\n  l',
    'app.kubernetes.io/name: b\nconstructor: c\ntoString: d\n',
    'rules:\n  # c\n# d\n  - name: A\n  # e\n\n    for: 1m\n # f\n  - name: B',
    'a: 数据 库 😀 # 注\nb: [é, "ß"]\n',
  ])('%j', (text) => {
    expect(readPlainYaml(text)).not.toBeNull();
    expect(difference(text)).toBeNull();
  });

  // What it answers itself is the library's answer; what it should leave to the library it may not answer at all.
  it.each([
    ...['', '# only\n', 'text', '[a]', '- a', ' a: 1', 'a: 1\n b: 2', 'a:\n  b: 1\n c: 2', 'a: 1\n- b'],
    ...[
      'a: 1\na: 2',
      'a: { b: 1, b: 2 }',
      'true: 1',
      '1: 2',
      '__proto__: 1',
      'a: &b 1',
      'a: *b',
      'a: !!str 1',
    ],
    ...[
      'a: b: c',
      'a: b:',
      'a: b\n  c',
      'a: "b\n  c"',
      'a: [b,\n  c]',
      'a: [b',
      'a: {b: 1',
      'a: [b c: d]',
      'a: [b,, c]',
      'a: [, b]',
      'a: { , }',
      'a:\n    b: 1\n  c: 2',
      'a:\n  - b\n    c',
      'a: [b: c]',
    ],
    ...[
      'a: "b" c',
      "a: 'b'c",
      'a: [b]c',
      'a: "b"#c',
      'a: [b]#c',
      'a: "\\q"',
      'a: "\\u0041"',
      'a: @b',
      'a: `b',
      'a: %b',
    ],
    ...[
      'a:\tb',
      'a: b\r\n',
      '\ufeffa: 1',
      'a: 1\n---\nb: 2',
      'a: 1\n...\n',
      '%YAML 1.2\n---\na: 1',
      'a: - b',
      'a: ? b',
    ],
    ...[
      'a: |\n b\n   c\n',
      'a: |2\n  b',
      'a: |+\n  b\n\n',
      'a: |\n\n  b',
      'a: |\nb: 1',
      'a: |\n    b\n  c',
      '? a\n: b',
    ],
    `a: ${'['.repeat(40)}${']'.repeat(40)}`,
    `${'k'.repeat(1_100)}: 1`,
  ])('is not %j', (text) => {
    expect(readPlainYaml(text)).toBeNull();
  });
});

describe('a text that grew by chance', () => {
  const pieces = ['a: ', 'b: ', 'c:', 'd: ', '- ', '- ', ': ', '#', ' # e', '"', "'", ',', '[', ']', '{', '}']
    .concat([
      '1',
      '-2.50',
      'x',
      'x y',
      'true',
      '~',
      "'q'",
      '"r"',
      '[x, 1]',
      '{ k: v }',
      '[',
      '{ k: ',
      '|',
      '>-',
      '>',
    ])
    .concat([
      '\n',
      '\n',
      '\n',
      '\n',
      '\n  ',
      '\n  ',
      '\n    ',
      '\n  - ',
      '\n\n',
      ' ',
      '  ',
      '&a ',
      '\\',
      '---\n',
      'é',
    ]);
  const grown = fc
    .array(fc.constantFrom(...pieces), { maxLength: 24 })
    .map((parts) => `a: ${parts.join('')}`);
  const block = fc
    .tuple(
      fc.constantFrom('|', '>', '|-', '>-'),
      fc.array(
        fc.constantFrom(
          '',
          ' ',
          '    ',
          '      ',
          '    x',
          '    y z',
          '    # n',
          '   w',
          '     v',
          '    - q',
        ),
      ),
      fc.constantFrom('', '\n', '\n  c: 1\n', '\nd: 2', '\n# e\n', '\n  # f\n', '\n    # g\n', '\n   '),
    )
    .map(([head, lines, rest]) => `a:\n  b: ${head}\n${lines.join('\n')}${rest}`);
  const damaged = fc
    .tuple(
      fc.constantFrom(...examples.map(({ text }) => text.slice(0, 1_500))),
      fc.array(fc.tuple(fc.nat(1_500), fc.nat(3), fc.constantFrom(...pieces)), { maxLength: 2 }),
    )
    .map(([text, wounds]) =>
      wounds.reduce((whole, [at, cut, piece]) => whole.slice(0, at) + piece + whole.slice(at + cut), text),
    );

  it.each([
    ['of pieces', grown, 3_000],
    ['around a block scalar', block, 1_000],
    ['out of an example, damaged', damaged, 60],
  ] as const)('%s is read as the library reads it, or left to it', (_, texts, numRuns) => {
    let plain = 0;
    fc.assert(
      fc.property(texts, (text) => {
        if (readPlainYaml(text) !== null) plain++;
        expect(difference(text)).toBeNull();
      }),
      { numRuns },
    );
    expect(plain).toBeGreaterThan(numRuns / 50);
  });
});
