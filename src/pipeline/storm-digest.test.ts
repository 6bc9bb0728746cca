// A storm beside a digest: what has ended and waits to be told waits in the one or in the other, whatever the routes become.
import { describe, expect, it } from 'vitest';
import { aReceiver, aRoute, aRule } from '../testing/builders.ts';
import { matchersIn, PipelineStory, type PipelineStoryOptions } from '../testing/pipeline-story.ts';
import type { DigestRule } from './digest-rule.ts';
import type { StormConfig } from './storm.ts';

const second = 1_000;
const minute = 60 * second;
const storm: StormConfig = {
  ...{ events: 3, withinMs: minute, everyMs: 10 * minute, calmEvents: 1, calmMs: 2 * minute },
  ...{ newAfterMs: 60 * minute, newAtMost: 0 },
};
const rules = [aRule(), aRule({ name: 'Slow', severity: 'info' })];
const collecting = (everyMs: number): DigestRule => ({ everyMs, severities: ['info'], max: 500, to: null });

let story: PipelineStory;

/** It fires and ends before anybody is told at once. */
function passes(host: string, rule = 'Slow'): void {
  story.verdict(host, true, rule);
  story.verdict(host, false, rule);
}

/** Half a minute past a quarter past ten: four are told in sum, and a fifth waits ten minutes for the next summary. */
function tell(options: PipelineStoryOptions): void {
  story = new PipelineStory({ rules, storm, ...options });
  story.advance(130 * second);
  for (const host of ['h1', 'h2', 'h3', 'h4']) story.verdict(host, true);
  passes('h5', 'HighCpu');
}

const saidBy = (reason: string) => story.said.filter((line) => line.includes(` ${reason}: `));
const summaries = () => saidBy('storm').map((line) => line.slice(line.indexOf(': ') + 2));
const four = 'h1 firing, h2 firing, h3 firing, h4 firing';

describe('what a digest kept that has ended', () => {
  const takenAway = [
    ['another routing takes the digest away', 60 * minute, false],
    ['it takes away a digest that is due sooner', 5 * minute, false],
    ['the program starts with a routing without the digest', 60 * minute, true],
  ] as const;

  it.each(takenAway)('is in no summary where %s', (_, everyMs, starts) => {
    tell({ receivers: [{ digest: collecting(everyMs) }] });
    passes('during');
    story.advance(3 * minute);
    expect(story.events('storm.ended')).toHaveLength(1);
    passes('after');
    const routing = { ...story.state.routing, receivers: new Map([['ops', aReceiver()]]) };
    if (starts) story.restart(routing);
    else story.do({ kind: 'routing', routing });
    story.advance(20 * minute);
    expect(summaries()).toEqual([four, 'h5 resolved']);
    expect(story.said).toHaveLength(2);
    expect(story.kinds('notify.')).toEqual([
      'notify.skipped(resolved_before_notify)',
      'notify.skipped(resolved_before_notify)',
    ]);
  });

  it.each([
    [60, 'another routing'],
    [60, 'a start'],
    [10, 'a start'],
  ])(
    'is in no summary for those whom its group told, who hear of its end from there: a digest at each %d min, over %s',
    (everyMin, over) => {
      const daily = { path: '{}/daily', receiver: 'daily', continue: true };
      const slow = aRoute({ ...daily, matchers: matchersIn('alertname="Slow"') });
      story = new PipelineStory({
        ...{ rules, storm, receivers: [{}, { name: 'daily', digest: collecting(everyMin * minute) }] },
        route: { routes: [slow, aRoute({ path: '{}/all' })] },
      });
      story.verdict('told', true, 'Slow');
      story.advance(2 * minute);
      for (const host of ['h1', 'h2', 'h3', 'h4']) story.verdict(host, true);
      passes('h5', 'HighCpu');
      story.verdict('told', false, 'Slow');
      if (over === 'a start') story.restart();
      else story.do({ kind: 'routing', routing: story.state.routing });
      story.advance(60 * minute);
      expect(summaries()).toEqual([four, 'h5 resolved']);
      expect(saidBy('resolved')).toEqual([expect.stringMatching(/ops resolved: told resolved$/)]);
      expect(saidBy('digest')).toEqual([expect.stringMatching(/daily digest: told resolved$/)]);
    },
  );
});
