// What is remembered after a start is what was remembered before it: who heard which firing, and which end.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Choice, policyStory, stepsOf } from '../testing/policy-story.ts';

it('remembers after a start what was heard and what was not, whatever died and was dropped before', () => {
  const choice = fc.tuple(fc.nat(9), fc.nat(9), fc.nat(3));
  const kinds = ['sent', 'permanent', 'permanent', 'transient', 'unknown'] as const;
  // A repeat that its end overtook; and one that had taken the place of a firing before.
  const repeatOvertaken: Choice[] = [
    [4, 1, 0],
    [4, 0, 1],
    [4, 1, 0],
    [4, 3, 0],
    [0, 1, 0],
  ];
  const replacedAndOvertaken: Choice[] = [
    [4, 1, 0],
    [4, 1, 0],
    [4, 1, 1],
    [4, 0, 1],
    [4, 1, 0],
  ];
  fc.assert(
    fc.property(fc.array(choice, { maxLength: 24 }), (choices) => {
      const told = policyStory();
      for (const step of stepsOf(choices, kinds)) {
        told.do(step);
        expect(told.afterStart()).toEqual(told.remembered());
      }
    }),
    { numRuns: 300, examples: [[repeatOvertaken], [replacedAndOvertaken]] },
  );
});
