import { beforeEach, describe, expect, it } from 'vitest';
import type { BreakerRow } from '../pipeline/rows.ts';
import { failuresToOpen, loadBreaker, noteClaim, noteRelease, noteResult, pausesOf } from './breaker.ts';
import { emptyPlan, type PlanResult } from './plan-result.ts';
import type { AttemptResult } from './retry.ts';
import { emptyPolicyState, type PolicyState } from './state.ts';

const t0 = 1_700_000_000_000;
const noPolicy = { ways: new Map(), strategies: new Map() };
let state: PolicyState;
let ids = 0;
beforeEach(() => {
  ids = 0;
  state = emptyPolicyState('default', () => `e-${++ids}`, noPolicy);
});

function attempt(kind: AttemptResult['kind'], at = t0, id = 'd', dueAt = at) {
  const out = emptyPlan();
  const result = { kind, code: '503', message: 'down', providerId: null, retryAfterMs: null };
  const said = noteResult(state, { id, channel: 'hook', dueAt }, result, at, out);
  return { ...said, out };
}
const fail = (n: number, at = t0) => {
  for (let i = 1; i < n; i++) attempt('network', at);
  return attempt('network', at);
};
/** A claim at `at` of the delivery that asks. */
const probe = (at: number, id = 'p') => {
  expect(pausesOf(state, at)).toMatchObject([{ channel: 'hook', probe: true }]);
  noteClaim(state, 'hook', id, at);
};
const events = (out: PlanResult) =>
  out.effects.flatMap((effect) =>
    effect.put === 'event' ? [`${effect.row.subjectId} ${effect.row.kind} ${effect.row.reason}`] : [],
  );
const rows = (out: PlanResult) =>
  out.effects.flatMap((effect) => (effect.put === 'breaker' ? [effect.row] : []));

describe('a breaker', () => {
  it('opens at the fifth failure in a row, for 30 seconds, and says so', () => {
    expect(fail(failuresToOpen - 1)).toMatchObject({ parkedUntil: null, out: { effects: [] } });
    expect(pausesOf(state, t0)).toEqual([]);
    const { out, parkedUntil } = fail(1);
    expect(parkedUntil).toBe(t0 + 30_000);
    expect(events(out)).toEqual(['hook channel.paused network']);
    expect(rows(out)).toMatchObject([
      { state: 'open', reason: 'network', failures: 5, probeAt: t0 + 30_000 },
    ]);
    expect([out.paused, out.wakeAt]).toEqual([['hook'], [t0 + 30_000]]);
  });

  it.each(['sent', 'delivered', 'partial', 'permanent', 'invalid_recipient', 'payload_too_large'] as const)(
    'begins to count anew after %s: the receiver answered',
    (kind) => {
      fail(failuresToOpen - 1);
      attempt(kind);
      expect(fail(failuresToOpen - 1).parkedUntil).toBeNull();
      expect(fail(1).parkedUntil).not.toBeNull();
    },
  );

  it('is not moved by a provider that is busy', () => {
    fail(failuresToOpen - 1);
    attempt('rate_limited');
    expect(fail(1).parkedUntil).toBe(t0 + 30_000);
  });

  it('waits twice as long after each failed probe, five minutes at most', () => {
    fail(failuresToOpen);
    const waits: number[] = [];
    let at = t0 + 30_000;
    for (let n = 0; n < 6; n++) {
      expect(pausesOf(state, at - 1)).toMatchObject([{ probe: false, until: at }]);
      probe(at);
      const { probe: was, out } = attempt('transient', at + 200, 'p');
      expect(was).toBe(true);
      expect(events(out)).toEqual([]);
      const [row] = rows(out);
      waits.push((row!.probeAt - at) / 1000);
      at = row!.probeAt;
    }
    expect(waits).toEqual([60, 120, 240, 300, 300, 300]);
  });

  it('lets one probe out at a time', () => {
    fail(failuresToOpen);
    probe(t0 + 30_000);
    expect(pausesOf(state, t0 + 30_001)).toMatchObject([{ probe: false, until: t0 + 90_000 }]);
    noteRelease(state, 'hook', 'p', t0 + 31_000);
    expect(pausesOf(state, t0 + 31_000)).toMatchObject([{ probe: true }]);
  });

  it('closes when the probe succeeds', () => {
    fail(failuresToOpen);
    probe(t0 + 30_000);
    const { out, parkedUntil } = attempt('sent', t0 + 30_200, 'p');
    expect(parkedUntil).toBeNull();
    expect(events(out)).toEqual(['hook channel.resumed network']);
    expect(rows(out)).toMatchObject([{ state: 'closed', reason: null, failures: 0 }]);
    expect(out.resumed).toEqual(['hook']);
    expect(pausesOf(state, t0 + 30_200)).toEqual([]);
  });

  it('is neither prolonged nor closed by the failures of attempts that were under way', () => {
    fail(failuresToOpen);
    for (const kind of ['network', 'permanent', 'rate_limited'] as const)
      expect(attempt(kind, t0 + 5).out.effects).toEqual([]);
    expect(pausesOf(state, t0 + 5)).toMatchObject([{ until: t0 + 30_000 }]);
  });

  it('opens at once when the login is refused, and asks every five minutes', () => {
    const { out, parkedUntil } = attempt('auth');
    expect(parkedUntil).toBe(t0 + 300_000);
    expect(events(out)).toEqual(['hook channel.paused auth']);
    probe(t0 + 300_000);
    expect(rows(attempt('auth', t0 + 300_100, 'p').out)).toMatchObject([{ probeAt: t0 + 600_000 }]);
    expect(attempt('auth', t0 + 300_200).out.effects).toEqual([]);
  });

  it('says when the reason became another one', () => {
    fail(failuresToOpen);
    expect(events(attempt('auth', t0 + 1).out)).toEqual(['hook channel.paused auth']);
    probe(t0 + 300_001);
    const { out } = attempt('network', t0 + 300_100, 'p');
    expect(events(out)).toEqual(['hook channel.paused network']);
    expect(rows(out)).toMatchObject([{ probeAt: t0 + 330_100 }]);
  });

  it('puts a probe that failed behind those that were not asked', () => {
    fail(failuresToOpen);
    probe(t0 + 30_000);
    const first = attempt('network', t0 + 30_100, 'p', t0 + 30_000);
    expect(first.parkedUntil).toBe(t0 + 90_000 + 1_000);
    probe(t0 + 90_000);
    const again = attempt('network', t0 + 90_100, 'p', t0 + 91_000);
    expect(again.parkedUntil).toBe(t0 + 210_000 + 2_000);
  });

  it('goes on after a restart where it was, and asks at most as late as it may', () => {
    const row: BreakerRow = rows(fail(failuresToOpen).out)[0]!;
    state = emptyPolicyState('default', () => 'e', noPolicy);
    loadBreaker(state, row, t0 + 10_000);
    expect(pausesOf(state, t0 + 10_000)).toMatchObject([{ probe: false, until: t0 + 30_000 }]);
    state = emptyPolicyState('default', () => 'e', noPolicy);
    loadBreaker(state, row, t0 - 3_600_000);
    expect(pausesOf(state, t0 - 3_600_000)).toMatchObject([{ until: t0 - 3_600_000 + 30_000 }]);
  });
});
