import { afterEach, describe, expect, it } from 'vitest';
import { deliveryPolicyOf } from '../delivery/delivery-policy.ts';
import { failingStore, failNth } from '../store/contract/failing-store.ts';
import { aReceiver, aRoute, aRule } from '../testing/builders.ts';
import { Stage, type StageOptions } from '../testing/stage.ts';

const s = 1_000;
const min = 60 * s;
let stage: Stage;
const at = (options: StageOptions = {}) => {
  stage = new Stage({
    route: { groupWaitMs: 0, groupIntervalMs: 0, resolveWaitMs: 0 },
    receiver: { dedupeWindowMs: 0 },
    ...options,
  });
  return stage;
};
afterEach(() => stage.close());

describe('`for` and keep_firing_for, on sample time', () => {
  it('fires when a sample is still true after `for`, not before and not without one', async () => {
    at({ rules: [{ forMs: 30 * s }] });
    await stage.push(90);
    await stage.advance(5 * min);
    expect(stage.sent).toEqual([]);
    await stage.push(91);
    expect(stage.events()).toEqual(['alert.pending', 'alert.firing']);
  });

  it('begins anew when a sample in between was false', async () => {
    at({ rules: [{ forMs: 30 * s }] });
    await stage.push(90);
    await stage.advance(20 * s);
    await stage.push(10);
    await stage.advance(20 * s);
    await stage.push(90);
    expect(stage.events()).toEqual(['alert.pending', 'alert.cleared', 'alert.pending']);
  });

  it('counts sample time, so that samples which come late in one batch give the same episode', async () => {
    at({ rules: [{ forMs: 30 * s }] });
    const now = stage.clock.now();
    await stage.pushAll([
      { value: 90, at: now - 60 * s },
      { value: 90, at: now - 40 * s },
      { value: 90, at: now - 20 * s },
    ]);
    expect(stage.sent[0]!.message.alerts[0]!.startsAt).toBe(now - 20 * s);
  });

  it('keeps firing while samples are missing for less than keep_firing_for', async () => {
    at({ rules: [{ keepFiringForMs: 2 * min, noData: 'ok', noDataAfterMs: min }] });
    await stage.push(90);
    await stage.advance(2 * min);
    expect(stage.said().map(([, reason]) => reason)).toEqual(['first']);
    await stage.push(90);
    await stage.advance(10 * min);
    expect(stage.said()).toEqual([
      [0, 'first'],
      [5 * 60, 'resolved'], // last sample at 2 min, silent at 3 min, kept for 2 min
    ]);
  });

  it('outlives false samples for keep_firing_for and recovers without a word', async () => {
    at({ rules: [{ keepFiringForMs: min }] });
    await stage.push(90);
    await stage.advance(10 * s);
    await stage.push(10);
    await stage.advance(30 * s);
    await stage.push(95);
    await stage.advance(10 * s);
    expect(stage.events()).toEqual(['alert.firing', 'alert.held', 'alert.recovered']);
    await stage.push(10);
    await stage.advance(61 * s);
    await stage.push(10);
    expect(stage.said().map(([, reason]) => reason)).toEqual(['first', 'resolved']);
  });
});

describe('hysteresis', () => {
  it('stays true until the value is back beyond the resolve threshold', async () => {
    at({ rules: [{ threshold: 80, resolveThreshold: 70 }] });
    for (const value of [85, 75, 71, 70, 85]) {
      await stage.push(value);
      await stage.advance(s);
    }
    expect(stage.events()).toEqual(
      ['alert.firing', 'alert.resolved(condition_cleared)', 'alert.firing'].map((e) =>
        e.replace('(condition_cleared)', ''),
      ),
    );
  });
});

describe('a series that stops', () => {
  it('keeps its state under `no_data: keep`', async () => {
    at({ rules: [{ noData: 'keep' }] });
    await stage.push(90);
    await stage.advance(60 * min);
    expect(stage.events()).toEqual(['alert.firing']);
  });

  it('resolves under `no_data: ok`', async () => {
    at({ rules: [{ noData: 'ok', noDataAfterMs: 2 * min }] });
    await stage.push(90);
    await stage.advance(10 * min);
    expect(stage.said()).toEqual([
      [0, 'first'],
      [120, 'resolved'],
    ]);
  });

  it('fires under `no_data: alert`, after `for`, and resolves with the next good sample', async () => {
    at({ rules: [{ noData: 'alert', noDataAfterMs: min, forMs: 30 * s }] });
    await stage.push(10);
    await stage.advance(10 * min);
    expect(stage.events()).toEqual(['alert.pending(no_data)', 'alert.firing(no_data)']);
    expect(stage.said()).toEqual([[90, 'first']]);
    await stage.push(10);
    expect(stage.events().at(-1)).toBe('alert.resolved');
  });

  it('does not let hysteresis keep what silence fired', async () => {
    at({ rules: [{ noData: 'alert', noDataAfterMs: min, threshold: 80, resolveThreshold: 70 }] });
    await stage.push(75);
    await stage.advance(5 * min);
    await stage.push(75);
    expect(stage.events()).toEqual(['alert.firing(no_data)', 'alert.resolved']);
  });

  it('knows after a restart whether silence or a sample speaks for what fires', async () => {
    at({ rules: [{ noData: 'alert', noDataAfterMs: min, threshold: 80, resolveThreshold: 70 }] });
    await stage.push(75);
    await stage.advance(2 * min);
    await stage.restart();
    await stage.push(75);
    expect(stage.events()).toEqual(['alert.firing(no_data)', 'alert.resolved']);
    await stage.advance(2 * min);
    await stage.push(90);
    await stage.restart();
    await stage.push(75);
    expect(stage.events().slice(2)).toEqual(['alert.firing(no_data)', 'alert.data_back']);
  });

  it('is what `absent` tells, for a series that was there and for one that never came', async () => {
    at({ rules: [{ name: 'Gone', aggregate: 'absent', windowMs: 2 * min }] });
    await stage.advance(10 * min);
    expect(stage.said()).toEqual([[120, 'first']]);
    await stage.push(1);
    expect(stage.said().at(-1)).toEqual([600, 'resolved']);
    await stage.advance(3 * min);
    expect(stage.sent.at(-1)!.message.alerts[0]!.labels).toMatchObject({ alertname: 'Gone', host: 'a' });
  });

  it('is not told when a sample came first, however late its turn is', async () => {
    at({ rules: [{ aggregate: 'absent', windowMs: 2 * min, forMs: 30 * s }] });
    await stage.push(1);
    // The sample and the end of the window meet in one turn of the loop.
    stage.clock.at(stage.t0 + 2 * min, () => void stage.push(1, { at: stage.t0 + 2 * min - 1 }));
    await stage.advance(2 * min);
    await stage.push(1);
    await stage.advance(10 * s);
    await stage.push(1);
    expect(stage.events()).toEqual([]);
    await stage.advance(5 * min);
    expect(stage.events()).toEqual(['alert.pending(absent)', 'alert.firing(absent)']);
  });

  it('is seen in time behind a sample that ended another one before its `for` was over', async () => {
    at({ rules: [{ aggregate: 'absent', windowMs: 30 * s, forMs: 3 * min }] });
    await stage.push(1);
    await stage.advance(40 * s);
    await stage.push(1);
    expect(stage.events()).toEqual(['alert.pending(absent)', 'alert.cleared']);
    await stage.advance(30 * s);
    expect(stage.events().slice(2)).toEqual(['alert.pending(absent)']);
    await stage.advance(3 * min - 1);
    expect(stage.events()).toHaveLength(3);
    await stage.advance(1);
    expect(stage.events().at(-1)).toBe('alert.firing(absent)');
  });

  it('counts only time in which ingest was up: after a start absence waits one window', async () => {
    at({ rules: [{ aggregate: 'absent', windowMs: 2 * min }] });
    await stage.push(1);
    await stage.advance(90 * s);
    await stage.restart();
    const started = (stage.clock.now() - stage.t0) / s;
    await stage.advance(5 * min);
    expect(stage.said()).toEqual([[started + 120, 'first']]);
  });
});

describe('windows', () => {
  it('say insufficient_data until they cover their span', async () => {
    at({ rules: [{ aggregate: 'avg', windowMs: min }] });
    await stage.keepPushing(90, 60 * s);
    expect(stage.events()).toEqual([]);
    await stage.push(90);
    expect(stage.events()).toEqual(['alert.firing']);
  });

  it('are filled by late samples, which evaluate nothing', async () => {
    at();
    await stage.push(10);
    await stage.push(99, { at: stage.clock.now() - 5 * s });
    expect(stage.runtime.engine.sampleCounts).toMatchObject({ samples: 2, late: 1, evaluations: 1 });
    expect(stage.events()).toEqual([]);
  });

  it('evaluate the newest time again only with another value', async () => {
    at();
    const now = stage.clock.now();
    await stage.push(10, { at: now });
    await stage.push(10, { at: now });
    expect(stage.runtime.engine.sampleCounts).toMatchObject({ unchanged: 1, evaluations: 1 });
    await stage.push(99, { at: now });
    expect(stage.events()).toEqual(['alert.firing']);
  });

  it('are refilled after a restart', async () => {
    at({ rules: [{ aggregate: 'avg', windowMs: min }] });
    await stage.keepPushing(90, 50 * s);
    await stage.restart();
    await stage.push(90);
    await stage.advance(10 * s);
    await stage.push(90);
    expect(stage.events()).toEqual(['alert.firing']);
  });
});

describe('after a restart', () => {
  it('a pending alert goes on with its `for` and fires on a fresh sample that is still true', async () => {
    at({ rules: [{ forMs: min }] });
    await stage.push(90);
    await stage.advance(30 * s);
    await stage.restart();
    await stage.advance(5 * min);
    expect(stage.events()).toEqual(['alert.pending']);
    await stage.push(90);
    expect(stage.events()).toEqual(['alert.pending', 'alert.firing']);
  });

  it('a group sends at the time that it had', async () => {
    at({ route: { groupWaitMs: min } });
    await stage.push(90);
    await stage.advance(20 * s);
    await stage.restart();
    await stage.advance(5 * min);
    expect(stage.said()).toEqual([[60, 'first']]);
  });

  it('what a killed process had told is not told again', async () => {
    at();
    await stage.push(90);
    await stage.advance(s);
    stage.kill();
    stage.start();
    await stage.advance(min);
    expect(stage.said()).toEqual([[0, 'first']]);
  });

  it('an alert whose series nobody remembers is not ended by silence while its samples come', async () => {
    at({ rules: [{ noData: 'ok', noDataAfterMs: min }] });
    const odd = { labels: { host: 'a', severity: 'odd' } };
    await stage.pushAll([{ value: 90, ...odd }]);
    // Before its samples are flushed: the alert is all that is left, and its key knows no label `severity`.
    stage.kill();
    stage.start();
    for (let n = 0; n < 5; n++) {
      await stage.advance(30 * s);
      await stage.pushAll([{ value: 90, ...odd }]);
    }
    expect(stage.events()).not.toContain('alert.resolved(no_data)');
    await stage.advance(2 * min);
    expect(stage.events()).toContain('alert.resolved(no_data)');
  });
});

describe('a clock that is put right', () => {
  const day = 24 * 60 * min;
  const move = async (ms: number) => {
    stage.runtime.engine.reanchor(() => stage.clock.move(ms));
    await stage.advance(0);
  };

  it('by a day back: what fires is repeated in time, and samples of the right time are not late', async () => {
    at({ route: { groupWaitMs: 0, groupIntervalMs: 0, resolveWaitMs: 0, repeatIntervalMs: 60 * min } });
    await stage.push(90);
    await stage.advance(min);
    await move(-day);
    for (let n = 0; n < 13; n++) {
      await stage.advance(5 * min);
      await stage.push(91);
    }
    expect(stage.sent.map(({ message }) => message.reason)).toEqual(['first', 'repeat']);
    await stage.push(10);
    expect(stage.sent.at(-1)!.message.reason).toBe('resolved');
  });

  it('by a day back: a pending alert fires after its `for`', async () => {
    at({ rules: [{ forMs: 2 * min }] });
    await stage.push(90);
    await move(-day);
    await stage.push(90);
    await stage.advance(2 * min);
    await stage.push(90);
    expect(stage.events()).toEqual(['alert.pending', 'alert.firing']);
  });

  it('by a day back: absence is told after its window', async () => {
    at({ rules: [{ aggregate: 'absent', windowMs: 5 * min }] });
    await stage.push(1);
    await move(-day);
    await stage.advance(5 * min);
    expect(stage.events()).toEqual(['alert.firing(absent)']);
  });

  it('by a day back: a retry does not wait for the day', async () => {
    at({
      answer: ({ attempt }) => (attempt === 1 ? { kind: 'transient', message: 'no' } : { kind: 'sent' }),
    });
    await stage.push(90);
    await move(-day);
    await stage.advance(min);
    expect(stage.sent.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  it('by a day forward: one repeat of what fires, and no silence that nobody kept', async () => {
    at({
      route: { groupWaitMs: 0, groupIntervalMs: 0, resolveWaitMs: 0, repeatIntervalMs: 60 * min },
      rules: [
        { noData: 'ok', noDataAfterMs: 5 * min },
        { name: 'Gone', aggregate: 'absent', windowMs: 5 * min },
      ],
    });
    await stage.push(90);
    await stage.advance(min);
    await move(day);
    await stage.advance(min);
    await stage.push(90);
    await stage.advance(3 * min);
    expect(stage.sent.map(({ message }) => message.reason)).toEqual(['first', 'repeat']);
    expect(stage.events()).toEqual(['alert.firing']);
  });
});

describe('rules that change', () => {
  it('keep the episode when edited in place', async () => {
    at();
    await stage.push(90);
    stage.runtime.setRules([aRule({ threshold: 50, hash: 'h2' })]);
    await stage.push(60);
    expect(stage.events()).toEqual(['alert.firing']);
    await stage.push(40, { at: stage.clock.now() + 1 });
    expect(stage.events()).toEqual(['alert.firing', 'alert.resolved']);
  });

  it('resolve their alerts when removed', async () => {
    at();
    await stage.push(90);
    stage.runtime.setRules([aRule({ name: 'Other' })]);
    await stage.advance(s);
    expect(stage.events()).toEqual(['alert.firing', 'alert.resolved(rule_removed)']);
    expect(stage.said().at(-1)![1]).toBe('resolved');
  });

  it('begin anew when they are back before their alerts were resolved', async () => {
    at();
    await stage.push(90);
    stage.runtime.setRules([]);
    stage.runtime.setRules([aRule()]);
    await stage.advance(s);
    await stage.push(90);
    expect(stage.events()).toEqual(['alert.firing', 'alert.resolved(rule_removed)', 'alert.firing']);
  });

  it('resolve their alerts when removed while the process was down', async () => {
    at();
    await stage.push(90);
    await stage.stop();
    stage.rules = [aRule({ name: 'Other' })];
    stage.start();
    await stage.advance(s);
    expect(stage.events().at(-1)).toBe('alert.resolved(rule_removed)');
  });
});

describe('a delivery', () => {
  it('is tried by its schedule and then in slow rounds for a day, under one id; dead, its resolve is dropped', async () => {
    at({ answer: () => ({ kind: 'transient', message: '500', code: '500' }) });
    await stage.push(90);
    await stage.advance(6 * min);
    expect(stage.sent.map(({ at: when, attempt }) => [Math.round(when), attempt])).toEqual([
      [0, 1],
      [10, 2],
      [20, 3],
      [320, 4],
    ]);
    await stage.push(10);
    await stage.advance(24 * 60 * min);
    expect(new Set(stage.sent.map(({ deliveryId }) => deliveryId)).size).toBe(1);
    const { items } = stage.store.deliveries('default', {}, 10, null);
    expect(items.map(({ state, reason }) => [state, reason])).toEqual([
      ['dropped', 'firing_not_sent'],
      ['dead', 'expired'],
    ]);
  });

  it('that died is remembered when the route tree changes: the resolve is dropped, also after a restart', async () => {
    at({ answer: () => ({ kind: 'permanent', message: '404', code: '404' }) });
    await stage.push(90);
    await stage.advance(s);
    const { receiver } = aRoute();
    const child = aRoute({
      path: '{}/{severity="warning"}',
      groupWaitMs: 0,
      groupIntervalMs: 0,
      resolveWaitMs: 0,
    });
    const routing = { route: aRoute({ routes: [child] }), receivers: new Map([[receiver, aReceiver()]]) };
    stage.runtime.engine.setRouting(
      routing,
      deliveryPolicyOf(new Map([['hook', { name: 'hook', type: 'capture' }]])),
    );
    await stage.advance(s);
    await stage.restart();
    await stage.push(10);
    await stage.advance(min);
    expect(stage.sent).toHaveLength(1);
    const { items } = stage.store.deliveries('default', {}, 10, null);
    expect(items.map(({ state, reason }) => [state, reason])).toEqual([
      ['dropped', 'firing_not_sent'],
      ['dead', 'permanent'],
    ]);
  });

  for (const longer of [1, 5, 30, 125]) {
    it(`under a loop that stands still for ${longer} s is told once more at most, under the same id`, async () => {
      let answer: () => void = () => {};
      const held = new Promise<void>((resolve) => {
        answer = resolve;
      });
      at({ answer: async () => held.then(() => ({ kind: 'sent' })) });
      await stage.push(90);
      await stage.advance(s);
      stage.clock.stall(longer * s);
      answer();
      await stage.push(10);
      await stage.advance(min);
      const first = stage.sent.filter(({ message }) => message.reason === 'first');
      // Its lease of 120 s was over: then somebody else might have had it.
      expect(first.length).toBeLessThanOrEqual(longer > 120 ? 2 : 1);
      expect(new Set(first.map(({ deliveryId }) => deliveryId)).size).toBe(1);
      expect(stage.said().at(-1)![1]).toBe('resolved');
      expect(stage.store.deliveryCounts('default')).toMatchObject({
        sent: 2,
        queued: 0,
        sending: 0,
        dead: 0,
      });
    });
  }

  it('that hangs is ended by its deadline', async () => {
    at({ answer: () => new Promise(() => {}) });
    await stage.push(90);
    await stage.advance(9 * s);
    expect(stage.runtime.dispatcher.running).toBe(1);
    await stage.advance(3 * s);
    expect(stage.runtime.dispatcher.running).toBe(0);
    expect(stage.events('delivery')).toEqual(['delivery.retry(unknown)']);
  });
});

describe('a commit that fails', () => {
  for (const when of ['before', 'after'] as const) {
    it(`${when} it was written refuses the push; the same push again does what is missing, once`, async () => {
      let armed = false;
      at({
        wrapStore: (store) =>
          failingStore(store, (call) => {
            if (!armed || call.method !== 'commit') return null;
            armed = false;
            return when === 'before' ? { when } : { when };
          }),
      });
      await stage.push(10);
      armed = true;
      const now = stage.clock.now() + 1;
      await expect(stage.push(90, { at: now })).rejects.toMatchObject({ code: 'unavailable' });
      await stage.advance(5 * s);
      await stage.push(90, { at: now });
      await stage.advance(5 * s);
      expect(stage.runtime.engine.counts.reloads).toBe(1);
      expect(stage.events()).toEqual(['alert.firing']);
      expect(stage.said().map(([, reason]) => reason)).toEqual(['first']);
    });
  }

  it('lets no old sample that comes again end a silence', async () => {
    let armed = false;
    at({
      rules: [
        { name: 'Gone', aggregate: 'absent', windowMs: 30 * s, forMs: 5 * min },
        { name: 'Busy', metric: 'load' },
      ],
      wrapStore: (store) =>
        failingStore(store, ({ method }) => {
          if (!armed || method !== 'commit') return null;
          armed = false;
          return { when: 'before' };
        }),
    });
    const then = stage.clock.now();
    await stage.push(1, { at: then });
    armed = true;
    const lost = stage.push(90, { at: then, metric: 'load' });
    await expect(lost).rejects.toMatchObject({ code: 'unavailable' });
    await stage.advance(40 * s);
    // The turn of this one was stored, that of the other was not.
    await stage.push(1, { at: then });
    await stage.push(90, { at: then, metric: 'load' });
    expect(stage.events()).toEqual(['alert.pending(absent)', 'alert.firing']);
    await stage.push(1);
    expect(stage.events().slice(2)).toEqual(['alert.cleared']);
  });

  it('because another process took over is fatal', async () => {
    at();
    stage.store.takeShards('somebody else', stage.clock.now());
    await expect(stage.push(90)).rejects.toMatchObject({ code: 'unavailable' });
    expect(String(stage.fatal[0])).toContain('epoch');
  });

  it('at the start of the work is not hidden', () => {
    const plan = failNth('takeShards', 1, { when: 'before' });
    expect(() => new Stage({ wrapStore: (store) => failingStore(store, plan) })).toThrow('takeShards');
    stage = new Stage();
  });
});

describe('a tenant over its bounds', () => {
  it('is asked to slow down, and others are not', async () => {
    at({ limits: { queuePerTenant: 10 } });
    const many = Array.from({ length: 11 }, (_, i) => ({ value: 1, host: `h${i}` }));
    const first = stage.pushAll(many);
    await expect(stage.pushAll(many)).rejects.toMatchObject({ code: 'overloaded' });
    await stage.push(1, { tenant: 'other' });
    await first;
    await stage.pushAll(many);
  });
});
