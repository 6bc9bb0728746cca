// Silences that hold by the calendar.
import { describe, expect, it } from 'vitest';
import { PipelineStory } from '../testing/pipeline-story.ts';
import type { SilenceRow } from './rows.ts';

const [s, min, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000];
const newYork: SilenceRow['recurs'] = [
  { times: [{ start_time: '01:00', end_time: '04:00' }], location: 'America/New_York' },
];

/** A story that begins at `at`; every host is silent in the hours of the night of New York, for a year. */
function nightly(at: string, recurs = newYork) {
  const story = new PipelineStory({ route: { groupWaitMs: 0, repeatIntervalMs: 30 * min } });
  story.now = Date.parse(at);
  const id = story.putSilence(null, story.now, story.now + 365 * day, 'host=~".+"', recurs);
  const told = () =>
    story.results.flatMap(({ notifications }) =>
      notifications.map(({ message }) => `${new Date(message.at).toISOString()} ${message.reason}`),
    );
  const fire = (host = 'a') => {
    story.verdict(host, true);
    story.advance(0);
  };
  return { story, id, told, fire };
}

describe('a recurring silence', () => {
  it('holds within its hours, and what still fires at their end is told', () => {
    const { story, told, fire } = nightly('2024-01-10T05:50:00Z');
    fire();
    expect(told()).toEqual(['2024-01-10T05:50:00.000Z first']);
    story.advance(4 * hour);
    // 01:00 to 04:00 in New York; the repeats of these hours are left out.
    expect(told().slice(1, 3)).toEqual([
      '2024-01-10T09:00:00.000Z repeat',
      '2024-01-10T09:30:00.000Z repeat',
    ]);
    story.advance(day);
    expect(told().filter((line) => /T0[678]:/.test(line))).toEqual([]);
    expect(story.forgotten()).toEqual([]);
  });

  it.each([
    [
      'an hour less in the night in which clocks go forward',
      '2024-03-10T06:30:00Z',
      '2024-03-10T08:00:00.000Z first',
    ],
    [
      'an hour more in the night in which they go back',
      '2023-11-05T05:30:00Z',
      '2023-11-05T09:00:00.000Z first',
    ],
  ])('holds %s', (_, fires, expected) => {
    const { story, told, fire } = nightly(fires);
    fire();
    story.advance(6 * hour);
    expect(told()[0]).toBe(expected);
  });

  it('goes on over a restart', () => {
    const { story, told, fire } = nightly('2024-01-10T07:00:00Z');
    fire();
    story.advance(min);
    story.restart();
    story.advance(2 * hour);
    expect(told()).toEqual(['2024-01-10T09:00:00.000Z first']);
    expect(story.forgotten()).toEqual([]);
  });

  it('ends with its own end, also within its hours', () => {
    const { story, id, told, fire } = nightly('2024-01-10T07:00:00Z');
    fire();
    story.putSilence(id, story.now, story.now + 10 * min, 'host=~".+"', newYork);
    story.advance(20 * min);
    expect(told()).toEqual(['2024-01-10T07:10:00.000Z first']);
    expect(story.events('silence').map(({ kind }) => kind)).toEqual([
      'silence.created',
      'silence.changed',
      'silence.ended',
    ]);
  });

  it('of other hours from now on tells what it held back', () => {
    const { story, id, told, fire } = nightly('2024-01-10T07:00:00Z');
    fire();
    story.advance(min);
    expect(told()).toEqual([]);
    story.putSilence(id, story.now, story.now + day, 'host=~".+"', [{ weekdays: ['sunday'] }]);
    story.advance(s);
    expect(told()).toEqual(['2024-01-10T07:01:00.000Z first']);
  });
});
