// Flapping: told once, then quiet until it is calm.
import { describe, expect, it } from 'vitest';
import { PipelineStory } from '../testing/pipeline-story.ts';
import { Flaps } from './flaps.ts';

const min = 60_000;
const flapping = { count: 4, windowMs: 30 * min };

/** Fires and resolves once a minute, `times` times. */
function flap(story: PipelineStory, times: number, everyMs = 2 * min): void {
  for (let n = 0; n < times; n++) {
    story.verdict('a', true);
    story.advance(everyMs / 2);
    story.verdict('a', false);
    story.advance(everyMs / 2);
  }
}

const quick = {
  route: { groupWaitMs: 0, groupIntervalMs: 0, resolveWaitMs: 0 },
  receivers: [{ dedupeWindowMs: 0 }],
};

describe('an alert that flaps', () => {
  it('is told so once, and told of again when it is calm', () => {
    const story = new PipelineStory({ ...quick, flapping });
    flap(story, 8);
    story.advance(60 * min);
    expect(story.said).toEqual([
      '0 ops first: a firing',
      '60 ops resolved: a resolved',
      '120 ops first: a firing',
      '180 ops resolved: a resolved',
      '240 ops first: a firing',
      '300 ops resolved: a resolved',
      '360 ops flapping: a firing',
      // Of the last 30 minutes, two firings are left after the third last is that old: 720 s + 1800 s.
      '2520 ops resolved: a resolved',
    ]);
    expect(story.events('alert.flapping').map(({ body }) => body)).toMatchObject([{ times: 4 }]);
    expect(new Set(story.kinds('notify'))).toEqual(
      new Set(['notify.suppressed(flapping)', 'notify.skipped(flapping)']),
    );
    expect(story.state.alerts.size).toBe(0);
  });

  it('is told as firing when it is calm and still fires', () => {
    const story = new PipelineStory({ ...quick, flapping });
    flap(story, 5);
    story.verdict('a', true);
    story.advance(60 * min);
    expect(story.said.slice(6)).toEqual(['360 ops flapping: a firing', '2280 ops refired: a firing']);
    expect(story.forgotten()).toEqual([]);
  });

  it('is known as that over a restart', () => {
    const story = new PipelineStory({ ...quick, flapping });
    flap(story, 2);
    story.restart();
    flap(story, 2);
    story.restart();
    flap(story, 2);
    expect(story.said.slice(-2)).toEqual(['300 ops resolved: a resolved', '360 ops flapping: a firing']);
  });

  it('is nothing of the kind when it takes its time, or where nobody asked', () => {
    const slow = new PipelineStory({ ...quick, flapping });
    flap(slow, 8, 15 * min);
    expect(slow.said).toHaveLength(16);
    const plain = new PipelineStory(quick);
    flap(plain, 8);
    expect(plain.said).toHaveLength(16);
  });
});

describe('when alerts began to fire', () => {
  it('is swept out of memory when it is long ago', () => {
    const flaps = new Flaps(flapping);
    for (let n = 0; n < 50_000; n++) flaps.started(`key ${n}`, n * 1_000);
    expect(flaps.size).toBeLessThan(25_000);
  });

  it('counts in order of time, whatever the order in which it is told', () => {
    const flaps = new Flaps(flapping);
    for (const at of [3, 1, 2, 4, 0]) flaps.started('k', at * min);
    expect(flaps.until('k', 5 * min, false)).toBe(31 * min);
    expect(flaps.until('k', 31 * min, false)).toBeNull();
    expect(flaps.until('k', 31 * min, true)).toBe(33 * min);
    expect(flaps.seen('k', 5 * min)).toBe(4);
  });
});
