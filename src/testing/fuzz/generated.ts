// fast-check's generators on the chance of a case, for inputs whose structure matters more than their bytes.
import fc from 'fast-check';
import type { Random } from './case-random.ts';

/** A value of an arbitrary. */
export function generated<T>(random: Random, arbitrary: fc.Arbitrary<T>): T {
  return arbitrary.generate(new fc.Random(generatorOf(random)), undefined).value;
}

function generatorOf(random: Random) {
  const next = () => random(2 ** 32) | 0;
  // Only shrinking asks for a copy, and nothing is shrunk here.
  const generator = { next, clone: () => generator, getState: () => [] };
  return generator;
}

const pieces = [
  ...[
    '\0',
    '\u0007',
    '\u001b[31m',
    '\r\n',
    '\n',
    '\t',
    '\u0085',
    '\u2028',
    '\u2029',
    '\u202e',
    '\ufeff',
    '\x7f',
  ],
  ...[
    '\r\nBcc: evil@example.com',
    '\r\n\r\n.\r\n',
    'Subject: x',
    '=?utf-8?B?QQ==?=',
    ', evil@example.com',
    ';',
  ],
  ...['\ud83d', '\ude00', '😀', '👩‍👩‍👧', 'é', 'e\u0301', '主機過高', '\uffff', '\ufffd'],
  ...[
    '__proto__',
    'constructor',
    '{{ labels.host }}',
    '{% raw %}',
    '\x24{env:HOME}',
    '<script>',
    '&amp;',
    '"',
    "'",
  ],
  ...['\\', '`', '%s', '%00', '../../', '[link](http://x)', '@all', 'a', 'web-1', ' ', '', 'x'.repeat(90)],
];

/** A text that wants to be something else. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom(...pieces) },
  {
    weight: 10,
    arbitrary: fc.array(fc.constantFrom(...pieces), { maxLength: 5 }).map((parts) => parts.join('')),
  },
  { weight: 5, arbitrary: fc.string({ maxLength: 12 }) },
  { weight: 5, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  { weight: 1, arbitrary: fc.constantFrom('あ😀x'.repeat(230), '\u0001'.repeat(2_048)) },
);

/** Short texts without harm, and some with it. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a', 'host', 'web-1', 'env', 'prod', 'HighCpu', 'ü') },
  { weight: 1, arbitrary: hostileText },
);

/** Names and values of labels, as entries: a name may come twice. */
export const labelEntries: fc.Arbitrary<[string, string][]> = fc.array(fc.tuple(anyText, anyText), {
  maxLength: 6,
});
