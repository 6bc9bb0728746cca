// What rules that count know after a start, a lost commit and a flood: nobody who fell silent is forgotten, and nothing
// counts twice.
import { afterEach, describe, expect, it } from 'vitest';
import { labelSet } from '../../rules/labels.ts';
import { parseRule } from '../../rules/parse.ts';
import type { Rule } from '../../rules/types.ts';
import { failingStore } from '../store/contract/failing-store.ts';
import { Stage, type StageOptions } from '../testing/stage.ts';

const s = 1_000;
const min = 60 * s;
const year = 365 * 24 * 60 * min;

function counting(keys: Record<string, unknown>): Rule {
  const read = parseRule({ name: 'Often', type: 'frequency', window: '5m', ...keys }, { kind: 'api' });
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return read.rule;
}

let stage: Stage;
afterEach(() => stage.close());

/** From a time of the grid on, and 1 s. */
async function at(rules: StageOptions['rules'], more: StageOptions = {}): Promise<void> {
  stage = new Stage({ ...more, ...(rules === undefined ? {} : { rules }) });
  await stage.advance(s);
}

/** Alerts of rules: name, own labels, state. */
function alerts(states: readonly ('pending' | 'firing' | 'resolved')[] = ['pending', 'firing']) {
  return stage.store
    .alerts('default', { states }, 100, null)
    .items.map(({ rule, labels: { alertname, severity, ...own } }) => [rule, own]);
}

const resolve = async (): Promise<void> => {
  const [alert] = stage.store.alerts('default', { states: ['firing'] }, 1, null).items;
  const done = stage.runtime.services.resolve(
    'default',
    alert!.id,
    { note: null },
    { kind: 'key', name: 'test' } as never,
    null,
  );
  await stage.advance(0);
  await done;
};

/** Fails the first commit after `arm` that says this of an alert. */
function losing(kind: string) {
  const plan = { armed: false, lost: 0 };
  const wrapStore: StageOptions['wrapStore'] = (store) =>
    failingStore(store, ({ method, args }) => {
      if (!plan.armed || method !== 'commit' || !JSON.stringify(args).includes(`"${kind}"`)) return null;
      plan.armed = false;
      plan.lost += 1;
      return { when: 'before' };
    });
  return { plan, wrapStore };
}

const silent = counting({
  ...{ name: 'Silent', event_type: 'backup_done', by: ['job'], window: '10m', operator: 'lt', threshold: 1 },
});
const beat = (job: string, occurredAt?: number) => stage.event({ job }, 'backup_done', occurredAt);

describe('a value that fell silent', () => {
  it('is told also when the process started again after its last event', async () => {
    await at([silent]);
    await beat('nightly');
    await stage.advance(7 * min);
    await stage.restart();
    await stage.advance(9 * min);
    expect(alerts()).toEqual([]);
    await stage.advance(2 * min);
    expect(alerts()).toEqual([['Silent', { job: 'nightly' }]]);
  });

  it('is told also when that was while the process was down', async () => {
    await at([silent]);
    await beat('nightly');
    await stage.advance(5 * min);
    await stage.stop();
    await stage.advance(10 * min);
    stage.start();
    await stage.advance(11 * min);
    expect(alerts()).toEqual([['Silent', { job: 'nightly' }]]);
  });

  it('is told also when the commit that would have said so was lost', async () => {
    const { plan, wrapStore } = losing('alert.firing');
    await at([silent], { wrapStore });
    await beat('other');
    await stage.advance(5 * min);
    await beat('nightly');
    await stage.advance(4 * min);
    plan.armed = true;
    await stage.advance(7 * min);
    expect(plan.lost).toBe(1);
    expect(alerts()).toEqual([
      ['Silent', { job: 'nightly' }],
      ['Silent', { job: 'other' }],
    ]);
  });

  it('is forgotten when a person said so, also after a restart', async () => {
    await at([silent]);
    await beat('nightly');
    await stage.advance(11 * min);
    expect(alerts()).toHaveLength(1);
    await resolve();
    await stage.advance(min);
    expect(alerts()).toEqual([]);
    await stage.restart();
    await stage.advance(30 * min);
    expect(alerts()).toEqual([]);
    expect(stage.runtime.engine.tenant('default')!.grid.count).toBe(0);
    await beat('nightly');
    await stage.advance(11 * min);
    expect(alerts()).toHaveLength(1);
  });
});

describe('what a rule counts', () => {
  it('is still counted after somebody resolved its alert by hand, and let go of when it is past', async () => {
    await at([counting({ event_type: 'login_failed', by: ['user'], threshold: 2 })]);
    for (let n = 0; n < 2; n++) await stage.event({ user: 'bob' });
    await stage.advance(5 * s);
    await resolve();
    await stage.advance(5 * s);
    expect([alerts().length, alerts(['resolved']).filter(([rule]) => rule !== null).length]).toEqual([1, 1]);
    await resolve();
    await stage.advance(6 * min);
    const { grid } = stage.runtime.engine.tenant('default')!;
    expect([alerts().length, grid.count, grid.counting.size]).toEqual([0, 0, 0]);
  });

  it('is no event of a clock that is far ahead or far behind, however often the process starts', async () => {
    await at([counting({ event_type: 'login_failed', by: ['user'], threshold: 2 })]);
    for (const ahead of [year, -year]) {
      for (let n = 0; n < 2; n++)
        await stage.event({ user: `${ahead}` }, 'login_failed', stage.clock.now() + ahead);
    }
    await stage.advance(4 * min);
    expect(alerts()).toEqual([]);
    // Those ahead count when they may have occurred at the latest.
    await stage.advance(2 * min);
    expect(alerts()).toEqual([['Often', { user: `${year}` }]]);
    await stage.restart();
    await stage.advance(5 * min);
    expect(alerts()).toEqual([]);
    expect(alerts(['resolved']).filter(([rule]) => rule !== null)).toHaveLength(1);
  });

  it('is every value of a label, also while one of them floods', async () => {
    await at([counting({ event_type: 'login_failed', distinct: 'ip', threshold: 3 })]);
    const { pipeline, grid } = stage.runtime.engine.tenant('default')!;
    const come = (ip: string, times: number) => {
      for (let n = 0; n < times; n++) {
        const labels = labelSet({ alertname: 'login_failed', ip });
        grid.counting.occurred(
          'events',
          { rule: null, labels, at: stage.clock.now() },
          pipeline,
          stage.clock.now(),
        );
      }
    };
    come('1', 1);
    come('2', 1);
    for (let n = 0; n < 20; n++) {
      come('flood', 1_000);
      await stage.advance(s);
    }
    expect(alerts()).toEqual([['Often', {}]]);
    expect(grid.counting.size).toBeLessThan(10);
  });
});

describe('rules that count alerts', () => {
  it('count what fires at the same time of the grid, wherever they stand in the file', async () => {
    const many = counting({ name: 'Many', of: 'alerts', threshold: 2, interval: '15s', eval_delay: '2s' });
    const grid = { by: ['host'], intervalMs: 15 * s, evalDelayMs: 2 * s };
    await at([
      many,
      { name: 'Hot', aggregate: 'last', across: 'max', grid, windowMs: 5 * min, threshold: 80 },
    ]);
    await stage.pushAll([
      { value: 90, host: 'a' },
      { value: 90, host: 'b' },
    ]);
    await stage.advance(30 * s);
    const { items } = stage.store.alerts('default', {}, 10, null);
    expect(items.map(({ rule }) => rule).sort()).toEqual(['Hot', 'Hot', 'Many']);
    expect(new Set(items.map(({ firedAt }) => firedAt)).size).toBe(1);
  });

  it('know after a restart of one that was pending for days', async () => {
    const many = counting({
      name: 'Many',
      of: 'alerts',
      threshold: 1,
      match: ['alertname="Hot"'],
      window: '30m',
    });
    await at([{ name: 'Hot', forMs: min, noData: 'keep' }, many]);
    await stage.push(90);
    await stage.advance(48 * 60 * min);
    await stage.push(90);
    await stage.advance(5 * s);
    expect(
      alerts()
        .map(([rule]) => rule)
        .sort(),
    ).toEqual(['Hot', 'Many']);
    await stage.restart();
    await stage.advance(min);
    expect(
      alerts()
        .map(([rule]) => rule)
        .sort(),
    ).toEqual(['Hot', 'Many']);
  });

  it('do not keep one another going when each counts the other', async () => {
    const of = { of: 'alerts', threshold: 1, by: ['team'], window: '1m' };
    await at([
      { name: 'Hot', labels: labelSet({ team: 'web' }) },
      counting({ name: 'A', ...of, match: ['alertname=~"Hot|B"'] }),
      counting({ name: 'B', ...of, match: ['alertname="A"'] }),
    ]);
    await stage.push(90);
    await stage.advance(20 * min);
    expect(alerts().map(([rule]) => rule)).toEqual(['Hot']);
    expect(
      alerts(['resolved'])
        .map(([rule]) => rule)
        .sort(),
    ).toEqual(['A', 'B']);
  });
});
