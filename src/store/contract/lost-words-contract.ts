// Store contract: what was lost on a way is loaded, with what was said there since, as long as there may be more to say.
import { expect, it } from 'vitest';
import { audienceOf } from '../../pipeline/routing.ts';
import type { DeliveryRow, Saying } from '../../pipeline/rows.ts';
import { type Story, sending } from './harness.ts';
import { t0 } from './row-builders.ts';

export function lostWordsContract(current: () => Story): void {
  /** A way of an audience whose groups come and go: what each of them said of the alert, and what became of it. */
  function wayOf(
    ...said: readonly (readonly [group: string, saying: Saying, delivery: Partial<DeliveryRow>])[]
  ) {
    const story = current();
    const { rows } = story;
    const alert = rows.alert();
    story.commit([{ put: 'alert', row: alert, insert: true }]);
    const { receiver, labels } = rows.group();
    const orderKey = `${audienceOf(receiver, labels)} ops-hook`;
    const groups = new Map<string, string>();
    const deliveries = said.map(([group, saying, changes], index) => {
      rows.clock.at = t0 + 1_000 * (index + 1);
      if (!groups.has(group)) groups.set(group, rows.group().id);
      const note = rows.notification({ groupId: groups.get(group)!, alerts: { [alert.id]: saying } });
      const place = { orderKey, orderNo: rows.clock.at, leaseToken: 1, finishedAt: rows.clock.at };
      const delivery = rows.delivery(note, { ...place, ...changes });
      story.commit(sending(note, delivery));
      return delivery;
    });
    const loaded = () => {
      story.reopen();
      return story.store
        .loadTenant('acme')
        .deliveries.map(({ id }) => deliveries.findIndex((one) => one.id === id));
    };
    return { alert, loaded };
  }

  const sent = { state: 'sent' } as const;
  const dead = { state: 'dead', reason: 'permanent' } as const;

  it('loads an end that was lost of a group that is gone, since another group may speak of the alert there', () => {
    const way = wayOf(['one', 'firing', sent], ['one', 'resolved', dead]);
    expect(way.loaded()).toEqual([1]);
  });

  it('loads nothing more of it once the alert is over', () => {
    const { alert, loaded } = wayOf(['one', 'firing', dead], ['two', 'firing', sent]);
    const over = { ...alert, state: 'resolved', resolvedAt: t0 + 9_000 } as const;
    current().commit([{ put: 'alert', row: over, insert: false }]);
    expect(loaded()).toEqual([]);
  });

  it('loads what a group that is gone said there since, although nothing of its own was lost', () => {
    const way = wayOf(['zero', 'firing', sent], ['one', 'firing', dead], ['two', 'firing', sent]);
    expect(way.loaded()).toEqual([1, 2]);
  });

  it('loads what a group that is gone said there before something of its own was lost', () => {
    const way = wayOf(['one', 'firing', dead], ['two', 'firing', sent], ['two', 'resolved', dead]);
    expect(way.loaded()).toEqual([0, 1, 2]);
  });

  it('loads what a group that is gone said of an alert that is over while its end waits', () => {
    const waits = { state: 'queued', leaseToken: 0, finishedAt: null } as const;
    const { alert, loaded } = wayOf(
      ['one', 'firing', dead],
      ['two', 'firing', sent],
      ['one', 'resolved', waits],
    );
    const over = { ...alert, state: 'resolved', resolvedAt: t0 + 9_000 } as const;
    current().commit([{ put: 'alert', row: over, insert: false }]);
    expect(loaded()).toEqual([0, 1, 2]);
  });
}
