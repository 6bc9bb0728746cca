import { describe, expect, it } from 'vitest';
import { DueCauses, mostDue } from './due-causes.ts';

const due = (tenant: string, incident: string, at: number, closed = false) => ({
  ...{ tenant, incident, at, closed, failures: 0 },
});

function takenBy(all: DueCauses, now: number): string[] {
  const taken: string[] = [];
  for (let one = all.take(now); one; one = all.take(now)) taken.push(one.incident);
  return taken;
}

describe('causes that are to be looked for', () => {
  it('come when they are due, the longest waiting first, and sooner when something says so', () => {
    const all = new DueCauses();
    all.add(due('acme', 'late', 90));
    all.add(due('acme', 'first', 10));
    all.add(due('acme', 'hurried', 80));
    all.add(due('acme', 'hurried', 20));
    all.add(due('acme', 'hurried', 70));
    expect(all.nextAt()).toBe(10);
    expect(takenBy(all, 50)).toEqual(['first', 'hurried']);
    expect([all.size, all.nextAt()]).toEqual([1, 90]);
    all.hurry();
    expect(takenBy(all, 50)).toEqual(['late']);
    expect([all.size, all.nextAt()]).toEqual([0, Number.POSITIVE_INFINITY]);
  });

  it('are not those that became part of another incident', () => {
    const all = new DueCauses();
    all.add(due('acme', 'a', 1));
    all.delete('acme', 'a');
    all.delete('acme', 'unknown');
    expect([all.size, all.take(9)]).toEqual([0, null]);
  });

  it('keep how often they failed', () => {
    const all = new DueCauses();
    all.add({ ...due('acme', 'a', 5), failures: 3 });
    all.add(due('acme', 'a', 5));
    expect(all.take(5)).toMatchObject({ incident: 'a', failures: 3 });
  });

  it('of one tenant wait for no flood of another', () => {
    const all = new DueCauses();
    for (let n = 0; n < 100; n++) all.add(due('flood', `f${n}`, n));
    all.add(due('acme', 'a', 98));
    all.add(due('acme', 'b', 99));
    expect(takenBy(all, 100).slice(0, 4)).toEqual(['f0', 'a', 'f1', 'b']);
  });

  it('have a bound: what is over is left out first, then what waits for the longest, and only of that tenant', () => {
    const all = new DueCauses();
    all.add(due('acme', 'quiet', 0, true));
    all.add(due('flood', 'open', 0));
    all.add(due('flood', 'over', 1, true));
    for (let n = 0; n < mostDue - 2; n++) all.add(due('flood', `f${n}`, 2 + n));
    expect([all.size, all.leftOut]).toEqual([mostDue + 1, 0]);
    all.add(due('flood', 'one more', 9_999));
    expect([all.size, all.leftOut]).toEqual([mostDue + 1, 1]);
    all.add(due('flood', 'and another', 9_999));
    expect([all.size, all.leftOut]).toEqual([mostDue + 1, 2]);
    const taken = takenBy(all, 10_000);
    expect(taken).toContain('quiet');
    expect(taken).toContain('and another');
    expect(taken).not.toContain('over');
    expect(taken).not.toContain('open');
  });

  it('stay due when they are opened again, or are over after all', () => {
    const all = new DueCauses();
    for (let n = 0; n < mostDue; n++) all.add(due('acme', `f${n}`, n));
    all.add(due('acme', 'f7', 9, true));
    all.add(due('acme', 'f3', 9, true));
    all.add(due('acme', 'f3', 9));
    all.add(due('acme', 'new', 9));
    const taken = takenBy(all, 10_000);
    expect(taken).toContain('f3');
    expect(taken).not.toContain('f7');
  });
});
