// What held an escalation back is gone without anything that wakes its group: by another routing, by other rules, or right
// before a kill. The next ones are told then, not with the next message of the group.
import { describe, expect, it } from 'vitest';
import { aRule } from '../testing/builders.ts';
import { matchersIn, PipelineStory } from '../testing/pipeline-story.ts';
import type { EscalationPolicy } from './escalation.ts';
import type { InhibitRule } from './routing.ts';

const min = 60_000;

/** The phone after 5 minutes; what is a warning for 5 minutes is critical. */
const page = (promotes: boolean): EscalationPolicy => ({
  ...{ name: 'page', repeat: 0, confirm: 'any' },
  steps: promotes
    ? []
    : [
        {
          ...{ afterMs: 5 * min, to: [{ kind: 'channel', name: 'phone' }], strategy: null },
          ...{ severities: null, during: [] },
        },
      ],
  promote: promotes ? [{ from: 'warning', afterMs: 5 * min, to: 'critical', while: 'unacknowledged' }] : [],
});

/** While a cluster is down, what is wrong with its hosts is no news. */
const clusterDown: InhibitRule = {
  name: 'cluster down',
  source: matchersIn('alertname="ClusterDown"'),
  target: matchersIn('alertname="HighCpu"'),
  equal: ['host'],
};
const plain = [aRule(), aRule({ name: 'ClusterDown' })];
const depending = [aRule({ dependsOn: [{ rule: 'ClusterDown', equal: ['host'] }] }), plain[1]!];

/** Told a minute ago. */
function told(by: 'inhibit' | 'depends_on', promotes = false): PipelineStory {
  const story = new PipelineStory({
    ...{ rules: by === 'inhibit' ? plain : depending, inhibit: by === 'inhibit' ? [clusterDown] : [] },
    route: { groupWaitMs: 0, groupBy: ['alertname'], escalation: 'page' },
    escalations: [page(promotes)],
  });
  story.do({ kind: 'dependencies' });
  story.verdict('a', true);
  return story.advance(min);
}

/** Told ten minutes ago; for nine of them its cluster has been down, which somebody looks after. */
function heldBack(by: 'inhibit' | 'depends_on', promotes = false): PipelineStory {
  const story = told(by, promotes);
  story.verdict('a', true, 'ClusterDown');
  const { id } = story.state.openByKey.get('rule:ClusterDown:{"host":"a"}')!;
  story.do({ kind: 'acknowledge', alertId: id, actor: 'key:ann', note: null, until: null });
  story.advance(9 * min);
  expect(steps(story)).toEqual([]);
  return story;
}

const withoutInhibition = (story: PipelineStory) => ({ ...story.state.routing, inhibit: [] });
const steps = ({ said }: PipelineStory) =>
  said.filter((line) => line.includes('escalat')).map((line) => line.replace(' ops', ''));

function withoutDependency(story: PipelineStory): void {
  story.state.rules = new Map(plain.map((rule) => [rule.name, rule]));
  story.do({ kind: 'dependencies' });
}

describe('an escalation that is held back goes on', () => {
  it('when another routing inhibits nothing any more', () => {
    const story = heldBack('inhibit');
    story.do({ kind: 'routing', routing: withoutInhibition(story) });
    story.advance(min);
    expect(steps(story)).toEqual(['600 escalation_step: a firing']);
  });

  it('when a start has that routing', () => {
    const story = heldBack('inhibit');
    story.restart(withoutInhibition(story));
    story.advance(min);
    expect(steps(story)).toEqual(['600 escalation_step: a firing']);
  });

  it('at the start behind a kill that came right after the end of what held it', () => {
    const story = heldBack('inhibit');
    story.verdict('a', false, 'ClusterDown');
    story.restart();
    story.advance(min);
    expect(steps(story)).toEqual(['600 escalation_step: a firing']);
  });

  it('at the start behind a kill that came right after somebody had let go of it', () => {
    const story = told('inhibit');
    const { id } = story.state.openByKey.get('rule:HighCpu:{"host":"a"}')!;
    story.do({ kind: 'acknowledge', alertId: id, actor: 'key:ann', note: null, until: null });
    story.advance(10 * min);
    story.do({ kind: 'unacknowledge', alertId: id, actor: 'key:ann' });
    story.restart();
    story.advance(4 * min);
    expect(steps(story)).toEqual(['900 escalation_step: a firing']);
  });

  it('when its rule depends on nothing any more', () => {
    const story = heldBack('depends_on');
    withoutDependency(story);
    story.advance(min);
    expect(steps(story)).toEqual(['600 escalation_step: a firing']);
  });

  it('and so does what becomes more urgent by itself', () => {
    const story = heldBack('depends_on', true);
    withoutDependency(story);
    story.advance(2 * min);
    expect(steps(story)).toEqual(['600 escalated: a firing']);
  });
});

it('stays held back over another routing and a start while what holds it does', () => {
  const story = heldBack('inhibit');
  const before = story.kinds('escalation');
  story.do({ kind: 'routing', routing: { ...story.state.routing } });
  story.advance(min);
  story.restart();
  story.advance(10 * min);
  expect(steps(story)).toEqual([]);
  expect(story.kinds('escalation')).toEqual(before);
  story.verdict('a', false, 'ClusterDown');
  story.advance(min);
  expect(steps(story)).toEqual(['1260 escalation_step: a firing']);
});
