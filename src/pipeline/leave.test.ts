// An alert that is another group's from now on: whoever heard that it fires hears that it is over for them.
import { describe, expect, it } from 'vitest';
import { aReceiver, aRoute, aRule } from '../testing/builders.ts';
import { matchersIn, PipelineStory } from '../testing/pipeline-story.ts';
import type { Route, RoutingConfig } from './routing.ts';

const s = 1_000;
const min = 60 * s;
const receivers = ['ops', 'pager'].map((name) => aReceiver({ name }));

const child = (matcher: string, over: Partial<Route> = {}) =>
  aRoute({
    path: `{}/{${matcher}}`,
    matchers: matchersIn(matcher),
    receiver: 'pager',
    groupWaitMs: 0,
    resolveWaitMs: 0,
    ...over,
  });

/** A route of its own for what is critical. */
const leveled = () => {
  const levels = [
    { severity: 'warning' as const, threshold: 80 },
    { severity: 'critical' as const, threshold: 90 },
  ];
  return new PipelineStory({
    rules: [aRule({ levels })],
    receivers,
    route: { routes: [child('severity="critical"')] },
  });
};
const at = (story: PipelineStory, severity: 'warning' | 'critical') =>
  story.verdict('a', true, 'HighCpu', severity);

describe('an alert that moves to other people under a silence', () => {
  it('ends for the old ones when the silence does', () => {
    const story = leveled();
    at(story, 'critical');
    story.advance(min);
    story.silence(30 * min, 'host="a"');
    at(story, 'warning');
    expect(story.advance(29 * min).said).toEqual(['0 pager first: a firing']);
    expect(story.kinds('notify')).toEqual(['notify.suppressed(silenced)', 'notify.suppressed(silenced)']);
    story.advance(10 * min);
    expect(story.said).toEqual([
      '0 pager first: a firing',
      '1860 pager resolved: a resolved',
      '1860 ops first: a firing',
    ]);
    expect(story.state.memberOf.get([...story.state.alerts.keys()][0]!)).toHaveLength(1);
  });

  it('does so over restarts, as of one that ended meanwhile', () => {
    const story = leveled();
    at(story, 'critical');
    story.advance(min);
    story.silence(30 * min, 'host="a"');
    at(story, 'warning');
    story.restart();
    story.advance(10 * min).verdict('a', false);
    story.restart();
    story.advance(40 * min);
    expect(story.said).toEqual(['0 pager first: a firing', '1860 pager resolved: a resolved']);
  });

  it('is theirs as before when it comes back', () => {
    const story = leveled();
    at(story, 'critical');
    story.advance(min);
    story.silence(30 * min, 'host="a"');
    for (let i = 0; i < 3; i++) {
      at(story, 'warning');
      story.advance(min);
      at(story, 'critical');
      story.advance(min);
    }
    story.restart();
    story.advance(60 * min);
    expect(story.said).toEqual(['0 pager first: a firing']);
    expect(story.forgotten()).toEqual([]);
    story.verdict('a', false);
    story.advance(10 * min);
    expect(story.said.at(-1)).toBe('4020 pager resolved: a resolved');
  });

  it('ends for them when the silence is taken back', () => {
    const story = leveled();
    at(story, 'critical');
    story.advance(min);
    const id = story.silence(30 * min, 'host="a"');
    at(story, 'warning');
    story.advance(10 * s);
    story.do({ kind: 'silence.expire', id, actor: 'key:ann' });
    story.advance(10 * min);
    expect(story.said).toEqual([
      '0 pager first: a firing',
      '70 pager resolved: a resolved',
      '70 ops first: a firing',
    ]);
  });
});

describe('an alert that another routing takes away from a group that goes on', () => {
  const tree = (...routes: Route[]): Pick<RoutingConfig, 'route'> => ({ route: aRoute({ routes }) });
  const both = () => {
    const story = new PipelineStory({ receivers });
    story.verdict('a', true);
    story.verdict('b', true);
    story.advance(min);
    return story;
  };
  const begins = '10 ops first: a firing, b firing';

  it('ends for its people', () => {
    const story = both();
    story.do({ kind: 'routing', routing: { ...story.state.routing, ...tree(child('host="a"')) } });
    story.advance(10 * min);
    expect(story.said).toEqual([begins, '60 pager first: a firing', '120 ops some_resolved: a resolved']);
  });

  it('ends for them at the end of a silence, over a restart, also where their group is gone', () => {
    const story = both();
    story.silence(30 * min, 'host="a"');
    const paged = { ...story.state.routing, ...tree(child('host=~"a|b"')) };
    story.restart(paged);
    story.advance(10 * min);
    expect(story.said).toEqual([begins, '60 ops resolved: b resolved', '60 pager first: b firing']);
    story.restart(paged);
    story.advance(40 * min);
    expect(story.said.slice(3)).toEqual(['1860 ops resolved: a resolved', '1860 pager new_alerts: a firing']);
    expect(story.forgotten()).toEqual([]);
  });

  it('goes on without a word where the same people have it', () => {
    const story = both();
    const routing = { ...story.state.routing, ...tree(child('host="a"', { receiver: 'ops' })) };
    story.do({ kind: 'routing', routing });
    story.advance(10 * min);
    story.restart(routing);
    story.verdict('a', false);
    story.advance(10 * min);
    expect(story.said).toEqual([begins, '660 ops resolved: a resolved']);
  });

  it('that had ended before is told to have', () => {
    const story = both();
    story.verdict('a', false);
    story.do({ kind: 'routing', routing: { ...story.state.routing, ...tree(child('host="a"')) } });
    story.advance(10 * min);
    expect(story.said).toEqual([begins, '120 ops some_resolved: a resolved']);
  });

  it('is stored as one that fires when it ends for them, acknowledged for a while', () => {
    const story = both();
    const { id } = [...story.state.alerts.values()].find(({ labels }) => labels.host === 'a')!;
    const until = story.now + 300 * min;
    story.do({ kind: 'acknowledge', alertId: id, until, note: null, actor: 'key:ann' });
    story.do({ kind: 'routing', routing: { ...story.state.routing, ...tree(child('host="a"')) } });
    story.advance(10 * min);
    expect(story.said.at(-1)).toBe('120 ops some_resolved: a resolved');
    expect(story.stored.alerts.get(id)).toMatchObject({ state: 'firing', resolvedAt: null, nextAt: until });
    story.restart();
    expect(story.state.alerts.get(id)?.state).toBe('firing');
  });
});
