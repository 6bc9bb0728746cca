// An alert that is another group's from now on: whoever heard that it fires hears that it is over for them.
import { describe, expect, it } from 'vitest';
import { aReceiver, aRoute, aRule } from '../testing/builders.ts';
import { matchersIn, PipelineStory, storyBegan } from '../testing/pipeline-story.ts';
import type { Receiver, Route, RoutingConfig } from './routing.ts';

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

describe('an alert whose end is held back while a newer one of its key is told', () => {
  const leveledDigest = {
    everyMs: 10 * min,
    severities: ['warning' as const, 'high' as const],
    max: 1_000,
    to: null,
  };
  const step = { afterMs: 5 * min, to: [{ kind: 'channel' as const, name: 'phone' }], strategy: null };
  const page = {
    ...{ name: 'page', repeat: 0, confirm: 'any' as const, promote: [] },
    steps: [{ ...step, severities: null, during: [] }],
  };
  const again = (receiver: Partial<Receiver>, restarts = false): PipelineStory => {
    const levels = [
      { severity: 'warning' as const, threshold: 80 },
      { severity: 'high' as const, threshold: 90 },
    ];
    const receivers = [{ sendResolved: true, ...receiver }];
    const rules = [aRule({ severity: 'warning', levels })];
    const story = new PipelineStory({ rules, receivers, escalations: [page] });
    story.verdict('a', true, 'HighCpu', 'warning');
    story.advance(12 * min);
    const id = story.silence(30 * min, 'severity="high"');
    story.verdict('a', true, 'HighCpu', 'high');
    story.advance(min);
    story.verdict('a', false);
    story.advance(5 * min);
    story.verdict('a', true, 'HighCpu', 'warning');
    story.advance(10 * min);
    if (restarts) story.restart();
    story.do({ kind: 'silence.expire', id, actor: 'key:bob' });
    story.advance(40 * min);
    return story;
  };

  it.each([false, true])(
    'is over without a word of its own when nothing holds it back any more',
    (restarts) => {
      const story = again({}, restarts);
      expect(story.said).toEqual(['10 ops first: a firing', '1090 ops refired: a firing']);
      expect(story.kinds('notify.skipped')).toEqual([]);
      expect(story.state.alerts.size).toBe(1);
    },
  );

  it('is no news of a digest', () => {
    const story = again({ digest: leveledDigest });
    const totals = story.results.flatMap(({ notifications }) =>
      notifications.flatMap(({ message }) => message.digest?.total ?? []),
    );
    expect(totals).toEqual([1, 1]);
    expect(story.state.alerts.size).toBe(1);
  });

  it('is told to have ended to whom a step told of it', () => {
    const story = again({ escalation: 'page' });
    const toPhone = story.results
      .flatMap(({ notifications }) => notifications)
      .filter(({ to }) => to)
      .map(({ message, alerts }) => `${message.reason} ${Object.values(alerts)}`);
    expect(toPhone).toEqual(['escalation_step firing', 'escalation_step firing', 'some_resolved resolved']);
  });
});

describe('an alert that another routing brings into a new group', () => {
  it('becomes more urgent when its time has come, as it did where it was', () => {
    const promote = { from: 'warning', afterMs: 20 * min, to: 'critical', while: 'unacknowledged' } as const;
    const page = { ...{ name: 'page', steps: [], repeat: 0, confirm: 'any' as const }, promote: [promote] };
    const told = (...routes: Route[]) => {
      const story = new PipelineStory({ receivers: [{ escalation: 'page' }], escalations: [page] });
      story.verdict('a', true);
      story.advance(5 * min);
      story.do({ kind: 'routing', routing: { ...story.state.routing, route: aRoute({ routes }) } });
      story.advance(30 * min);
      return story.said;
    };
    expect(told(aRoute({ path: '{}/{severity=~".+"}' }))).toEqual(told());
    expect(told()).toEqual(['10 ops first: a firing', '1210 ops escalated: a firing']);
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

  it('ends at the end of a silence, and waits for no digest that is gone', () => {
    const digest = { everyMs: 60 * min, severities: ['high' as const], max: 1_000, to: null };
    const story = new PipelineStory({
      rules: [aRule({ severity: 'high' })],
      receivers: [aReceiver({ digest })],
    });
    story.verdict('a', true);
    story.advance(90 * min);
    story.silence(30 * min, 'host="a"');
    story.verdict('a', false);
    const [first] = story.said;
    expect(story.said).toEqual([expect.stringContaining('ops digest: a firing')]);
    const at = (story.now + 30 * min - storyBegan) / s;
    const routing = { ...story.state.routing, receivers: new Map([['ops', aReceiver()]]) };
    story.do({ kind: 'routing', routing });
    story.advance(40 * min);
    expect(story.said).toEqual([first, `${at} ops resolved: a resolved`]);
    expect(story.forgotten()).toEqual([]);
  });

  it("is a digest's word alone when that took it over, over a restart", () => {
    const collecting = (...severities: ('warning' | 'high')[]) =>
      aReceiver({ digest: { everyMs: 10 * min, severities, max: 1_000, to: null }, dedupeWindowMs: 5 * min });
    const levels = [
      { severity: 'warning' as const, threshold: 80 },
      { severity: 'high' as const, threshold: 90 },
    ];
    const rules = [aRule({ severity: 'warning', levels })];
    const story = new PipelineStory({ rules, receivers: [collecting('warning')] });
    story.verdict('a', true, 'HighCpu', 'high');
    story.advance(min);
    // To the digest and back, while the log of the group is kept for the dedupe window.
    story.verdict('a', true, 'HighCpu', 'warning');
    story.advance(10 * s);
    story.verdict('a', true, 'HighCpu', 'high');
    story.advance(10 * s);
    const receivers = new Map([['ops', collecting('warning', 'high')]]);
    const routing = { ...story.state.routing, receivers, route: aRoute({ groupBy: ['host'] }) };
    story.do({ kind: 'routing', routing });
    story.verdict('a', false);
    story.restart(routing);
    story.advance(20 * min);
    expect(story.said).toEqual(['10 ops first: a firing', '400 ops digest: a resolved']);
  });
});
