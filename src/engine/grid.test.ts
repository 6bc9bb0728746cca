import { afterEach, describe, expect, it } from 'vitest';
import type { ThresholdRule } from '../../rules/types.ts';
import { failingStore } from '../store/contract/failing-store.ts';
import { aRule } from '../testing/builders.ts';
import { Stage, type StageOptions } from '../testing/stage.ts';

const s = 1_000;
const min = 60 * s;
const hour = 60 * min;
let stage: Stage;
const at = async (options: StageOptions = {}) => {
  stage = new Stage({
    route: { groupWaitMs: 0, groupIntervalMs: 0, resolveWaitMs: 0 },
    receiver: { dedupeWindowMs: 0 },
    ...options,
  });
  // To a time of the grid: 1,700,000,000 s is 5 s after one.
  await stage.advance(10 * s);
  return stage;
};
afterEach(() => stage.close());

const grid = { by: ['service'], intervalMs: 15 * s, evalDelayMs: 2 * s };
const sumByService: Partial<ThresholdRule> = {
  name: 'Busy',
  across: 'sum',
  grid,
  windowMs: 5 * min,
  threshold: 100,
};

const web = (host: string, value: number, at?: number) => ({
  value,
  labels: { service: 'web', host },
  ...(at === undefined ? {} : { at }),
});
const db = (host: string, value: number) => ({ value, labels: { service: 'db', host } });

/** The state of every alert by its group labels. */
const alerts = () =>
  stage.store
    .alerts('default', {}, 100, null)
    .items.map(({ labels, state, value, resolveReason }) => [
      labels.service ?? '',
      state,
      value,
      ...(resolveReason === null ? [] : [resolveReason]),
    ])
    .reverse();
const states = () => alerts().map(([service, state]) => `${service} ${state}`);

/** Tells the same samples every 15 s, 5 s after a time of the grid. */
async function tell(samples: Parameters<Stage['pushAll']>[0], forMs: number): Promise<void> {
  for (let passed = 0; passed < forMs; passed += 15 * s) {
    await stage.advance(5 * s);
    await stage.pushAll(samples);
    await stage.advance(10 * s);
  }
}

describe('a sum over hosts by service', () => {
  it('fires for the service whose hosts are too much together, and resolves', async () => {
    await at({ rules: [sumByService] });
    await tell([web('a', 60), web('b', 50), db('a', 99)], 30 * s);
    expect(alerts()).toEqual([['web', 'firing', 110]]);
    expect(stage.sent[0]!.message.alerts[0]!.labels).toEqual({
      alertname: 'Busy',
      service: 'web',
      severity: 'warning',
    });
    await tell([web('a', 30)], 15 * s);
    await stage.advance(2 * s);
    expect(alerts()).toEqual([['web', 'resolved', 80, 'condition_cleared']]);
    expect(stage.said().map(([, reason]) => reason)).toEqual(['first', 'resolved']);
  });

  it('is looked at when the delay of a grid time is over, not at its samples', async () => {
    await at({ rules: [sumByService] });
    await stage.advance(s);
    await stage.pushAll([web('a', 200)]);
    await stage.advance(15 * s);
    expect(alerts()).toEqual([]);
    await stage.advance(s);
    expect(alerts()).toEqual([['web', 'firing', 200]]);
    const [alert] = stage.store.alerts('default', {}, 1, null).items;
    expect([alert!.pendingSince, alert!.firedAt]).toEqual([stage.t0 + 25 * s, stage.t0 + 25 * s]);
  });

  it('evaluates no pair: a single series never has an alert of such a rule', async () => {
    await at({ rules: [{ ...sumByService, across: 'avg', threshold: 90 }] });
    await stage.pushAll([web('a', 200), web('b', 10)]);
    expect(stage.runtime.engine.sampleCounts.evaluations).toBe(0);
    await stage.advance(20 * s);
    expect(alerts()).toEqual([['web', 'firing', 105]]);
  });
});

describe('the verdict of a group', () => {
  it('counts the replicas that report, and tells the one that is gone', async () => {
    await at({
      rules: [{ ...sumByService, name: 'ReplicaGone', across: 'count', operator: 'lt', threshold: 2 }],
    });
    await tell([web('a', 1), web('b', 1)], 30 * s);
    expect(states()).toEqual([]);
    await tell([web('a', 1)], 6 * min);
    expect(alerts()).toEqual([['web', 'firing', 1]]);
    // b sent last at 30 s and takes part for five minutes from then.
    const [alert] = stage.store.alerts('default', {}, 1, null).items;
    expect(alert!.firedAt! - stage.t0).toBe(340 * s);
    await tell([web('a', 1), web('b', 1)], 15 * s);
    await stage.advance(2 * s);
    expect(states()).toEqual(['web resolved']);
  });

  it('has hysteresis, also over a restart', async () => {
    await at({ rules: [{ ...sumByService, resolveThreshold: 70 }] });
    await tell([web('a', 120)], 30 * s);
    await tell([web('a', 80)], 30 * s);
    expect(states()).toEqual(['web firing']);
    await stage.restart();
    await tell([web('a', 80)], 30 * s);
    expect(states()).toEqual(['web firing']);
    await tell([web('a', 70)], 30 * s);
    expect(states()).toEqual(['web resolved']);
  });

  it('lasts `for` and keep_firing_for on grid time', async () => {
    await at({ rules: [{ ...sumByService, forMs: 30 * s, keepFiringForMs: 30 * s }] });
    await tell([web('a', 120)], 60 * s);
    expect(stage.events()).toEqual(['alert.pending', 'alert.firing']);
    await tell([web('a', 10)], 60 * s);
    expect(stage.events().slice(2)).toEqual(['alert.held', 'alert.resolved']);
    const [alert] = stage.store.alerts('default', {}, 1, null).items;
    expect(
      [alert!.pendingSince, alert!.firedAt, alert!.resolvedAt].map((time) => (time! - stage.t0) / s),
    ).toEqual([25, 55, 115]);
  });

  it('is not changed by a sample that comes after the delay', async () => {
    await at({ rules: [sumByService] });
    await tell([web('a', 60)], 30 * s);
    const late = stage.clock.now();
    await stage.advance(3 * s);
    await stage.pushAll([web('b', 60, late)]);
    await stage.advance(11 * s);
    expect(states()).toEqual([]);
    await stage.advance(3 * s);
    const [alert] = stage.store.alerts('default', {}, 1, null).items;
    expect(alert!.firedAt).toBe(late + 15 * s);
  });

  it('reads what was known up to its time, not what came later', async () => {
    await at({ rules: [{ ...sumByService, aggregate: 'max', windowMs: 30 * s, threshold: 50 }] });
    await tell([web('a', 10)], 60 * s);
    await stage.advance(s);
    await stage.pushAll([web('a', 99)]);
    await stage.advance(s);
    expect(states()).toEqual([]);
    await stage.advance(15 * s);
    expect(alerts()).toEqual([['web', 'firing', 99]]);
  });
});

describe('no_data of a group', () => {
  const silent = (noData: ThresholdRule['noData'], more: Partial<ThresholdRule> = {}) =>
    at({ rules: [{ ...sumByService, noData, noDataAfterMs: 2 * min, ...more }] });

  it('keeps', async () => {
    await silent('keep');
    await tell([web('a', 120)], 30 * s);
    await stage.advance(hour);
    expect(states()).toEqual(['web firing']);
  });

  it('resolves, counted from the last grid time with a value', async () => {
    await silent('ok');
    await tell([web('a', 120)], 30 * s);
    // The sample of 30 s is a value up to 325 s.
    await stage.advance(5 * min + 2 * min - 20 * s);
    expect(states()).toEqual(['web firing']);
    await stage.advance(30 * s);
    expect(alerts()).toEqual([['web', 'resolved', null, 'no_data']]);
  });

  it('fires after `for`, and data that is good ends it', async () => {
    await silent('alert', { forMs: 30 * s });
    await tell([web('a', 20)], 30 * s);
    await stage.advance(8 * min);
    expect(stage.events()).toEqual(['alert.pending(no_data)', 'alert.firing(no_data)']);
    await tell([web('a', 20)], 30 * s);
    expect(states()).toEqual(['web resolved']);
  });

  it('waits anew after a start', async () => {
    await silent('alert');
    await tell([web('a', 20)], 30 * s);
    await stage.advance(5 * min);
    await stage.restart();
    await stage.advance(110 * s);
    expect(states()).toEqual([]);
    // A window of history that is past is nobody's: the group gets the time to cover it again.
    await stage.advance(4 * min);
    expect(states()).toEqual(['web firing']);
  });
});

describe('absent by label', () => {
  const gone: Partial<ThresholdRule> = { name: 'Gone', aggregate: 'absent', grid, windowMs: 2 * min };

  it('is true when no series of the group had a sample for a window, and false with the first one', async () => {
    await at({ rules: [gone] });
    await tell([web('a', 1), web('b', 1), db('a', 1)], 30 * s);
    await tell([web('b', 1), db('a', 1)], 3 * min);
    expect(states()).toEqual([]);
    await tell([db('a', 1)], 3 * min);
    expect(alerts()).toEqual([['web', 'firing', null]]);
    expect(stage.events()).toEqual(['alert.firing(absent)']);
    await tell([web('c', 1)], 15 * s);
    await stage.advance(2 * s);
    expect(states()).toEqual(['web resolved']);
  });

  it('has one group for everything, also when no series was ever seen', async () => {
    await at({ rules: [{ ...gone, grid: { ...grid, by: [] } }] });
    await stage.advance(110 * s);
    expect(states()).toEqual([]);
    await stage.advance(15 * s);
    expect(states()).toEqual([' firing']);
    await tell([web('a', 1)], 30 * s);
    expect(states()).toEqual([' resolved']);
  });

  it('waits one window after a start and ends no alert by that', async () => {
    await at({ rules: [gone] });
    await tell([web('a', 1), db('a', 1)], 30 * s);
    await tell([db('a', 1)], 3 * min);
    expect(states()).toEqual(['web firing']);
    await stage.restart();
    await stage.advance(90 * s);
    expect(states()).toEqual(['web firing']);
    await stage.advance(60 * s);
    expect(states()).toEqual(['web firing', 'db firing']);
  });

  it('hears series whose times lag behind by more than the window', async () => {
    await at({ rules: [gone] });
    for (let n = 0; n < 20; n++) {
      await stage.pushAll([web('a', 1, stage.clock.now() - 10 * min)]);
      await stage.advance(30 * s);
    }
    expect(states()).toEqual([]);
    await stage.advance(3 * min);
    expect(states()).toEqual(['web firing']);
  });
});

describe('rules, restarts, failures', () => {
  it('goes on after a restart: a pending alert with its `for`, at the next grid time', async () => {
    await at({ rules: [{ ...sumByService, forMs: min }] });
    await tell([web('a', 120)], 30 * s);
    expect(states()).toEqual(['web pending']);
    await stage.restart();
    await tell([web('a', 120)], 60 * s);
    const [alert] = stage.store.alerts('default', {}, 1, null).items;
    expect([alert!.pendingSince, alert!.firedAt].map((time) => (time! - stage.t0) / s)).toEqual([25, 85]);
  });

  it('covers an alert whose series are all gone, over a restart and the expiry of its series', async () => {
    await at({ rules: [sumByService] });
    await tell([web('a', 120)], 30 * s);
    await stage.advance(7 * hour);
    expect(stage.runtime.engine.expireSeries(stage.clock.now() - 6 * hour)).toBe(1);
    await stage.advance(min);
    await stage.restart();
    await stage.advance(min);
    expect(states()).toEqual(['web firing']);
    await tell([web('b', 20)], 30 * s);
    expect(states()).toEqual(['web resolved']);
  });

  it('lets go of a group without series and alert', async () => {
    await at({ rules: [sumByService] });
    await tell([web('a', 20)], 30 * s);
    const { grid: table } = stage.runtime.engine.tenant('default')!;
    expect(table.count).toBe(1);
    await stage.advance(7 * hour);
    stage.runtime.engine.expireSeries(stage.clock.now() - 6 * hour);
    await stage.advance(min);
    expect(table.count).toBe(0);
  });

  it('keeps the episodes of a rule that is edited, and resolves those of one that is removed', async () => {
    await at({ rules: [sumByService, { ...sumByService, name: 'Other' }] });
    await tell([web('a', 120)], 30 * s);
    stage.runtime.setRules([aRule({ ...sumByService, threshold: 110 })]);
    await tell([web('a', 120)], 30 * s);
    const open = () => stage.store.alerts('default', {}, 9, null).items.map((a) => [a.rule, a.resolveReason]);
    expect(open().sort()).toEqual([
      ['Busy', null],
      ['Other', 'rule_removed'],
    ]);
    stage.runtime.setRules([aRule({ ...sumByService, threshold: 200 })]);
    await tell([web('a', 120)], 15 * s);
    await stage.advance(2 * s);
    expect(open().sort()[0]).toEqual(['Busy', 'condition_cleared']);
  });

  it('resolves the alerts of groups that the rule does not make any more', async () => {
    await at({ rules: [sumByService] });
    await tell([web('a', 120)], 30 * s);
    stage.runtime.setRules([aRule({ ...sumByService, grid: { ...grid, by: ['service', 'host'] } })]);
    await stage.advance(20 * s);
    expect(alerts()).toEqual([
      ['web', 'resolved', 120, 'rule_removed'],
      ['web', 'firing', 120],
    ]);
  });

  it('begins a new episode at the next grid time after a person ended one', async () => {
    await at({ rules: [{ ...sumByService, forMs: 15 * s }] });
    await tell([web('a', 120)], 45 * s);
    const [alert] = stage.store.alerts('default', {}, 1, null).items;
    const actor = { name: 'key:test' } as never;
    const answer = stage.runtime.services.resolve('default', alert!.id, { note: null }, actor, null);
    await tell([web('a', 120)], 15 * s);
    expect((await answer).status).toBe(200);
    expect(states()).toEqual(['web resolved', 'web pending']);
    await tell([web('a', 120)], 30 * s);
    expect(states()).toEqual(['web resolved', 'web firing']);
  });

  it('looks again at a grid time whose commit failed', async () => {
    let armed = false;
    await at({
      rules: [sumByService],
      wrapStore: (store) =>
        failingStore(store, ({ method }) => {
          if (method !== 'commit' || !armed) return null;
          armed = false;
          return { when: 'before' };
        }),
    });
    await stage.pushAll([web('a', 120)]);
    armed = true;
    await stage.advance(5 * s);
    expect(armed).toBe(false);
    expect(stage.runtime.engine.counts.reloads).toBe(1);
    const [alert] = stage.store.alerts('default', {}, 1, null).items;
    expect(alert!.firedAt).toBe(stage.t0 + 10 * s);
  });

  it('goes on with a clock that was put right, forward and back', async () => {
    for (const ms of [-2 * hour, 3 * hour]) {
      await at({ rules: [{ ...sumByService, noData: 'alert', noDataAfterMs: min }] });
      await tell([web('a', 20)], 30 * s);
      stage.runtime.engine.reanchor(() => stage.clock.move(ms));
      await stage.advance(10 * s);
      await tell([web('a', 20)], 2 * min);
      expect(states()).toEqual([]);
      expect(stage.runtime.engine.gridCounts.skipped).toBe(0);
      await tell([web('a', 120)], 30 * s);
      expect(states()).toEqual(['web firing']);
      if (ms < 0) await stage.close();
    }
  });

  it('makes up for the last 20 grid times after a stall, in order, and counts the others', async () => {
    await at({ rules: [{ ...sumByService, forMs: min }] });
    await tell([web('a', 120)], 30 * s);
    const before = { ...stage.runtime.engine.gridCounts };
    // Nothing runs for ten minutes; samples of it come with the first turn.
    const start = stage.clock.now();
    stage.clock.stall(10 * min);
    await stage.pushAll(
      Array.from({ length: 40 }, (_, i) => web('a', i < 30 ? 120 : 10, start + (i + 1) * 15 * s)),
    );
    await stage.advance(s);
    const counts = stage.runtime.engine.gridCounts;
    expect([counts.times - before.times, counts.skipped - before.skipped]).toEqual([20, 20]);
    const [alert] = stage.store.alerts('default', {}, 1, null).items;
    expect([alert!.firedAt, alert!.resolvedAt].map((time) => (time! - start) / s)).toEqual([300, 465]);
  });
});
