import { rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { parseRule } from '../../rules/parse.ts';
import type { Rule } from '../../rules/types.ts';
import { Stage } from '../testing/stage.ts';

const s = 1_000;
let stage: Stage;
afterEach(() => stage.close());

function read(doc: object): Rule {
  const parsed = parseRule(doc, { kind: 'api' });
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.rule;
}
async function at(...docs: object[]): Promise<void> {
  stage = new Stage({
    rules: docs.map(read),
    route: { groupWaitMs: 0, groupIntervalMs: 0, resolveWaitMs: 0 },
    receiver: { dedupeWindowMs: 0 },
  });
  // To a time of the grid: 1,700,000,000 s is 5 s after one.
  await stage.advance(10 * s);
}
const sample = (metric: string, value: number, labels: Record<string, string>) => ({ metric, value, labels });
/** Tells the same samples every 15 s, 5 s after a time of the grid. */
async function tell(forMs: number, ...samples: ReturnType<typeof sample>[]): Promise<void> {
  for (let passed = 0; passed < forMs; passed += 15 * s) {
    await stage.advance(5 * s);
    if (samples.length > 0) await stage.pushAll(samples);
    await stage.advance(10 * s);
  }
}
const alerts = () =>
  stage.store
    .alerts('default', {}, 100, null)
    .items.map(({ key, state, resolveReason }) =>
      [key.slice(5), state, resolveReason].filter(Boolean).join(' '),
    )
    .sort();

const seed = {
  name: 'Health',
  conditions: [
    { metric_name: 'cpu.usage', operator: 'gt', threshold: 70 },
    { metric_name: 'memory.usage', operator: 'gt', threshold: 75 },
  ],
  logic: 'AND',
  level: 'HIGH',
  category: 'SYSTEM',
};
const cpu = (value: number, labels: Record<string, string>) => sample('cpu.usage', value, labels);
const memory = (value: number, labels: Record<string, string>) => sample('memory.usage', value, labels);

describe('two metrics joined on the labels that they share', () => {
  it('go from pending to firing, a message, and resolved', async () => {
    await at({ ...seed, for: '30s' });
    await tell(30 * s, cpu(90, { host: 'a', core: '1' }), cpu(90, { host: 'b' }), memory(80, { host: 'a' }));
    await stage.advance(2 * s);
    expect(alerts()).toEqual(['Health:{"host":"a"} pending']);
    await stage.advance(13 * s);
    await tell(15 * s, cpu(90, { host: 'a', core: '1' }), memory(80, { host: 'a' }));
    await stage.advance(2 * s);
    expect(alerts()).toEqual(['Health:{"host":"a"} firing']);
    expect(stage.said().map(([, reason]) => reason)).toEqual(['first']);
    await stage.advance(13 * s);
    await tell(15 * s, memory(10, { host: 'a' }));
    await stage.advance(2 * s);
    expect(alerts()).toEqual(['Health:{"host":"a"} resolved condition_cleared']);
    expect(stage.said().map(([, reason]) => reason)).toEqual(['first', 'resolved']);
  });

  it('regroup when they share one more, and end the alerts of groups that are gone; what lacks the label stays', async () => {
    await at(seed);
    await tell(30 * s, cpu(90, { host: 'a' }), memory(90, { host: 'a' }));
    await tell(30 * s, cpu(90, { host: 'a' }), memory(90, { host: 'a' }), cpu(90, { host: 'b', env: 'x' }));
    expect(alerts()).toEqual(['Health:{"host":"a"} firing']);
    await tell(30 * s, memory(90, { host: 'b', env: 'x' }), cpu(90, { host: 'c' }));
    await stage.advance(2 * s);
    expect(alerts()).toEqual(['Health:{"env":"x","host":"b"} firing', 'Health:{"host":"a"} firing']);
    // From the labels {host, core} to {host}: no group is left for the alert of a core.
    await stage.close();
    await at({ ...seed, logic: 'OR' });
    await tell(30 * s, cpu(90, { host: 'a', core: '1' }));
    expect(alerts()).toEqual(['Health:{"core":"1","host":"a"} firing']);
    await tell(15 * s, cpu(90, { host: 'a', core: '1' }), memory(1, { host: 'a' }));
    await stage.advance(2 * s);
    expect(alerts()).toEqual([
      'Health:{"core":"1","host":"a"} resolved rule_removed',
      'Health:{"host":"a"} firing',
    ]);
    await stage.restart();
    await tell(30 * s, cpu(1, { host: 'a', core: '1' }));
    expect(alerts().at(-1)).toBe('Health:{"host":"a"} resolved condition_cleared');
  });

  it('keep groups and episodes when a threshold is edited, and over a restart before any series is back', async () => {
    await at({ ...seed, for: '10m' });
    const both = [cpu(90, { host: 'a' }), memory(90, { host: 'a' })];
    await tell(30 * s, ...both);
    stage.rules = [
      read({
        ...seed,
        for: '10m',
        conditions: [seed.conditions[0]!, { metric: 'memory.usage', threshold: 70 }],
      }),
    ];
    stage.runtime.setRules(stage.rules);
    await tell(15 * s, ...both);
    await stage.restart();
    await tell(15 * s);
    expect(alerts()).toEqual(['Health:{"host":"a"} pending']);
    await tell(600 * s, ...both);
    expect(alerts()).toEqual(['Health:{"host":"a"} firing']);
  });

  it('keep what fires over a restart that lost the samples, where the series lacked a label of others', async () => {
    await at(seed);
    const a = [cpu(90, { host: 'a' }), memory(90, { host: 'a' })];
    const b = [cpu(90, { host: 'b', env: 'x' }), memory(90, { host: 'b', env: 'x' })];
    await tell(30 * s, ...a, ...b);
    const both = ['Health:{"env":"x","host":"b"} firing', 'Health:{"host":"a"} firing'];
    expect(alerts()).toEqual(both);
    await stage.stop();
    for (const end of ['', '-wal', '-shm']) rmSync(`${stage.samplesFile}${end}`, { force: true });
    stage.start();
    await tell(60 * s, ...b);
    expect(alerts()).toEqual(both);
    await tell(30 * s, ...b, cpu(1, { host: 'a' }));
    expect(alerts()).toEqual([both[0], 'Health:{"host":"a"} resolved condition_cleared']);
  });

  it('end what fires by fewer labels than its series share since just before a restart', async () => {
    await at({ ...seed, logic: 'OR' });
    const a = cpu(90, { host: 'a', env: 'x' });
    await tell(30 * s, a, memory(1, { host: 'c' }));
    expect(alerts()).toEqual(['Health:{"host":"a"} firing']);
    // The process ends before it looks at what this is shared with.
    await stage.advance(5 * s);
    await stage.pushAll([a, memory(1, { host: 'd', env: 'x' })]);
    await stage.restart();
    expect(alerts()).toEqual(['Health:{"host":"a"} resolved rule_removed']);
    await tell(30 * s, a);
    expect(alerts()[0]).toBe('Health:{"env":"x","host":"a"} firing');
  });

  it('bind many series with ever new labels in steps, and each series once', async () => {
    await at(seed);
    const many = Array.from({ length: 400 }, (_, i) => {
      const labels = { host: `h${i}`, [`l${i}`]: '1' };
      return [cpu(90, labels), memory(90, labels)];
    }).flat();
    await stage.advance(5 * s);
    await stage.pushAll(many);
    await stage.advance(12 * s);
    const { grid } = stage.runtime.engine.tenant('default')!;
    expect(grid.count).toBe(400);
    expect(stage.store.alerts('default', {}, 10_000, null).items).toHaveLength(400);
  });
});

describe('conditions over other rules', () => {
  const hot = { name: 'Hot', metric: 'm', threshold: 50 };
  const over = (name: string, rule: string, more: object = {}) => ({
    name,
    by: ['host'],
    conditions: [{ rule }],
    ...more,
  });

  it('see what a composite rule says at the same grid time, wherever it stands in the file', async () => {
    await at(over('Third', 'Second'), over('Second', 'First'), over('First', 'Hot'), hot);
    await stage.advance(5 * s);
    await stage.pushAll([sample('m', 90, { host: 'a' })]);
    await stage.advance(12 * s);
    expect(alerts()).toEqual(
      ['First', 'Hot', 'Second', 'Third'].map((name) => `${name}:{"host":"a"} firing`),
    );
    const { items } = stage.store.alerts('default', {}, 9, null);
    expect(new Set(items.filter(({ rule }) => rule !== 'Hot').map(({ firedAt }) => firedAt)).size).toBe(1);
    await stage.advance(8 * s);
    await stage.pushAll([sample('m', 1, { host: 'a' })]);
    await stage.advance(12 * s);
    expect(alerts().every((one) => one.endsWith('resolved condition_cleared'))).toBe(true);
    expect(stage.runtime.engine.tenant('default')!.grid.count).toBe(0);
  });

  it('wait for what is absent from the alert on that the group begins with, whenever that came', async () => {
    const absent = { metric: 'b', aggregate: 'absent', window: '20s' };
    const hotting = { ...hot, for: '10m' };
    // The second alert begins at 16 s: before what was at 15 s is looked at (at 17 s), and after it.
    for (const comesAt of [16 * s, 18 * s]) {
      await at(over('Alone', 'Hot', { conditions: [{ rule: 'Hot', state: 'active' }, absent] }), hotting);
      const begun = stage.clock.now();
      const until = (offset: number) => stage.advance(begun + offset - stage.clock.now());
      await until(s);
      await stage.pushAll([sample('m', 90, { host: 'a' })]);
      await until(4 * s);
      await stage.pushAll([sample('m', 1, { host: 'a' })]);
      await until(comesAt);
      await stage.pushAll([{ ...sample('m', 90, { host: 'a' }), at: begun + 16 * s }]);
      await until(32 * s);
      expect(alerts()).toEqual([
        'Hot:{"host":"a"} pending',
        'Hot:{"host":"a"} resolved cleared_while_pending',
      ]);
      await until(47 * s);
      expect(alerts()[0]).toBe('Alone:{"host":"a"} firing');
      await stage.close();
    }
  });

  it('keep what fires over a restart where an alert lacks a label that the series share', async () => {
    await at(
      {
        name: 'Calm',
        logic: 'OR',
        conditions: [{ not: { rule: 'Hot' } }, { metric: 'b', threshold: 50 }],
      },
      { ...hot, for: '10m' },
    );
    await stage.advance(5 * s);
    await stage.pushAll([sample('m', 90, { host: 'a' }), sample('b', 1, { host: 'b', disk: '1' })]);
    await stage.advance(12 * s);
    await stage.pushAll([sample('m', 1, { host: 'a' })]);
    const calm = ['Calm:{"disk":"1","host":"b"} firing', 'Calm:{"host":"a"} firing'];
    expect(alerts().slice(0, 2)).toEqual(calm);
    await stage.restart();
    await stage.advance(30 * s);
    expect(alerts().slice(0, 2)).toEqual(calm);
  });

  it('see an alert that was there at the grid time and ended before it was looked at', async () => {
    await at(over('Seen', 'Hot'), hot);
    await stage.advance(14 * s);
    await stage.pushAll([sample('m', 90, { host: 'a' })]);
    await stage.advance(2 * s);
    await stage.pushAll([sample('m', 1, { host: 'a' })]);
    await stage.advance(2 * s);
    expect(alerts()).toEqual(['Hot:{"host":"a"} resolved condition_cleared', 'Seen:{"host":"a"} firing']);
    await stage.advance(15 * s);
    expect(alerts()[1]).toBe('Seen:{"host":"a"} resolved condition_cleared');
  });

  it('go on after a restart, and hold when the rule that they name is gone', async () => {
    await at(
      over('Seen', 'Hot'),
      over('Not', 'Hot', { conditions: [{ not: { rule: 'Hot' } }], by: [] }),
      hot,
    );
    await stage.pushAll([sample('m', 90, { host: 'a' })]);
    await stage.advance(20 * s);
    await stage.restart();
    await stage.advance(20 * s);
    expect(alerts()).toEqual(['Hot:{"host":"a"} firing', 'Seen:{"host":"a"} firing']);
    stage.runtime.setRules(stage.rules.filter(({ name }) => name !== 'Hot'));
    await stage.advance(20 * s);
    expect(alerts()).toEqual([
      'Hot:{"host":"a"} resolved rule_removed',
      'Not:{} firing',
      'Seen:{"host":"a"} resolved condition_cleared',
    ]);
  });
});
