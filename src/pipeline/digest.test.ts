import { beforeEach, describe, expect, it } from 'vitest';
import { labelSet } from '../../rules/labels.ts';
import type { Severity } from '../../rules/types.ts';
import { aRoute, aRule } from '../testing/builders.ts';
import { matchersIn, PipelineStory, storyBegan } from '../testing/pipeline-story.ts';
import type { DigestRule } from './digest-rule.ts';
import type { StepResult } from './input.ts';

const minute = 60_000;
const hour = 60 * minute;
const hourly: DigestRule = { everyMs: hour, severities: ['info'], max: 500, to: null };

/** 22:13:20 UTC: the next full hour is in 46 min 40 s. */
const toTheHour = hour - (storyBegan % hour);

let story: PipelineStory;
const rules = [aRule({ name: 'Slow', severity: 'info' }), aRule()];
function tell(rule: Partial<DigestRule> = {}): void {
  story = new PipelineStory({ rules, receivers: [{ digest: { ...hourly, ...rule } }, { name: 'daily' }] });
}
beforeEach(() => tell());

function happen(type: string, message: string, severity: Severity = 'info', dedupKey: string | null = null) {
  return story.do({
    ...{ kind: 'event', source: 'api', type, message, impact: null, severity, priority: 'P5' },
    ...{ category: 'business', labels: labelSet({}), recipients: [], dedupKey },
    ...{ occurredAt: story.now, actor: null, classifiedBy: null },
  });
}

const digests = () =>
  story.results.flatMap(({ notifications }) => notifications.flatMap(({ message }) => message.digest ?? []));
const digestIn = ({ answer }: StepResult) => (answer.kind === 'event' ? answer.digest : null);
const counted = () => digests().map(({ kinds }) => kinds.map(({ name, count }) => `${name} ${count}`));

describe('what is not urgent', () => {
  it('waits for the hour: fifteen low events are one digest', () => {
    // 13:15, as it were: forty-five minutes before the hour.
    story.advance(toTheHour - 45 * minute);
    for (let i = 1; i <= 15; i++) {
      const out =
        i % 2 === 1 ? happen('user registered', `user${i}`) : happen('order completed', `order${i}`);
      expect(digestIn(out)).toEqual({
        ...{ receiver: 'ops', queued: i, flushesAt: storyBegan + toTheHour },
      });
      story.advance(minute);
    }
    expect(story.said).toEqual([]);
    story.advance(hour);
    expect(digests()).toEqual([
      {
        ...{ from: storyBegan + toTheHour - hour, to: storyBegan + toTheHour, zone: 'UTC' },
        ...{ total: 15, standing: 0, others: 0 },
        kinds: [
          {
            name: 'user registered',
            count: 8,
            resolved: 0,
            subjects: ['user1', 'user3', 'user5', 'user7', 'user9'],
          },
          {
            name: 'order completed',
            count: 7,
            resolved: 0,
            subjects: ['order2', 'order4', 'order6', 'order8', 'order10'],
          },
        ],
      },
    ]);
    story.advance(24 * hour);
    expect(story.said).toHaveLength(1);
    expect(story.stored.load().alerts).toEqual([]);
  });

  it('is told at once where it is more urgent', () => {
    happen('user registered', 'user1');
    happen('deploy', 'v2', 'high');
    story.advance(minute);
    expect(story.said).toEqual(['10 ops event: deploy firing']);
  });

  it('outlives a restart, and goes out late when the hour passed meanwhile', () => {
    happen('user registered', 'user1');
    story.restart();
    happen('user registered', 'user2');
    story.now += hour;
    story.restart();
    story.advance(0);
    expect(counted()).toEqual([['user registered 2']]);
    expect(digests()[0]?.to).toBe(storyBegan + toTheHour);
    story.restart();
    story.advance(24 * hour);
    expect(digests()).toHaveLength(1);
  });

  it('is told once by each of two digests, also where the earlier one told another of its kind, over a restart', () => {
    story = new PipelineStory({
      rules,
      route: {
        continue: true,
        routes: [
          aRoute({ path: '{}/a', receiver: 'ops', continue: true }),
          aRoute({ path: '{}/b', receiver: 'slow' }),
        ],
      },
      receivers: [
        { digest: { ...hourly, everyMs: 5 * minute }, dedupeWindowMs: 0 },
        { name: 'slow', digest: hourly },
      ],
    });
    story.verdict('a', true, 'Slow');
    story.verdict('a', false, 'Slow');
    story.verdict('a', true, 'Slow');
    story.advance(6 * minute);
    story.verdict('b', true, 'Slow');
    story.restart();
    story.advance(2 * hour);
    expect(digests().map(({ total }) => total)).toEqual([2, 1, 3]);
  });

  it.each(['a', 'b'])('is told again as often as the route of %s asks for, whichever came last', (last) => {
    const often = aRoute({ path: '{}/a', matchers: matchersIn('host="a"'), repeatIntervalMs: 2 * hour });
    story = new PipelineStory({
      rules,
      route: { repeatIntervalMs: 24 * hour, routes: [often] },
      receivers: [{ digest: hourly }],
    });
    for (const host of last === 'a' ? ['b', 'a'] : ['a', 'b']) story.verdict(host, true, 'Slow');
    story.advance(toTheHour + 3 * hour);
    expect(digests().map(({ total }) => total)).toEqual([2, 0]);
    story.restart();
    story.advance(4 * hour);
    expect(digests()).toHaveLength(3);
  });

  it('is not full of what is silenced: the rest waits for its time', () => {
    tell({ max: 3 });
    story.silence(2 * hour, 'host=~"b|c"');
    for (const host of ['a', 'b', 'c']) story.verdict(host, true, 'Slow');
    story.advance(minute);
    expect(story.said).toEqual([]);
    for (const host of ['d', 'e']) story.verdict(host, true, 'Slow');
    story.advance(minute);
    expect(digests().map(({ total }) => total)).toEqual([3]);
  });

  it('goes out before the hour when there is as much as it holds', () => {
    tell({ max: 3 });
    for (const user of ['a', 'b', 'c', 'd']) {
      happen('user registered', user);
      story.advance(0);
    }
    expect(counted()).toEqual([['user registered 3']]);
    story.advance(hour);
    expect(counted()).toEqual([['user registered 3'], ['user registered 1']]);
  });

  it('is not filled by one that comes and goes', () => {
    tell({ max: 3 });
    for (let i = 0; i < 5; i++) {
      story.verdict('a', true, 'Slow');
      story.verdict('a', false, 'Slow');
      story.advance(minute);
    }
    expect(digests()).toEqual([]);
    story.advance(hour);
    expect(digests()[0]?.kinds).toMatchObject([{ name: 'Slow', count: 5, resolved: 5 }]);
  });

  it('goes to a receiver of its own', () => {
    tell({ to: 'daily' });
    happen('user registered', 'user1');
    story.advance(hour);
    expect(story.said).toEqual(['2800 daily digest: user registered firing']);
  });

  it('goes out when somebody asks for it, which is recorded', () => {
    happen('user registered', 'user1');
    const { answer } = story.do({ kind: 'digest.flush', receiver: 'ops', actor: 'key:ann' });
    expect(answer).toMatchObject({ kind: 'digest', receiver: 'ops', told: 1 });
    expect(story.events('digest.')).toMatchObject([{ kind: 'digest.flushed', actor: 'key:ann', keep: 2 }]);
    expect(story.do({ kind: 'digest.flush', receiver: 'ops', actor: 'key:ann' }).answer).toMatchObject({
      reason: 'digest_not_found',
    });
    happen('user registered', 'user2');
    story.advance(hour);
    expect(counted()).toEqual([['user registered 1'], ['user registered 1']]);
    expect(digests()[1]?.from).toBe(storyBegan);
  });

  it('counts the same event once within its dedupe window', () => {
    happen('login', 'x');
    story.advance(minute);
    happen('login', 'x');
    story.advance(5 * minute);
    happen('login', 'x');
    story.advance(hour);
    expect(counted()).toEqual([['login 2']]);
    expect(story.kinds('notify.')).toEqual(['notify.skipped(within_dedupe_window)']);
  });
});

describe('an alert that is not urgent', () => {
  it('is told once, and its end with a later digest', () => {
    story.verdict('a', true, 'Slow');
    story.advance(hour);
    story.verdict('a', false, 'Slow');
    story.advance(2 * hour);
    expect(story.said).toEqual(['2800 ops digest: a firing', '6400 ops digest: a resolved']);
    expect(story.forgotten()).toEqual([]);
  });

  it('that ends before the digest is in it as one that is over, also after a restart', () => {
    story.verdict('a', true, 'Slow');
    story.verdict('b', true, 'Slow');
    story.verdict('a', false, 'Slow');
    story.restart();
    story.advance(hour);
    expect(story.said).toEqual(['2800 ops digest: b firing, a resolved']);
    expect(digests()[0]?.kinds).toMatchObject([{ count: 2, resolved: 1 }]);
    story.restart();
    story.advance(2 * hour);
    expect(story.said).toHaveLength(1);
  });

  it('that ended and fires again is known as one that fires: its end is told as an end', () => {
    story.verdict('a', true, 'Slow');
    story.verdict('a', false, 'Slow');
    story.advance(minute);
    story.verdict('a', true, 'Slow');
    story.advance(hour);
    expect(story.said).toEqual(['2800 ops digest: a firing, a resolved']);
    story.restart();
    story.verdict('a', false, 'Slow');
    story.advance(hour);
    const sayings = story.results.flatMap(({ notifications }) =>
      notifications.map(({ alerts }) => Object.values(alerts)),
    );
    expect(sayings).toEqual([['firing', 'event'], ['resolved']]);
  });

  it('is told at once when it gets worse, to people that the digest told before', () => {
    story.verdict('a', true, 'Slow');
    story.advance(hour);
    story.verdict('a', true, 'Slow', 'critical');
    story.advance(minute);
    expect(story.said).toEqual(['2800 ops digest: a firing', '3610 ops escalated: a firing']);
    expect(story.forgotten()).toEqual([]);
  });

  it('is told at once when it gets worse before the digest, and the digest says nothing of it', () => {
    story.verdict('a', true, 'Slow');
    story.advance(minute);
    story.verdict('a', true, 'Slow', 'critical');
    story.advance(2 * hour);
    expect(story.said).toEqual(['70 ops first: a firing']);
    expect(story.kinds('notify.')).toEqual(['notify.skipped(routed_elsewhere)']);
  });

  it('that was told at once is not told anew by a digest that collects it now, and one that has ended ends at once', () => {
    const routed = { ...story.state.routing };
    const plain = new Map(
      [...routed.receivers].map(([name, receiver]) => [name, { ...receiver, digest: null }]),
    );
    story.do({ kind: 'routing', routing: { ...routed, receivers: plain } });
    story.verdict('a', true, 'Slow');
    story.verdict('b', true, 'Slow');
    story.advance(minute);
    story.verdict('b', false, 'Slow');
    story.do({ kind: 'routing', routing: routed });
    story.advance(hour);
    expect(story.said).toEqual(['10 ops first: a firing, b firing', '60 ops resolved: b resolved']);
    story.verdict('a', false, 'Slow');
    story.advance(hour);
    expect(story.said.slice(2)).toEqual(['6400 ops digest: a resolved']);
    expect(story.forgotten()).toEqual([]);
  });

  it.each(['a reload', 'a restart'])(
    'that a digest told is neither over nor told anew where it is told at once after %s, also in a silence',
    (how) => {
      const routed = { ...story.state.routing };
      const plain = new Map(
        [...routed.receivers].map(([name, receiver]) => [name, { ...receiver, digest: null }]),
      );
      const routing = { ...routed, receivers: plain };
      story.verdict('a', true, 'Slow');
      story.verdict('b', true, 'Slow');
      story.advance(hour);
      story.silence(10 * minute, 'host="a"');
      if (how === 'a restart') story.restart(routing);
      else story.do({ kind: 'routing', routing });
      story.advance(hour);
      const told = ['2800 ops digest: a firing, b firing'];
      expect(story.said).toEqual(told);
      story.verdict('a', false, 'Slow');
      story.advance(hour);
      expect(story.said).toEqual([...told, '7260 ops some_resolved: a resolved']);
      expect(story.forgotten()).toEqual([]);
    },
  );

  it('is repeated with a digest', () => {
    story.verdict('a', true, 'Slow');
    story.advance(5 * hour + toTheHour);
    expect(digests().map(({ total, standing }) => [total, standing])).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });
});

describe('what is silenced', () => {
  it('is not in the digest', () => {
    story.silence(10 * minute, 'alertname="login"');
    happen('login', 'x');
    happen('logout', 'x');
    story.verdict('a', true, 'Slow');
    story.silence(2 * hour, 'host="a"');
    story.advance(hour);
    expect(counted()).toEqual([['logout 1']]);
    expect(story.kinds('notify.')).toEqual(['notify.skipped(silenced)', 'notify.suppressed(silenced)']);
    story.advance(3 * hour);
    expect(counted()).toEqual([['logout 1'], ['Slow 1']]);
    expect(story.forgotten()).toEqual([]);
  });

  it('does not fill it: what comes meanwhile waits for the hour', () => {
    tell({ max: 3 });
    story.silence(2 * hour, 'alertname="Slow"');
    for (const host of ['a', 'b', 'c']) {
      story.verdict(host, true, 'Slow');
      story.advance(minute);
    }
    expect(digestIn(happen('login', 'x'))).toMatchObject({ queued: 1, flushesAt: storyBegan + toTheHour });
    story.advance(minute);
    expect(counted()).toEqual([]);
    story.advance(hour);
    expect(counted()).toEqual([['login 1']]);
    story.advance(2 * hour);
    expect(counted()).toEqual([['login 1'], ['Slow 3']]);
  });
});

describe('an event that one receiver is told at once and another in a digest', () => {
  const both = () => {
    const routes = ['ops', 'daily'].map((receiver) =>
      aRoute({ receiver, path: `{}/${receiver}`, continue: receiver === 'ops' }),
    );
    const receivers = [{ name: 'ops' }, { name: 'daily', digest: hourly }];
    story = new PipelineStory({ receivers, route: { routes } });
  };

  it('is told each of them once, over a restart after the dedupe window', () => {
    both();
    happen('login', 'x');
    story.advance(30 * minute);
    story.restart();
    story.advance(minute);
    story.restart();
    story.advance(2 * hour);
    expect(story.said).toEqual(['10 ops event: login firing', '2800 daily digest: login firing']);
    expect([story.stored.groups.size, story.stored.load().alerts]).toEqual([0, []]);
  });

  it('is told again meanwhile when it happens again', () => {
    both();
    happen('login', 'x', 'info', 'same');
    story.advance(30 * minute);
    happen('login', 'x', 'info', 'same');
    story.advance(2 * hour);
    expect(story.said.slice(0, 2)).toEqual(['10 ops event: login firing', '1810 ops event: login firing']);
    expect(counted()).toEqual([['login 2']]);
  });
});
