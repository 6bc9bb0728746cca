import { beforeEach, describe, expect, it } from 'vitest';
import type { AlertMessage } from '../../channels/message.ts';
import { aRoute, aRule } from '../testing/builders.ts';
import {
  matchersIn,
  PipelineStory,
  type PipelineStoryOptions,
  storyBegan,
} from '../testing/pipeline-story.ts';
import type { EscalationPolicy } from './escalation.ts';
import type { StormConfig } from './storm.ts';

const second = 1_000;
const minute = 60 * second;
const day = 24 * 60 * minute;
const storm: StormConfig = {
  ...{ events: 100, withinMs: minute, everyMs: minute, calmEvents: 50, calmMs: 5 * minute },
  ...{ newAfterMs: 7 * day, newAtMost: 20 },
};
const rules = [
  aRule(),
  aRule({ name: 'DiskFull', annotations: {} }),
  aRule({ name: 'Down', severity: 'critical' }),
  aRule({ name: 'Slow' }),
];

let story: PipelineStory;
function tell(over: PipelineStoryOptions = {}): void {
  story = new PipelineStory({ rules, storm, ...over });
  // Its kind is no news.
  for (const rule of ['HighCpu', 'DiskFull']) {
    story.verdict('old', true, rule);
    story.advance(minute);
    story.verdict('old', false, rule);
    story.advance(10 * minute);
  }
  story.said.length = 0;
  story.results.length = 0;
}
beforeEach(() => tell());

/** Hosts `from` … `to`, one in `everyMs`. */
function fire(from: number, to: number, everyMs = 0, rule = 'HighCpu'): void {
  for (let i = from; i <= to; i++) {
    story.verdict(`h${i}`, true, rule);
    if (everyMs > 0) story.advance(everyMs);
  }
}

const messages = (): AlertMessage[] =>
  story.results.flatMap(({ notifications }) => notifications.map(({ message }) => message));
const summaries = () => messages().filter(({ reason }) => reason === 'storm');
const totals = () => summaries().map(({ digest }) => digest!.total);
const began = () => story.events('storm.begun').length;
const seconds = (at: number) => (at - storyBegan) / second;

describe('a storm', () => {
  it('is none at a hundred within a minute', () => {
    fire(1, 100);
    story.advance(minute);
    expect([began(), summaries()]).toEqual([0, []]);
  });

  it('begins with the hundred-and-first, and tells what waits at once', () => {
    fire(1, 100);
    const at = story.now;
    fire(101, 101);
    expect(story.events('storm.').map(({ kind, at: when }) => [kind, when])).toEqual([['storm.begun', at]]);
    expect(totals()).toEqual([101]);
    expect(messages()).toHaveLength(1);
  });

  it('is none where a hundred-and-one come in more than a minute', () => {
    fire(1, 101, 600);
    expect(began()).toBe(0);
  });

  it('counts what begins, not what is known or the same event again', () => {
    for (let i = 0; i < 300; i++) story.verdict('h1', true);
    expect(began()).toBe(0);
    story = new PipelineStory({ rules, storm, receivers: [{ dedupeWindowMs: 5 * minute }] });
    story.event('v1');
    story.advance(20 * second);
    for (let i = 0; i < 300; i++) story.event('v1');
    expect([began(), story.kinds('event.')[5]]).toEqual([0, 'event.received(within_dedupe_window)']);
  });

  it('of five hundred alike is a few messages that count and name all of them', () => {
    fire(1, 500, 200);
    story.advance(3 * minute);
    // Its group had told of the first fifty when it was no storm yet.
    expect(messages().map(({ reason, changed }) => `${reason} ${changed.length}`)).toEqual([
      'first 50',
      'storm 51',
      'storm 299',
      'storm 100',
    ]);
    const told = messages().flatMap(({ alerts }) => alerts.map(({ id }) => id));
    expect(new Set(told).size).toBe(500);
    const [first] = summaries();
    expect(first!.digest!.kinds).toMatchObject([
      { name: 'HighCpu', count: 51, resolved: 0, services: [{ name: 'h51', count: 1 }, {}, {}] },
    ]);
    expect(first!.digest!.storm).toEqual({ since: first!.at, count: 101 });
    expect(story.forgotten()).toEqual([]);
  });

  it('is told in sum again at each minute since it began, not in between', () => {
    fire(1, 101);
    const at = story.now;
    fire(102, 150, 1_000);
    story.advance(10 * minute);
    expect(summaries().map((message) => [seconds(message.at) - seconds(at), message.digest!.total])).toEqual([
      [0, 101],
      [60, 49],
    ]);
  });

  it('takes nothing critical', () => {
    fire(1, 101);
    story.advance(5 * second);
    fire(1, 3, 0, 'Down');
    story.advance(minute);
    expect(story.said.slice(1)).toEqual([
      `${seconds(story.now) - 50} ops first: h1 firing, h2 firing, h3 firing`,
    ]);
    expect(totals()).toEqual([101]);
  });

  it('takes no first of its kind, but what comes after that', () => {
    fire(1, 101);
    story.advance(5 * second);
    fire(1, 1, 0, 'Slow');
    story.advance(15 * second);
    fire(2, 30, 0, 'Slow');
    story.advance(2 * minute);
    expect(story.said[1]).toMatch(/ops first: h1 firing$/);
    expect(totals()).toEqual([101, 29]);
    expect(summaries()[1]!.digest!.kinds[0]!.name).toBe('Slow');
  });

  it('lets through only a few firsts of their kind', () => {
    const many = Array.from({ length: 40 }, (_, i) => aRule({ name: `Kind${i}` }));
    tell({ rules: [...rules, ...many], storm: { ...storm, newAtMost: 3 } });
    fire(1, 101);
    for (const { name } of many) story.verdict('h1', true, name);
    story.advance(2 * minute);
    expect(messages().filter(({ reason }) => reason === 'first')).toHaveLength(3);
    expect(totals()).toEqual([101, 37]);
  });

  it('ends when it has been calm for a while, and is told then as ever', () => {
    fire(1, 101);
    // More than fifty a minute are no calm.
    fire(102, 400, second);
    const last = story.now;
    fire(401, 420, 10 * second);
    story.advance(10 * minute);
    const [end] = story.events('storm.ended');
    expect(end!.at - last).toBeGreaterThan(5 * minute - second);
    expect(end!.at - last).toBeLessThan(5 * minute + 30 * second);
    expect(end!.body).toMatchObject({ count: 420, summed: 420, alone: 0, kinds: { HighCpu: 420 } });
    story.verdict('later', true);
    story.advance(minute);
    expect(story.said.at(-1)).toMatch(/ops first: later firing$/);
  });

  it('tells the end of what it told, in sum too', () => {
    fire(1, 101);
    story.advance(10 * minute);
    expect(story.events('storm.ended')).toHaveLength(1);
    for (let i = 1; i <= 101; i++) {
      story.verdict(`h${i}`, false);
      story.advance(second);
    }
    story.advance(20 * minute);
    const ends = summaries().slice(1);
    expect(ends.length).toBeLessThan(4);
    expect(ends.flatMap(({ changed }) => changed)).toHaveLength(101);
    expect(ends.reduce((sum, { digest }) => sum + digest!.kinds[0]!.resolved, 0)).toBe(101);
    expect(ends.at(-1)!.status).toBe('resolved');
    expect([...story.state.groups.values()]).toEqual([]);
  });

  it('tells of what came and went between two ticks', () => {
    fire(1, 101);
    fire(102, 110);
    story.advance(20 * second);
    story.verdict('h102', false);
    story.advance(minute);
    expect(summaries()[1]!.digest!.kinds).toMatchObject([{ count: 9, resolved: 1 }]);
  });

  it('does not tell again what its group has told, and its end comes from there', () => {
    story.verdict('before', true);
    story.advance(2 * minute);
    fire(1, 101);
    story.advance(2 * minute);
    expect(messages().map(({ reason }) => reason)).toEqual(['first', 'storm']);
    story.verdict('before', false);
    story.advance(10 * minute);
    const last = messages().at(-1)!;
    expect([last.reason, last.groupKey]).toEqual(['resolved', messages()[0]!.groupKey]);
  });

  it('tells what gets worse of what it told, and what gets critical is told by itself', () => {
    fire(1, 101);
    // Also when the storm is over.
    story.advance(10 * minute);
    story.verdict('h1', true, 'HighCpu', 'high');
    story.advance(5 * minute);
    expect(messages().map(({ reason, severity, changed }) => [reason, severity, changed.length])).toEqual([
      ['storm', 'warning', 101],
      ['storm', 'high', 1],
    ]);
    story.verdict('h1', true, 'HighCpu', 'critical');
    story.advance(minute);
    story.verdict('h1', false);
    story.advance(30 * minute);
    const later = messages().slice(2);
    expect(later.map(({ reason, alerts }) => `${reason} ${alerts.length}`)).toEqual([
      'escalated 1',
      'resolved 1',
    ]);
    expect(story.forgotten()).toEqual([]);
  });

  it('holds back what a silence takes', () => {
    story.silence(60 * minute, 'host=~"h1.*"');
    fire(1, 101);
    story.advance(2 * minute);
    // h1, h10 … h19, h100, h101
    expect(totals()).toEqual([88]);
  });

  it('that is over tells what a silence held back when that ends, not a group_interval later', () => {
    fire(1, 101);
    const silenced = story.now;
    story.silence(20 * minute, 'host="h102"');
    fire(102, 110);
    story.advance(40 * minute);
    expect(story.events('storm.ended')).toHaveLength(1);
    const held = messages().find(({ alerts }) => alerts.some(({ labels }) => labels.host === 'h102'));
    expect([held!.reason, (held!.at - silenced) / minute]).toEqual(['storm', 20]);
  });
});

it('does not forget what comes back to it while it was still to take leave of it', () => {
  tell({ receivers: [{}, { name: 'pager' }] });
  fire(1, 101);
  story.silence(4.5 * minute, 'host="h1"');
  const here = story.state.routing;
  const elsewhere = aRoute({ path: '{}/h1', matchers: matchersIn('host="h1"'), receiver: 'pager' });
  story.do({ kind: 'routing', routing: { ...here, route: { ...here.route, routes: [elsewhere] } } });
  fire(102, 180, second);
  story.do({ kind: 'routing', routing: here });
  fire(181, 400, second);
  story.advance(minute);
  const [h1] = [...story.state.alerts.values()].filter(({ labels }) => labels.host === 'h1');
  const said = messages().flatMap(({ alerts }) => alerts.filter(({ id }) => id === h1!.id));
  expect(said.map(({ status }) => status)).not.toContain('resolved');
  expect(story.forgotten()).toEqual([]);
  story.verdict('h1', false);
  story.advance(2 * minute);
  expect(
    messages()
      .at(-1)!
      .alerts.find(({ id }) => id === h1!.id)?.status,
  ).toBe('resolved');
});

describe('equal events', () => {
  const own = () => messages().filter(({ reason }) => reason !== 'storm');
  /** How many events each summary for the receiver counts. */
  const eventsFor = (receiver: string) =>
    summaries()
      .filter((message) => message.receiver === receiver)
      .map(({ digest }) => digest!.kinds.find(({ name }) => name === 'deploy')?.count ?? 0);

  /** Two that a window of one route holds back; another route has none, so they wait. */
  const twoWait = (windowMs: number) => {
    const route = { groupIntervalMs: minute, continue: true, matchers: [] };
    const pager = aRoute({ ...route, path: '{}/second', receiver: 'pager' });
    tell({
      receivers: [{ dedupeWindowMs: windowMs }, { name: 'pager', dedupeWindowMs: 0 }],
      route: { routes: [aRoute({ ...route, path: '{}/first' }), pager] },
    });
    story.event('v1');
    story.advance(20 * second);
    fire(1, 101);
    story.results.length = 0;
    for (const _ of [1, 2]) {
      story.event('v1');
      story.advance(2 * second);
    }
  };

  it('that wait in one group go to the summary together, none is told by itself', () => {
    twoWait(40 * second);
    story.advance(5 * minute);
    expect(own()).toEqual([]);
    expect([eventsFor('ops'), eventsFor('pager')]).toEqual([[1], [2]]);
  });

  it('are not told where a window held them back, in no summary and over no restart', () => {
    twoWait(3 * minute);
    story.restart();
    story.advance(5 * minute);
    expect(own()).toEqual([]);
    expect([eventsFor('ops'), eventsFor('pager')]).toEqual([[0], [2]]);
  });

  it('stay in the summary over a restart after one that is critical was told by itself', () => {
    tell({ receivers: [{ dedupeWindowMs: 3 * minute }] });
    story.event('v0');
    story.advance(10 * minute);
    fire(1, 101);
    const began = story.now;
    story.results.length = 0;
    story.event('v1');
    story.advance(5 * second);
    story.event('v1', {}, 'critical');
    story.advance(30 * second);
    expect(own().map(({ reason, severity }) => `${reason} ${severity}`)).toEqual(['event critical']);
    story.restart();
    story.advance(10 * minute);
    expect(own()).toHaveLength(1);
    expect(summaries().map(({ at, digest }) => [at - began, digest!.total])).toEqual([[minute, 1]]);
  });
});

describe('over a restart', () => {
  it('counts what came before it', () => {
    fire(1, 60);
    story.restart();
    fire(61, 100);
    expect(began()).toBe(0);
    fire(101, 101);
    expect([began(), totals()]).toEqual([1, [101]]);
  });

  it('a storm goes on, tells what waits and does not tell again what it has told', () => {
    fire(1, 101);
    fire(102, 120, second);
    story.verdict('h110', false);
    story.restart();
    expect(began()).toBe(1);
    fire(121, 130, second);
    story.restart();
    story.advance(3 * minute);
    expect(totals().reduce((sum, n) => sum + n, 0)).toBe(130);
    expect(messages().every(({ reason }) => reason === 'storm')).toBe(true);
    story.restart();
    story.advance(10 * minute);
    expect(story.events('storm.ended').map(({ body }) => body.count)).toEqual([130]);
    story.restart();
    for (let i = 1; i <= 130; i++) story.verdict(`h${i}`, false);
    story.advance(20 * minute);
    const ended = summaries().flatMap(({ alerts }) => alerts.filter(({ status }) => status === 'resolved'));
    expect(new Set(ended.map(({ id }) => id)).size).toBe(130);
  });

  it('the kinds that were seen are known', () => {
    story.restart();
    fire(1, 101);
    story.advance(second);
    expect(totals()).toEqual([101]);
    story.verdict('h1', true, 'Slow');
    story.restart();
    story.advance(minute);
    expect(story.said.at(-1)).toMatch(/ops first: h1 firing$/);
  });

  it('a storm that is switched off is over, and what it told is taken up', () => {
    fire(1, 101);
    story.restart({ ...story.state.routing, storm: null });
    story.advance(second);
    expect(story.events('storm.ended').map(({ body }) => body.switchedOff)).toEqual([true]);
    for (let i = 1; i <= 101; i++) story.verdict(`h${i}`, false);
    story.advance(20 * minute);
    expect(summaries().at(-1)!.status).toBe('resolved');
  });
});

describe('routes', () => {
  it('that lead to the same people count what came once', () => {
    const route = (path: string) =>
      aRoute({ path, groupWaitMs: 0, continue: true, matchers: matchersIn('severity="warning"') });
    tell({ route: { routes: [route('{}/first'), route('{}/second')] } });
    fire(1, 101);
    story.advance(10 * minute);
    expect(totals()).toEqual([101, 101]);
    expect(story.events('storm.ended')).toMatchObject([{ body: { count: 101, summed: 101, summaries: 2 } }]);
  });

  it('that get another path hand the summary over: nothing is told anew', () => {
    fire(1, 101);
    story.advance(10 * minute);
    const { route } = story.state.routing;
    const said = messages().length;
    story.do({ kind: 'routing', routing: { ...story.state.routing, route: { ...route, path: '{}/other' } } });
    story.advance(30 * minute);
    expect(messages()).toHaveLength(said);
    story.verdict('h1', false);
    story.advance(30 * minute);
    expect(messages().at(-1)!.digest!.kinds).toMatchObject([{ name: 'HighCpu', resolved: 1 }]);
  });
});

describe('the administrator', () => {
  it('hears of its beginning and of its end, with how much came and how much was told', () => {
    tell({ administrator: 'ops' });
    fire(1, 101);
    fire(102, 140);
    story.advance(20 * minute);
    const notices = messages()
      .flatMap(({ alerts }) => alerts)
      .filter(({ labels }) => labels.alertname?.startsWith('tocsin.'));
    expect(notices.map(({ labels, annotations }) => [labels.alertname, annotations.summary])).toEqual([
      [
        'tocsin.storm_begun',
        'A storm has begun: 101 alerts and events in 60 s (HighCpu 101). Summaries are told in their place; what is critical, and the first of its kind, is told by itself.',
      ],
      [
        'tocsin.storm_ended',
        'The storm is over after 5 min: 141 alerts and events came (HighCpu 140, tocsin.storm_begun 1). 140 were told in 2 summaries, 1 by themselves.',
      ],
    ]);
  });
});

describe('an escalation', () => {
  it('is one for the whole summary, and one answer to all of it ends it', () => {
    const to = [{ kind: 'channel', name: 'pager' }] as const;
    const step = { afterMs: 2 * minute, to, severities: null, during: [], strategy: null };
    const policy: EscalationPolicy = { name: 'p', steps: [step], repeat: 0, confirm: 'any', promote: [] };
    tell({ receivers: [{ escalation: 'p' }], escalations: [policy] });
    fire(1, 101);
    story.advance(3 * minute);
    const steps = messages().filter(({ reason }) => reason === 'escalation_step');
    expect(steps).toHaveLength(1);
    expect([steps[0]!.alerts.length, steps[0]!.digest!.total]).toEqual([101, 101]);
    for (let i = 1; i <= 101; i++) story.verdict(`h${i}`, false);
    story.advance(20 * minute);
    const ends = story.results.flatMap(({ notifications }) => notifications).filter(({ to: who }) => who);
    expect(ends.map(({ message }) => [message.reason, message.alerts.length])).toEqual([
      ['escalation_step', 101],
      ['resolved', 101],
    ]);
  });
});

it('two tenants have nothing in common', () => {
  const other = new PipelineStory({ rules, storm });
  fire(1, 60);
  for (let i = 1; i <= 60; i++) other.verdict(`h${i}`, true);
  expect([began(), other.events('storm.begun').length]).toEqual([0, 0]);
});
