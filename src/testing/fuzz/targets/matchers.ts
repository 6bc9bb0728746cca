// Matchers: read, written out and read again; matching against a reading by hand.

import { labelSet } from '../../../../rules/labels.ts';
import { formatMatcher, matchesAll, parseMatcher } from '../../../../rules/matchers.ts';
import { compilePattern, compileRegex } from '../../../../rules/pattern.ts';
import type { Random } from '../case-random.ts';
import { materialOf, mutated } from '../mutate.ts';
import { claim, pureTarget, quoted, textOf } from '../target.ts';

const material = materialOf(
  [
    'env="prod"',
    'severity=~"critical|emergency"',
    '"service.name"!=api',
    'host!~"web-.*"',
    'a=""',
    ' x = y ',
  ].concat(['"\\u00fc\\n"="\\x41\\101\\U0001F600"', 'größe="ü"', 'a=~"\\\\d+"']),
  [
    '=',
    '!=',
    '=~',
    '!~',
    '"',
    '\\',
    '\\x',
    '\\u00',
    '\\U0010ffff',
    '\\377',
    '{',
    '}',
    ',',
    '|',
    '.*',
    '(',
    ' ',
  ],
);
const values = ['', 'prod', 'web-1', 'critical', 'ü', 'a\nb', 'api', '7', '"', '😀'];

export const matchers = pureTarget({
  name: 'matchers',
  holds: 'the canonical text reads back; = and != are equality; !~ is the contrary of =~',
  weight: 60,
  input: (random) => mutated(random, material),
  check(input) {
    const text = textOf(input);
    const parsed = parseMatcher(text);
    if ('problem' in parsed) {
      const { offset, problem } = parsed;
      claim(offset >= 0 && offset <= text.length, () => `a problem at ${offset} of ${quoted(text)}`);
      claim(problem.length <= 8_000, `a problem of ${problem.length} characters`);
      return;
    }
    const again = parseMatcher(formatMatcher(parsed));
    claim(!('problem' in again), () => `${quoted(formatMatcher(parsed))} does not read back`);
    const { name, op, value } = again;
    claim(
      name === parsed.name && op === parsed.op && value === parsed.value,
      () => `${quoted(text)} became another`,
    );
    const pattern = op === '!~' ? compilePattern(value) : null;
    for (const one of [...values, parsed.value]) {
      const matches = parsed.matches(one);
      claim(again.matches(one) === matches, () => `${quoted(text)} matches ${quoted(one)} only once`);
      if (op === '=') claim(matches === (one === value), () => `${quoted(text)} about ${quoted(one)}`);
      if (op === '!=') claim(matches === (one !== value), () => `${quoted(text)} about ${quoted(one)}`);
      if (pattern !== null) {
        claim(
          typeof pattern === 'function' && pattern(one) !== matches,
          () => `${quoted(text)}, ${quoted(one)}`,
        );
      }
    }
    const absent = matchesAll([parsed], labelSet([]));
    claim(absent === parsed.matches(''), () => `${quoted(text)} about an absent label`);
  },
});

const patternMaterial = materialOf(
  [
    'a|b|c',
    'web-.*',
    '.*',
    '[a-z]+\\d{1,3}',
    '(?i)prod',
    '(a|b)*c',
    '\\.\\*',
    '(?:a?){50}',
    '^x$',
    '\\p{L}+',
    '',
  ].concat(['(a+)+$', '(?s).*', '\\Qa|b\\E', 'a{2,1000}', '[[:alpha:]]', 'é|\\x{1F600}']),
  [
    '|',
    '(',
    ')',
    '(?:',
    '(?P<n>',
    '*',
    '+',
    '?',
    '{1000}',
    '{2,3}',
    '[',
    ']',
    '[^',
    '\\',
    '\\b',
    '\\Q',
    '^',
    '$',
  ].concat(['.', '.*', '(?i)', '(?s)', '\\p{Lu}', '\\C', '(?=', '\\1', 'ſ', 'K']),
);
const texts = [
  '',
  'a',
  'b',
  'ab',
  'web-1',
  'prod',
  'PROD',
  'a|b',
  '.*',
  'x\ny',
  'ü',
  '😀',
  'aaaaaaaaaaaaaaaaaaaac',
  'a'.repeat(300),
];

export const patterns = pureTarget({
  name: 'patterns',
  holds: 'a set or a prefix answers what the regular expression answers, which answers the same again',
  weight: 6,
  input: (random) => mutated(random, patternMaterial),
  check(input) {
    const source = textOf(input);
    const short = compilePattern(source);
    const regex = Buffer.byteLength(source) > 1_024 ? short : compileRegex(source);
    claim(typeof short === typeof regex, () => `${quoted(source)} compiles one way only`);
    if (typeof short !== 'function' || typeof regex !== 'function') {
      claim('problem' in short && short.problem.length <= 4_000, 'a problem without a bound');
      return;
    }
    for (const text of texts) {
      const answer = short(text);
      claim(
        answer === regex(text),
        () => `${quoted(source)} about ${quoted(text)}: ${answer} by the short way`,
      );
      claim(answer === short(text), () => `${quoted(source)} about ${quoted(text)} changes`);
    }
  },
});

/** A pattern that means the same to every engine, without what makes a backtracking one slow. */
function harmless(random: Random, depth: number): string {
  const atoms = ['a', 'b', 'c', '.', '[ab]', '[^a]', '\\.', 'é'];
  let text = '';
  for (let parts = 1 + random(3); parts > 0; parts--) {
    const group = depth > 0 && random(3) === 0;
    text += group ? `(?:${harmless(random, depth - 1)})` : random.of(atoms);
    // Nothing that repeats holds another: the engine that is compared with goes through every way.
    text += group ? random.of(['', '', '?']) : random.of(['', '', '*', '+', '?', '{2}', '{0,2}']);
  }
  return random(4) === 0 ? `${text}|${harmless(random, 0)}` : text;
}

export const equalPatterns = pureTarget({
  name: 'equal-patterns',
  holds: 'a plain regular expression means what JavaScript means by it, anchored at both ends',
  weight: 10,
  input(random) {
    const source = harmless(random, 2);
    const subjects = Array.from({ length: 6 }, () => {
      return Array.from({ length: random(7) }, () => random.of(['a', 'b', 'c', '.', 'é'])).join('');
    });
    return Buffer.from([source, ...subjects].join('\n'));
  },
  check(input) {
    const [source = '', ...subjects] = textOf(input).split('\n');
    const pattern = compilePattern(source);
    const native = nativeOf(source);
    if (native === null) return;
    claim(typeof pattern === 'function', () => `${quoted(source)} does not compile`);
    for (const subject of subjects) {
      claim(pattern(subject) === native.test(subject), () => `${quoted(source)} about ${quoted(subject)}`);
    }
  },
});

function nativeOf(source: string): RegExp | null {
  try {
    return new RegExp(`^(?:${source})$`, 'u');
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
