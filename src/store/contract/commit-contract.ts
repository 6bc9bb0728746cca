// Store contract: atomic, ordered, fenced commits; what is unfinished comes back whole.
import { expect, it } from 'vitest';
import type { Effect } from '../../pipeline/effect.ts';
import { brokenLink } from '../audit-chain.ts';
import { StoreError } from '../store.ts';
import { failingStore, failNth } from './failing-store.ts';
import { ended, type Story, sending } from './harness.ts';
import { t0 } from './row-builders.ts';

export function failureOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return error instanceof StoreError ? error.failure : `bug: ${String(error)}`;
  }
  return 'none';
}

export function commitContract(current: () => Story): void {
  it('gives back a row exactly as it was written, and as it was changed', () => {
    const { rows, store, commit } = current();
    const alert = rows.alert({ pendingSince: t0 - 5_000 });
    commit([{ put: 'alert', row: alert, insert: true }]);
    expect(store.alert('acme', alert.id)).toEqual(alert);
    const changed = {
      ...alert,
      state: 'resolved' as const,
      effectiveSeverity: 'critical' as const,
      value: null,
      annotations: { summary: 'over' },
      keepUntil: t0 + 1,
      lastSampleAt: t0 + 2,
      endsAt: t0 + 3,
      resolvedAt: t0 + 4,
      resolveReason: 'condition_cleared' as const,
      ackedBy: 'key:ann',
      ackedAt: t0 + 5,
      ackUntil: t0 + 6,
      snoozedUntil: t0 + 8,
      snoozedBy: 'key:bob',
      assignee: 'ann',
      comments: 2,
      nextAt: t0 + 7,
      promoted: 'critical' as const,
      severitySince: t0 + 9,
      finding: { value: 88, at: t0, low: 12, mid: 20, high: 31, score: 0.7, oneIn: 40_000, seasonal: true },
      version: 2,
    };
    commit([{ put: 'alert', row: changed, insert: false }]);
    expect(store.alert('acme', alert.id)).toEqual(changed);
  });

  it('says when what was only written is on the disk, in the order of the commits', async () => {
    const { rows, store, commit } = current();
    const said: string[] = [];
    for (const name of ['one', 'two', 'three']) {
      commit([{ put: 'event', row: rows.event({ kind: name }) }], 'acme', 'written');
      // Whoever reads finds it at once.
      expect(store.events('acme', null, 10, null).items.some(({ kind }) => kind === name)).toBe(true);
      store.onDisk((failed) => said.push(failed === null ? name : failed.message));
    }
    await new Promise<void>((resolve) => store.onDisk(() => resolve()));
    expect(said).toEqual(['one', 'two', 'three']);
    commit([{ put: 'event', row: rows.event({ kind: 'four' }) }], 'acme', 'written');
    store.onDisk(() => said.push('four'));
    store.sync();
    expect(said).toEqual(['one', 'two', 'three', 'four']);
  });

  it('numbers events in the order of the effects, over shards', () => {
    const { rows, store, commit } = current();
    const first = commit([
      { put: 'event', row: rows.event({ kind: 'one' }) },
      { put: 'event', row: rows.event({ kind: 'two' }) },
    ]);
    const second = commit([{ put: 'event', row: rows.event({ kind: 'three' }) }]);
    expect([...first, ...second].map(({ seq, row }) => [seq, row.kind])).toEqual([
      [1, 'one'],
      [2, 'two'],
      [3, 'three'],
    ]);
    const shards = store.takeShards('node-1', t0);
    const both = store.commit([
      { ...shards[5]!, effects: [{ put: 'event', row: rows.event({ kind: 'five' }) }] },
      { ...shards[3]!, effects: [{ put: 'event', row: rows.event({ kind: 'three' }) }] },
    ]);
    expect(both.map(({ shard, row }) => [shard, row.kind])).toEqual([
      [5, 'five'],
      [3, 'three'],
    ]);
  });

  it('writes all of a commit or nothing', () => {
    const { rows, store, commit } = current();
    const alert = rows.alert();
    const bad: Effect = { put: 'alert', row: rows.alert(), insert: false }; // was never stored
    expect(
      failureOf(() =>
        commit([
          { put: 'alert', row: alert, insert: true },
          { put: 'event', row: rows.event({ keep: 2 }) },
          bad,
        ]),
      ),
    ).toMatch(/^bug/);
    expect(store.alert('acme', alert.id)).toBeNull();
    // The failed commit left nothing behind in memory either: the label set is written with the next alert.
    const events = commit([
      { put: 'alert', row: alert, insert: true },
      { put: 'event', row: rows.event({ keep: 2, kind: 'audit' }) },
    ]);
    expect(events.map((event) => event.seq)).toEqual([1]);
    expect(store.alert('acme', alert.id)).toEqual(alert);
    expect(brokenLink(store.events('acme', null, 10, null).items, null)).toBeNull();
  });

  it('refuses a commit under an old epoch and writes nothing of it', () => {
    const { rows, store } = current();
    const { shard } = store.ensureTenant('acme', t0);
    const before = store.takeShards('node-1', t0).find((lease) => lease.shard === shard)!;
    const after = store.takeShards('node-2', t0).find((lease) => lease.shard === shard)!;
    expect(after.epoch).toBe(before.epoch + 1);
    const alert = rows.alert();
    const effects: Effect[] = [{ put: 'alert', row: alert, insert: true }];
    const other = store.takeShards('node-2', t0).find((lease) => lease.shard !== shard)!;
    expect(
      failureOf(() =>
        store.commit([
          { ...other, effects },
          { ...after, effects: [] },
        ]),
      ),
    ).toBe('fenced');
    expect(store.alert('acme', alert.id)).toBeNull();
  });

  it('goes on with epochs and numbers after it was opened again', () => {
    const story = current();
    story.commit([{ put: 'event', row: story.rows.event() }]);
    const { shard } = story.store.ensureTenant('acme', t0);
    const before = story.store.takeShards('node-1', t0)[shard]!.epoch;
    story.reopen();
    expect(story.store.takeShards('node-1', t0)[shard]!.epoch).toBeGreaterThan(before);
    story.reopen();
    expect(story.commit([{ put: 'event', row: story.rows.event() }]).map((event) => event.seq)).toEqual([2]);
  });

  it('lets one alert per key be open, and another episode follow a resolved one', () => {
    const { rows, store, commit } = current();
    const first = rows.alert({ key: 'k' });
    commit([{ put: 'alert', row: first, insert: true }]);
    expect(
      failureOf(() =>
        commit([{ put: 'alert', row: rows.alert({ key: 'k', state: 'pending' }), insert: true }]),
      ),
    ).toMatch(/^bug/);
    const second = rows.alert({ key: 'k' });
    commit([
      { put: 'alert', row: { ...first, state: 'resolved', resolvedAt: t0 }, insert: false },
      { put: 'alert', row: second, insert: true },
      { put: 'alert', row: rows.alert({ key: 'k', kind: 'event', state: 'resolved' }), insert: true },
      { put: 'alert', row: rows.alert({ key: 'k', tenant: 'globex' }), insert: true },
    ]);
    expect(store.alerts('acme', { states: ['firing'] }, 10, null).items).toEqual([second]);
  });

  it('chains the audit events of a tenant, over restarts, and notices an edited one', () => {
    const story = current();
    const audit = (kind: string): Effect => ({
      put: 'event',
      row: story.rows.event({ kind, keep: 2, subjectKind: 'rule', subjectId: 'HighCpu', actor: 'key:ann' }),
    });
    story.commit([audit('one'), { put: 'event', row: story.rows.event() }, audit('two')]);
    story.reopen();
    story.commit([audit('three')]);
    const chain = story.store
      .events('acme', null, 10, null)
      .items.filter((event) => event.keep === 2)
      .reverse();
    expect(chain.map((event) => event.kind)).toEqual(['one', 'two', 'three']);
    expect(chain[0]!.prevHash).toBeNull();
    expect(brokenLink(chain, null)).toBeNull();
    const edited = chain.map((event) => (event.kind === 'two' ? { ...event, actor: 'key:eve' } : event));
    expect(brokenLink(edited, null)).toBe(chain[1]!.seq);
    expect(brokenLink([chain[0]!, chain[2]!], null)).toBe(chain[2]!.seq);
  });

  it('loads exactly what is unfinished', () => {
    const story = current();
    const { rows } = story;
    const pending = rows.alert({ state: 'pending', firedAt: null });
    const firing = rows.alert();
    const waitingEvent = rows.alert({ kind: 'event', state: 'resolved', nextAt: t0 + 10 });
    const inLog = rows.alert({ state: 'resolved', resolvedAt: t0 });
    const finished = rows.alert({ state: 'resolved', resolvedAt: t0 });
    const finishedEvent = rows.alert({ kind: 'event', state: 'resolved' });
    const foreign = rows.alert({ tenant: 'globex' });
    const open = rows.group({ notified: { [inLog.id]: { key: inLog.key, status: 'firing', at: t0 } } });
    const closed = rows.group();
    const all = [pending, firing, waitingEvent, inLog, finished, finishedEvent, foreign];
    story.commit([
      ...all.map((row): Effect => ({ put: 'alert', row, insert: true })),
      { put: 'group', row: { ...open, notified: {} }, insert: true },
      { put: 'group', row: open, insert: false },
      { put: 'group', row: closed, insert: true },
      { put: 'group.closed', tenant: 'acme', id: closed.id },
    ]);
    const about = { [inLog.id]: 'firing' } as const;
    const inOpen = (changes = {}) => rows.notification({ groupId: open.id, alerts: about, ...changes });
    const inClosed = rows.notification({ groupId: closed.id });
    const notes = [inOpen(), inOpen(), inOpen(), inOpen(), inClosed];
    const order = { orderKey: 'open/ops-hook' };
    const done = { finishedAt: t0, leaseToken: 1 };
    const sentBefore = rows.delivery(notes[0]!, { ...order, ...done, orderNo: 1, state: 'sent' });
    const dead = rows.delivery(notes[1]!, { ...order, ...done, orderNo: 2, state: 'dead' });
    const sentAfter = rows.delivery(notes[2]!, { ...order, ...done, orderNo: 3, state: 'sent' });
    const queued = rows.delivery(notes[3]!, { ...order, orderNo: 4 });
    const otherOrder = rows.delivery(notes[3]!, {
      ...done,
      orderKey: 'open/ops-mail',
      orderNo: 9,
      state: 'sent',
    });
    const deadOfClosed = rows.delivery(inClosed, { ...done, orderKey: 'closed', state: 'dead' });
    const deliveries = [sentBefore, dead, sentAfter, queued, otherOrder, deadOfClosed];
    story.commit([
      ...notes.map((row): Effect => ({ put: 'notification', row })),
      ...deliveries.map((row): Effect => ({ put: 'delivery', row })),
    ]);
    for (const reopened of [false, true]) {
      if (reopened) story.reopen();
      const loaded = story.store.loadTenant('acme');
      expect(loaded.alerts).toEqual([pending, firing, waitingEvent, inLog]);
      expect(loaded.groups).toEqual([open]);
      expect(loaded.tallies).toMatchObject([{ notificationId: queued.notificationId, accepted: 1, dead: 0 }]);
      expect(loaded.untold.map((one) => one.notificationId)).toEqual(
        [dead, deadOfClosed].map((row) => row.notificationId).sort(),
      );
      expect(loaded.deliveries).toEqual(
        [dead, sentAfter, queued].map((row) => ({
          ...row,
          ...{ alerts: about, source: 'alert', severity: 'warning', priority: 'P3', strategy: null },
          receipts: 0,
        })),
      );
    }
    expect(story.store.loadTenant('nobody')).toEqual({
      alerts: [],
      groups: [],
      deliveries: [],
      breakers: [],
      silences: [],
      tallies: [],
      untold: [],
      confirmations: [],
    });
  });

  it('keeps the first version of a configuration and of an answer', () => {
    const { store, commit } = current();
    const version = {
      tenant: 'acme',
      kind: 'rule',
      name: 'HighCpu',
      hash: 'h1',
      origin: 'rules/host.yaml:3:5',
      body: '{"threshold":80}',
      firstAt: t0,
    } as const;
    const answer = {
      tenant: 'acme',
      scope: 'events',
      key: 'k1',
      bodyHash: 'b1',
      status: 202,
      answer: '{}',
      expiresAt: t0 + 100,
    };
    commit([
      { put: 'config_version', row: version },
      { put: 'idempotency', row: answer },
    ]);
    commit([
      { put: 'config_version', row: { ...version, firstAt: t0 + 1 } },
      { put: 'idempotency', row: { ...answer, status: 500 } },
    ]);
    expect(store.configVersion('acme', 'rule', 'HighCpu', 'h1')).toEqual(version);
    expect(store.configVersion('acme', 'rule', 'HighCpu', 'h2')).toBeNull();
    expect(store.idempotency('acme', 'events', 'k1', t0)).toEqual(answer);
    expect(store.idempotency('acme', 'acks', 'k1', t0)).toBeNull();
    expect(store.idempotency('globex', 'events', 'k1', t0)).toBeNull();
    expect(store.idempotency('acme', 'events', 'k1', t0 + 100)).toBeNull();
    const again = { ...answer, bodyHash: 'b2', expiresAt: t0 + 200 };
    commit([{ put: 'idempotency', row: again }]);
    expect(store.idempotency('acme', 'events', 'k1', t0 + 100)).toEqual(again);
  });

  it('can be made to fail before and after the Nth commit', () => {
    const story = current();
    const { rows } = story;
    const tenant = story.store.ensureTenant('acme', t0);
    const lease = story.store.takeShards('node-1', t0)[tenant.shard]!;
    const put = (store: typeof story.store) => {
      const alert = rows.alert();
      const failure = failureOf(() =>
        store.commit([{ ...lease, effects: [{ put: 'alert', row: alert, insert: true }] }]),
      );
      return [failure, story.store.alert('acme', alert.id) !== null];
    };
    const full = failingStore(story.store, failNth('commit', 2, { when: 'before', failure: 'full' }));
    expect([put(full), put(full), put(full)]).toEqual([
      ['none', true],
      ['full', false],
      ['none', true],
    ]);
    const lost = failingStore(story.store, failNth('commit', 1, { when: 'after' }));
    expect([put(lost), put(lost)]).toEqual([
      ['unknown', true],
      ['none', true],
    ]);
  });

  it('takes back what was being sent when another owner comes', () => {
    const story = current();
    const { rows } = story;
    const note = rows.notification();
    const leased = rows.delivery(note, { state: 'sending', leaseToken: 1, leaseUntil: t0 + 30_000 });
    story.commit(sending(note, leased));
    expect(story.claim()).toEqual([]);
    story.reopen();
    story.commit([ended(leased, t0)]); // the old owner's result, before anybody took the delivery again
    const [again] = story.claim();
    expect(again?.delivery).toMatchObject({ id: leased.id, state: 'sending' });
    expect(again!.delivery.leaseToken).toBeGreaterThan(1);
    story.commit([ended(leased, t0)]); // and after
    expect(story.store.deliveries('acme', {}, 10, null).items[0]!.state).toBe('sending');
  });
}
