// A rule about unusual values is the same everywhere: live, in a backtest, in an evaluation, and in what a plot shows.
import { afterEach, expect, it } from 'vitest';
import { emptyLabels, labelSet } from '../../rules/labels.ts';
import { parseRule } from '../../rules/parse.ts';
import type { AnomalyRule } from '../../rules/types.ts';
import { defaultLimits } from '../config/config.ts';
import { Stage } from '../testing/stage.ts';
import { backtest } from './backtest.ts';
import { evaluate } from './evaluate.ts';
import { expected } from './expected.ts';
import { recordedOf } from './recorded.ts';
import { plainRouting } from './routing.ts';

const stepMs = 360_000;
const around = { tenant: 'default', routing: plainRouting(), limits: defaultLimits, edges: [] };
const startAt = Date.UTC(2026, 0, 5);

function anomaly(keys: Readonly<Record<string, unknown>> = {}): AnomalyRule {
  const read = parseRule(
    { name: 'Unusual', type: 'anomaly', metric: 'cpu', learning: '12h', ...keys },
    { kind: 'api' },
    { tenant: 'default', group: 'api', labels: emptyLabels },
  );
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return read.rule as AnomalyRule;
}

const usual = (n: number): number => 20 + 2 * Math.sin(n * 1.7) * Math.cos(n * 0.31);
const count = 200;
const strangeAt = 190;
const samples = Array.from({ length: count }, (_, n) => ({
  metric: 'cpu',
  labels: labelSet({ host: 'a' }),
  value: n === strangeAt ? 88 : usual(n),
  timestamp: startAt + n * stepMs,
}));
const to = startAt + count * stepMs;

let stage: Stage | null = null;
afterEach(() => stage?.close());

it('gives in a replay the scores that it gave live, over a restart in the middle', async () => {
  stage = new Stage({ rules: [anomaly()], startsAt: startAt });
  const live: (number | undefined)[] = [];
  for (const [n, { value, timestamp }] of samples.entries()) {
    if (n === 120) await stage.restart();
    await stage.advance(timestamp - stage.clock.now());
    await stage.push(value);
    const [series] = stage.runtime.table.byMetric('default', 'cpu');
    live.push(stage.runtime.detections.sight(series!, 'ensemble')?.seen.score);
  }
  const replayed = expected({ rule: anomaly(), match: [], from: startAt, to }, recordedOf(samples));
  expect(replayed.series[0]!.score).toEqual(live);
});

it('is shown as columns: what was expected, how strange each sample is, and what the rule says', () => {
  const from = startAt + (strangeAt - 1) * stepMs;
  const { series, more } = expected({ rule: anomaly(), match: [], from, to }, recordedOf(samples));
  expect(more).toBe(false);
  const [one] = series;
  expect(one!.timestamps[1]).toBe(startAt + strangeAt * stepMs);
  expect(one!.verdicts.slice(0, 3)).toEqual(['false', 'true', 'false']);
  expect(one!.high[1]!).toBeLessThan(30);
  expect(one!.score[1]!).toBeGreaterThan(0.5);
});

it('fires once in a backtest, and not at all for who bears less', async () => {
  const question = { samples: null, from: startAt, to };
  const { outcome, against } = await backtest(
    { ...question, rules: [anomaly()], against: [anomaly({ sensitivity: 0.0001 })] },
    recordedOf(samples),
    around,
  );
  expect(outcome.rules[0]).toMatchObject({ fired: 1 });
  expect(against!.rules[0]).toMatchObject({ fired: 0 });
});

it('says why, and what is missing while it learns', async () => {
  const at = async (n: number) => {
    const { verdicts } = await evaluate(
      { rules: [anomaly()], samples: null, at: startAt + n * stepMs },
      recordedOf(samples.slice(0, n + 1)),
      around,
    );
    return verdicts[0]!.why;
  };
  expect(await at(20)).toBe('ensemble: learning, needs 108 more samples and 10h6m more');
  expect(await at(strangeAt)).toMatch(
    /^ensemble: expected 17\.\d to 22\.\d, got 88; 1 in \d+, 0\.0\d+ false alarms a week, sensitivity 1: true; firing/,
  );
});
