import { describe, expect, it } from 'vitest';
import { matcher } from '../../../rules/matchers.ts';
import type { Matcher, Severity } from '../../../rules/types.ts';
import type { Effect } from '../../pipeline/effect.ts';
import type { DeliveryRow, NotificationRow, Saying } from '../../pipeline/rows.ts';
import { aRoute } from '../builders.ts';
import { Counters } from './counters.ts';
import { Deliveries } from './deliveries.ts';
import type { Accepted, DeliveryRecord } from './journal.ts';
import type { World } from './world.ts';

interface Word {
  readonly saying: Saying;
  /** When the provider took it, and took it again; empty: never. */
  readonly takenAt: readonly number[];
  /** The channel that carried it each time; absent: its recipient's own. */
  readonly through?: readonly string[];
  readonly openedAt?: number;
  readonly lost?: boolean;
  /** Of another group of the people: another order. */
  readonly group?: string;
  readonly receiver?: string;
  readonly recipient?: string;
  readonly state?: DeliveryRow['state'];
}

/** These words on one alert, and at last an end that is dropped as that of what nobody had heard. */
function withAnEndAfter(...words: readonly Word[]) {
  const notifications = new Map<string, NotificationRow>();
  const deliveries = new Map<string, DeliveryRecord>();
  const all: readonly Word[] = [...words, { saying: 'resolved', takenAt: [] }];
  for (const [index, word] of all.entries()) {
    const { saying, takenAt, through = [], openedAt = 0, lost = false } = word;
    const { group = 'own', receiver = 'ops', recipient = 'pager' } = word;
    const id = `n${index}`;
    notifications.set(id, { id, receiver, alerts: { a: saying } } as unknown as NotificationRow);
    const { state = takenAt.length > 0 ? 'sent' : 'dropped' } = word;
    const row = { id: `d${index}`, notificationId: id, recipient, state, orderKey: `${group} ${recipient}` };
    deliveries.set(row.id, {
      ...{ row: row as DeliveryRow, openedAt, lost },
      accepted: takenAt.map((at, time) => ({ at, channel: through[time] ?? recipient })),
    } as unknown as DeliveryRecord);
  }
  const journal = {
    ...{ notifications, deliveries },
    notificationsOf: new Map([['a', [...notifications.values()]]]),
    deliveriesOf: new Map([...deliveries.values()].map((one) => [one.row.notificationId, [one]])),
  };
  const world = {
    ...{ journal, counters: new Counters() },
    plan: { receipts: null, withoutEnds: [], limits: [] },
    clock: { now: () => 1_000 },
  };
  const oracle = new Deliveries(world as unknown as World);
  const subjectId = `d${all.length - 1}`;
  const row = { kind: 'delivery.dropped', subjectId, reason: 'firing_not_sent' };
  return {
    drop: () => oracle.onEffect({ put: 'event', row } as unknown as Effect),
    sweep: () => oracle.sweep(1_000),
    /** What becomes of a word that was open. */
    ends: (index: number, state: DeliveryRow['state'], reason: string | null = null) => {
      const record = deliveries.get(`d${index}`)!;
      record.row = { ...record.row, state, reason };
      if (state === 'sent') record.accepted.push({ at: 500, channel: 'pager' } as Accepted);
    },
  };
}

const dropsTheEndAfter = (...words: readonly Word[]) => withAnEndAfter(...words).drop;

describe('an end that is dropped since nobody heard that the alert fires', () => {
  const isLost: Word = { saying: 'firing', takenAt: [] };
  const heard: Word = { saying: 'standing', takenAt: [100] };
  const isOver: Word = { saying: 'resolved', takenAt: [200], group: 'other' };

  it('is right where no provider has it, or has an end since', () => {
    expect(dropsTheEndAfter(isLost)).not.toThrow();
    expect(dropsTheEndAfter(heard, { ...isOver, group: 'own' }, isLost)).not.toThrow();
  });

  it('is lost where a provider has that it fires', () => {
    expect(dropsTheEndAfter(heard)).toThrow('has that it fires');
    expect(dropsTheEndAfter(heard, isLost)).toThrow('has that it fires');
  });

  describe('and was over in another group of the same people', () => {
    it('is right, also where the provider takes the firing once more after that, since its answer was lost', () => {
      expect(dropsTheEndAfter(heard, isOver, isLost)).not.toThrow();
      expect(dropsTheEndAfter({ ...heard, takenAt: [100, 300] }, isOver, isLost)).not.toThrow();
    });

    it('is lost where the firing came after that for the first time', () => {
      expect(dropsTheEndAfter({ ...heard, takenAt: [300] }, isOver, isLost)).toThrow('has that it fires');
      const again: Word = { ...isOver, takenAt: [200, 400] };
      expect(dropsTheEndAfter({ ...heard, takenAt: [300] }, again, isLost)).toThrow('has that it fires');
    });

    it('is lost where the firing had to be sent once more after that: it had not arrived', () => {
      const twice: Word = { ...heard, takenAt: [100, 300] };
      for (const why of [{ lost: true }, { openedAt: 250 }, { through: ['pager', 'mail'] }])
        expect(dropsTheEndAfter({ ...twice, ...why }, isOver, isLost)).toThrow('has that it fires');
    });

    it('is lost where it fired anew in the group since, and that came', () => {
      const anew: Word = { saying: 'firing', takenAt: [300] };
      expect(dropsTheEndAfter({ ...heard, takenAt: [100, 250] }, isOver, anew)).toThrow('has that it fires');
    });

    it('is lost where that end was never sent, or others heard it', () => {
      for (const other of [{ takenAt: [] }, { receiver: 'other' }, { recipient: 'mail' }])
        expect(dropsTheEndAfter(heard, { ...isOver, ...other }, isLost)).toThrow('has that it fires');
    });
  });

  describe('and whose end is still on its way out of another group of the same people, which took the word over', () => {
    const coming: Word = { ...isOver, takenAt: [], state: 'queued' };

    it('is right where that one goes out, or is a dead letter that somebody sees', () => {
      for (const state of ['sent', 'dead'] as const) {
        const story = withAnEndAfter(heard, coming, isLost);
        expect(story.drop).not.toThrow();
        expect(story.sweep).not.toThrow();
        story.ends(1, state);
        expect(story.sweep).not.toThrow();
      }
      expect(dropsTheEndAfter(heard, { ...coming, state: 'sending' }, isLost)).not.toThrow();
    });

    it('is lost where that one is dropped in its turn', () => {
      for (const reason of ['firing_not_sent', 'superseded', 'confirmed']) {
        const story = withAnEndAfter(heard, coming, isLost);
        story.drop();
        story.ends(1, 'dropped', reason);
        expect(story.sweep).toThrow('has that it fires');
      }
    });

    it('is right where a later word of that group takes its place: the same end, or that it fires anew', () => {
      const again = withAnEndAfter(heard, coming, coming, isLost);
      again.drop();
      again.ends(1, 'dropped', 'superseded');
      expect(again.sweep).not.toThrow();
      again.ends(2, 'dropped', 'firing_not_sent');
      expect(again.sweep).toThrow('has that it fires');
      const anew = withAnEndAfter(heard, coming, { ...coming, saying: 'firing' }, isLost);
      anew.drop();
      anew.ends(1, 'dropped', 'superseded');
      expect(anew.sweep).not.toThrow();
    });

    it('is lost where that end was said before, waits in this group, or is for others', () => {
      expect(dropsTheEndAfter(coming, heard, isLost)).toThrow('has that it fires');
      for (const other of [{ group: 'own' }, { receiver: 'other' }, { recipient: 'mail' }])
        expect(dropsTheEndAfter(heard, { ...coming, ...other }, isLost)).toThrow('has that it fires');
      expect(dropsTheEndAfter(heard, { ...coming, state: 'dead' }, isLost)).toThrow('has that it fires');
      expect(dropsTheEndAfter(heard, { ...coming, saying: 'standing' }, isLost)).toThrow('has that it fires');
    });
  });
});

/** Somebody has the first of these words on an alert of that severity sent once more. */
function sendsAgain(severity: Severity, ...words: readonly Pick<Word, 'saying' | 'receiver'>[]) {
  const said = words.map(
    ({ saying, receiver = 'on-call' }, index) =>
      ({ id: `n${index}`, receiver, alerts: { a: saying } }) as unknown as NotificationRow,
  );
  const letter = { id: 'd0', notificationId: 'n0', tenant: 'acme', channel: 'pager', state: 'queued' };
  const alert = { id: 'a', state: 'firing', effectiveSeverity: severity, labels: { severity: 'critical' } };
  const critical = matcher('severity', '=', 'critical') as Matcher;
  const child = aRoute({ path: '{}/critical', matchers: [critical], receiver: 'on-call' });
  const journal = {
    notifications: new Map(said.map((row) => [row.id, row])),
    notificationsOf: new Map([['a', said]]),
    deliveries: new Map([['d0', { row: letter }]]),
    alerts: new Map([['a', { row: alert }]]),
    ofKey: () => [{ row: alert }],
  };
  const routing = { route: aRoute({ routes: [child] }), receivers: new Map() };
  const world = { journal, routing, counters: new Counters(), clock: { now: () => 1_000 } };
  const oracle = new Deliveries(world as unknown as World);
  oracle.letterAsked({ tenant: 'acme', id: 'd0' });
  return () => oracle.onEffect({ put: 'delivery.requeued', row: { id: 'd0' } } as unknown as Effect);
}

describe('a dead letter of an alert that fires and is sent once more', () => {
  const isLost = { saying: 'firing' } as const;
  const isOver = { saying: 'resolved' } as const;

  it('is wrong where the alert goes to others by now, and its people were told that it is over', () => {
    expect(sendsAgain('warning', isLost, isOver)).toThrow('others');
    expect(sendsAgain('warning', { saying: 'standing' }, isLost, isOver)).toThrow('others');
    // What others hear since is nothing to them.
    expect(sendsAgain('warning', isLost, isOver, { ...isLost, receiver: 'ops' })).toThrow('others');
  });

  it('is right while the alert is theirs, or was told them anew, or they are still to hear of its end', () => {
    expect(sendsAgain('critical', isLost, isOver)).not.toThrow();
    expect(sendsAgain('warning', isLost, isOver, isLost)).not.toThrow();
    expect(sendsAgain('warning', isLost)).not.toThrow();
    expect(sendsAgain('warning', isLost, { ...isOver, receiver: 'ops' })).not.toThrow();
  });

  it('is wrong where it says that it is over and its people were told since that it fires', () => {
    expect(sendsAgain('critical', isOver, isLost)).toThrow('fires there');
    expect(sendsAgain('critical', isOver, isOver, { saying: 'standing' })).toThrow('fires there');
  });

  it('is right where it says that it is over, and it fires for others', () => {
    expect(sendsAgain('warning', isOver)).not.toThrow();
    expect(sendsAgain('warning', isOver, { ...isLost, receiver: 'ops' })).not.toThrow();
    expect(sendsAgain('critical', isOver, { ...isLost, receiver: 'ops' })).not.toThrow();
  });
});
