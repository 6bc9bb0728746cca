import { describe, expect, it } from 'vitest';
import type { ThresholdRule } from '../../../rules/types.ts';
import { aRule } from '../builders.ts';
import { Counters } from './counters.ts';
import { Groups } from './groups.ts';
import type { World } from './world.ts';

const s = 1_000;
const start = 600 * s;
const grid = { by: [], intervalMs: 5 * s, evalDelayMs: 10 * s };

/** Two hosts push each second; what they push changes at `changesAt`. Answers the look at `now`, when the alert is so. */
function looksAt(
  now: number,
  pushed: { readonly before: number; readonly after: number; readonly changesAt: number },
  state: 'pending' | 'firing' | null,
  over: Partial<ThresholdRule> = {},
) {
  const rule = aRule({ name: 'Busy', across: 'min', windowMs: 60 * s, threshold: 70, grid, ...over });
  const alerts = state === null ? [] : [{ row: { state } }];
  const counters = new Counters();
  const world = { rules: [rule], counters, clock: { now: () => now }, journal: { ofKey: () => alerts } };
  const groups = new Groups(world as unknown as World);
  for (const host of ['h0', 'h1'])
    for (let timestamp = start; timestamp <= now; timestamp += s) {
      const value = timestamp < pushed.changesAt ? pushed.before : pushed.after;
      groups.pushed('default', [{ metric: 'cpu', labels: { host }, timestamp, value }]);
    }
  return () => {
    groups.sweepCalm();
    return counters.of('group must fire') + counters.of('group must be quiet');
  };
}

/** When the grid time at which the values change is due. */
const changesAt = start + 120 * s;
const due = changesAt + grid.evalDelayMs;
const falls = { before: 90, after: 10, changesAt };
const rises = { before: 10, after: 90, changesAt };

describe('in the calm, of a rule over several series', () => {
  it('nothing is said in the second in which another verdict is due: it may have been judged, or not', () => {
    for (const at of [due, due + s - 1]) {
      for (const state of ['firing', null] as const) {
        expect(looksAt(at, falls, state)()).toBe(0);
        expect(looksAt(at, rises, state)()).toBe(0);
      }
      expect(looksAt(at, rises, 'pending', { forMs: 30 * s })()).toBe(0);
    }
  });

  it('an alert is missed until the other verdict is due, and where the one that is due says the same', () => {
    const missed = 'rule:Busy:{} (min of last) is inactive although it is true';
    expect(looksAt(due - 1, falls, null)).toThrow(missed);
    expect(looksAt(due - 1, falls, 'firing')()).toBe(1);
    expect(looksAt(due - 5 * s, falls, null)).toThrow(missed);
    const stays = { before: 90, after: 80, changesAt };
    expect(looksAt(due, stays, null)).toThrow(missed);
    expect(looksAt(due, stays, 'firing')()).toBe(1);
  });

  it('and where hysteresis decides the one that is due: what fires goes on', () => {
    const between = { before: 90, after: 65, changesAt };
    const over = { resolveThreshold: 60 };
    expect(looksAt(due, between, null, over)).toThrow('is inactive although it is true');
    expect(looksAt(due, between, 'firing', over)()).toBe(1);
  });

  it('an alert is one too many until the other verdict is due, and where the one that is due says the same', () => {
    const surplus = 'rule:Busy:{} (min of last) is firing although it is false';
    expect(looksAt(due - 1, rises, 'firing')).toThrow(surplus);
    expect(looksAt(due - 1, rises, null)()).toBe(1);
    expect(looksAt(due, { ...rises, after: 20 }, 'firing')).toThrow(surplus);
  });

  it('the new verdict is asked for once it has held for as long as the alert takes', () => {
    const settled = due + 40 * s;
    expect(looksAt(settled, falls, 'firing')).toThrow('is firing although it is false');
    expect(looksAt(settled, rises, null)).toThrow('is inactive although it is true');
  });
});
