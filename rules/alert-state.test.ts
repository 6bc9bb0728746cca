import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AlertLife,
  inactive,
  type LifeChange,
  type LifeTiming,
  nextAlertState,
  wakeAt,
} from './alert-state.ts';

type Sample = readonly [at: number, verdict: 'true' | 'false'];

function fold(rule: LifeTiming, samples: readonly Sample[], from: AlertLife = inactive) {
  let life = from;
  const changes: (readonly [number, LifeChange])[] = [];
  for (const [at, verdict] of samples) {
    const step = nextAlertState(life, verdict, rule, at);
    life = step.next;
    if (step.change !== 'none') changes.push([at, step.change]);
  }
  return { life, changes };
}

const rule = { forMs: 30, keepFiringForMs: 60 };

describe('the life of an alert', () => {
  it('fires at once without `for`', () => {
    expect(fold({ forMs: 0, keepFiringForMs: 0 }, [[5, 'true']])).toEqual({
      life: { state: 'firing', since: 5, firedAt: 5, keepUntil: null },
      changes: [[5, 'fired']],
    });
  });

  it('is pending until `for` has passed, to the millisecond', () => {
    const { life, changes } = fold(rule, [
      [10, 'true'],
      [39, 'true'],
      [40, 'true'],
      [41, 'true'],
    ]);
    expect(changes).toEqual([
      [10, 'pending'],
      [40, 'fired'],
    ]);
    expect(life).toEqual({ state: 'firing', since: 10, firedAt: 40, keepUntil: null });
  });

  it('begins its `for` anew after a false verdict', () => {
    expect(
      fold(rule, [
        [10, 'true'],
        [20, 'false'],
        [30, 'true'],
        [50, 'true'],
      ]),
    ).toEqual({
      life: { state: 'pending', since: 30 },
      changes: [
        [10, 'pending'],
        [20, 'cleared'],
        [30, 'pending'],
      ],
    });
  });

  it('resolves at once without keep_firing_for', () => {
    const { changes } = fold({ forMs: 0, keepFiringForMs: 0 }, [
      [1, 'true'],
      [2, 'false'],
      [3, 'false'],
    ]);
    expect(changes).toEqual([
      [1, 'fired'],
      [2, 'resolved'],
    ]);
  });

  it('is held by keep_firing_for, recovers with a true verdict, and counts anew after that', () => {
    const { life, changes } = fold(rule, [
      [0, 'true'],
      [30, 'true'],
      [40, 'false'],
      [99, 'false'],
      [99.5, 'true'],
      [100, 'false'],
      [159, 'false'],
      [160, 'false'],
    ]);
    expect(changes).toEqual([
      [0, 'pending'],
      [30, 'fired'],
      [40, 'held'],
      [99.5, 'recovered'],
      [100, 'held'],
      [160, 'resolved'],
    ]);
    expect(life).toEqual({ state: 'inactive' });
  });
});

const timing = fc.record({ forMs: fc.nat(50), keepFiringForMs: fc.nat(50) });
const samples = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.constantFrom('true' as const, 'false' as const)), {
    maxLength: 40,
  })
  .map((steps) => {
    let at = 0;
    return steps.map(([gap, verdict]): Sample => {
      at += gap;
      return [at, verdict];
    });
  });

describe('always', () => {
  it('folding in batches is folding one by one', () => {
    fc.assert(
      fc.property(timing, samples, fc.nat(40), (r, all, cut) => {
        const first = fold(r, all.slice(0, cut));
        const second = fold(r, all.slice(cut), first.life);
        const whole = fold(r, all);
        expect(second.life).toEqual(whole.life);
        expect([...first.changes, ...second.changes]).toEqual(whole.changes);
      }),
    );
  });

  it('fires only after `for` of true verdicts, and resolves only after keep_firing_for of false ones', () => {
    fc.assert(
      fc.property(timing, samples, (r, all) => {
        const { changes } = fold(r, all);
        const runOf = (at: number, verdict: string): number => {
          let from = at;
          for (const [t, v] of all.filter(([time]) => time <= at).toReversed()) {
            if (v !== verdict) break;
            from = t;
          }
          return at - from;
        };
        for (const [at, change] of changes) {
          const verdict = all.find(([time]) => time === at)?.[1];
          if (change === 'fired') expect(verdict === 'true' && runOf(at, 'true') >= r.forMs).toBe(true);
          if (change === 'resolved')
            expect(verdict === 'false' && runOf(at, 'false') >= r.keepFiringForMs).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('changes go pending, fired, held, recovered, resolved in an order that makes sense', () => {
    const after: Record<string, readonly LifeChange[]> = {
      none: ['pending', 'fired'],
      pending: ['fired', 'cleared'],
      cleared: ['pending', 'fired'],
      fired: ['held', 'resolved'],
      held: ['recovered', 'resolved'],
      recovered: ['held', 'resolved'],
      resolved: ['pending', 'fired'],
    };
    fc.assert(
      fc.property(timing, samples, (r, all) => {
        let before = 'none';
        for (const [, change] of fold(r, all).changes) {
          expect(after[before]).toContain(change);
          before = change;
        }
      }),
    );
  });

  it('the verdict before changes nothing until wakeAt, and something from then on', () => {
    fc.assert(
      fc.property(timing, samples, fc.nat(100), (r, all, later) => {
        const last = all.at(-1);
        if (last === undefined) return;
        const { life } = fold(r, all);
        const wake = wakeAt(life, r);
        const at = last[0] + later;
        const { change } = nextAlertState(life, last[1], r, at);
        expect(change !== 'none').toBe(at >= wake);
      }),
      { numRuns: 500 },
    );
  });
});
