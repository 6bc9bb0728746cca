// What a silence would do, before there is one.
import { describe, expect, it } from 'vitest';
import { matchersIn, PipelineStory } from '../testing/pipeline-story.ts';
import { previewSilence, type SilencePreview } from './silence-preview.ts';

const [s, min] = [1_000, 60_000];

function preview(story: PipelineStory, limit: number, ...matchers: string[]): SilencePreview {
  const steps = previewSilence(story.state, matchersIn(...matchers), limit, story.now);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

describe('a preview', () => {
  it('says which groups would be silent, and which would speak of less', () => {
    const story = new PipelineStory({ route: { groupWaitMs: 10 * s, groupBy: ['alertname'] } });
    story.verdict('a', true);
    story.verdict('b', true);
    const whole = preview(story, 10, 'alertname="HighCpu"');
    expect(whole).toMatchObject({ firing: 2, pending: 0, suppressed: 0, groups: 1, silent: 1, shorter: 0 });
    expect(whole.shown).toMatchObject([
      { taken: 2, members: 2, next: { at: story.now + 10 * s, reason: 'first' }, left: null },
    ]);
    const part = preview(story, 10, 'host="a"');
    expect(part).toMatchObject({ firing: 1, silent: 0, shorter: 1 });
    expect(part.shown).toMatchObject([{ taken: 1, members: 2, left: 'first' }]);
    expect(part.receivers.get('ops')).toEqual({ groups: 1, alerts: 1 });
    // Nothing was changed by looking.
    story.advance(10 * s);
    expect(story.said).toEqual(['10 ops first: a firing, b firing']);
  });

  it('says what is held back already', () => {
    const story = new PipelineStory();
    story.silence(60 * min, 'host="a"');
    story.verdict('a', true);
    story.verdict('b', true);
    const seen = preview(story, 1, 'host=~"a|b"');
    expect(seen).toMatchObject({ firing: 2, suppressed: 1 });
    expect(seen.alerts).toMatchObject([{ state: 'firing', suppressed: 'silenced' }]);
  });

  it('gives others their turn while it looks at many', () => {
    const story = new PipelineStory({ route: { groupBy: 'all' } });
    for (let n = 0; n < 2_500; n++) story.verdict(`h${n}`, true);
    let turns = 0;
    const steps = previewSilence(story.state, matchersIn('host=~"h.*"'), 5, story.now);
    let step = steps.next();
    for (; !step.done; step = steps.next()) turns += 1;
    // Two pieces of alerts, five of groups.
    expect(turns).toBe(7);
    expect(step.value).toMatchObject({ firing: 2_500, groups: 2_500, silent: 2_500 });
    expect([step.value.alerts.length, step.value.shown.length]).toEqual([5, 5]);
  });
});
