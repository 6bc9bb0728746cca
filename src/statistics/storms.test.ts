// Figures of storms that the whole runtime went through, out of its store, on a manual clock.
import { afterEach, describe, expect, it } from 'vitest';
import { defaultStorm } from '../config/storm-schema.ts';
import { Stage } from '../testing/stage.ts';
import { figuresOf } from './figures.ts';

const minute = 60_000;
let stage: Stage;
afterEach(() => stage.close());

const rules = [
  { name: 'Hot', threshold: 80, operator: 'gt' as const, forMs: 0, severity: 'warning' as const },
];
const storm = { ...defaultStorm, events: 10, calmEvents: 5, newAtMost: 1 };

/** Alerts of so many hosts within ten seconds. */
async function stormOf(hosts: number, name: string, tenant = 'default'): Promise<void> {
  for (let host = 0; host < hosts; host++) {
    await stage.pushAll([{ value: 99, host: `${name}-${host}` }], tenant);
    await stage.clock.advance(10_000 / hosts);
  }
}

function storms(from: number, to: number, tenant = 'default') {
  const query = { tenants: [tenant], from, to, by: [], edges: null, limit: 1, with: ['storms'] as const };
  return figuresOf(stage.store, query)[0]!.storms;
}
const none = { storms: 0, open: 0, lasted: null, came: 0, summed: 0, alone: 0, summaries: 0, saved: 0 };

describe('the figures of storms', () => {
  it('say how many, how long, and how they were told: one that is over, and one that lasts over a restart', async () => {
    stage = new Stage({
      ...{ rules, storm, receiver: { channels: ['hook'] } },
      route: { groupBy: ['host'], groupWaitMs: 0 },
    });
    const beganAt = stage.clock.now();
    await stormOf(40, 'a');
    await stage.clock.advance(20 * minute);
    const overAt = stage.clock.now();
    const first = storms(beganAt, overAt);
    const told = stage.sent.filter(({ message }) => message.reason === 'storm');
    // Ten were told by themselves before it was a storm, all others in sum.
    expect(first).toMatchObject({ storms: 1, open: 0, came: 40, summed: 30, alone: 0 });
    expect(first.summaries).toBe(told.length);
    expect(first.saved).toBe(30 - told.length);
    expect(first.saved).toBeGreaterThan(20);
    // Begun after about three seconds, hot for ten and the minute that is counted, calm for five more.
    expect(first.lasted!.meanMs).toBeGreaterThan(5 * minute);
    expect(first.lasted!.meanMs).toBeLessThan(8 * minute);

    await stormOf(20, 'b');
    await stage.restart();
    await stage.clock.advance(minute);
    const now = stage.clock.now();
    expect(storms(overAt, now)).toMatchObject({ storms: 1, open: 1, lasted: null, came: 20 });
    const both = storms(beganAt, now);
    expect(both).toMatchObject({ storms: 2, open: 1, came: 60, lasted: { count: 1 } });
    expect(both.lasted).toEqual(first.lasted);
    // A storm is of the span in which it began.
    expect(storms(beganAt + minute, overAt)).toEqual(none);
    expect(storms(beganAt, now, 'globex')).toEqual(none);
  });
});
