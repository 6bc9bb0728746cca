import { describe, expect, it } from 'vitest';
import type { GridRule } from '../../rules/grid.ts';
import { labelSet } from '../../rules/labels.ts';
import { parseRule } from '../../rules/parse.ts';
import { CountingRules } from './counting-rules.ts';
import { RuleGroups } from './rule-groups.ts';

const state = { openByKey: new Map() };

function counting(most: ConstructorParameters<typeof CountingRules>[0], ...docs: object[]) {
  const rules = new CountingRules(most);
  const all = docs.map((doc) => {
    const read = parseRule(
      { name: 'Often', type: 'frequency', window: '5m', threshold: 2, ...doc },
      { kind: 'api' },
    );
    if ('problems' in read) throw new Error(JSON.stringify(read.problems));
    const groups = new RuleGroups(read.rule as GridRule);
    rules.add(groups.counted!, groups);
    return groups;
  });
  const come = (user: string, at: number, alertname = 'failed') =>
    rules.occurred('events', { rule: null, labels: labelSet({ alertname, user }), at }, state, at);
  return { rules, all, come };
}

describe('what all rules of a tenant count', () => {
  it('is what occurred within their windows by a clock that may be right', () => {
    const few = { operator: 'lt', by: ['user'], event_type: 'failed' };
    const { rules, all, come } = counting(undefined, few);
    const now = 1_000_000_000;
    const [groups] = all;
    // Told now, it left every window long ago: nobody is waited for because of that.
    const labels = (user: string) => labelSet({ alertname: 'failed', user });
    rules.occurred('events', { rule: null, labels: labels('old'), at: now - 500_000 }, state, now);
    expect(groups!.groups.size).toBe(0);
    come('bob', now);
    expect(groups!.groups.size).toBe(1);
    const stored = [now + 600_000, now + 120_000, now - 700_000, now - 900_000];
    rules.fill(
      'events',
      stored.map((at) => ({ rule: null, labels: labels(`${at - now}`), at })),
      state,
      now,
    );
    const users = [...groups!.groups.values()].map((group) => group.labels(groups!.rule).user);
    expect(users.sort()).toEqual(['-700000', '120000', 'bob']);
  });

  it('is bounded in groups, and what comes on top is told', () => {
    const { rules, all, come } = counting({ entries: 100, groups: 10 }, { by: ['user'] });
    for (let n = 0; n < 13; n++) come(`${n}`, 1_000);
    // Of those that are known there is room for more.
    come('0', 1_000);
    expect([all[0]!.groups.size, rules.size, rules.uncounted]).toEqual([10, 11, 3]);
    const later = 400_000;
    for (const group of [...all[0]!.groups.values()]) {
      all[0]!.stands(group, false, later);
      all[0]!.release(group, false, later);
    }
    expect([all[0]!.groups.size, rules.size]).toEqual([0, 0]);
    come('new', later);
    expect([all[0]!.groups.size, rules.size, rules.uncounted]).toEqual([1, 1, 3]);
  });

  it('is bounded in entries, of all rules together', () => {
    const { rules, come } = counting(
      { entries: 10, groups: 100 },
      { event_type: 'failed' },
      { name: 'Any' },
      { name: 'Other', event_type: 'other' },
    );
    for (let n = 0; n < 7; n++) come('a', 1_000 + n);
    expect([rules.size, rules.uncounted]).toEqual([10, 4]);
  });

  it('is read from the store for rules that are new alone, no further back and of no other names than they need', () => {
    const { rules } = counting(undefined, { event_type: 'a' }, { name: 'B', event_type: 'b', window: '1h' });
    expect(rules.unread()).toEqual([{ kind: 'events', reachMs: 3_600_000, names: ['a', 'b'] }]);
    rules.fill('events', [], state, 0);
    expect(rules.unread()).toEqual([]);
    const few = { operator: 'lt', by: ['user'], window: '1h', match: ['alertname=~"a|b"'] };
    const { rules: other } = counting(undefined, { event_type: 'a' }, { name: 'Few', ...few });
    // Two windows, and twice the grid times that are made up for.
    expect(other.unread()).toEqual([{ kind: 'events', reachMs: 7_400_000, names: null }]);
  });
});
