// Store contract: what waits for a paused channel, what was under way when a process died, and what people do with dead
// letters.
import { expect, it } from 'vitest';
import type { Effect, RequeuedRow } from '../../pipeline/effect.ts';
import { audienceOf } from '../../pipeline/routing.ts';
import type { DeliveryRow, NotificationRow } from '../../pipeline/rows.ts';
import type { Pause } from '../../policy/breaker.ts';
import { ended, type Story, sending } from './harness.ts';
import { t0 } from './row-builders.ts';

const ofNote = ({ alerts, source, severity, priority, strategy }: NotificationRow) => ({
  ...{ alerts, source, severity, priority, strategy, receipts: 0 },
});

const pause = (changes: Partial<Pause> = {}): Pause => ({
  tenant: 'acme',
  channel: 'ops-hook',
  probe: false,
  until: t0 + 30_000,
  since: t0,
  instead: {},
  ends: {},
  ...changes,
});

export function policyContract(current: () => Story): void {
  const park = (...pauses: Pause[]) => parkAt(current().rows.clock.at, ...pauses);
  const parkAt = (now: number, ...pauses: Pause[]) =>
    current().store.parkDue({ now, owner: 'node-1', leaseMs: 30_000, pauses, limit: 10 });
  const row = (of: DeliveryRow) => current().store.delivery(of.tenant, of.id)!;
  const requeued = (of: DeliveryRow, changes: Partial<RequeuedRow> = {}): Effect => ({
    put: 'delivery.requeued',
    row: {
      tenant: of.tenant,
      id: of.id,
      dueAt: t0,
      expiresAt: t0 + 86_400_000,
      orderNo: 9,
      reason: null,
      ...changes,
    },
  });

  it('puts off what is due on a paused channel, of that tenant only, without a lease', () => {
    const { rows, store, commit, claim } = current();
    const note = rows.notification();
    const foreign = rows.notification({ tenant: 'globex' });
    const hook = rows.delivery(note, { dueAt: t0 - 5 });
    const later = rows.delivery(note, { dueAt: t0 + 5 });
    const mail = rows.delivery(note, { channel: 'ops-mail' });
    const theirs = rows.delivery(foreign);
    commit([...sending(note, hook, later, mail), ...sending(foreign, theirs)]);
    expect(park(pause())).toEqual({ leased: [], parked: 1 });
    expect(row(hook)).toMatchObject({
      state: 'queued',
      reason: 'breaker_open',
      dueAt: t0 + 30_000,
      attempts: 0,
      leaseToken: 0,
    });
    expect(row(later)).toMatchObject({ reason: null, dueAt: t0 + 5 });
    expect(claim().map(({ delivery }) => delivery.id)).toEqual([mail.id, theirs.id]);
    expect(store.nextDueAt()).toBe(t0 + 5);
    expect(park(pause())).toEqual({ leased: [], parked: 0 });
  });

  it('leases one probe, whoever has waited for longest, and keeps the places of the others', () => {
    const { rows, commit } = current();
    const note = rows.notification();
    const asked = rows.delivery(note, { lane: 'high', dueAt: t0 - 100 });
    const second = rows.delivery(note, { dueAt: t0 - 90 });
    const first = rows.delivery(note, { lane: 'low', dueAt: t0 - 200 });
    commit(sending(note, asked, second, first));
    const { leased, parked } = park(pause({ probe: true, since: t0 - 200 }));
    expect([leased.map(({ delivery }) => delivery.id), parked]).toEqual([[first.id], 2]);
    expect(leased[0]!.delivery).toMatchObject({ state: 'sending', leaseToken: 1, leaseUntil: t0 + 30_000 });
    expect([row(asked).dueAt, row(second).dueAt]).toEqual([t0 + 30_100, t0 + 30_110]);
  });

  it('gives what waits to the channel that carries it meanwhile, but for what that one does not carry', () => {
    const { rows, commit } = current();
    const note = rows.notification();
    const [firing, end, other] = [1, 2, 3].map(() => rows.delivery(note));
    commit(sending(note, firing!, end!, other!));
    const instead = { [firing!.recipient]: { channel: 'ops-call', provider: 'phone' } };
    const ends = { [end!.id]: null, [other!.id]: { channel: 'ops-sms', provider: 'sms' } };
    expect(park(pause({ instead, ends }))).toEqual({ leased: [], parked: 3 });
    expect(row(firing!)).toMatchObject({ channel: 'ops-call', provider: 'phone', reason: 'fallback' });
    expect(row(end!)).toMatchObject({ channel: 'ops-hook', reason: 'breaker_open', dueAt: t0 + 30_000 });
    expect(row(other!)).toMatchObject({ channel: 'ops-sms', reason: 'fallback' });
  });

  it('never puts off beyond the end of its time, and hands out what is over or whose lease ran out', () => {
    const { rows, commit } = current();
    const note = rows.notification({ expiresAt: t0 + 10_000 });
    const waiting = rows.delivery(note);
    const held = rows.delivery(note, { state: 'sending', leaseToken: 1, leaseUntil: t0 + 20_000 });
    commit(sending(note, waiting, held));
    park(pause());
    expect(row(waiting).dueAt).toBe(t0 + 10_000);
    const over = parkAt(t0 + 20_000, pause({ until: t0 + 60_000 }));
    expect(over.parked).toBe(0);
    const tokens = new Map(over.leased.map(({ delivery }) => [delivery.id, delivery.leaseToken]));
    expect([tokens.get(waiting.id), tokens.get(held.id)]).toEqual([1, 2]);
  });

  it('makes due what waited when the channel works again, oldest first, a bite at a time', () => {
    const { rows, store, commit, claim } = current();
    const note = rows.notification();
    const [a, b, c] = [1, 2, 3].map(() => rows.delivery(note));
    commit(sending(note, a!, b!, c!));
    park(pause());
    expect(store.unpark('globex', 'ops-hook', t0 + 1, 9)).toBe(0);
    expect(store.unpark('acme', 'ops-hook', t0 + 1, 2)).toBe(2);
    expect(claim({ now: t0 + 1 }).map(({ delivery }) => delivery.id)).toEqual([a!.id, b!.id]);
    expect(store.unpark('acme', 'ops-hook', t0 + 1, 2)).toBe(1);
    expect(store.unpark('acme', 'ops-hook', t0 + 1, 2)).toBe(0);
    expect(row(c!)).toMatchObject({ reason: null, dueAt: t0 + 1 });
  });

  it('looks at what waits for a channel anew after a start', () => {
    const story = current();
    const note = story.rows.notification();
    const waiting = story.rows.delivery(note);
    story.commit(sending(note, waiting));
    park(pause({ until: t0 + 300_000 }));
    story.rows.clock.at = t0 + 1_000;
    story.reopen();
    expect(row(waiting)).toMatchObject({ reason: 'breaker_open', dueAt: t0 + 1_000 });
  });

  it('keeps the breaker of a channel, and loads it with its tenant', () => {
    const story = current();
    const { rows } = story;
    const open = rows.breaker();
    const theirs = rows.breaker({ tenant: 'globex' });
    story.commit([
      { put: 'breaker', row: open },
      { put: 'breaker', row: rows.breaker({ channel: 'ops-mail', reason: 'auth' }) },
    ]);
    story.commit([{ put: 'breaker', row: theirs }], 'globex');
    const closed = rows.breaker({ channel: 'ops-mail', state: 'closed', reason: null, failures: 0 });
    story.commit([{ put: 'breaker', row: closed }]);
    story.reopen();
    expect(story.store.loadTenant('acme').breakers).toEqual([open, closed]);
    expect(story.store.loadTenant('globex').breakers).toEqual([theirs]);
  });

  it('counts the deaths of processes under a delivery, not failed commits of the same one', () => {
    const { rows, store, commit } = current();
    const note = rows.notification();
    const leased = rows.delivery(note, { state: 'sending', leaseToken: 1, leaseUntil: t0 + 30_000 });
    const waiting = rows.delivery(note);
    commit(sending(note, leased, waiting));
    store.takeShards('node-1', t0);
    expect(row(leased)).toMatchObject({ state: 'queued', crashes: 0, leaseToken: 2 });
    for (const [owner, crashes] of [
      ['node-2', 1],
      ['node-3', 2],
    ] as const) {
      const before = owner === 'node-2' ? 'node-1' : 'node-2';
      store.claimDue({
        now: t0,
        owner: before,
        leaseMs: 1_000,
        limits: { high: 9, normal: 1, low: 9 },
        except: { high: new Set(), normal: new Set(), low: new Set() },
      });
      store.takeShards(owner, t0);
      expect(row(leased).crashes + row(waiting).crashes).toBe(crashes);
    }
  });

  it('queues a dead letter anew, behind what is open, with all its attempts; nothing else', () => {
    const { rows, store, commit, claim } = current();
    const note = rows.notification({ alerts: { [rows.newId()]: 'firing' } });
    const order = { orderKey: 'g/ops' };
    const done = {
      state: 'dead',
      finishedAt: t0,
      attempts: 4,
      crashes: 3,
      shorter: true,
      maybe: true,
    } as const;
    const dead = rows.delivery(note, { ...order, ...done, orderNo: 1, reason: 'poison', lastError: 'gone' });
    const open = rows.delivery(note, { ...order, orderNo: 5 });
    const sent = rows.delivery(note, { state: 'sent', finishedAt: t0 });
    commit(sending(note, dead, open, sent));
    commit([requeued(dead), requeued(sent)]);
    expect(row(sent).state).toBe('sent');
    expect(row(dead)).toEqual({
      ...dead,
      ...ofNote(note),
      state: 'queued',
      reason: null,
      orderNo: 9,
      expiresAt: t0 + 86_400_000,
      attempts: 0,
      crashes: 0,
      shorter: false,
      finishedAt: null,
    });
    expect(store.deliveryCounts('acme')).toMatchObject({ queued: 2, dead: 0, sent: 1 });
    const [first, ...none] = claim();
    expect([first!.delivery.id, none]).toEqual([open.id, []]);
    commit([ended(first!.delivery, t0)]);
    expect(claim().map(({ delivery }) => delivery.id)).toEqual([dead.id]);
  });

  it('queues what was lost anew on another channel, and finds it by its name alone', () => {
    const { rows, store, commit } = current();
    const note = rows.notification();
    const sent = rows.delivery(note, { state: 'sent', finishedAt: t0, providerId: 'SM1', attempts: 1 });
    const queued = rows.delivery(note);
    commit(sending(note, sent, queued));
    const lost = { channel: 'ops-mail', provider: 'email' };
    commit([requeued(sent, { lost }), requeued(queued, { lost })]);
    expect(row(sent)).toMatchObject({ ...lost, state: 'queued', providerId: null, receipts: 2, attempts: 0 });
    expect(row(queued).channel).toBe(queued.channel);
    expect(store.deliveriesOfProvider(sent.channel, 'SM1')).toEqual([]);
    expect(store.deliveryNamed(sent.id)).toMatchObject({ id: sent.id, tenant: 'acme', answer: null });
    expect(store.deliveryNamed(note.id)).toBeNull();
    expect(store.deliveryNamed('nonsense')).toBeNull();
  });

  it('reads one delivery, and dead letters in the order in which they were made', () => {
    const { rows, store, commit } = current();
    const note = rows.notification({ source: 'system' });
    const done = { state: 'dead', finishedAt: t0 } as const;
    const first = rows.delivery(note, done);
    const mail = rows.delivery(note, { ...done, channel: 'ops-mail' });
    const late = rows.delivery(note, { ...done, finishedAt: t0 + 10 });
    const alive = rows.delivery(note);
    commit(sending(note, first, mail, late, alive));
    const of = (filter: Parameters<typeof store.deadLetters>[1], limit = 10) =>
      store.deadLetters('acme', filter, limit).map(({ id }) => id);
    expect(of({})).toEqual([first.id, mail.id, late.id]);
    expect(of({}, 2)).toEqual([first.id, mail.id]);
    expect(of({ channel: 'ops-mail' })).toEqual([mail.id]);
    expect(of({ since: t0 + 10 })).toEqual([late.id]);
    expect(store.deadLetters('globex', {}, 10)).toEqual([]);
    expect(store.delivery('acme', late.id)).toEqual({ ...late, ...ofNote(note) });
    expect(store.delivery('globex', late.id)).toBeNull();
    expect(store.delivery('acme', 'nonsense')).toBeNull();
  });

  it('loads what was discarded like what is dead: its resolve is not sent either', () => {
    const story = current();
    const { rows } = story;
    const group = rows.group();
    const note = rows.notification({ groupId: group.id, alerts: { [rows.newId()]: 'firing' } });
    const done = { state: 'dropped', reason: 'discarded', finishedAt: t0 } as const;
    const discarded = rows.delivery(note, done);
    story.commit([{ put: 'group', row: group, insert: true }, ...sending(note, discarded)]);
    story.reopen();
    expect(story.store.loadTenant('acme').deliveries.map(({ id }) => id)).toEqual([discarded.id]);
  });

  it('loads that in whose place a newer one went: its firing was not heard', () => {
    const story = current();
    const { rows } = story;
    const group = rows.group();
    const note = rows.notification({ groupId: group.id, alerts: { [rows.newId()]: 'firing' } });
    const done = { state: 'dropped', reason: 'superseded', finishedAt: t0 } as const;
    const replaced = rows.delivery(note, done);
    story.commit([{ put: 'group', row: group, insert: true }, ...sending(note, replaced)]);
    story.reopen();
    expect(story.store.loadTenant('acme').deliveries.map(({ id }) => id)).toEqual([replaced.id]);
  });

  it('loads that which was confirmed before it was sent: its firing was not heard there', () => {
    const story = current();
    const { rows } = story;
    const group = rows.group();
    const note = rows.notification({ groupId: group.id, alerts: { [rows.newId()]: 'firing' } });
    const done = { state: 'dropped', reason: 'confirmed', finishedAt: t0 } as const;
    const confirmed = rows.delivery(note, done);
    story.commit([{ put: 'group', row: group, insert: true }, ...sending(note, confirmed)]);
    story.reopen();
    expect(story.store.loadTenant('acme').deliveries.map(({ id }) => id)).toEqual([confirmed.id]);
  });

  it('keeps calls to providers for as long as a window reaches', () => {
    const story = current();
    const call = (at: number, calls: number, over: object = {}) => ({
      put: 'provider_calls' as const,
      row: { tenant: 'acme', channel: 'ops-hook', person: '', at, calls, keptMs: 60_000, ...over },
    });
    story.commit([call(t0, 2), call(t0 + 10, 1, { channel: 'ops-mail' })]);
    story.commit([call(t0 + 60_000, 1)]);
    const all = () =>
      story.store.providerCalls(t0 - 1).map(({ channel, at, calls }) => [channel, at - t0, calls]);
    expect(all()).toEqual([
      ['ops-hook', 0, 2],
      ['ops-mail', 10, 1],
      ['ops-hook', 60_000, 1],
    ]);
    story.commit([call(t0 + 60_001, 1)]);
    story.reopen();
    expect(all()).toEqual([
      ['ops-mail', 10, 1],
      ['ops-hook', 60_000, 1],
      ['ops-hook', 60_001, 1],
    ]);
    expect(story.store.providerCalls(t0 + 60_001)).toHaveLength(1);
    expect(all()).toHaveLength(1);
  });

  it('loads what was lost of a group that is gone while its end waits', () => {
    const story = current();
    const { rows } = story;
    const gone = rows.group();
    const alert = rows.newId();
    const [said, over] = (['firing', 'resolved'] as const).map((saying) =>
      rows.notification({ groupId: gone.id, alerts: { [alert]: saying } }),
    );
    const lost = {
      state: 'dropped',
      reason: 'confirmed',
      finishedAt: t0,
      orderKey: 'team:{} ops-hook',
    } as const;
    const firing = rows.delivery(said!, { ...lost, orderNo: 1 });
    const end = rows.delivery(over!, { orderKey: 'team:{} ops-hook', orderNo: 2 });
    const other = rows.delivery(said!, { ...lost, orderKey: 'team:{} pager', orderNo: 1 });
    story.commit([...sending(said!, firing), { put: 'delivery', row: other }, ...sending(over!, end)]);
    story.reopen();
    const loaded = story.store.loadTenant('acme').deliveries.map(({ id }) => id);
    expect(loaded).toEqual([firing.id, end.id].sort());
  });

  it('loads what an open group said since the oldest dead letter of groups that are gone, each once', () => {
    const story = current();
    const { rows } = story;
    const heir = rows.group();
    const orderKey = `${audienceOf(heir.receiver, heir.labels)} ops-hook`;
    const done = { orderKey, finishedAt: t0, leaseToken: 1 } as const;
    const about = { [rows.newId()]: 'firing' } as const;
    const noteOf = (groupId: string) => rows.notification({ groupId, alerts: about });
    const [newer, older] = [rows.group(), rows.group()];
    const [dead, deadBefore] = [noteOf(newer.id), noteOf(older.id)];
    const [sent, sentBefore] = [noteOf(heir.id), noteOf(heir.id)];
    // The later death is found first: it must not hide what was said between the two.
    const finished = [
      [dead, rows.delivery(dead, { ...done, orderNo: 5, state: 'dead' })],
      [deadBefore, rows.delivery(deadBefore, { ...done, orderNo: 2, state: 'dead' })],
      [sent, rows.delivery(sent, { ...done, orderNo: 3, state: 'sent' })],
    ] as const;
    const before = rows.delivery(sentBefore, { ...done, orderNo: 1, state: 'sent' });
    story.commit([
      { put: 'group', row: heir, insert: true },
      ...finished.flatMap(([note, delivery]) => sending(note, delivery)),
      ...sending(sentBefore, before),
    ]);
    story.reopen();
    const loaded = story.store.loadTenant('acme').deliveries.map(({ id }) => id);
    expect(loaded).toEqual(finished.map(([, { id }]) => id).sort());
  });
}
