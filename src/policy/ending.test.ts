// What is not sent because something newer says it, and that whoever heard of an alert hears that it is over all the same.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { saysFiring } from '../pipeline/rows.ts';
import { type Choice, policyStory, stepsOf } from '../testing/policy-story.ts';

it('tells whoever heard that it fires that it is over, whatever waited and was dropped meanwhile', () => {
  const choice = fc.tuple(fc.nat(9), fc.nat(9), fc.nat(3));
  // An end that the next firing replaced, behind a repeat that its own end overtook: the first firing was heard.
  const endReplacedBehindRepeat: Choice[] = [
    [4, 1, 0],
    [4, 0, 1],
    [4, 3, 1],
    [0, 0, 0],
    [4, 1, 1],
    [4, 3, 0],
  ];
  fc.assert(
    fc.property(fc.array(choice, { maxLength: 24 }), (choices) => {
      const told = policyStory();
      const over = new Map<string, boolean>();
      // Everything that is sent arrives.
      for (const step of stepsOf(choices, ['sent', 'transient'])) {
        told.do(step);
        if (step.do === 'notify')
          for (const [id, saying] of Object.entries(step.alerts)) over.set(id, saying === 'resolved');
      }
      while (told.isOpen()) told.do({ do: 'answer', kind: 'sent' });
      const heard = new Map<string, boolean>();
      for (const { state, alerts } of told.rows())
        if (state === 'sent')
          for (const [id, saying] of Object.entries(alerts)) heard.set(id, saysFiring(saying));
      for (const [id, fires] of heard)
        if (over.get(id)) expect(`${id} fires: ${fires}`).toBe(`${id} fires: false`);
    }),
    { numRuns: 300, examples: [[endReplacedBehindRepeat]] },
  );
});
