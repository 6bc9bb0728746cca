// Whatever is filed, the index finds what trying every set of matchers would.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelSet } from '../../rules/labels.ts';
import { matcher, matchesAll } from '../../rules/matchers.ts';
import type { Matcher } from '../../rules/types.ts';
import { type Matched, MatcherIndex } from './matcher-index.ts';

const names = ['host', 'env', '主機', 'toString'];
const values = ['', 'a', 'b', 'ab', '甲'];
const patterns = [
  '',
  'a',
  'a|b',
  '.*',
  '.+',
  'a.*',
  'ab?',
  'ab*',
  'ab{0,1}',
  '[^a]*',
  '甲?',
  '(?i)A',
  'a+b',
  '^a',
];

const matchers = fc.array(
  fc.oneof(
    fc.tuple(
      fc.constantFrom(...names),
      fc.constantFrom('=' as const, '!=' as const),
      fc.constantFrom(...values),
    ),
    fc.tuple(
      fc.constantFrom(...names),
      fc.constantFrom('=~' as const, '!~' as const),
      fc.constantFrom(...patterns),
    ),
  ),
  { minLength: 1, maxLength: 2 },
);
const labels = fc.dictionary(fc.constantFrom(...names), fc.constantFrom(...values));
const act = fc.oneof(
  { weight: 3, arbitrary: matchers.map((added) => ({ added })) },
  { weight: 1, arbitrary: fc.nat(9).map((removed) => ({ removed })) },
  { weight: 3, arbitrary: labels.map((asked) => ({ asked })) },
);

/** A regular expression is compiled once: that is what would take the time here. */
const known = new Map<string, Matcher>();
function built([name, op, value]: readonly [string, Matcher['op'], string]): Matcher {
  const key = JSON.stringify([name, op, value]);
  const one = known.get(key) ?? matcher(name, op, value);
  if ('problem' in one) throw new Error(one.problem);
  known.set(key, one);
  return one;
}

describe('the index of matchers', () => {
  it('finds what trying them all finds, whatever comes and goes (fast-check)', () => {
    fc.assert(
      fc.property(fc.array(act, { minLength: 40, maxLength: 80 }), (acts) => {
        const index = new MatcherIndex<Matched>();
        const filed: Matched[] = [];
        for (const it of acts) {
          if ('added' in it) {
            const item = { matchers: it.added.map(built) };
            filed.push(item);
            index.add(item);
          } else if ('removed' in it) {
            const [item] = filed.splice(it.removed, 1);
            if (item) index.remove(item);
          } else {
            const set = labelSet(it.asked);
            const found = index.matching(set);
            const all = filed.filter((item) => matchesAll(item.matchers, set));
            expect(found).toHaveLength(all.length);
            expect(new Set(found)).toEqual(new Set(all));
          }
        }
      }),
      { seed: 71, numRuns: 200 },
    );
  });
});
