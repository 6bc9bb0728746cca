import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, it, vi } from 'vitest';
import { labelSet } from './labels.ts';
import { formatMatcher, matcher, matchesAll, parseMatcher } from './matchers.ts';
import { compilePattern, compileRegex } from './pattern.ts';
import { isSyntaxProblem } from './syntax-problem.ts';
import type { Matcher } from './types.ts';

function good(text: string): Matcher {
  const parsed = parseMatcher(text);
  if (isSyntaxProblem(parsed)) throw new Error(`${text}: ${parsed.problem}`);
  return parsed;
}

describe('parseMatcher', () => {
  it.each([
    ['foo=bar', 'foo', '=', 'bar'],
    ['foo!=bar', 'foo', '!=', 'bar'],
    ['foo=~bar.*', 'foo', '=~', 'bar.*'],
    ['foo!~[a-z]', 'foo', '!~', '[a-z]'],
    ['  foo  =  bar  ', 'foo', '=', 'bar'],
    ['foo=""', 'foo', '=', ''],
    ['"foo bar"="a,b"', 'foo bar', '=', 'a,b'],
    ['service.name=api', 'service.name', '=', 'api'],
    ['主機=web', '主機', '=', 'web'],
    ['foo=🙂', 'foo', '=', '🙂'],
    [String.raw`foo="\xf0\x9f\x99\x82"`, 'foo', '=', '🙂'],
    [String.raw`foo="\360\237\231\202"`, 'foo', '=', '🙂'],
    [String.raw`foo="\u4e3b\U0001F642"`, 'foo', '=', '主🙂'],
    [String.raw`foo="a\"b\\c\n\t"`, 'foo', '=', 'a"b\\c\n\t'],
    ['severity=~"critical|emergency"', 'severity', '=~', 'critical|emergency'],
    ['severity=~critical|emergency', 'severity', '=~', 'critical|emergency'],
  ])('reads %s', (text, name, op, value) => {
    expect(parseMatcher(text)).toMatchObject({ name, op, value });
  });

  it('says what is wrong and where', () => {
    const wrong = [
      '',
      'foo',
      'foo=',
      '=bar',
      '""=bar',
      'foo==bar',
      'foo!bar',
      'foo=bar baz',
      'foo=bar,',
      '{foo=bar}',
      'foo=a{2}',
      "foo='bar'",
      'foo="bar',
      'foo="bar"baz',
      String.raw`foo="\q"`,
      String.raw`foo="\'"`,
      String.raw`foo="\xff"`,
      String.raw`foo="\xf0\x9f"`,
      String.raw`foo="\ud800"`,
      'foo="a\nb"',
      'foo=~"("',
      'foo=~"(?=a)"',
      `foo=~"${'a'.repeat(1025)}"`,
      'foo=~"(?:(?:a?){50}){20}(?:a?){1000}"',
    ];
    const shown = wrong.map((text) => {
      const parsed = parseMatcher(text);
      return `${text.slice(0, 24)} @${isSyntaxProblem(parsed) ? `${parsed.offset} ${parsed.problem}` : ' accepted'}`;
    });
    expect(shown).toMatchInlineSnapshot(`
      [
        " @0 expected a label name, got the end",
        "foo @3 expected one of = != =~ !~ after "foo"",
        "foo= @4 expected a value (write "" for the empty one), got the end",
        "=bar @0 expected a label name, got "="",
        """=bar @0 expected a label name",
        "foo==bar @4 expected a value (write "" for the empty one), got "="",
        "foo!bar @3 expected one of = != =~ !~ after "foo"",
        "foo=bar baz @8 expected nothing after the value, got "baz"",
        "foo=bar, @7 expected nothing after the value, got ","",
        "{foo=bar} @0 expected a label name, got "{"",
        "foo=a{2} @5 expected nothing after the value, got "{2}"",
        "foo='bar' @4 expected a value (write "" for the empty one), got "'"",
        "foo="bar @8 expected a closing "",
        "foo="bar"baz @9 expected nothing after the value, got "baz"",
        "foo="\\q" @5 unknown escape \\q in a quoted string",
        "foo="\\'" @5 unknown escape \\' in a quoted string",
        "foo="\\xff" @9 escapes that are not valid UTF-8",
        "foo="\\xf0\\x9f" @13 escapes that are not valid UTF-8",
        "foo="\\ud800" @5 unknown escape \\u in a quoted string",
        "foo="a
      b" @6 expected a closing " before the end of the line",
        "foo=~"(" @5 not a regular expression in RE2 syntax: error parsing regexp: missing closing ): \`(\`",
        "foo=~"(?=a)" @5 not a regular expression in RE2 syntax: error parsing regexp: invalid or unsupported Perl syntax: \`(?=\`",
        "foo=~"aaaaaaaaaaaaaaaaaa @5 expected a regular expression of at most 1024 bytes",
        "foo=~"(?:(?:a?){50}){20} @5 expected a simpler regular expression: this one has 4002 instructions, at most 1500 are allowed",
      ]
    `);
  });

  it('never throws, and reads back what it writes', () => {
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 });
    const value = fc.string({ unit: 'binary', maxLength: 20 });
    fc.assert(
      fc.property(name, fc.constantFrom('=' as const, '!=' as const), value, (n, op, v) => {
        expect(parseMatcher(formatMatcher({ name: n, op, value: v }))).toMatchObject({
          name: n,
          op,
          value: v,
        });
      }),
      { numRuns: 500 },
    );
    const texts = fc.string({ unit: fc.constantFrom(...'ab =~!"\\x4u{},\'\n'.split('')) });
    fc.assert(
      fc.property(texts, (text) => {
        const parsed = parseMatcher(text);
        if (!isSyntaxProblem(parsed))
          expect(parseMatcher(formatMatcher(parsed))).toMatchObject({
            ...parsed,
            matches: expect.any(Function),
          });
      }),
      { numRuns: 2_000 },
    );
  });

  it('writes the canonical text', () => {
    expect(formatMatcher(good('foo=~a|b'))).toBe('foo=~"a|b"');
    expect(formatMatcher(good('"foo bar"!="x\\"y"'))).toBe('"foo bar"!="x\\"y"');
  });
});

describe('a regular expression', () => {
  // Compiling the first one costs half a second of CPU and 225,000 instructions; a request may hold twenty matchers.
  it.each([
    ['many repeats', 'a{2,1000}'.repeat(113)],
    ['a long group, repeated', `(?:${'ab'.repeat(450)}){1000}`],
    ['repeats of repeats', '(?:(?:(?:a{10}){10}){10})'.repeat(35)],
    ['a group that is not closed', `((a{900}${'b{900}'.repeat(20)}`],
    ['repeats without end', `${'(?:'.repeat(34)}a${'{999999999})'.repeat(34)}{1}`],
  ])('that is enormous written out is refused before it is compiled: %s', (_what, source) => {
    const compile = vi.spyOn(RE2JS, 'compile');
    try {
      expect(compilePattern(source)).toEqual({
        problem: expect.stringMatching(
          /^expected a simpler regular expression: this one has about \d+ instructions/,
        ),
        offset: 0,
      });
      expect(compile).not.toHaveBeenCalled();
    } finally {
      compile.mockRestore();
    }
  });

  it.each([
    '(a|b|c|d|e){100}',
    '[^\\]a-z]{1000}',
    '\\p{L}{500}',
    '(?i)(?P<n>x{3,7}){100}',
    '\\Qa{9}\\E{100}',
    'a{,9}{',
  ])('of a moderate size is taken: %s', (source) => expect(compilePattern(source)).toBeTypeOf('function'));
});

describe('matching', () => {
  it('takes an absent label for an empty one', () => {
    const labels = labelSet({ env: 'prod', host: 'web-1' });
    const matches = (...texts: string[]) => matchesAll(texts.map(good), labels);
    expect(matches('env=prod', 'host=~"web-.*"')).toBe(true);
    expect(matches('env=prod', 'host!~"web-.*"')).toBe(false);
    expect(matches('zone=""', 'zone!=a', 'zone!~a')).toBe(true);
    expect(matches('zone!=""')).toBe(false);
    expect(matches('zone=~".+"')).toBe(false);
    expect(matches('zone=~".*"')).toBe(true);
    expect(matches()).toBe(true);
  });

  it('anchors regular expressions at both ends', () => {
    expect(good('a=~b').matches('abc')).toBe(false);
    expect(good('a=~"x|yy"').matches('y')).toBe(false);
    expect(good('a=~"[x-z]|yy"').matches('yy')).toBe(true);
  });

  it('answers as the regex engine does, whichever way a pattern was compiled', () => {
    const pieces = fc.constantFrom(
      'a',
      'b',
      'ab',
      '.',
      '*',
      '.*',
      '|',
      '\\.',
      '\\|',
      '\\\\',
      '\\',
      '+',
      '?',
      '(a|b)',
      '[ab]',
      '-',
      '\n',
      '主',
      '😀',
      '\ud83d',
      '^',
      '$',
      '{2}',
      ')',
    );
    const pattern = fc.array(pieces, { maxLength: 6 }).map((parts) => parts.join(''));
    const text = fc
      .array(
        fc.constantFrom('a', 'b', '.', '|', '\\', '-', '\n', '\r', '主', '😀', '\ud83d', '\ude00', 'ab'),
        { maxLength: 6 },
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 8 }), (source, texts) => {
        const compiled = compilePattern(source);
        const regex = compileRegex(source);
        expect(typeof compiled).toBe(typeof regex);
        if (typeof compiled !== 'function' || typeof regex !== 'function') return;
        for (const one of [...texts, source, `${source}\n`, '']) {
          expect([source, one, compiled(one)]).toEqual([source, one, RE2JS.compile(source).testExact(one)]);
          expect(compiled(one)).toBe(regex(one));
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('answers sets and prefixes of literals as the regex engine does', () => {
    const literal = fc
      .array(fc.constantFrom('a', 'b', '-', '\\.', '\\|', '\\\\', '主'), { maxLength: 3 })
      .map((p) => p.join(''));
    const pattern = fc.oneof(
      fc.array(literal, { minLength: 1, maxLength: 4 }).map((alternatives) => alternatives.join('|')),
      literal.map((prefix) => `${prefix}.*`),
    );
    const text = fc
      .array(fc.constantFrom('a', 'b', '-', '.', '|', '\\', '主', '\n'), { maxLength: 4 })
      .map((p) => p.join(''));
    fc.assert(
      fc.property(pattern, text, (source, one) => {
        const compiled = compilePattern(source);
        const regex = compileRegex(source);
        if (typeof compiled !== 'function' || typeof regex !== 'function')
          throw new Error(`refused ${source}`);
        expect(compiled(one)).toBe(regex(one));
      }),
      { numRuns: 3_000 },
    );
  });

  it('gives the same answers after its cache has run over', () => {
    const m = matcher('host', '=~', '.*[05]');
    if (isSyntaxProblem(m)) throw new Error(m.problem);
    for (let round = 0; round < 2; round++) {
      let matched = 0;
      for (let i = 0; i < 12_000; i++) if (m.matches(`host-${i}`)) matched++;
      expect(matched).toBe(2_400);
    }
  });

  it('is not slowed down by a pattern that native regular expressions choke on', () => {
    const m = good('a=~"(a+)+b"');
    expect(m.matches('a'.repeat(2_000))).toBe(false);
  });
});

describe('a pattern that wants to cost', () => {
  it('keeps no states where each may cost much: it is simulated, which has a bound', () => {
    const costly = ['(a|b)*a(a|b){300}', '(?:.*a.{7}){80}', `web-${'.*-'.repeat(148)}.*`];
    const texts = ['', 'ab'.repeat(200), `web-${'-'.repeat(300)}`, `b${'a'.repeat(700)}`, 'a\n'];
    const expected = costly.map((source) => texts.map((text) => RE2JS.compile(source).testExact(text)));
    const states = vi.spyOn(RE2JS.prototype, 'testExact');
    const answers = costly.map((source) => {
      const matches = compilePattern(source);
      if (typeof matches !== 'function') throw new Error(matches.problem);
      return texts.map(matches);
    });
    expect(states).not.toHaveBeenCalled();
    states.mockRestore();
    expect(answers).toEqual(expected);
    expect(expected.flat()).toContain(true);
  });

  it.each([
    ['(?:.*-){500}', /^expected a simpler .* has 150\d instructions, at most 1500/],
    ['(a|b)*a(a|b){900}', /2\d{3} instructions, at most 1500/],
    [
      '(?:(?:a?){50}){20}(?:a?){1000}(?:.*){1000}(?:.*){1000}(?:.*){1000}',
      /about \d+ instructions, at most 1500/,
    ],
  ])('is refused when a simulation would take long, too: %s', (source, problem) => {
    expect(compilePattern(source)).toEqual({ problem: expect.stringMatching(problem), offset: 0 });
  });

  it('is none that only names many hosts', () => {
    const hosts = Array.from({ length: 140 }, (_, i) => `h${i * 997}`).join('|');
    const regex = vi.spyOn(RE2JS, 'compile');
    for (const source of [hosts, `(${hosts})`, `(?:${hosts})`]) {
      const matches = compilePattern(source);
      if (typeof matches !== 'function') throw new Error(matches.problem);
      expect([matches('h997'), matches('h998'), matches('')]).toEqual([true, false, false]);
    }
    expect(regex).not.toHaveBeenCalled();
    regex.mockRestore();
    const some = hosts.split('|').slice(0, 130).join('|');
    expect(typeof compilePattern(`(${some}).example.com`)).toBe('function');
  });

  // Each blocks the native RegExp for seconds, or grows when it is written out.
  it.each([
    ['^(a+)+$', 'a'],
    ['(a|a)*b', 'a'],
    ['(a|aa)+c', 'a'],
    ['([a-zA-Z]+)*1', 'a'],
    ['(.*)*(.*)*(.*)*x', 'a'],
    ['(.*a){12}', 'a'],
    ['(x+x+)+y', 'x'],
    ['(([a-z])+.)+[A-Z]([a-z])+', 'a'],
    ['(\\w+\\s?)+!', 'a '],
    ['(?i)(ſ|k|K)*z', 'k'],
  ])('is answered on a value as long as a label may be: %s', (source, letter) => {
    const matches = compilePattern(source);
    if (typeof matches !== 'function') throw new Error(matches.problem);
    const native = new RegExp(`^(?:${source.replace('(?i)', '')})$`);
    expect(matches(`${letter.repeat(2_047)}\n`)).toBe(false);
    // Where the native one still ends it says the same.
    for (const short of ['', letter, letter.repeat(7), `${letter.repeat(5)}b`])
      expect([short, matches(short)]).toEqual([short, native.test(short)]);
  });

  it.each([
    '(a{1000}){1000}',
    '(?:a?){1000}(?:a?){1000}',
    '((((a{10}){10}){10}){10}){10}',
    'a'.repeat(1_025),
    `${'('.repeat(1_100)}a${')'.repeat(1_100)}`,
    '(?=a)b',
    '(a)\\1',
    '(?<!a)b',
    '[',
    '\\',
    'a**',
    '\\p{Nope}',
  ])('is refused with a reason: %s', (source) => {
    expect(compilePattern(source)).toEqual({ problem: expect.any(String), offset: 0 });
  });
});
