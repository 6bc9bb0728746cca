import { describe, expect, it } from 'vitest';
import { maskedWords, type Template, Templates } from './templates.ts';

const textsOf = (texts: readonly string[], templates = new Templates()) => {
  const of = new Map<Template | null, number>();
  for (const text of texts) {
    const template = templates.add(text);
    of.set(template, (of.get(template) ?? 0) + 1);
  }
  return [...of].map(([template, n]) => `${n} × ${template?.text ?? '-'}`);
};

describe('templates of texts', () => {
  it('mask numbers, addresses and ids', () => {
    const of = (text: string) => maskedWords(text, 40).join(' ');
    expect(of('disk of web-12 is at 93.5 % (87 GiB)')).toBe('disk of web-* is at * % (* GiB)');
    expect(of('10.0.0.7:8080 refused 1.5s after 2026-11-26T10:00:00')).toBe('* refused * after *-*-*T*:*:*');
    expect(of('request 0198f1e2-aaaa-7bbb-8ccc-0123456789ab failed')).toBe('request * failed');
    expect(of('commit deadbeef01, cafe')).toBe('commit *, cafe');
  });

  it('are one where most words are the same', () => {
    expect(
      textsOf([
        'disk of web-1 is at 93 %',
        'disk of web-2 is at 97 %',
        'disk of cart is at 91 %',
        'connection to database lost',
        'connection to cache lost',
      ]),
    ).toEqual(['3 × disk of * is at * %', '2 × connection to * lost']);
  });

  it('are different where the number of words, or most of them, are not the same', () => {
    expect(textsOf(['queue is full', 'queue is very full', 'queue has stopped'])).toEqual([
      '1 × queue is full',
      '1 × queue is very full',
      '1 × queue has stopped',
    ]);
  });

  it('are bounded: what finds no room has none', () => {
    const few = new Templates({ similarity: 0.5, most: 2, words: 40 });
    expect(textsOf(['a b c', 'd e f', 'g h i', 'a b x'], few)).toEqual(['2 × a b *', '1 × d e f', '1 × -']);
    expect(few.size).toBe(2);
    expect(maskedWords('x '.repeat(10_000), 40)).toHaveLength(40);
  });

  it('takes an empty text', () => {
    expect(textsOf(['', '  '])).toEqual(['2 × ']);
  });
});
