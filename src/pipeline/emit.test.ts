import { expect, it } from 'vitest';
import type { CompositeRule } from '../../rules/types.ts';
import { aRoute, aRule } from '../testing/builders.ts';
import { PipelineStory } from '../testing/pipeline-story.ts';

const alertsTold = (story: PipelineStory) =>
  story.results
    .flatMap((result) => result.notifications)
    .flatMap(({ message }) => message.alerts)
    .map(({ severity, condition, forMs }) => ({ severity, condition, forMs }));

it('says what the value is held against: the threshold of the level that was reached, and for how long', () => {
  const levels = [
    { severity: 'warning' as const, threshold: 80 },
    { severity: 'critical' as const, threshold: 95.5 },
  ];
  const story = new PipelineStory({ rules: [aRule({ forMs: 30_000, levels })] });
  story.verdict('a', true, 'HighCpu', 'critical');
  story.advance(60_000);
  story.verdict('a', true, 'HighCpu', 'critical');
  story.advance(60_000);
  expect(alertsTold(story)).toEqual([{ severity: 'critical', condition: '> 95.5', forMs: 30_000 }]);
});

it('says the whole condition where there is no one figure, and nothing of a rule that is gone', () => {
  const { type: _, ...base } = aRule();
  const reading = { metric: 'cpu', match: [], aggregate: 'last', windowMs: 0, operator: 'gte' } as const;
  const rule: CompositeRule = {
    ...base,
    type: 'composite',
    grid: { by: ['host'], intervalMs: 15_000, evalDelayMs: 0 },
    shared: false,
    readings: [
      { ...reading, threshold: 80 },
      { ...reading, metric: 'm'.repeat(400), threshold: 1 },
    ],
    condition: {
      kind: 'all',
      of: [
        { kind: 'reading', reading: 0 },
        { kind: 'reading', reading: 1 },
      ],
    },
  };
  const story = new PipelineStory({ rules: [rule] });
  story.verdict('a', true);
  story.advance(60_000);
  const [told] = alertsTold(story);
  expect(told!.condition).toMatch(/^\(cpu >= 80 and m{280,}…$/);
  expect(told!.condition).toHaveLength(300);

  story.state.rules = new Map();
  story.advance(5 * 3_600_000);
  expect(alertsTold(story).at(-1)).toEqual({ severity: 'warning', condition: undefined, forMs: undefined });
});

it('says of an end whether another group of the same people is still to tell it', () => {
  const place = { path: '{}/{host="a"}', resolveWaitMs: 300_000 };
  const others = aRoute({ path: '{}/{team="db"}', receiver: 'db' });
  const route = { routes: [aRoute({ continue: true }), aRoute({ ...place, continue: true }), others] };
  const story = new PipelineStory({ route, receivers: [{}, { name: 'db' }] });
  story.verdict('a', true);
  story.advance(60_000);
  story.verdict('a', false);
  story.advance(600_000);
  const told = story.results.flatMap(({ notifications }) => notifications);
  const [id] = Object.keys(told[0]!.alerts);
  expect(told.map(({ receiver, alerts, endsAgain }) => [receiver, alerts[id!], endsAgain])).toEqual([
    ['ops', 'firing', undefined],
    ['ops', 'standing', undefined],
    ['db', 'firing', undefined],
    ['ops', 'resolved', [id]],
    ['db', 'resolved', undefined],
    ['ops', 'resolved', undefined],
  ]);
});
