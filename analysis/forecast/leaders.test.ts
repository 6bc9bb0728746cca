import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Leaders, mostFollowers, mostLeaders } from './leaders.ts';

/** What the table has, in plain maps. */
class Plain {
  readonly leaders = new Map<
    string,
    { count: number; followers: Map<string, { count: number; lags: number[]; countedFor: number }> }
  >();

  count(key: string): void {
    const leader = this.leaders.get(key) ?? { count: 0, followers: new Map() };
    this.leaders.delete(key);
    this.leaders.set(key, leader);
    if (++leader.count < 64) return;
    leader.count /= 2;
    for (const [name, follower] of leader.followers) {
      follower.count /= 2;
      if (follower.count < 0.5) leader.followers.delete(name);
    }
  }

  learn(leaders: ReadonlyMap<string, number>, key: string, at: number): void {
    for (const [name, since] of leaders) {
      const leader = this.leaders.get(name);
      if (leader === undefined || name === key) continue;
      let follower = leader.followers.get(key);
      if (follower === undefined) {
        if (leader.followers.size >= mostFollowers) {
          const once = [...leader.followers].find(([, { count }]) => count <= 1);
          if (once === undefined) continue;
          leader.followers.delete(once[0]);
        }
        follower = { count: 0, lags: [], countedFor: Number.NaN };
        leader.followers.set(key, follower);
      }
      if (follower.countedFor === since) continue;
      follower.countedFor = since;
      follower.count = Math.min(leader.count, follower.count + 1);
      follower.lags = [...follower.lags, at - since].slice(-12);
    }
  }
}

it('counts what plain maps count, also after it was saved and taken up', () => {
  const step = fc.record({ key: fc.nat(40), lag: fc.integer({ min: -50, max: 400 }), save: fc.nat(60) });
  fc.assert(
    fc.property(fc.array(step, { minLength: 200, maxLength: 1_200 }), (steps) => {
      let table = new Leaders();
      const plain = new Plain();
      const recent = new Map<string, number>();
      let at = 0;
      for (const { key: number, lag, save } of steps) {
        at += lag;
        const key = `k${number}`;
        for (const one of [table, plain]) {
          one.learn(recent, key, at);
          one.count(key);
        }
        recent.delete(key);
        recent.set(key, at);
        if (recent.size > 30) recent.delete(recent.keys().next().value!);
        if (save > 0) continue;
        const saved = [...table];
        table = new Leaders();
        for (const [name, leader] of saved) table.restore(name, leader);
      }
      expect([...table]).toEqual([...plain.leaders]);
    }),
    { numRuns: 40 },
  );
});

it('forgets the leader that was counted longest ago, and uses its place', () => {
  const leaders = new Leaders();
  for (let n = 0; n < mostLeaders; n++) leaders.count(`k${n}`);
  leaders.learn(new Map([['k1', 5]]), 'after', 7);
  leaders.count('k0');
  leaders.count('new');
  expect(leaders.size).toBe(mostLeaders);
  expect(['k0', 'k1', 'k2', 'new'].map((key) => leaders.has(key))).toEqual([true, false, true, true]);
  const row = leaders.rowOf('new')!;
  expect(leaders.endOf(row)).toBe(leaders.firstOf(row));
  expect([...leaders].at(-2)![0]).toBe('k0');
});
