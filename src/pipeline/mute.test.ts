// A route that is mute: nothing is said in the window, and nothing is forgotten.
import { describe, expect, it } from 'vitest';
import { compileTimeInterval } from '../../rules/time-interval.ts';
import type { TimeIntervalSpec } from '../../rules/time-interval-spec.ts';
import { PipelineStory, type PipelineStoryOptions, storyBegan } from '../testing/pipeline-story.ts';
import { mutingOf } from './mute.ts';

const min = 60_000;
const interval = (name: string, ...spec: TimeIntervalSpec[]) => compileTimeInterval(name, spec);
const clockOf = (time: number) => new Date(time).toISOString().slice(11, 16);

/** The story begins on 14 November 2023 at 22:13:20 UTC. */
const night = interval('night', { times: [{ start_time: '22:20', end_time: '22:40' }] });
const minutesTo = (clock: string) => (Date.parse(`2023-11-14T${clock}Z`) - storyBegan) / 1_000;
const mutedAtNight = (over: PipelineStoryOptions['route'] = {}) =>
  new PipelineStory({ route: { mute: [night], ...over } });

describe('a mute route', () => {
  it('says nothing in the window, and at its end what still fires', () => {
    const story = mutedAtNight();
    story.advance(10 * min).verdict('a', true);
    story.verdict('b', true);
    story.advance(5 * min).verdict('b', false);
    story.advance(30 * min);
    expect(story.said).toEqual([`${minutesTo('22:40:00')} ops first: a firing`]);
    expect(story.kinds('notify')).toEqual([
      'notify.suppressed(muted)',
      'notify.suppressed(muted)',
      'notify.skipped(muted)',
    ]);
    const { body } = story.events('notify.suppressed')[0]!;
    expect(body).toMatchObject({ ids: ['night'], until: Date.parse('2023-11-14T22:40Z') });
    expect(story.forgotten()).toEqual([]);
  });

  it('holds back repeats and the resolved notice of what was told before', () => {
    const story = mutedAtNight({ repeatIntervalMs: 5 * min });
    story.verdict('a', true);
    story.verdict('b', true);
    story.advance(15 * min).verdict('b', false);
    story.advance(20 * min);
    expect(story.said).toEqual([
      '10 ops first: a firing, b firing',
      '310 ops repeat: nothing new',
      `${minutesTo('22:40:00')} ops some_resolved: b resolved`,
      `${minutesTo('22:45:00')} ops repeat: nothing new`,
    ]);
  });

  it('drops an event, and says why', () => {
    const story = mutedAtNight();
    story.advance(10 * min).event('deployed');
    story.advance(60 * min);
    expect(story.said).toEqual([]);
    expect(story.events('notify.skipped')[0]).toMatchObject({ reason: 'muted', body: { ids: ['night'] } });
  });

  it('gives way to a silence, and goes before a snooze', () => {
    const story = mutedAtNight();
    story.advance(10 * min).silence(60 * min, 'host="a"');
    story.verdict('a', true);
    story.verdict('b', true);
    const b = [...story.state.alerts.values()].find(({ labels }) => labels.host === 'b')!;
    story.do({ kind: 'snooze', alertId: b.id, until: story.now + 90 * min, note: null, actor: 'key:ann' });
    story.advance(5 * min);
    expect(story.kinds('notify')).toEqual(['notify.suppressed(silenced)', 'notify.suppressed(muted)']);
  });

  it('is mute over a restart, and speaks when the route is mute no more', () => {
    const story = mutedAtNight();
    story.advance(10 * min).verdict('a', true);
    story.advance(5 * min);
    story.restart();
    story.advance(5 * min);
    expect(story.said).toEqual([]);
    const { routing } = story.state;
    story.restart({ ...routing, route: { ...routing.route, mute: [] } });
    story.advance(min);
    expect(story.said).toEqual(['1210 ops first: a firing']);
  });

  it('that is active only at times says nothing at others', () => {
    const office = interval('office', { times: [{ start_time: '22:30', end_time: '23:00' }] });
    const story = new PipelineStory({ route: { active: [office] } });
    story.verdict('a', true);
    story.advance(10 * min);
    expect(story.said).toEqual([]);
    story.advance(20 * min);
    expect(story.said).toEqual([`${minutesTo('22:30:00')} ops first: a firing`]);
    expect(story.events('notify.suppressed')[0]!.body.ids).toEqual(['office']);
  });
});

describe('the end of being mute', () => {
  const sleep = interval('sleep', {
    times: [
      { start_time: '22:00', end_time: '24:00' },
      { start_time: '00:00', end_time: '06:00' },
    ],
    location: 'Europe/Vienna',
  });

  it.each([
    // Vienna is an hour ahead in winter, two in summer; the night is eight hours, seven or nine long.
    ['2026-03-27T23:00Z', '2026-03-28T05:00Z'],
    ['2026-03-28T23:00Z', '2026-03-29T04:00Z'],
    ['2026-10-24T20:00Z', '2026-10-25T05:00Z'],
  ])('is where the clock of the place says, also when it is put forward or back: %s', (at, end) => {
    expect(mutingOf({ mute: [sleep], active: [] }, Date.parse(at))).toEqual({
      ids: ['sleep'],
      until: Date.parse(end),
    });
  });

  it('is after the last of those that follow each other', () => {
    const more = interval('more', { times: [{ start_time: '05:00', end_time: '07:00' }] });
    const office = interval('office', { times: [{ start_time: '08:00', end_time: '18:00' }] });
    const at = Date.parse('2026-07-13T21:00Z');
    const { until } = mutingOf({ mute: [sleep, more], active: [office] }, at)!;
    expect(clockOf(until!)).toBe('08:00');
    expect(mutingOf({ mute: [], active: [interval('over', { years: ['2020'] })] }, at)).toEqual({
      ids: ['over'],
      until: null,
    });
    expect(mutingOf({ mute: [sleep], active: [] }, Date.parse('2026-07-13T12:00Z'))).toBeNull();
  });
});
