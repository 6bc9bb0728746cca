import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DeadlineHandle, Deadlines } from './deadlines.ts';

describe('deadlines', () => {
  it('come in order of time, then of insertion, and not before their time', () => {
    const deadlines = new Deadlines<string>();
    for (const [at, item] of [
      [30, 'c'],
      [10, 'a'],
      [20, 'b1'],
      [20, 'b2'],
    ] as const)
      deadlines.add(at, item);
    expect(deadlines.take(9)).toBeNull();
    expect([20, 20, 20, 20].map((now) => deadlines.take(now)?.item)).toEqual(['a', 'b1', 'b2', undefined]);
    expect(deadlines.next).toBe(30);
  });

  it('hold what a sorted list holds, whatever is added, dropped and taken', () => {
    const action = fc.oneof(
      fc.record({ add: fc.integer({ min: 0, max: 50 }) }),
      fc.record({ drop: fc.nat(200) }),
      fc.record({ take: fc.integer({ min: 0, max: 50 }) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 300 }), (actions) => {
        const deadlines = new Deadlines<number>();
        const handles: DeadlineHandle[] = [];
        let model: { at: number; no: number }[] = [];
        for (const step of actions) {
          if ('add' in step) {
            model.push({ at: step.add, no: handles.length });
            handles.push(deadlines.add(step.add, handles.length));
          } else if ('drop' in step) {
            const no = handles.length === 0 ? -1 : step.drop % handles.length;
            if (no >= 0) deadlines.drop(handles[no]!);
            model = model.filter((entry) => entry.no !== no);
          } else {
            model.sort((a, b) => a.at - b.at || a.no - b.no);
            const first = model[0] && model[0].at <= step.take ? model.shift() : undefined;
            expect(deadlines.take(step.take)?.item).toBe(first?.no);
          }
          expect(deadlines.size).toBe(model.length);
          expect(deadlines.next).toBe(Math.min(Number.POSITIVE_INFINITY, ...model.map(({ at }) => at)));
        }
      }),
    );
  });

  it('that are moved again and again do not pile up', () => {
    const deadlines = new Deadlines<object>();
    let handle = deadlines.add(1_000_000, {});
    for (let i = 0; i < 100_000; i++) {
      deadlines.drop(handle);
      handle = deadlines.add(1_000_000 + i, {});
    }
    expect(deadlines.size).toBe(1);
    expect(deadlines.entries).toBeLessThan(3_000);
  });
});
