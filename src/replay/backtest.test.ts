import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRuleFile } from '../../rules/parse.ts';
import type { Rule } from '../../rules/types.ts';
import { defaultLimits } from '../config/config.ts';
import { routingOf } from '../rule-tests/routing-of-test.ts';
import { backtest, replayed } from './backtest.ts';
import type { GivenSample } from './questions.ts';
import { recordedOf } from './recorded.ts';
import type { Recording } from './recording.ts';
import { Replay } from './replay.ts';
import { plainRouting } from './routing.ts';

const startAt = Date.UTC(2026, 0, 5);
const around = { tenant: 'default', routing: plainRouting(), limits: defaultLimits };

function rulesOf(text: string): readonly Rule[] {
  const { rules, problems } = parseRuleFile(text, 'rules.yaml');
  expect(problems).toEqual([]);
  return rules;
}

const rules = rulesOf(`
rules:
  - { name: Hot, metric: cpu, operator: gt, threshold: 5, resolve_threshold: 3, for: 20s, keep_firing_for: 15s }
  - { name: HotOnAverage, metric: cpu, aggregate: avg, window: 1m, operator: gt, threshold: 5, no_data: ok, no_data_after: 1m }
  - { name: HotFleet, metric: cpu, across: avg, operator: gt, threshold: 4, no_data: ok }
  - { name: Silent, metric: cpu, aggregate: absent, window: 2m }
`);

/** Steps of 0.7 to 40 s, and sometimes a silence of some minutes; times of no grid. */
const samples = fc
  .array(
    fc.record({
      host: fc.constantFrom('a', 'b', 'c'),
      value: fc.integer({ min: 0, max: 9 }),
      stepMs: fc.oneof(
        { weight: 9, arbitrary: fc.integer({ min: 701, max: 40_000 }) },
        { weight: 1, arbitrary: fc.constant(200_003) },
      ),
      // One in ten came after a newer one of its series.
      lateMs: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(45_001) }),
    }),
    { minLength: 1, maxLength: 120 },
  )
  .map((steps) => {
    let at = startAt;
    return steps.map(({ host, value, stepMs, lateMs }): GivenSample => {
      at += stepMs;
      const timestamp = Math.max(startAt, at - lateMs);
      return { metric: 'cpu', labels: { host }, value, timestamp };
    });
  });

/** What a program that runs all the time did: samples come one by one, by its own door, and time passes in between. */
async function lived(given: readonly GivenSample[], to: number): Promise<Recording> {
  const first = given[0]!.timestamp;
  const replay = new Replay({ rules, routing: around.routing, startAt: first });
  let newest = first;
  for (const sample of given) {
    newest = Math.max(newest, sample.timestamp);
    await replay.before(newest);
    await replay.push('default', [{ index: 0, ...sample }]);
  }
  await replay.to(to);
  await replay.close();
  return replay.recording;
}

const told = ({ transitions, messages }: Recording) => ({
  transitions: transitions.map(({ kind, key, sampleAt, at, value, reason }) => [kind, key, sampleAt, at, value, reason]),
  messages: messages.map(({ receiver, reason, at, alerts }) => [receiver, reason, at, alerts.map(({ labels }) => labels)]),
});

describe('a backtest', () => {
  it('of what was recorded says what happened', async () => {
    let fired = 0;
    let late = 0;
    await fc.assert(
      fc.asyncProperty(samples, async (given) => {
        const to = Math.max(...given.map(({ timestamp }) => timestamp)) + 600_000;
        const { recording } = await replayed(rules, recordedOf(given), around, given[0]!.timestamp, to);
        const live = await lived(given, to);
        fired += live.transitions.filter(({ kind }) => kind === 'firing').length;
        late += given.filter(({ timestamp }, i) => i > 0 && timestamp < given[i - 1]!.timestamp).length;
        expect(told(recording)).toEqual(told(live));
      }),
      { numRuns: 25, seed: 20_260_105 },
    );
    expect(fired).toBeGreaterThan(50);
    expect(late).toBeGreaterThan(50);
  });

  const every = (stepMs: number, values: readonly number[]): GivenSample[] =>
    values.map((value, i) => ({ metric: 'cpu', labels: { host: 'a' }, value, timestamp: startAt + i * stepMs }));
  const times = <T>(n: number, value: T): T[] => new Array<T>(n).fill(value);

  it('begins before the span, so that nothing is missed at its start', async () => {
    const given = every(15_000, [...times(40, 9), ...times(40, 0)]);
    const [hot] = rules;
    const question = { rules: [hot!], against: null, samples: null, from: startAt + 300_000, to: startAt + 1_200_000 };
    const { outcome } = await backtest(question, recordedOf(given), around);
    expect(outcome.rules[0]).toMatchObject({ fired: 0, firingAtStart: 1, firingAtEnd: 0, firingMs: 315_000 });
  });

  it('shows the old rule beside the new one', async () => {
    const given = every(15_000, [0, 1, 2].flatMap(() => [...times(4, 9), ...times(12, 0)]));
    const old = rulesOf('rules: [{ name: Hot, metric: cpu, operator: gt, threshold: 5, dedupe_window: 0s }]');
    const better = rulesOf('rules: [{ name: Hot, metric: cpu, operator: gt, threshold: 5, for: 2m }]');
    const question = { rules: better, against: old, samples: null, from: startAt, to: startAt + 3_600_000 };
    const got = await backtest(question, recordedOf(given), around);
    expect(got.outcome.rules[0]).toMatchObject({ fired: 0, cleared: 3, flaps: 0, messages: 0 });
    expect(got.against?.rules[0]).toMatchObject({ fired: 3, flaps: 2, firingMs: 3 * 60_000 });
    expect(got.against!.messages).toBeGreaterThan(1);
  });

  it('sends what the routes let through', async () => {
    const given = every(15_000, times(20, 9));
    const routing = routingOf(
      { route: { group_wait: 86_400_000 } },
      () => {},
    );
    const question = { rules, against: null, samples: null, from: startAt, to: startAt + 300_000 };
    const { outcome } = await backtest(question, recordedOf(given), { ...around, routing });
    expect(outcome.rules[0]).toMatchObject({ fired: 1, messages: 0 });
  });
});
