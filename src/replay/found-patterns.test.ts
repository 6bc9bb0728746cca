import { describe, expect, it } from 'vitest';
import { labelSet } from '../../rules/labels.ts';
import { parseRuleFile } from '../../rules/parse.ts';
import type { Rule } from '../../rules/types.ts';
import { defaultLimits } from '../config/config.ts';
import { backtest, replayed } from './backtest.ts';
import { evaluate } from './evaluate.ts';
import type { GivenSample } from './questions.ts';
import { recordedOf } from './recorded.ts';
import { Replay } from './replay.ts';
import { plainRouting } from './routing.ts';

const startAt = Date.UTC(2026, 0, 5);
const around = { tenant: 'default', routing: plainRouting(), limits: defaultLimits, edges: [] };

function rulesOf(text: string): readonly Rule[] {
  const { rules, problems } = parseRuleFile(text, 'rules.yaml');
  expect(problems).toEqual([]);
  return rules;
}

const burst = '{ name: Burst, type: pattern, pattern: burst, by: [service], window: 5m, severity: high }';
const down = '{ name: Down, metric: up, operator: lt, threshold: 1 }';
const rules = rulesOf(`rules: [${down}, ${burst}]`);

/** Pods that go down five minutes after the beginning, one every five seconds. */
const podsDown = (count: number, minutes = 20): GivenSample[] =>
  Array.from({ length: minutes * 12 }, (_, step) =>
    Array.from({ length: count }, (_, pod) => ({
      metric: 'up',
      labels: labelSet({ service: 'cart', pod: `cart-${pod}` }),
      value: step < 60 + pod ? 1 : 0,
      timestamp: startAt + step * 5_000,
    })),
  ).flat();

const question = { rules, against: null, samples: null, from: startAt, to: startAt + 20 * 60_000 };

describe('patterns in a replay', () => {
  it('are found in what the rules of a backtest raise, as often as it is run', async () => {
    const recorded = recordedOf(podsDown(6));
    const { outcome } = await backtest(question, recorded, around);
    expect(outcome.rules.map(({ rule, fired }) => [rule, fired])).toEqual([
      ['Down', 6],
      ['Burst', 1],
    ]);
    expect(outcome.rules[1]!.top[0]!.labels).toMatchObject({ service: 'cart' });
    const twice = await Promise.all(
      [1, 2].map(async () => (await replayed(rules, recorded, around, startAt, question.to)).recording),
    );
    expect(twice[0]!.transitions).toEqual(twice[1]!.transitions);
    // The fifth and the sixth pod went down at 5m20s and 5m25s.
    expect(
      twice[0]!.transitions.flatMap(({ rule, kind, at }) =>
        rule === 'Burst' ? [[kind, (at - startAt) / 1_000]] : [],
      ),
    ).toEqual([
      ['firing', 325],
      ['resolved', 625],
    ]);
    expect(twice[0]!.messages).toEqual(twice[1]!.messages);
    expect((await backtest(question, recordedOf(podsDown(4)), around)).outcome.rules[1]!.fired).toBe(0);
  });

  it('are found in recorded events, which have what was declared of dependencies', async () => {
    const services = ['ledger', 'ledger', 'payments', 'payments', 'checkout', 'checkout', 'shop', 'shop'];
    const occurrences = services.map((service, i) => ({
      rule: null,
      labels: labelSet({ alertname: i % 2 === 0 ? 'errors' : 'latency', severity: 'high', service }),
      at: startAt + 600_000 + i * 5_000,
    }));
    const cascade = rulesOf('rules: [{ name: Spreads, type: pattern, pattern: cascade }]');
    const recorded = { ...recordedOf([]), occurrences };
    const edges = [
      ['shop', 'checkout'],
      ['checkout', 'payments'],
      ['payments', 'ledger'],
    ].map(([from, to]) => ({ from: from!, to: to!, confidence: 1, source: 'declared' as const }));
    const fired = async (known: typeof edges) =>
      (await backtest({ ...question, rules: cascade }, recorded, { ...around, edges: known })).outcome
        .rules[0]!.fired;
    expect(await fired(edges)).toBe(1);
    expect(await fired([])).toBe(0);
  });

  it('have a verdict at a time', async () => {
    const at = startAt + 8 * 60_000;
    const { verdicts } = await evaluate({ rules, samples: null, at }, recordedOf(podsDown(6)), around);
    const own = verdicts.filter(({ rule }) => rule === 'Burst');
    expect(own).toMatchObject([{ labels: { service: 'cart' }, verdict: 'true', state: 'firing' }]);
  });

  it('are not found in what rules say of findings', async () => {
    const both = rulesOf(`rules:
      - ${burst}
      - { name: OfPods, type: pattern, pattern: correlation, by: [service, pod] }
    `);
    const replay = new Replay({ rules: both, routing: plainRouting(), startAt });
    try {
      for (let pod = 0; pod < 8; pod++) {
        const scope = labelSet({ service: 'cart', pod: `cart-${pod}` });
        await replay.finding('default', { pattern: 'correlation', confidence: 1, scope });
      }
      await replay.to(startAt + 60_000);
      expect(replay.open('default').map(({ rule }) => rule)).toEqual(new Array(8).fill('OfPods'));
    } finally {
      await replay.close();
    }
  });
});
