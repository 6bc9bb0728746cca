// What holds an alert back: silences and inhibition, at the due group.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aRule } from '../testing/builders.ts';
import { matchersIn, PipelineStory, type PipelineStoryOptions } from '../testing/pipeline-story.ts';
import type { InhibitRule } from './routing.ts';

const s = 1_000;
const min = 60 * s;

/** While a cluster is down, what is wrong with its hosts is no news. */
const clusterDown: InhibitRule = {
  name: 'cluster down',
  source: matchersIn('alertname="ClusterDown"'),
  target: matchersIn('alertname="HighCpu"'),
  equal: ['host'],
};
const withCluster = (over: PipelineStoryOptions = {}) =>
  new PipelineStory({ rules: [aRule(), aRule({ name: 'ClusterDown' })], inhibit: [clusterDown], ...over });

describe('a silence', () => {
  it('holds back what fires, and what still fires is told at its end', () => {
    const story = new PipelineStory();
    const id = story.silence(10 * min, 'host="a"');
    story.verdict('a', true);
    story.advance(20 * min);
    expect(story.said).toEqual(['600 ops first: a firing']);
    expect(story.kinds('notify')).toEqual(['notify.suppressed(silenced)']);
    expect(story.events('notify')[0]!.body).toMatchObject({ ids: [id], until: story.now - 10 * min });
    expect(story.kinds('silence')).toEqual(['silence.created', 'silence.ended']);
    expect(story.events('silence.ended')[0]!.body.held).toBe(1);
  });

  it('holds back repeats of what was told, and its resolved notice until the end', () => {
    const story = new PipelineStory({ route: { repeatIntervalMs: 5 * min } });
    story.verdict('a', true);
    story.advance(min);
    story.silence(30 * min, 'alertname="HighCpu"');
    story.advance(20 * min).verdict('a', false);
    story.advance(20 * min);
    expect(story.said).toEqual(['10 ops first: a firing', '1860 ops resolved: a resolved']);
  });

  it('says of what ends under it, unsaid, that it was silenced', () => {
    const story = new PipelineStory();
    story.silence(10 * min, 'host=~"a|b"');
    story.verdict('a', true);
    story.advance(min).verdict('a', false);
    story.verdict('b', true);
    story.advance(2 * s).verdict('b', false);
    story.advance(20 * min);
    expect(story.said).toEqual([]);
    expect(story.kinds('notify.skipped')).toEqual(['notify.skipped(silenced)', 'notify.skipped(silenced)']);
    expect(story.state.alerts.size).toBe(0);
  });

  it('leaves the others of the group alone', () => {
    const story = new PipelineStory();
    story.silence(10 * min, 'host="a"');
    story.verdict('a', true);
    story.verdict('b', true);
    story.advance(20 * min);
    expect(story.said).toEqual(['10 ops first: b firing', '600 ops new_alerts: a firing']);
  });

  it('drops an event, and says so', () => {
    const story = new PipelineStory();
    const id = story.silence(10 * min, 'team="x"');
    story.event('deployed', { team: 'x' });
    story.advance(20 * min);
    expect(story.said).toEqual([]);
    expect(story.events('notify.skipped')[0]).toMatchObject({ reason: 'silenced', body: { ids: [id] } });
  });

  it('that is taken back or shortened lets go at once, but not nearer than group_interval to the last message', () => {
    const story = new PipelineStory();
    const first = story.silence(60 * min, 'host="a"');
    const second = story.silence(60 * min, 'host="b"');
    story.verdict('a', true);
    story.verdict('b', true);
    story.advance(5 * min);
    story.do({ kind: 'silence.expire', id: first, actor: 'key:bob' });
    story.advance(20 * s);
    story.putSilence(second, story.now - min, story.now + 10 * s, 'host="b"');
    story.advance(5 * min);
    expect(story.said).toEqual(['300 ops first: a firing', '360 ops new_alerts: b firing']);
    expect(story.kinds('silence')).toEqual([
      'silence.created',
      'silence.created',
      'silence.expired',
      'silence.changed',
      'silence.ended',
    ]);
  });

  it('holds nothing before it starts', () => {
    const story = new PipelineStory();
    story.putSilence(null, story.now + min, story.now + 10 * min, 'host="a"');
    story.verdict('a', true);
    story.advance(20 * min);
    expect(story.said).toEqual(['10 ops first: a firing']);
  });

  it('holds over a restart, and its end is told on time', () => {
    const story = new PipelineStory();
    story.silence(10 * min, 'host="a"');
    story.verdict('a', true);
    story.advance(min);
    story.restart();
    expect(story.forgotten()).toEqual([]);
    story.advance(20 * min);
    expect(story.said).toEqual(['600 ops first: a firing']);
    expect(story.kinds('notify')).toEqual(['notify.suppressed(silenced)']);
  });

  it('is told of before its end when it holds something that fires', () => {
    const story = new PipelineStory({ remindBeforeMs: 10 * min });
    story.silence(60 * min, 'host="a"');
    story.silence(60 * min, 'host="nobody"');
    story.verdict('a', true);
    story.advance(59 * min);
    expect(story.said).toEqual(['3010 ops event: silence.ending firing']);
    expect(story.events('event.received')).toHaveLength(1);
  });

  it('that is over, or that nobody knows, cannot be changed', () => {
    const story = new PipelineStory();
    const id = story.silence(min, 'host="a"');
    story.advance(2 * min);
    const expire = (it: string) => story.do({ kind: 'silence.expire', id: it, actor: 'key:bob' }).answer;
    expect(expire(id)).toEqual({ kind: 'refused', reason: 'silence_not_found' });
    expect(expire('none')).toEqual({ kind: 'refused', reason: 'silence_not_found' });
  });
});

describe('inhibition', () => {
  it('holds back the target while the source fires, whichever came first', () => {
    for (const first of ['ClusterDown', 'HighCpu']) {
      const story = withCluster();
      story.verdict('a', true, first);
      story.advance(5 * s);
      story.verdict('a', true, first === 'HighCpu' ? 'ClusterDown' : 'HighCpu');
      story.advance(30 * min);
      expect(story.said.map((line) => line.slice(line.indexOf(' ')))).toEqual([' ops first: a firing']);
      expect(story.kinds('notify')).toEqual(['notify.suppressed(inhibited)']);
      story.verdict('a', false, 'ClusterDown');
      story.advance(5 * min);
      expect(story.said.slice(1)).toEqual([
        `${30 * 60 + 5} ops first: a firing`,
        `${30 * 60 + 5 + 60} ops resolved: a resolved`,
      ]);
      expect(story.forgotten()).toEqual([]);
    }
  });

  it('needs the same values of its equal labels', () => {
    const story = withCluster();
    story.verdict('b', true, 'ClusterDown');
    story.verdict('a', true);
    story.advance(min);
    expect(story.said).toHaveLength(2);
  });

  it('goes on over a restart, and ends after it', () => {
    const story = withCluster();
    story.verdict('a', true, 'ClusterDown');
    story.verdict('a', true);
    story.advance(min);
    story.restart();
    expect(story.forgotten()).toEqual([]);
    story.verdict('a', false, 'ClusterDown');
    story.advance(5 * min);
    expect(story.said).toContain('60 ops first: a firing');
  });

  it('ends with the rules that say so', () => {
    const story = withCluster();
    story.verdict('a', true, 'ClusterDown');
    story.verdict('a', true);
    story.advance(min);
    story.do({ kind: 'routing', routing: { ...story.state.routing, inhibit: [] } });
    story.advance(min);
    expect(story.said).toEqual(['10 ops first: a firing', '60 ops first: a firing']);
  });

  it('holds nobody back in a circle', () => {
    const story = withCluster({
      inhibit: [
        clusterDown,
        { name: 'back', source: clusterDown.target, target: clusterDown.source, equal: [] },
      ],
    });
    story.verdict('a', true, 'ClusterDown');
    story.verdict('a', true);
    story.advance(min);
    expect(story.said).toHaveLength(2);
  });

  it('lets go of those in a circle when the last of it closes it', () => {
    const rule = (name: string, source: string, target: string): InhibitRule => ({
      name,
      source: matchersIn(`alertname="${source}"`),
      target: matchersIn(`alertname="${target}"`),
      equal: ['host'],
    });
    const story = new PipelineStory({
      rules: [aRule({ name: 'A' }), aRule({ name: 'B' }), aRule({ name: 'C' })],
      inhibit: [rule('1', 'A', 'B'), rule('2', 'B', 'C'), rule('3', 'C', 'A')],
    });
    story.verdict('a', true, 'A');
    story.verdict('a', true, 'B');
    story.advance(min);
    expect(story.said).toHaveLength(1);
    story.verdict('a', true, 'C');
    story.advance(min);
    expect(story.said).toHaveLength(3);
    expect(story.forgotten()).toEqual([]);
  });

  it('does not hold back the end of what is source and target of one rule', () => {
    const both = matchersIn('alertname=~"HighCpu|ClusterDown"');
    const story = withCluster({ inhibit: [{ name: 'both', source: both, target: both, equal: [] }] });
    story.verdict('a', true);
    story.verdict('a', true, 'ClusterDown');
    story.advance(min).verdict('a', false);
    story.advance(5 * min);
    expect(story.said.at(-1)).toBe('120 ops resolved: a resolved');
  });

  it('comes after silence where both hold', () => {
    const story = withCluster();
    story.silence(10 * min, 'alertname="HighCpu"');
    story.verdict('a', true, 'ClusterDown');
    story.verdict('a', true);
    story.advance(20 * min);
    expect(story.kinds('notify')).toEqual(['notify.suppressed(silenced)', 'notify.suppressed(inhibited)']);
  });
});

describe('what a rule says of its own messages', () => {
  it('depends_on holds its alerts back while what it depends on fires, on the same host where it says so', () => {
    const rules = [
      aRule({ dependsOn: [{ rule: 'HostDown', equal: ['host'] }] }),
      aRule({ name: 'HostDown' }),
    ];
    const story = new PipelineStory({ rules });
    story.do({ kind: 'dependencies' });
    for (const host of ['a', 'b']) story.verdict(host, true);
    story.verdict('a', true, 'HostDown');
    story.advance(min);
    expect(story.said).toEqual(['10 ops first: b firing', '10 ops first: a firing']);
    story.restart();
    story.verdict('a', false, 'HostDown');
    story.advance(min);
    expect(story.said.slice(2)).toEqual(['70 ops new_alerts: a firing', '120 ops resolved: a resolved']);
  });

  it('ends with the dependency, when the rule does not say so any more', () => {
    const story = new PipelineStory({
      rules: [aRule({ dependsOn: [{ rule: 'HostDown', equal: [] }] }), aRule({ name: 'HostDown' })],
    });
    story.do({ kind: 'dependencies' });
    story.verdict('a', true, 'HostDown');
    story.verdict('a', true);
    story.advance(min);
    story.state.rules = new Map([aRule(), aRule({ name: 'HostDown' })].map((rule) => [rule.name, rule]));
    story.do({ kind: 'dependencies' });
    story.advance(min);
    expect(story.said).toEqual(['10 ops first: a firing', '60 ops first: a firing']);
  });

  it('send_resolved: false leaves its end unsaid, and others of the group alone', () => {
    const story = new PipelineStory({
      rules: [aRule({ sendResolved: false }), aRule({ name: 'Disk' })],
      route: { groupBy: ['host'] },
    });
    story.verdict('a', true);
    story.verdict('a', true, 'Disk');
    story.advance(min);
    story.verdict('a', false);
    story.advance(2 * min);
    story.verdict('a', false, 'Disk');
    story.advance(10 * min);
    expect(story.said).toEqual(['10 ops first: a firing, a firing', '240 ops resolved: a resolved']);
    expect(story.kinds('notify')).toEqual(['notify.skipped(send_resolved_off)']);
    expect(story.state.alerts.size).toBe(0);
  });
});

describe('in random stories (fast-check)', () => {
  const hosts = ['a', 'b', 'c'];
  const act = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('verdict' as const),
        host: fc.constantFrom(...hosts),
        fires: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('cluster' as const),
        host: fc.constantFrom(...hosts),
        fires: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('silence' as const),
        host: fc.constantFrom(...hosts),
        min: fc.integer({ min: 1, max: 40 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('expire' as const), nth: fc.nat(5) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('wait' as const), s: fc.integer({ min: 1, max: 900 }) }),
    },
  );
  type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

  function play(acts: readonly Act[], over: { silences?: boolean; settle?: boolean } = {}): PipelineStory {
    const story = withCluster({ route: { repeatIntervalMs: 15 * min } });
    const ids: string[] = [];
    for (const it of acts) {
      if (it.do === 'verdict') story.verdict(it.host, it.fires);
      else if (it.do === 'cluster') story.verdict(it.host, it.fires, 'ClusterDown');
      else if (it.do === 'silence' && over.silences !== false)
        ids.push(story.silence(it.min * min, `host="${it.host}"`));
      else if (it.do === 'expire' && ids.length > 0)
        story.do({ kind: 'silence.expire', id: ids[it.nth % ids.length]!, actor: 'key:bob' });
      else if (it.do === 'restart') story.restart();
      else if (it.do === 'wait') story.advance(it.s * s);
      expect(story.forgotten()).toEqual([]);
    }
    return story;
  }

  const mentions = (story: PipelineStory) =>
    story.results.flatMap(({ notifications }) => notifications.flatMap(({ message }) => message.changed))
      .length;

  /** Alerts that messages named meanwhile. */
  const toldWhile = (story: PipelineStory, doing: () => void) => {
    const before = story.results.length;
    doing();
    return story.results
      .slice(before)
      .flatMap(({ notifications }) => notifications.flatMap(({ message }) => message.alerts));
  };

  it('nothing that fires is ever forgotten, and a silence adds no message', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), fc.integer({ min: 1, max: 60 }), (acts, length) => {
        const loud = play(acts);
        const quiet = play(acts);
        quiet.silence(length * min, 'alertname="HighCpu"');
        const silenced = toldWhile(quiet, () => quiet.advance(length * min - 1));
        expect(silenced.filter(({ labels }) => labels.alertname === 'HighCpu')).toEqual([]);
        quiet.advance(120 * min);
        loud.advance(length * min - 1 + 120 * min);
        expect(mentions(quiet)).toBeLessThanOrEqual(mentions(loud));
        expect(quiet.forgotten()).toEqual([]);
      }),
      { seed: 61, numRuns: 150 },
    );
  });

  it('a silence that is over leaves behind what there would be without it', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 25 }), (acts) => {
        const believed = (silences: boolean) => {
          const story = play(acts, { silences });
          story.advance(180 * min);
          return [...story.state.groups.values()]
            .flatMap(({ row }) =>
              Object.values(row.notified).flatMap(({ key, status }) =>
                status === 'firing' ? [`${row.groupKey} ${key}`] : [],
              ),
            )
            .sort();
        };
        expect(believed(true)).toEqual(believed(false));
      }),
      { seed: 63, numRuns: 60 },
    );
  });

  it('the same moments in one batch or one by one say the same', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 25 }), (acts) => {
        // A turn serves groups that are due behind everything that arrived with them; inputs of one moment are its batch.
        const verdicts = acts.filter((it) => it.do !== 'restart');
        const one = play(verdicts);
        const again = play(
          verdicts.flatMap((it) => (it.do === 'wait' ? [it] : [{ do: 'wait' as const, s: 0 }, it])),
        );
        one.advance(60 * min);
        again.advance(60 * min);
        expect(again.said).toEqual(one.said);
      }),
      { seed: 64, numRuns: 40 },
    );
  });

  it('when all of it is over, every receiver believes what is true', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
        const story = play(acts);
        for (const host of hosts) story.verdict(host, false, 'ClusterDown');
        story.advance(180 * min);
        const firing = [...story.state.alerts.values()].filter(({ state }) => state === 'firing');
        const believed = [...story.state.groups.values()].flatMap(({ row }) =>
          Object.entries(row.notified).flatMap(([id, { status }]) => (status === 'firing' ? [id] : [])),
        );
        expect(believed.sort()).toEqual(firing.map(({ id }) => id).sort());
      }),
      { seed: 62, numRuns: 150 },
    );
  });
});
