// The algebra of escalation: whatever people do and whenever the process looks, steps come in order, none twice, none
// early, and none while somebody holds everything.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance, beginEscalation, type EscalationPolicy, type Situation } from './escalation.ts';

const open: Situation = { kind: 'open' };
const held: Situation = { kind: 'held', by: 'acknowledged', until: null };

function policyOf(delays: readonly number[], repeat: number): EscalationPolicy {
  const steps = delays.map((afterMs) => ({
    ...{ afterMs, to: [], strategy: null, severities: null, during: [] },
  }));
  return { name: 'page', steps, repeat, confirm: 'any', promote: [] };
}

const looks = fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 50 }), taken: fc.boolean() }), {
  minLength: 1,
  maxLength: 60,
});

describe('advance', () => {
  it('takes every step once, in order, when so much time has passed in which nobody held it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 0, max: 2 }),
        looks,
        (delays, repeat, times) => {
          const policy = policyOf(delays, repeat);
          let row = beginEscalation(policy, 0)!;
          let now = 0;
          let openMs = 0;
          let was = false;
          const taken: number[] = [];
          for (const { afterMs, taken: answered } of times) {
            now += afterMs;
            if (!was) openMs += afterMs;
            was = answered;
            for (;;) {
              const next = advance(row, policy, answered ? held : open, now);
              row = next.row;
              if (next.what === 'step') {
                expect(answered).toBe(false);
                taken.push(next.step);
                const due = taken.reduce((sum, step) => sum + delays[step]!, 0);
                expect(openMs).toBeGreaterThanOrEqual(due);
              }
              if (next.what === 'nothing') break;
            }
          }
          expect(taken).toEqual(taken.map((_, n) => n % delays.length));
          expect(taken.length).toBeLessThanOrEqual(delays.length * (repeat + 1));
          const total = delays.reduce((sum, delay) => sum + delay, 0);
          // What was due and not yet looked at when somebody took it comes when that ends: later, never less.
          const never = times.every((look) => !look.taken);
          if (never && openMs >= total) expect(taken.length).toBeGreaterThanOrEqual(delays.length);
          if (taken.length === delays.length * (repeat + 1) && !was) expect(row.state).toBe('exhausted');
        },
      ),
    );
  });

  it('counts from when the step before was due, and begins a late round from now', () => {
    const policy = policyOf([10, 30], 1);
    const taken: [number, number][] = [];
    let row = beginEscalation(policy, 0)!;
    for (const now of [11, 39, 40, 200, 209, 210, 240]) {
      for (;;) {
        const next = advance(row, policy, open, now);
        row = next.row;
        if (next.what === 'step') taken.push([now, next.step]);
        if (next.what === 'nothing') break;
      }
    }
    expect(taken).toEqual([
      [11, 0],
      [40, 1],
      [200, 0],
      [200, 1],
    ]);
  });
});
