// The judge on planted evidence: each kind of wrong is seen, and what is excused is not.
import { describe, expect, it } from 'vitest';
import type { Arrival } from './arrival.ts';
import { type Evidence, type JudgedDelivery, judge } from './judge.ts';

const at = 1_700_000_000_000;
const arrival = (changes: Partial<Arrival> = {}): Arrival => ({
  channel: 'sms',
  token: 'a1',
  saying: 'firing',
  deliveryId: 'd1',
  at,
  ambiguous: false,
  ...changes,
});
const delivery = (changes: Partial<JudgedDelivery> = {}): JudgedDelivery => ({
  id: 'd1',
  token: 'a1',
  saying: 'firing',
  channel: 'sms',
  state: 'delivered',
  reason: null,
  listedDead: false,
  finishedAt: '2026-01-02T03:04:05.678Z',
  ...changes,
});
const kindsOf = (changes: Partial<Evidence>) => {
  const { violations } = judge({
    pushes: [{ token: 'a1', channel: 'sms', said: ['firing'] }],
    arrivals: [arrival()],
    deliveries: [delivery()],
    skipped: new Set(),
    kills: [],
    gone: ['gone'],
    reported: { channel: 'sms', tokens: new Set() },
    exceeded: { sms: 0 },
    ...changes,
  });
  return violations.map(({ kind }) => kind);
};
const dead = (changes: Partial<JudgedDelivery> = {}) =>
  delivery({ state: 'dead', reason: 'permanent', listedDead: true, ...changes });
const gone: Pick<Evidence, 'pushes' | 'arrivals'> = {
  pushes: [{ token: 'a1', channel: 'gone', said: ['firing'] }],
  arrivals: [],
};

const endTold = (end: Partial<JudgedDelivery> = {}): Partial<Evidence> => ({
  pushes: [{ token: 'a1', channel: 'sms', said: ['firing', 'resolved'] }],
  arrivals: [arrival({ saying: 'resolved', deliveryId: 'd2' })],
  deliveries: [delivery(), delivery({ id: 'd2', saying: 'resolved', ...end })],
});

describe('the judge of chaos', () => {
  it.each<[string, Partial<Evidence>, string[]]>([
    ['all is well', {}, []],
    ['nothing became of a push', { deliveries: [], arrivals: [] }, ['forgotten']],
    ['a delivery is open', { deliveries: [delivery({ state: 'sending' })] }, ['half_written', 'unsettled']],
    ['nobody took what counts as sent', { arrivals: [] }, ['not_told']],
    ['the end of the same call tells of a beginning', endTold(), []],
    ['the end of another call does not', endTold({ finishedAt: '2026-01-02T03:04:06.789Z' }), ['not_told']],
    [
      'an end that nobody took does not',
      endTold({ state: 'dead', reason: 'permanent', listedDead: true }),
      ['half_written', 'not_told', 'too_few_accepted'],
    ],
    ['taken and answered, and dead', { deliveries: [dead()] }, ['half_written', 'too_few_accepted']],
    [
      'a dead letter in no list',
      { ...gone, deliveries: [dead({ channel: 'gone', listedDead: false })] },
      ['hidden'],
    ],
    [
      'dropped without a reason',
      { ...gone, deliveries: [delivery({ channel: 'gone', state: 'dropped' })] },
      ['no_reason'],
    ],
    ['taken twice', { arrivals: [arrival(), arrival({ at: at + 9_000 })] }, ['sent_twice']],
    [
      'taken twice after one lost answer, and once more',
      { arrivals: [arrival({ ambiguous: true }), arrival(), arrival()] },
      ['sent_twice'],
    ],
    [
      'taken twice, killed long after',
      { arrivals: [arrival(), arrival({ at: at + 9_000 })], kills: [at + 8_000] },
      ['sent_twice'],
    ],
    [
      'taken twice, killed after both',
      { arrivals: [arrival(), arrival({ at: at + 400 })], kills: [at + 500] },
      ['sent_twice'],
    ],
    [
      'under two ids',
      { arrivals: [arrival({ ambiguous: true }), arrival({ deliveryId: 'd2' })] },
      ['id_changed'],
    ],
    ['nobody pushed it', { pushes: [] }, ['invented', 'invented']],
    [
      'a receipt that was heard does not count',
      {
        deliveries: [delivery({ state: 'sent' })],
        reported: { channel: 'sms', tokens: new Set(['a1']) },
      },
      ['receipt_lost'],
    ],
    ['called too often', { exceeded: { sms: 1 } }, ['too_often']],
  ])('sees: %s', (_, evidence, kinds) => {
    expect(kindsOf(evidence).sort()).toEqual([...kinds].sort());
  });

  it.each<[string, Partial<Evidence>]>([
    ['taken twice after a lost answer', { arrivals: [arrival({ ambiguous: true }), arrival()] }],
    ['held, taken late', { arrivals: [arrival(), arrival({ ambiguous: true, at: at + 9_000 })] }],
    [
      'taken twice, killed in between',
      { arrivals: [arrival(), arrival({ at: at + 2_000 })], kills: [at + 500] },
    ],
    ['a dead letter of a receiver that is no more', { ...gone, deliveries: [dead({ channel: 'gone' })] }],
    ['told to nobody, by decision', { deliveries: [], arrivals: [], skipped: new Set(['a1 firing']) }],
  ])('excuses: %s', (_, evidence) => {
    expect(kindsOf(evidence)).toEqual([]);
  });
});
