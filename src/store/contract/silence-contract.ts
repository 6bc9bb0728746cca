// Store contract: silences, from the first to what is history.
import { expect, it } from 'vitest';
import type { Effect } from '../../pipeline/effect.ts';
import type { SilenceRow } from '../../pipeline/rows.ts';
import type { Story } from './harness.ts';
import { t0 } from './row-builders.ts';

export function silenceContract(current: () => Story): void {
  const aSilence = (changes: Partial<SilenceRow> = {}): SilenceRow => ({
    tenant: 'acme',
    id: current().rows.newId(),
    matchers: [{ name: '主機', op: '=~', value: 'a|b' }],
    startsAt: t0,
    endsAt: t0 + 3_600_000,
    recurs: null,
    comment: '維護',
    createdBy: 'key:ann',
    createdAt: t0,
    updatedBy: 'key:ann',
    updatedAt: t0,
    remindedAt: null,
    held: 0,
    version: 1,
    closed: false,
    ...changes,
  });
  const put = (row: SilenceRow, insert: boolean): Effect => ({ put: 'silence', row, insert });

  it('are loaded with their tenant until their end is recorded, and read after it', () => {
    const { commit, reopen } = current();
    const [first, second] = [aSilence(), aSilence({ endsAt: t0 + 1 })];
    const foreign = aSilence({ tenant: 'globex' });
    commit([put(first, true), put(second, true)]);
    commit([put(foreign, true)], 'globex');
    const changed: SilenceRow = {
      ...first,
      matchers: [{ name: 'a', op: '!=', value: '' }],
      startsAt: t0 + 1,
      endsAt: t0 + 2,
      recurs: [{ weekdays: ['monday'], location: 'Asia/Taipei' }],
      comment: 'more',
      updatedBy: 'key:bob',
      updatedAt: t0 + 3,
      remindedAt: t0 + 4,
      held: 5,
      version: 2,
    };
    const over = { ...second, closed: true };
    commit([put(changed, false), put(over, false)]);
    reopen();
    const { store } = current();
    expect(store.loadTenant('acme').silences).toEqual([changed]);
    expect(store.loadTenant('globex').silences).toEqual([foreign]);
    expect(store.silence('acme', second.id)).toEqual(over);
    expect(store.silence('globex', second.id)).toBeNull();
    expect(store.silence('acme', 'none')).toBeNull();
  });

  it('are listed newest first, a page at a time', () => {
    const { commit, store, rows } = current();
    const made = [1, 2, 3].map((n) => {
      rows.clock.at += 1;
      return aSilence({ closed: n === 2 });
    });
    commit(made.map((row) => put(row, true)));
    const ids = (page: { items: readonly SilenceRow[] }) => page.items.map(({ id }) => id);
    const [a, b, c] = made.map(({ id }) => id);
    const first = store.silences('acme', {}, 2, null);
    expect(ids(first)).toEqual([c, b]);
    expect(ids(store.silences('acme', {}, 2, first.next))).toEqual([a]);
    expect(ids(store.silences('acme', { over: false }, 5, null))).toEqual([c, a]);
    expect(ids(store.silences('acme', { over: true }, 5, null))).toEqual([b]);
    expect(ids(store.silences('globex', {}, 5, null))).toEqual([]);
  });

  it('do not change when they were never stored', () => {
    expect(() => current().commit([put(aSilence(), false)])).toThrow(/never stored/);
  });
}
