import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DetectorName, detectorNames, detectors, restore, save } from './index.ts';

const minute = 60_000;

describe.each(detectorNames)('%s', (name: DetectorName) => {
  const detector = detectors[name];

  it('goes on from restored bytes as if it had never been saved', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: false }), { minLength: 1, maxLength: 400 }),
        fc.nat(400),
        (values, cut) => {
          const straight = detector.create(7);
          let saved = detector.create(7);
          values.forEach((value, n) => {
            if (n === cut) saved = restore(detector, save(saved));
            expect(detector.observe(saved, value, n * minute)).toEqual(
              detector.observe(straight, value, n * minute),
            );
          });
          expect(save(saved)).toEqual(save(straight));
          expect(saved.bytes.byteLength).toBe(detector.stateBytes);
        },
      ),
      { numRuns: 20, seed: 1 },
    );
  });
});
