// How long a delivery may be open: two hours, and what the failures of its own order cost.
import { describe, expect, it } from 'vitest';
import type { Effect } from '../../pipeline/effect.ts';
import type { DeliveryRow, NotificationRow } from '../../pipeline/rows.ts';
import { Counters } from './counters.ts';
import { Deliveries } from './deliveries.ts';
import type { DeliveryRecord } from './journal.ts';
import type { World } from './world.ts';

const s = 1_000;
const minute = 60 * s;
const hour = 60 * minute;

/** Two deliveries of warnings in one order: `first`, and `next` behind it. */
function stage({ limits = [] as World['plan']['limits'], next = {} as Partial<DeliveryRow> } = {}) {
  let now = 0;
  const deliveries = new Map<string, DeliveryRecord>();
  const deliveriesOf = new Map<string, DeliveryRecord[]>();
  const notifications = new Map<string, NotificationRow>();
  const oracle = new Deliveries({
    ...{ journal: { deliveries, deliveriesOf, notifications }, counters: new Counters() },
    ...{ plan: { limits, receipts: null, withoutEnds: [] }, clock: { now: () => now } },
  } as unknown as World);
  const make = (id: string, of: Partial<DeliveryRow> = {}) => {
    const place = {
      tenant: 'acme',
      channel: 'chat',
      recipient: 'chat',
      lane: 'normal',
      orderKey: 'ops chat',
    };
    const row = { id, notificationId: id, ...place, state: 'queued', leaseUntil: null, ...of } as DeliveryRow;
    const record = { row, accepted: [], failures: 0, openedAt: now } as unknown as DeliveryRecord;
    deliveries.set(id, record);
    deliveriesOf.set(id, [record]);
    notifications.set(id, { id, severity: 'warning' } as NotificationRow);
    oracle.onEffect({ put: 'delivery', row } as Effect);
  };
  make('first');
  const story = {
    make,
    at: (time: number) => {
      now = time;
    },
    fails: (id = 'first') => {
      oracle.sendStarted(id);
      oracle.failed(id);
    },
    /** Fails again and again, `everyMs`, until that time. */
    failsUntil: (until: number, everyMs: number) => {
      for (; now + everyMs <= until; now += everyMs) story.fails();
      now = until;
    },
    dies: (id: string) => {
      const record = deliveries.get(id)!;
      record.row = { ...record.row, state: 'dead' };
      oracle.onEffect({ put: 'delivery.result', result: { id, leaseToken: 1 } } as Effect);
    },
    sweep: () => oracle.sweep(now),
  };
  make('next', next);
  return story;
}

describe('a delivery that is open for hours', () => {
  it('is found', () => {
    const { at, sweep } = stage();
    at(2 * hour);
    expect(sweep).not.toThrow();
    at(2 * hour + s);
    expect(sweep).toThrow('first is open since 0');
  });

  it('waits for as long as the first of its order fails and is tried again', () => {
    const { failsUntil, dies, at, sweep } = stage();
    failsUntil(6 * hour, 5 * minute);
    expect(sweep).not.toThrow();
    dies('first');
    at(7 * hour + 50 * minute);
    expect(sweep).not.toThrow();
  });

  it('is found where the first of its order is not tried again when it should be', () => {
    const once = stage();
    once.fails();
    once.at(2 * hour + 25 * s);
    expect(once.sweep).not.toThrow();
    once.at(2 * hour + 26 * s);
    expect(once.sweep).toThrow('first is open since 0');
    const often = stage();
    often.failsUntil(3 * hour, 30 * minute);
    expect(often.sweep).toThrow('first is open since 0');
  });

  it('is found where the one that failed is over and the next does not go', () => {
    const { failsUntil, dies, at, sweep } = stage();
    failsUntil(2 * hour, 5 * minute);
    dies('first');
    at(4 * hour + minute);
    expect(sweep).toThrow('next is open since 0');
  });

  it('is found where others fail: of another tenant, or in another order', () => {
    for (const elsewhere of [{ tenant: 'default' }, { orderKey: 'team chat' }]) {
      const { failsUntil, sweep } = stage({ next: elsewhere });
      failsUntil(3 * hour, 5 * minute);
      expect(sweep).toThrow('next is open since 0');
    }
  });

  it('is found where the others failed before it was there', () => {
    const { failsUntil, make, at, dies, sweep } = stage();
    failsUntil(3 * hour, 5 * minute);
    make('late');
    dies('first');
    dies('next');
    at(5 * hour + minute);
    expect(sweep).toThrow(`late is open since ${3 * hour}`);
  });

  it('is found where calls are few and its lane has none', () => {
    const { failsUntil, sweep } = stage({ limits: [{ calls: 3, perMs: minute }], next: { lane: 'low' } });
    failsUntil(3 * hour, 5 * minute);
    expect(sweep).toThrow('next is open since 0');
  });
});
