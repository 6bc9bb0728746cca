import { describe, expect, it } from 'vitest';
import type { AlertSignal } from '../../analysis/signals.ts';
import { graphOf } from '../../analysis/topology/index.ts';
import type { PredictionRow } from '../pipeline/rows.ts';
import { PredictionAnalyser } from './prediction-analyser.ts';

const t0 = 1_700_000_000_000;
const min = 60_000;
const context = {
  ...{ tenant: 'acme', graph: graphOf([]), newId: () => 'event', idFrom: () => 'incident' },
};

function begin() {
  const analyser = new PredictionAnalyser(() => 0);
  analyser.takeUp([], () => null);
  let ids = 0;
  const alertOf = (name: string, at: number): AlertSignal => ({
    ...{ id: `alert ${++ids}`, key: name, name, labels: { alertname: name, service: name } },
    ...{ severity: 'high', text: '', at, endedAt: null },
  });
  const fire = (name: string, at: number): AlertSignal => {
    const alert = alertOf(name, at);
    analyser.observe({ kind: 'fired', alert, seenAt: at }, context);
    return alert;
  };
  const end = (alert: AlertSignal, at: number) =>
    analyser.observe({ kind: 'resolved', alert: { ...alert, endedAt: at }, seenAt: at }, context);
  const rows = (now: number): PredictionRow[] =>
    analyser.flush(now).flatMap((effect) => (effect.put === 'prediction' ? [effect.row] : []));
  const store = (now: number): PredictionRow[] => {
    const flushed = rows(now);
    analyser.stored(now);
    return flushed;
  };
  return { analyser, fire, end, rows, store };
}

/** The alert has come every ten minutes, four times; answers when it comes next. */
function fourTimes({ fire, end }: ReturnType<typeof begin>): number {
  for (let n = 0; n < 4; n++) end(fire('Job', t0 + n * 10 * min), t0 + n * 10 * min + min);
  return t0 + 40 * min;
}

describe('a prediction', () => {
  it('came true if its alert came after it was stored', () => {
    const story = begin();
    const next = fourTimes(story);
    const [made] = story.store(t0 + 31 * min);
    expect(made).toMatchObject({ model: 'renewal', state: 'open', storedAt: t0 + 31 * min });
    const came = story.fire('Job', next);
    const [scored] = story.rows(next);
    expect(scored).toMatchObject({ id: made!.id, state: 'came_true', outcome: came.id, scoredAt: next });
    expect(story.analyser.tally).toMatchObject({ alerts: 5, foretold: 1, foretoldSurely: 0 });
  });

  it('is withdrawn if the alert was known, or its time over, when it was stored: nobody was told before', () => {
    const late = begin();
    const next = fourTimes(late);
    late.store(next);
    late.fire('Job', next);
    expect(late.rows(next)[0]).toMatchObject({ state: 'withdrawn' });
    expect(late.analyser.tally).toMatchObject({ foretold: 0 });
    const over = begin();
    fourTimes(over);
    over.store(next + 5 * min);
    over.analyser.tick(next + 6 * min, context);
    expect(over.rows(next + 6 * min)[0]).toMatchObject({ state: 'withdrawn', outcome: null });
  });

  it('is not said if it was decided before it was stored', () => {
    const story = begin();
    story.fire('Job', fourTimes(story));
    const made = story.rows(t0 + 41 * min);
    expect(made.map(({ state, from }) => [state, from > t0 + 41 * min])).toEqual([['open', true]]);
    expect(story.analyser.tally).toMatchObject({ foretold: 0, unsaid: 1 });
  });

  it('is the same one when the same news are seen again, whether or not time was let pass between them', () => {
    const told = begin();
    const again = begin();
    const news = (story: ReturnType<typeof begin>, ticks: boolean) => {
      const ids: string[] = [];
      for (let n = 0; n < 9; n++) {
        // The sixth is left out.
        const at = t0 + n * 10 * min;
        if (n !== 5) story.end(story.fire('Job', at), at + min);
        if (ticks) for (let s = 70_000; s < 10 * min; s += 10_000) story.analyser.tick(at + s, context);
        ids.push(...story.store(at + 9 * min).map(({ id, state }) => `${id} ${state}`));
      }
      return ids.filter((id) => id.endsWith('open'));
    };
    const ids = news(told, true);
    expect(ids.length).toBeGreaterThan(3);
    expect(news(again, true)).toEqual(ids);
    // What is decided with the same news is not said then.
    const without = news(begin(), false);
    expect(without.length).toBe(ids.length - 1);
    expect(ids).toEqual(expect.arrayContaining(without));
  });

  it('is taken up from what is stored when what the forecast knew is older', () => {
    const story = begin();
    const next = fourTimes(story);
    const [made] = story.store(t0 + 31 * min);
    const fresh = new PredictionAnalyser(() => 0);
    fresh.takeUp([made!], () => null);
    const alert = { ...story.fire('Job', next), at: next };
    fresh.observe({ kind: 'fired', alert, seenAt: next }, context);
    const [scored] = fresh.flush(next);
    expect(scored).toMatchObject({ put: 'prediction', row: { id: made!.id, state: 'came_true' } });
  });

  it('that was decided before is not open again, and its outcome counts', () => {
    const story = begin();
    fourTimes(story);
    const [made] = story.store(t0 + 31 * min);
    const restored = PredictionAnalyser.restored(() => 0);
    restored.next();
    for (const text of story.analyser.parts()) restored.next(text);
    const end = restored.next(null);
    if (end.done !== true) throw new Error('the state has an end');
    const again = end.value;
    again.takeUp([], (id) => (id === made!.id ? { ...made!, state: 'missed' } : null));
    again.tick(t0 + 60 * min, context);
    expect(
      again.flush(t0 + 60 * min).filter((one) => 'row' in one && 'id' in one.row && one.row.id === made!.id),
    ).toEqual([]);
  });
});
