import fc from 'fast-check';
import { expect, it } from 'vitest';
import { notificationStatus, notificationStatuses } from './notification-status.ts';

type State = Parameters<typeof notificationStatus>[1][number]['state'];
const of = (...states: [State, number?][]) =>
  notificationStatus(
    { status: 'pending', requireAll: false },
    states.map(([state, attempts = 1]) => ({ state, attempts, reason: null })),
  );

it.each([
  ['pending', of(['queued', 0], ['sent'])],
  ['pending', of(['sending', 1])],
  ['retrying', of(['queued', 1], ['sent'])],
  ['retrying', of(['sending', 2], ['delivered'])],
  [
    'retrying',
    notificationStatus({ status: 'pending', requireAll: false }, [
      { state: 'queued', attempts: 0, reason: 'slow_round' },
    ]),
  ],
  ['sent', of(['sent'], ['delivered'])],
  ['sent', of(['sent'], ['dropped'])],
  ['delivered', of(['delivered'], ['dropped'])],
  ['partial', of(['sent'], ['dead'])],
  ['failed', of(['dead'], ['dropped'])],
  ['dropped', of(['dropped'])],
  ['dropped', notificationStatus({ status: 'dropped', requireAll: false }, [])],
  ['pending', notificationStatus({ status: 'pending', requireAll: false }, [])],
])('is %s', (expected, status) => {
  expect(status).toBe(expected);
});

it('does not depend on the order of deliveries', () => {
  const state = fc.constantFrom<State>('queued', 'sending', 'sent', 'delivered', 'dead', 'dropped');
  const delivery = fc.record({ state, attempts: fc.nat(4), reason: fc.constant(null) });
  fc.assert(
    fc.property(fc.array(delivery), (deliveries) => {
      const status = notificationStatus({ status: 'pending', requireAll: false }, deliveries);
      expect(notificationStatuses).toContain(status);
      expect(notificationStatus({ status: 'pending', requireAll: false }, deliveries.toReversed())).toBe(
        status,
      );
    }),
  );
});
