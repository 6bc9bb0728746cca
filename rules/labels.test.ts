import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalLabels,
  emptyLabels,
  isForbiddenName,
  labelNames,
  labelSet,
  labelsInOrder,
  labelsOfText,
  mergeLabels,
  withoutLabel,
} from './labels.ts';

const entries = fc.array(fc.tuple(fc.string({ maxLength: 4 }), fc.string({ unit: 'binary', maxLength: 4 })), {
  maxLength: 6,
});

describe('label sets', () => {
  it('inherit nothing, have sorted keys and no empty value', () => {
    const labels = labelSet({ b: '2', a: '1', empty: '' });
    const inherited = Object.getPrototypeOf(labels);
    expect([Reflect.ownKeys(inherited), Object.getPrototypeOf(inherited)]).toEqual([[], null]);
    expect(Object.isFrozen(inherited)).toBe(true);
    expect(['constructor', 'toString', '__proto__'].map((name) => labels[name])).toEqual(
      Array(3).fill(undefined),
    );
    expect(Object.entries(labels)).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
    expect(canonicalLabels(labels)).toBe('{"a":"1","b":"2"}');
  });

  it('are built from entries, the last of equal names winning', () => {
    expect(
      canonicalLabels(
        labelSet([
          ['a', '1'],
          ['a', '2'],
          ['b', '1'],
          ['b', ''],
        ]),
      ),
    ).toBe('{"a":"2"}');
  });

  it('sort names that look like integers by code unit too in their canonical text', () => {
    expect(canonicalLabels(labelSet({ a: 'x', '10': 'x', '9': 'x' }))).toBe('{"10":"x","9":"x","a":"x"}');
  });

  it('leave out names that reach a prototype', () => {
    const hostile = JSON.parse('{"__proto__":"x","constructor":"y","prototype":"z","a":"1"}');
    expect(Object.keys(labelSet(hostile))).toEqual(['a']);
    expect(['__proto__', 'constructor', 'prototype', 'proto'].map(isForbiddenName)).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it('merge with the later set winning', () => {
    const merged = mergeLabels(labelSet({ a: '1', b: '1' }), labelSet({ b: '2' }), emptyLabels);
    expect(canonicalLabels(merged)).toBe('{"a":"1","b":"2"}');
  });

  it('lose one label, or are the same object when they have no such label', () => {
    const labels = labelSet({ a: '1', b: '2' });
    expect(canonicalLabels(withoutLabel(labels, 'a'))).toBe('{"b":"2"}');
    expect(withoutLabel(labels, 'c')).toBe(labels);
  });

  it('do not depend on the order of their entries', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), fc.infiniteStream(fc.nat()), (record, random) => {
        const shuffled = Object.entries(record)
          .map((entry) => [random.next().value, entry] as const)
          .sort((a, b) => a[0] - b[0])
          .map(([, entry]) => entry);
        expect(canonicalLabels(labelSet(shuffled))).toBe(canonicalLabels(labelSet(record)));
      }),
    );
  });

  it('have the same canonical text only when they are equal', () => {
    fc.assert(
      fc.property(entries, entries, (one, two) => {
        const [a, b] = [labelSet(one), labelSet(two)];
        const same =
          Object.keys(a).length === Object.keys(b).length &&
          Object.keys(a).every((name) => a[name] === b[name]);
        expect(canonicalLabels(a) === canonicalLabels(b)).toBe(same);
        expect(JSON.parse(canonicalLabels(a))).toEqual({ ...a });
      }),
    );
  });
});

describe('label sets that were written', () => {
  it('are read again as they were', () => {
    fc.assert(
      fc.property(entries, (pairs) => {
        const labels = labelSet(pairs);
        for (const text of [canonicalLabels(labels), JSON.stringify(labels)]) {
          const again = labelsOfText(text);
          expect(Object.entries(again)).toEqual(Object.entries(labels));
          expect(Object.isFrozen(again)).toBe(true);
        }
        const names = labelNames(labels);
        expect(
          Object.entries(
            labelsInOrder(
              names,
              names.map((name) => labels[name]!),
            ),
          ),
        ).toEqual(Object.entries(labels));
      }),
    );
  });
});
