// What is not sent because something newer says it, and that whoever heard of an alert hears that it is over all the same.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Saying, saysFiring } from '../pipeline/rows.ts';
import { type Choice, policyStory, stepsOf, stepsOfTwo } from '../testing/policy-story.ts';

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

it('tells nobody that it is over who never heard that it fires', () => {
  const choice = fc.tuple(fc.nat(9), fc.nat(9), fc.nat(3));
  fc.assert(
    fc.property(fc.array(choice, { maxLength: 24 }), (choices) => {
      const told = policyStory();
      for (const step of stepsOf(choices, ['sent', 'permanent', 'rate_limited'])) told.do(step);
      while (told.isOpen()) told.do({ do: 'answer', kind: 'sent' });
      const heard = new Set<string>();
      for (const { state, alerts } of told.rows()) {
        if (state !== 'sent') continue;
        const news = Object.entries(alerts);
        for (const [id, saying] of news) if (saysFiring(saying)) heard.add(id);
        expect(news.some(([id]) => heard.has(id))).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});

it('drops what waits behind a firing that its end overtook, where that is the end of what nobody heard', () => {
  const told = policyStory();
  const says = (alerts: Record<string, Saying>) => told.do({ do: 'notify', alerts, severity: 'warning' });
  says({ a: 'firing' });
  told.do({ do: 'answer', kind: 'permanent' });
  says({ b: 'firing' });
  told.do({ do: 'answer', kind: 'rate_limited' });
  says({ a: 'resolved' });
  says({ b: 'resolved' });
  expect(told.rows().map(({ alerts, reason }) => [alerts, reason])).toEqual([
    [{ a: 'firing' }, 'permanent'],
    [{ b: 'firing' }, 'resolved_before_send'],
    [{ a: 'resolved' }, 'firing_not_sent'],
    [{ b: 'resolved' }, 'firing_not_sent'],
  ]);
});

describe('an alert of which two groups tell the same people', () => {
  const says = (saying: Saying, endsAgain?: readonly string[]) =>
    ({ do: 'notify', alerts: { a: saying }, severity: 'warning', ...(endsAgain && { endsAgain }) }) as const;
  const ends = (story: ReturnType<typeof policyStory>) =>
    story.rows().flatMap(({ alerts, state, reason }) => (alerts.a === 'resolved' ? [[state, reason]] : []));
  const notSent = ['dropped', 'firing_not_sent'];

  it('ends in neither where nobody heard that it fires: it died', () => {
    const told = policyStory();
    told.do(says('firing'));
    told.do({ do: 'answer', kind: 'permanent' });
    told.do(says('standing'));
    told.do({ do: 'answer', kind: 'permanent' });
    told.do(says('resolved', ['a']));
    expect(told.afterStart(() => true)).toEqual(told.remembered());
    told.do(says('resolved'));
    expect(ends(told)).toEqual([notSent, notSent]);
    expect(told.remembered()).toEqual([]);
  });

  it('ends in neither where its end came while it waited behind another message', () => {
    const told = policyStory();
    told.do({ do: 'notify', alerts: { b: 'firing' }, severity: 'critical' });
    told.do(says('firing'));
    told.do(says('standing'));
    told.do(says('resolved', ['a']));
    told.do(says('resolved'));
    told.do({ do: 'answer', kind: 'sent' });
    expect(ends(told)).toEqual([notSent, notSent]);
    expect(told.remembered()).toEqual([]);
  });

  it('ends in both where the other one was heard', () => {
    const told = policyStory();
    told.do(says('firing'));
    told.do({ do: 'answer', kind: 'permanent' });
    told.do(says('standing'));
    told.do({ do: 'answer', kind: 'sent' });
    told.do(says('resolved', ['a']));
    told.do({ do: 'answer', kind: 'sent' });
    told.do(says('resolved'));
    told.do({ do: 'answer', kind: 'sent' });
    expect(ends(told)).toEqual([
      ['sent', null],
      ['sent', null],
    ]);
  });

  it('ends for those who heard that it fires, and for nobody else, also over a restart; then nothing is remembered', () => {
    const choice = fc.tuple(fc.nat(9), fc.nat(9), fc.nat(3));
    fc.assert(
      fc.property(fc.array(choice, { maxLength: 24 }), (choices) => {
        const told = policyStory();
        let open = new Set<string>();
        for (const [step, isStillTold] of stepsOfTwo(choices, ['sent', 'permanent', 'transient'])) {
          told.do(step);
          const is = (_: string, id: string) => isStillTold(id);
          expect(told.afterStart(is)).toEqual(told.remembered());
          if (step.do === 'notify') open = new Set(Object.keys(step.alerts).filter(isStillTold));
        }
        while (told.isOpen()) told.do({ do: 'answer', kind: 'sent' });
        const heard = new Map<string, boolean>();
        for (const { state, alerts } of told.rows())
          for (const [id, saying] of Object.entries(alerts)) {
            if (state !== 'sent') continue;
            if (!saysFiring(saying)) expect(heard.has(id)).toBe(true);
            heard.set(id, saysFiring(saying));
          }
        // An end that died is believed to be none.
        const isAllTold = told.rows().every(({ state }) => state !== 'dead');
        for (const [id, fires] of heard) if (isAllTold && !open.has(id)) expect(fires).toBe(false);
        for (const { unsaid } of told.remembered()) expect(unsaid.filter((id) => !open.has(id))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
