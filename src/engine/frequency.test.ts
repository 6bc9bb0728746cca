// Rules that count events and alerts (AL-A9): by label, distinct, too many and too few, over restarts and lost turns.
import { afterEach, describe, expect, it } from 'vitest';
import { labelSet } from '../../rules/labels.ts';
import { parseRule } from '../../rules/parse.ts';
import type { Rule } from '../../rules/types.ts';
import { failingStore } from '../store/contract/failing-store.ts';
import { Stage, type StageOptions } from '../testing/stage.ts';

const s = 1_000;
const min = 60 * s;

function counting(keys: Record<string, unknown>): Rule {
  const read = parseRule({ name: 'Often', type: 'frequency', window: '5m', ...keys }, { kind: 'api' });
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return read.rule;
}

let stage: Stage;
afterEach(() => stage?.close());

function at(rules: StageOptions['rules'], more: StageOptions = {}): void {
  stage = new Stage({ ...more, ...(rules === undefined ? {} : { rules }) });
}

const event = (labels: Record<string, string>, type?: string) => stage.event(labels, type);

/** Open alerts of rules: name, own labels, value. */
function open(): readonly (readonly [string | null, string, object, number | null])[] {
  return stage.store
    .alerts('default', { states: ['pending', 'firing'] }, 100, null)
    .items.map(({ rule, state, labels: { alertname, severity, ...own }, value }) => [
      rule,
      state,
      own,
      value,
    ]);
}

describe('a rule that counts events', () => {
  const failures = counting({ event_type: 'login_failed', threshold: 3, by: ['user'] });

  it('fires for the value that has too many of them, and resolves when they are past', async () => {
    at([failures]);
    for (const user of ['bob', 'eve', 'bob', 'bob']) await event({ user });
    await event({ user: 'eve' }, 'logout');
    await stage.advance(5 * s);
    expect(open()).toEqual([['Often', 'firing', { user: 'bob' }, 3]]);
    await stage.advance(4 * min);
    expect(open()).toHaveLength(1);
    await stage.advance(min);
    expect(open()).toEqual([]);
    expect(stage.runtime.engine.counts.reloads).toBe(0);
  });

  it('counts each value of a label once', async () => {
    at([counting({ event_type: 'login_failed', threshold: 2, by: ['user'], distinct: 'ip' })]);
    for (const ip of ['1', '1', '1']) await event({ user: 'bob', ip });
    await event({ user: 'bob' });
    await stage.advance(10 * s);
    expect(open()).toEqual([]);
    await event({ user: 'bob', ip: '2' });
    await stage.advance(5 * s);
    expect(open()).toEqual([['Often', 'firing', { user: 'bob' }, 2]]);
  });

  it('counts also those that the dedupe window holds back', async () => {
    at([counting({ event_type: 'login_failed', threshold: 3 })], { receiver: { dedupeWindowMs: 10 * min } });
    for (let n = 0; n < 3; n++) await event({ user: 'bob' });
    await stage.advance(5 * s);
    expect(open()).toEqual([['Often', 'firing', {}, 3]]);
  });

  it('knows after a restart, a kill and a lost turn what it knew', async () => {
    let armed = false;
    at([failures], {
      wrapStore: (store) =>
        failingStore(store, ({ method }) => {
          if (!armed || method !== 'commit') return null;
          armed = false;
          return { when: 'before' };
        }),
    });
    await event({ user: 'bob' });
    await stage.restart();
    await event({ user: 'bob' });
    stage.kill();
    stage.start();
    armed = true;
    // Nobody was told that this one was taken.
    await expect(event({ user: 'bob' })).rejects.toMatchObject({ code: 'unavailable' });
    await stage.advance(30 * s);
    expect(open()).toEqual([]);
    await event({ user: 'bob' });
    await stage.advance(5 * s);
    expect(open()).toEqual([['Often', 'firing', { user: 'bob' }, 3]]);
    await stage.restart();
    await stage.advance(6 * min);
    expect(open()).toEqual([]);
    expect(stage.events()).toEqual(expect.arrayContaining(['alert.firing', 'alert.resolved']));
  });

  it('that was added later counts what occurred before', async () => {
    at([{ name: 'Other' }]);
    for (let n = 0; n < 3; n++) await event({ user: 'bob' });
    stage.runtime.setRules([failures]);
    await stage.advance(5 * s);
    expect(open()).toEqual([['Often', 'firing', { user: 'bob' }, 3]]);
    // Edited in place it goes on with what it has.
    stage.runtime.setRules([counting({ event_type: 'login_failed', threshold: 2, by: ['user'] })]);
    await event({ user: 'eve' });
    await event({ user: 'eve' });
    await stage.advance(5 * s);
    expect(open()).toHaveLength(2);
  });
});

describe('too few of them', () => {
  const heartbeat = counting({
    ...{ name: 'Silent', event_type: 'heartbeat', operator: 'lt', threshold: 1, window: '10m' },
  });

  it('fire when the whole window was listened to, and end with the next one', async () => {
    at([heartbeat]);
    await stage.advance(9 * min);
    expect(open()).toEqual([]);
    await stage.advance(2 * min);
    expect(open()).toEqual([['Silent', 'firing', {}, 0]]);
    await event({}, 'heartbeat');
    await stage.advance(5 * s);
    expect(open()).toEqual([]);
  });

  it('wait one window more after a start: nobody listened before', async () => {
    at([heartbeat]);
    await event({}, 'heartbeat');
    await stage.advance(8 * min);
    await stage.restart();
    await stage.advance(9 * min);
    expect(open()).toEqual([]);
    await stage.advance(2 * min);
    expect(open()).toHaveLength(1);
  });

  it('are told of each value that fell silent, and of a stranger never', async () => {
    at([
      counting({ ...{ name: 'Silent', event_type: 'heartbeat', operator: '<', threshold: 1 }, by: ['job'] }),
    ]);
    for (let n = 0; n < 7; n++) {
      await event({ job: 'backup' }, 'heartbeat');
      await stage.advance(min);
    }
    expect(open()).toEqual([]);
    await stage.advance(5 * min);
    expect(open()).toEqual([['Silent', 'firing', { job: 'backup' }, 0]]);
    await stage.restart();
    await stage.advance(30 * min);
    expect(open()).toHaveLength(1);
    await event({ job: 'backup' }, 'heartbeat');
    await stage.advance(5 * s);
    expect(open()).toEqual([]);
  });
});

describe('a rule that counts alerts', () => {
  it('fires when many of a team do, and never counts itself', async () => {
    const many = counting({ name: 'Many', of: 'alerts', threshold: 2, by: ['team'], window: '2m' });
    at([{ name: 'Hot', labels: labelSet({ team: 'web' }) }, many]);
    await stage.pushAll([
      { value: 90, host: 'a' },
      { value: 90, host: 'b' },
    ]);
    await stage.advance(5 * s);
    const own = open().filter(([rule]) => rule === 'Many');
    expect(own).toEqual([['Many', 'firing', { team: 'web' }, 2]]);
    await stage.restart();
    await stage.advance(10 * s);
    expect(open().filter(([rule]) => rule === 'Many')).toHaveLength(1);
    await stage.advance(2 * min);
    expect(open().filter(([rule]) => rule === 'Many')).toEqual([]);
  });
});
