// Store contract: who confirmed a notification.
import { expect, it } from 'vitest';
import type { ConfirmationRow } from '../../pipeline/rows.ts';
import { type Story, sending } from './harness.ts';
import { t0 } from './row-builders.ts';

export function confirmationContract(current: () => Story): void {
  const confirmation = (
    notificationId: string,
    changes: Partial<ConfirmationRow> = {},
  ): { put: 'confirmation'; row: ConfirmationRow } => ({
    put: 'confirmation',
    row: {
      ...{ tenant: 'acme', notificationId, recipient: 'ops-chat@ann', at: t0 },
      ...{ actor: 'link:ops-chat@ann', name: 'Ann', via: 'link' as const, note: null },
      ...changes,
    },
  });

  it('keeps the first confirmation of each recipient, in the order in which they came', () => {
    const { rows, store, commit } = current();
    const note = rows.notification();
    const api = { recipient: null, actor: 'key:ops', name: null, via: 'api' as const, note: 'seen' };
    commit([{ put: 'notification', row: note }, confirmation(note.id, { at: t0 + 2 })]);
    commit([
      confirmation(note.id, { at: t0 + 3, name: 'Mallory' }),
      confirmation(note.id, { ...api, at: t0 + 1 }),
    ]);
    expect(store.confirmations('acme', note.id)).toEqual([
      confirmation(note.id, { ...api, at: t0 + 1 }).row,
      confirmation(note.id, { at: t0 + 2 }).row,
    ]);
  });

  it('shows none of another tenant, and none of what is no id', () => {
    const { rows, store, commit } = current();
    const note = rows.notification();
    commit([{ put: 'notification', row: note }, confirmation(note.id)]);
    expect(store.confirmations('globex', note.id)).toEqual([]);
    expect(store.confirmations('acme', 'nothing')).toEqual([]);
  });

  it('loads those of notifications with an open delivery, and calls nobody for a confirmed one', () => {
    const { rows, store, commit } = current();
    const open = rows.notification();
    const done = rows.notification();
    const dead = rows.notification();
    commit([
      ...sending(open, rows.delivery(open)),
      ...sending(done, rows.delivery(done, { state: 'sent', finishedAt: t0 })),
      ...sending(dead, rows.delivery(dead, { state: 'dead', finishedAt: t0 })),
      ...[open, done].map(({ id }) => confirmation(id)),
    ]);
    const before = store.loadTenant('acme');
    expect(before.confirmations).toEqual([confirmation(open.id).row]);
    expect(before.untold.map(({ notificationId }) => notificationId)).toEqual([dead.id]);
    commit([confirmation(dead.id)]);
    expect(store.loadTenant('acme').untold).toEqual([]);
    expect(store.notification('acme', dead.id)).toEqual({ ...dead, confirmedAt: t0 });
  });

  it('forgets them with their notification', () => {
    const { rows, store, commit } = current();
    const note = rows.notification();
    commit([{ put: 'notification', row: note }, confirmation(note.id)]);
    const kept = { eventShortMs: 1, eventHistoryMs: 1, eventAuditMs: 1, alertMs: 1, deliveryMs: 1_000 };
    store.retain(kept, note.createdAt + 500, 1_000);
    expect(store.confirmations('acme', note.id)).toHaveLength(1);
    while (store.retain(kept, note.createdAt + 2_000, 1_000)) {
      // until a round had nothing to do
    }
    expect(store.notification('acme', note.id)).toBeNull();
    expect(store.confirmations('acme', note.id)).toEqual([]);
  });
}
