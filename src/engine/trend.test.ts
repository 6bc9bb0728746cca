import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRuleFile } from '../../rules/parse.ts';
import type { Rule } from '../../rules/types.ts';
import { Stage } from '../testing/stage.ts';

const s = 1_000;
const min = 60 * s;

function rulesOf(text: string): readonly Rule[] {
  const { rules, problems } = parseRuleFile(`group: disks\nrules:\n${text}`, 'trend.yaml');
  expect(problems).toEqual([]);
  return rules;
}

const diskFills = `
  - name: DiskFills
    type: trend
    metric: disk
    measure: crosses
    window: 30m
    within: 4h
    operator: gt
    min_fit: 0.8
    confidence: 0.95
    levels:
      - { severity: warning, threshold: 100 }
      - { severity: critical, threshold: 130 }
    for: 2m
    annotations:
      summary: "{{ labels.host }} will be at {{ value | round }} %"
`;

/** Pushes a value a minute. */
async function feed(stage: Stage, values: readonly number[]): Promise<void> {
  for (const value of values) {
    await stage.push(value, { metric: 'disk' });
    await stage.advance(min);
  }
}

const line = (from: number, perMinute: number, count: number) =>
  Array.from({ length: count }, (_, i) => from + i * perMinute);

const alertOf = (stage: Stage) => stage.store.alerts('default', {}, 10, null).items[0];

describe('a disk that fills', () => {
  it('is told hours before it is full, again when it fills faster, and taken back when somebody cleans up', async () => {
    const stage = new Stage({ rules: rulesOf(diskFills), route: { groupWaitMs: 0, groupIntervalMs: 0 } });
    // Half an hour at 50 %: a line, and level.
    await feed(stage, Array(35).fill(50));
    expect(stage.sent).toEqual([]);
    // 0.25 points a minute are 60 in four hours.
    await feed(stage, line(50, 0.25, 60));
    expect(stage.said().map(([, reason]) => reason)).toEqual(['first']);
    const [told] = stage.sent[0]!.message.alerts;
    expect(told!.value).toBeGreaterThan(100);
    expect(told!.annotations.summary).toBe(`a will be at ${Math.round(told!.value!)} %`);
    // It is at 64 % now, and nobody needs to know that it will be at 125 % instead of 112 %.
    await feed(stage, line(65, 0.5, 40));
    expect(stage.said().map(([, reason]) => reason)).toEqual(['first', 'escalated']);
    expect(alertOf(stage)).toMatchObject({ effectiveSeverity: 'critical', priority: 'P2' });
    // Somebody deletes half of it: no line fits that, so there is no direction to be told.
    await feed(stage, Array(3).fill(30));
    expect(stage.said().map(([, reason]) => reason)).toEqual(['first', 'escalated', 'resolved']);
    const [resolved] = stage.sent.at(-1)!.message.alerts;
    expect(resolved!.value).toBeGreaterThan(130);
    await stage.close();
  });

  it('says nothing of a disk that only breathes', async () => {
    const stage = new Stage({ rules: rulesOf(diskFills), route: { groupWaitMs: 0 } });
    await feed(
      stage,
      Array.from({ length: 90 }, (_, i) => 60 + 8 * Math.sin(i * 1.7) + (i % 3)),
    );
    expect(stage.events()).toEqual([]);
    await stage.close();
  });
});

const rises = (over: string) => `
  - name: Rises
    type: trend
    metric: disk
    window: 5m
    threshold: 1
    min_fit: 0.9
${over}`;

describe('a trend that loses its direction while it fires', () => {
  it('is resolved with the value that people know', async () => {
    const stage = new Stage({
      rules: rulesOf(rises('')),
      route: { groupWaitMs: 0, resolveWaitMs: 0 },
    });
    await feed(stage, line(0, 2, 7));
    await feed(stage, [40]);
    expect(stage.events()).toEqual(['alert.firing', 'alert.resolved']);
    expect(alertOf(stage)).toMatchObject({ state: 'resolved', value: 2, resolveReason: 'condition_cleared' });
    expect(stage.sent.at(-1)!.message).toMatchObject({ reason: 'resolved', alerts: [{ value: 2 }] });
    await stage.close();
  });

  it('is kept over keep_firing_for and a restart, and then resolved', async () => {
    const stage = new Stage({
      rules: rulesOf(rises('    keep_firing_for: 2m\n    resolve_threshold: 0.5\n')),
      route: { groupWaitMs: 0, resolveWaitMs: 0 },
    });
    await feed(stage, line(0, 2, 7));
    await feed(stage, [40]);
    await stage.restart();
    expect(alertOf(stage)).toMatchObject({ state: 'firing', value: 2 });
    await feed(stage, [0, 40]);
    expect(stage.events()).toEqual(['alert.firing', 'alert.held', 'alert.resolved']);
    expect(alertOf(stage)).toMatchObject({ state: 'resolved', value: 2 });
    await stage.close();
  });
});

describe('a trend beyond all numbers', () => {
  it('has a value, and its hysteresis after a restart', async () => {
    const text = `
  - name: Grows
    type: trend
    metric: disk
    measure: relative_change
    window: 4m
    min_fit: 0
    threshold: 2
    resolve_threshold: 0.1
`;
    const stage = new Stage({ rules: rulesOf(text), route: { groupWaitMs: 0 } });
    // The window is whole with the fifth: 0 a minute before the points 10, 20, 30, 40.
    await feed(stage, [0, 10, 20, 30, 40]);
    const value = alertOf(stage)?.value;
    expect(value).toBeGreaterThan(1e12);
    await stage.restart();
    // +150 % and less: not enough to begin with, enough to stay.
    await feed(stage, [50, 55, 58]);
    expect(stage.events()).toEqual(['alert.firing']);
    expect(alertOf(stage)).toMatchObject({ state: 'firing', value });
    await stage.close();
  });
});

describe('the episodes of a trend', () => {
  it('are the same one by one, in any batches, and over restarts', async () => {
    const rules = rulesOf(`
  - { name: Slope, type: trend, metric: cpu, window: 6s, per: 1s, threshold: 2, min_fit: 0.4, resolve_threshold: 1 }
  - { name: Falls, type: trend, metric: cpu, measure: change, window: 8s, operator: lt, threshold: -9, for: 2s }
  - { name: Twice, type: trend, metric: cpu, measure: relative_change, window: 5s, threshold: 0.5, keep_firing_for: 3s }
  - name: Ahead
    type: trend
    metric: cpu
    measure: crosses
    window: 7s
    within: 5s
    confidence: 0.8
    min_fit: 0.3
    levels: [{ severity: info, threshold: 50 }, { severity: high, threshold: 60, resolve_threshold: 55 }]
`);
    const told = async (values: readonly number[], sizes: readonly number[], restarts: boolean) => {
      const stage = new Stage({ rules, route: { groupWaitMs: 0 } });
      const from = stage.t0 - 600 * s;
      const samples = values.map((value, i) => ({ value, at: from + i * s }));
      for (let i = 0, n = 0; i < samples.length; n++) {
        const size = sizes[n % sizes.length]!;
        await stage.pushAll(samples.slice(i, i + size));
        i += size;
        if (!restarts) continue;
        await stage.advance(1_100); // the flush
        await stage.restart();
      }
      const { items } = stage.store.events('default', null, 1_000, null);
      const said = [...items]
        .filter(({ kind }) => kind.startsWith('alert.'))
        .map(({ kind, body, subjectId }) => {
          const { rule } = stage.store.alert('default', subjectId)!;
          return `${rule} ${body.sampleAt} ${kind} ${body.value} ${body.to ?? ''}`;
        })
        .sort();
      await stage.close();
      return said;
    };
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
    const steps = fc.array(fc.constantFrom(-6, -1, 0, 1, 3, 5), { minLength: 8, maxLength: 26 });
    // Drawn streams may be quiet; up and down, twice, makes every rule speak.
    const loud = [3, -6, 5, -6, 5].flatMap((step) => Array(9).fill(step) as number[]);
    let heard = 0;
    await fc.assert(
      fc.asyncProperty(steps, sizes, async (all, parts) => {
        let value = 40;
        const values = all.map((step) => {
          value += step;
          return value;
        });
        const oneByOne = await told(values, [1], false);
        heard += oneByOne.length;
        expect(await told(values, parts, false)).toEqual(oneByOne);
        expect(await told(values, parts, true)).toEqual(oneByOne);
      }),
      { numRuns: 5, examples: [[loud, [4, 1, 7]]] },
    );
    expect(heard).toBeGreaterThan(10);
  });
});
