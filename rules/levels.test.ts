import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Leveled, levelReached } from './levels.ts';
import type { Level, Severity } from './types.ts';

const cpu: Leveled = {
  operator: 'gt',
  levels: [
    { severity: 'warning', threshold: 80, resolveThreshold: 75 },
    { severity: 'critical', threshold: 90, resolveThreshold: 85 },
    { severity: 'emergency', threshold: 99 },
  ],
};

/** What a stream of figures comes to. */
function walk(rule: Leveled, figures: readonly number[]): (Severity | null)[] {
  let current: Severity | null = null;
  return figures.map((figure) => {
    current = levelReached(rule, figure, current);
    return current;
  });
}

describe('the level that a figure reaches', () => {
  it('is the most urgent one whose threshold it has passed', () => {
    expect([80, 80.1, 90, 90.1, 99, 100].map((figure) => levelReached(cpu, figure, null))).toEqual([
      null,
      'warning',
      'warning',
      'critical',
      'critical',
      'emergency',
    ]);
  });

  it('is held until the figure is back on the good side of its resolve threshold', () => {
    expect(walk(cpu, [91, 86, 85, 89, 76, 75, 79])).toEqual([
      'critical',
      'critical',
      'warning',
      'warning',
      'warning',
      null,
      null,
    ]);
  });

  it('without a resolve threshold is left where it is entered', () => {
    expect(walk(cpu, [100, 99, 100, 98])).toEqual(['emergency', 'critical', 'emergency', 'critical']);
  });

  it('holds the alert where a more urgent level resolves later than a milder one', () => {
    const rule: Leveled = {
      operator: 'gt',
      levels: [
        { severity: 'warning', threshold: 80 },
        { severity: 'critical', threshold: 90, resolveThreshold: 60 },
      ],
    };
    expect(walk(rule, [95, 70, 61, 60])).toEqual(['critical', 'critical', 'critical', null]);
    expect(walk(rule, [85, 70])).toEqual(['warning', null]);
  });

  it('falls with lt', () => {
    const free: Leveled = {
      operator: 'lte',
      levels: [
        { severity: 'info', threshold: 20 },
        { severity: 'critical', threshold: 5, resolveThreshold: 8 },
      ],
    };
    expect(walk(free, [21, 20, 5, 8, 8.1, 20.5])).toEqual([
      null,
      'info',
      'critical',
      'critical',
      'info',
      null,
    ]);
  });

  it('knows by its urgency a level that the rule does not have any more', () => {
    // It was high, which lay between the two: warning was reached then, critical was not.
    expect(levelReached(cpu, 76, 'high')).toBe('warning');
    expect(levelReached(cpu, 88, 'high')).toBe('warning');
  });

  it('of what lies beyond all numbers is the last, or none', () => {
    expect(levelReached(cpu, Number.POSITIVE_INFINITY, null)).toBe('emergency');
    expect(levelReached(cpu, Number.NEGATIVE_INFINITY, 'emergency')).toBeNull();
  });

  it('is what a latch for each level by itself says', () => {
    const severities = ['info', 'warning', 'high', 'critical', 'emergency'] as const;
    const levels = fc
      .array(fc.record({ step: fc.integer({ min: 1, max: 5 }), back: fc.option(fc.nat(12)) }), {
        minLength: 2,
        maxLength: 5,
      })
      .map((steps) => {
        let threshold = 0;
        return steps.map(({ step, back }, i): Level => {
          threshold += step;
          return {
            severity: severities[i]!,
            threshold,
            ...(back !== null && { resolveThreshold: threshold - back }),
          };
        });
      });
    const figures = fc.array(fc.integer({ min: -15, max: 30 }), { maxLength: 40 });
    fc.assert(
      fc.property(levels, figures, fc.constantFrom(1, -1), fc.boolean(), (upwards, values, sign, equal) => {
        const flipped = upwards.map(({ severity, threshold, resolveThreshold: resolve }) => ({
          severity,
          threshold: sign * threshold,
          ...(resolve !== undefined && { resolveThreshold: sign * resolve }),
        }));
        const operator = `${sign === 1 ? 'gt' : 'lt'}${equal ? 'e' : ''}` as Leveled['operator'];
        const bad = (value: number, limit: number) => (equal ? value >= limit : value > limit);
        const latched = upwards.map(() => false);
        const expected = values.map((value) => {
          for (const [i, { threshold, resolveThreshold: resolve }] of upwards.entries())
            latched[i] = bad(value, latched[i] ? (resolve ?? threshold) : threshold);
          return upwards[latched.lastIndexOf(true)]?.severity ?? null;
        });
        const said = walk(
          { operator, levels: flipped },
          values.map((value) => sign * value),
        );
        expect(said).toEqual(expected);
      }),
    );
  });
});
