// Store contract: what may be sent now, in which order, and whose result counts.
import { expect, it } from 'vitest';
import type { DeliveryRow } from '../../pipeline/rows.ts';
import type { ClaimedDelivery } from '../store.ts';
import { ended, type Story, sending } from './harness.ts';
import { t0 } from './row-builders.ts';

const idsOf = (claimed: readonly ClaimedDelivery[]) => claimed.map((claim) => claim.delivery.id);

export function deliveryContract(current: () => Story): void {
  const state = (delivery: DeliveryRow) =>
    current()
      .store.deliveries('acme', {}, 100, null)
      .items.find((row) => row.id === delivery.id)?.state;

  it('claims what is due, oldest first, each lane within its own limit', () => {
    const { rows, store, commit, claim } = current();
    const note = rows.notification({ alerts: { [rows.newId()]: 'firing' } });
    const late = rows.delivery(note, { dueAt: t0 - 1 });
    const early = rows.delivery(note, { dueAt: t0 - 9 });
    const future = rows.delivery(note, { dueAt: t0 + 50 });
    const urgent = rows.delivery(note, { lane: 'high', dueAt: t0 });
    const low = rows.delivery(note, { lane: 'low', dueAt: t0 - 99 });
    commit(sending(note, late, early, future, urgent, low));
    expect(store.nextDueAt()).toBe(t0 - 99);
    const first = claim({ limits: { high: 5, normal: 1, low: 0 } });
    expect(idsOf(first)).toEqual([urgent.id, early.id]);
    expect(first[1]).toEqual({
      delivery: { ...early, state: 'sending', leaseToken: 1, leaseUntil: t0 + 30_000 },
      alerts: note.alerts,
      body: note.body,
    });
    expect(idsOf(claim())).toEqual([late.id, low.id]);
    expect(claim()).toEqual([]);
    expect(store.nextDueAt()).toBe(t0 + 50);
  });

  it('leaves out channels that are full, of that tenant and lane only', () => {
    const { rows, commit, claim } = current();
    const note = rows.notification();
    const foreign = rows.notification({ tenant: 'globex' });
    const hook = rows.delivery(note, { channel: 'ops-hook' });
    const mail = rows.delivery(note, { channel: 'ops-mail' });
    const theirs = rows.delivery(foreign, { channel: 'ops-hook' });
    commit([...sending(note, hook, mail), ...sending(foreign, theirs)]);
    const full = new Set(['acme/ops-hook']);
    const none = new Set<string>();
    const except = { high: none, normal: none, low: none, [hook.lane]: full };
    expect(idsOf(claim({ except })).sort()).toEqual([mail.id, theirs.id].sort());
    const other = hook.lane === 'low' ? 'high' : 'low';
    expect(idsOf(claim({ except: { high: none, normal: none, low: none, [other]: full } }))).toEqual([
      hook.id,
    ]);
  });

  it('gives every channel and tenant its share of a claim, and what others leave to whoever has more', () => {
    const { rows, commit, claim } = current();
    const note = rows.notification();
    const foreign = rows.notification({ tenant: 'globex' });
    const many = Array.from({ length: 12 }, (_, n) => rows.delivery(note, { dueAt: t0 - 100 + n }));
    const mails = [1, 2].map((n) => rows.delivery(note, { channel: 'ops-mail', dueAt: t0 - n }));
    const theirs = rows.delivery(foreign, { dueAt: t0 });
    commit([...sending(note, ...many, ...mails), ...sending(foreign, theirs)]);
    const limits = { high: 0, normal: 0, low: 0, [theirs.lane]: 6 };
    const [first, second, third, ...later] = many.map(({ id }) => id);
    expect(idsOf(claim({ limits }))).toEqual([first, second, third, mails[1]!.id, mails[0]!.id, theirs.id]);
    expect(idsOf(claim({ limits }))).toEqual(later.slice(0, 6));
    expect(idsOf(claim({ limits }))).toEqual(later.slice(6));
  });

  it('never hands out a delivery while an earlier one of its order is open', () => {
    const { rows, store, commit, claim } = current();
    const firing = rows.notification();
    const resolved = rows.notification({ reason: 'resolved' });
    const first = rows.delivery(firing, { orderKey: 'g/ops', orderNo: 1 });
    const second = rows.delivery(resolved, { orderKey: 'g/ops', orderNo: 2, dueAt: t0 - 100 });
    const third = rows.delivery(resolved, { orderKey: 'g/ops', orderNo: 3, dueAt: t0 - 200 });
    const elsewhere = rows.delivery(resolved, {
      orderKey: 'g/ops',
      orderNo: 4,
      tenant: 'globex',
      dueAt: t0 - 1,
    });
    commit([
      ...sending(firing, first),
      ...sending(resolved, second, third),
      ...sending({ ...resolved, tenant: 'globex' }, elsewhere),
    ]);
    const [theirs, ours] = claim();
    expect([theirs!.delivery.id, ours!.delivery.id]).toEqual([elsewhere.id, first.id]);
    commit([ended(theirs!.delivery, t0)]);
    expect(claim()).toEqual([]);
    expect(store.nextDueAt()).toBe(t0 + 30_000);
    commit([ended(ours!.delivery, t0, { state: 'queued', dueAt: t0 + 10_000, finishedAt: null })]);
    expect(claim()).toEqual([]); // the retry comes first
    expect(store.nextDueAt()).toBe(t0 + 10_000); // and what waits behind it is not due
    const [retry] = claim({ now: t0 + 10_000 });
    expect(retry!.delivery).toMatchObject({ id: first.id, attempts: 1, leaseToken: 2 });
    commit([ended(retry!.delivery, t0 + 10_000)]);
    const [next] = claim();
    expect(next!.delivery.id).toBe(second.id);
    expect(claim()).toEqual([]);
    commit([ended(next!.delivery, t0, { state: 'dead', lastError: '503' })]);
    expect(idsOf(claim())).toEqual([third.id]);
  });

  it('hands out what waits right behind a delivery that is being sent, up to the first that is not due there', () => {
    const { rows, store, commit, claim } = current();
    const note = rows.notification();
    const order = (orderNo: number, over: Partial<DeliveryRow> = {}) =>
      rows.delivery(note, { orderKey: 'g/ops', orderNo, ...over });
    const [first, second, third] = [order(1), order(2), order(3)];
    const elsewhere = order(4, { channel: 'ops-mail' });
    const last = order(5);
    commit(sending(note, first, second, third, elsewhere, last));
    const behind = (limit: number, over: { deliveryId?: string; now?: number } = {}) =>
      store.claimBehind({
        ...{ now: t0, owner: 'node-1', leaseMs: 30_000, tenant: 'acme', orderKey: 'g/ops' },
        ...{ deliveryId: first.id, channel: first.channel, limit },
        ...over,
      });
    expect(behind(9)).toEqual([]); // nothing is being sent
    const [going] = claim();
    expect(behind(9, { deliveryId: second.id })).toEqual([]);
    expect(behind(9, { now: t0 - 60_000 })).toEqual([]);
    expect(idsOf(behind(1))).toEqual([second.id]);
    expect(behind(9)).toEqual([]); // the second is on its way, and nothing overtakes it
    const again = { state: 'queued', finishedAt: null } as const;
    commit([ended({ ...second, leaseToken: 1 }, t0, again), ended(going!.delivery, t0, again)]);
    expect(idsOf(claim())).toEqual([first.id]);
    const along = behind(9);
    expect(idsOf(along)).toEqual([second.id, third.id]);
    expect(along[0]).toMatchObject({
      delivery: { state: 'sending', leaseToken: 2, leaseUntil: t0 + 30_000 },
    });
    commit([ended({ ...first, leaseToken: 2 }, t0), ...along.map(({ delivery }) => ended(delivery, t0))]);
    expect(idsOf(claim())).toEqual([elsewhere.id]);
  });

  it('keeps the order when an earlier delivery comes in later, or is opened again', () => {
    const { rows, commit, claim } = current();
    const note = rows.notification();
    const later = rows.delivery(note, { orderKey: 'g', orderNo: 5 });
    const earlier = rows.delivery(note, { orderKey: 'g', orderNo: 4 });
    commit(sending(note, later));
    commit([{ put: 'delivery', row: earlier }]);
    const [first, ...none] = claim();
    expect([first!.delivery.id, none]).toEqual([earlier.id, []]);
    commit([ended(first!.delivery, t0, { state: 'dead' })]);
    commit([ended(first!.delivery, t0, { state: 'queued', finishedAt: null })]);
    const [retried, ...others] = claim();
    expect([retried!.delivery.id, others]).toEqual([earlier.id, []]);
    commit([ended(retried!.delivery, t0)]);
    expect(idsOf(claim())).toEqual([later.id]);
  });

  it('hands an expired lease to the next with a new token, and ignores the old one', () => {
    const { rows, store, commit, claim } = current();
    const note = rows.notification();
    const delivery = rows.delivery(note, { state: 'sending', leaseToken: 1, leaseUntil: t0 + 30_000 });
    commit(sending(note, delivery));
    expect(claim({ now: t0 + 29_999 })).toEqual([]);
    expect(store.nextDueAt()).toBe(t0 + 30_000);
    const [taken] = claim({ now: t0 + 30_000 });
    expect(taken!.delivery).toMatchObject({ id: delivery.id, leaseToken: 2, leaseUntil: t0 + 60_000 });
    commit([ended(delivery, t0, { state: 'dead' })]);
    expect(state(delivery)).toBe('sending');
    commit([ended(taken!.delivery, t0, { providerId: 'p-1' })]);
    expect(store.deliveries('acme', {}, 10, null).items).toEqual([
      {
        ...taken!.delivery,
        state: 'sent',
        attempts: 1,
        leaseUntil: null,
        providerId: 'p-1',
        finishedAt: t0,
      },
    ]);
    expect(store.nextDueAt()).toBeNull();
  });

  it('counts deliveries by state, whatever happens to them', () => {
    const { rows, store, commit, claim } = current();
    const note = rows.notification();
    const [a, b, c] = [1, 2, 3].map((n) => rows.delivery(note, { dueAt: t0 - n }));
    const dropped = rows.delivery(note, { state: 'dropped', reason: 'expired', finishedAt: t0 });
    const none = { queued: 0, sending: 0, sent: 0, delivered: 0, dead: 0, dropped: 0 };
    expect(store.deliveryCounts('acme')).toEqual(none);
    commit(sending(note, a!, b!, c!, dropped));
    expect(store.deliveryCounts('acme')).toEqual({ ...none, queued: 3, dropped: 1 });
    const claimed = claim({ limits: { high: 0, normal: 2, low: 0 } });
    expect(store.deliveryCounts('acme')).toEqual({ ...none, queued: 1, sending: 2, dropped: 1 });
    commit([
      ended(claimed[0]!.delivery, t0),
      ended(claimed[1]!.delivery, t0, { state: 'dead' }),
      ended(claimed[0]!.delivery, t0, { state: 'delivered' }),
    ]);
    expect(store.deliveryCounts('acme')).toEqual({ ...none, queued: 1, delivered: 1, dead: 1, dropped: 1 });
    expect(store.deliveryCounts('globex')).toEqual(none);
    current().reopen();
    expect(current().store.deliveryCounts('acme')).toEqual({
      ...none,
      queued: 1,
      delivered: 1,
      dead: 1,
      dropped: 1,
    });
  });

  it('lists deliveries by notification, state and channel', () => {
    const { rows, store, commit } = current();
    const [one, two] = [rows.notification(), rows.notification()];
    const hook = rows.delivery(one, {});
    const dead = rows.delivery(one, { channel: 'ops-mail', state: 'dead', finishedAt: t0 });
    const other = rows.delivery(two, {});
    commit([...sending(one, hook, dead), ...sending(two, other)]);
    const list = (filter: Parameters<typeof store.deliveries>[1], tenant = 'acme') =>
      store.deliveries(tenant, filter, 10, null).items;
    expect(list({})).toEqual([other, dead, hook]);
    expect(list({ notificationId: one.id })).toEqual([dead, hook]);
    expect(list({ notificationId: one.id, states: ['queued'] })).toEqual([hook]);
    expect(list({ notificationId: 'nonsense' })).toEqual([]);
    expect(list({ states: ['dead'] })).toEqual([dead]);
    expect(list({ states: ['dead', 'queued'], channel: 'ops-hook' })).toEqual([other, hook]);
    expect(list({ notificationId: one.id }, 'globex')).toEqual([]);
    expect(list({}, 'globex')).toEqual([]);
    const page = store.deliveries('acme', {}, 2, null);
    expect(page.items).toEqual([other, dead]);
    expect(store.deliveries('acme', {}, 2, page.next)).toEqual({ items: [hook], next: null });
  });
}
