// Store contract: what may go goes, a few rows at a time; what is in use stays, however old it is.
import { expect, it } from 'vitest';
import type { Effect } from '../../pipeline/effect.ts';
import { brokenLink } from '../audit-chain.ts';
import type { RetentionPolicy } from '../store.ts';
import { ended, type Story, sending } from './harness.ts';
import { t0 } from './row-builders.ts';

const dayMs = 86_400_000;
const policy: RetentionPolicy = {
  eventShortMs: dayMs,
  eventHistoryMs: 10 * dayMs,
  eventAuditMs: 100 * dayMs,
  alertMs: 10 * dayMs,
  deliveryMs: 5 * dayMs,
};

export function retentionContract(current: () => Story): void {
  it('deletes a bounded number of rows per call and says whether there is more', () => {
    const { rows, store, commit } = current();
    commit(Array.from({ length: 450 }, (): Effect => ({ put: 'event', row: rows.event({ keep: 0 }) })));
    const later = t0 + 2 * dayMs;
    expect(store.retain(policy, t0, 200)).toBe(false);
    expect(store.stats()['rows.event']).toBe(450);
    expect([store.retain(policy, later, 200), store.stats()['rows.event']]).toEqual([true, 250]);
    expect([store.retain(policy, later, 200), store.stats()['rows.event']]).toEqual([true, 50]);
    expect([store.retain(policy, later, 200), store.stats()['rows.event']]).toEqual([false, 0]);
  });

  it('goes on numbering after it emptied the log, also over a restart', () => {
    const story = current();
    const { rows } = story;
    story.commit([1, 2, 3].map((): Effect => ({ put: 'event', row: rows.event() })));
    story.retainAll(policy, t0 + 11 * dayMs);
    expect(story.store.events('acme', null, 10, null)).toEqual({ items: [], next: null });
    expect(story.commit([{ put: 'event', row: rows.event() }])[0]!.seq).toBe(4);
    story.retainAll(policy, t0 + 11 * dayMs);
    story.reopen();
    expect(story.commit([{ put: 'event', row: rows.event() }])[0]!.seq).toBe(5);
  });

  it('keeps each kind of event as long as the policy says, and the rest of the chain verifies', () => {
    const story = current();
    const { rows } = story;
    const put = (keep: 0 | 1 | 2, kind: string): Effect => ({
      put: 'event',
      row: rows.event({ keep, kind }),
    });
    story.commit([put(0, 'short'), put(1, 'history'), put(2, 'audit'), put(2, 'audit')]);
    rows.clock.at = t0 + 50 * dayMs;
    story.commit([put(2, 'younger')]);
    const kinds = () => story.store.events('acme', null, 10, null).items.map((event) => event.kind);
    story.retainAll(policy, t0 + 11 * dayMs);
    expect(kinds()).toEqual(['younger', 'audit', 'audit']);
    story.retainAll(policy, t0 + 101 * dayMs);
    expect(kinds()).toEqual(['younger']);
    const anchor = story.store.meta('audit_anchor:acme');
    expect(brokenLink(story.store.events('acme', null, 10, null).items, anchor)).toBeNull();
    story.retainAll(policy, t0 + 500 * dayMs);
    story.reopen();
    const last = story.store.meta('audit_anchor:acme');
    story.commit([put(2, 'after')]);
    expect(story.store.events('acme', null, 10, null).items[0]!.prevHash).toBe(last);
  });

  it('removes finished deliveries, then their notifications, and never an open one', () => {
    const story = current();
    const { rows } = story;
    const [done, half] = [rows.notification(), rows.notification()];
    const sent = rows.delivery(done, { state: 'sending', leaseToken: 1, leaseUntil: t0 + 1 });
    const sentToo = rows.delivery(half, { state: 'sent', finishedAt: t0 });
    const open = rows.delivery(half);
    story.commit([...sending(done, sent), ...sending(half, sentToo, open)]);
    story.commit([ended(sent, t0)]);
    expect(story.store.deliveryCounts('acme')).toMatchObject({ sent: 2, queued: 1 });
    story.retainAll(policy, t0 + 6 * dayMs);
    expect(story.store.deliveries('acme', {}, 10, null).items).toEqual([open]);
    expect(story.store.notification('acme', done.id)).toBeNull();
    expect(story.store.notification('acme', half.id)).toEqual(half);
    expect(story.store.deliveryCounts('acme')).toMatchObject({ sent: 0, queued: 1 });
  });

  it('removes alerts that ended long ago, unless they are open, waiting or named in a notify log', () => {
    const story = current();
    const { rows } = story;
    const over = { state: 'resolved', resolvedAt: t0 } as const;
    const firing = rows.alert();
    const gone = rows.alert(over);
    const goneEvent = rows.alert({ kind: 'event', state: 'resolved' });
    const waiting = rows.alert({ kind: 'event', state: 'resolved', nextAt: t0 + 1 });
    const inLog = rows.alert(over);
    const justOver = rows.alert({ state: 'resolved', resolvedAt: t0 + 5 * dayMs });
    const group = rows.group({ notified: { [inLog.id]: { key: 'k', status: 'firing', at: t0 } } });
    story.commit([
      ...[firing, gone, goneEvent, waiting, inLog, justOver].map(
        (row): Effect => ({ put: 'alert', row, insert: true }),
      ),
      { put: 'group', row: group, insert: true },
    ]);
    story.retainAll(policy, t0 + 11 * dayMs);
    expect(story.store.alerts('acme', {}, 10, null).items).toEqual([justOver, inLog, waiting, firing]);
    story.commit([{ put: 'group.closed', tenant: 'acme', id: group.id }]);
    story.retainAll(policy, t0 + 16 * dayMs);
    expect(story.store.alerts('acme', {}, 10, null).items).toEqual([waiting, firing]);
    expect(story.store.loadTenant('acme').alerts).toEqual([firing, waiting]);
  });

  it('removes label sets that nobody uses, and stores them again when they come back', () => {
    const story = current();
    const { rows } = story;
    const used = rows.alert({ labels: { host: 'used' } });
    const over = rows.alert({ labels: { host: 'gone' }, state: 'resolved', resolvedAt: t0 });
    story.commit([used, over].map((row): Effect => ({ put: 'alert', row, insert: true })));
    expect(story.store.stats()['rows.labelset']).toBe(2);
    story.retainAll(policy, t0 + 50 * dayMs);
    expect(story.store.stats()['rows.labelset']).toBe(1);
    rows.clock.at = t0 + 50 * dayMs;
    const back = rows.alert({ labels: { host: 'gone' } });
    story.commit([{ put: 'alert', row: back, insert: true }]);
    expect(story.store.alerts('acme', {}, 10, null).items).toEqual([back, used]);
  });

  it('forgets answers whose time is over', () => {
    const story = current();
    const row = { tenant: 'acme', scope: 's', key: 'k', bodyHash: 'b', status: 202, answer: '{}' };
    story.commit([{ put: 'idempotency', row: { ...row, expiresAt: t0 + 10 } }]);
    story.retainAll(policy, t0 + 9);
    expect(story.store.stats()['rows.idempotency']).toBe(1);
    story.retainAll(policy, t0 + 10);
    expect(story.store.stats()['rows.idempotency']).toBe(0);
  });
}
