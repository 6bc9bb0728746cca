// Reads of deliveries for people: lists and counts.
import type { DeliveryRow, DeliveryState } from '../../pipeline/rows.ts';
import type { AcceptedDelivery, DeliveryOf } from '../rows.ts';
import type { DeadLetterFilter, DeliveryFilter, Page } from '../store.ts';
import type { Db } from './database.ts';
import type { DeliveryCounts } from './delivery-counts.ts';
import { parseId } from './id-codec.ts';
import { idOfCursor, pageOf, scanned, scanRows } from './keyset-page.ts';
import {
  deliveryOf,
  deliveryRow,
  ofItsMessage,
  type StoredDelivery,
  type WithItsMessage,
} from './row-codec.ts';
import { columnsOf, delivery } from './schema.ts';
import { withStoreErrors } from './sqlite-errors.ts';
import { Statements, Where } from './statements.ts';

const columns = columnsOf(delivery, 'd');
const withMessage = `${columns}, ${ofItsMessage}`;
const itsMessage = 'CROSS JOIN notification n ON n.tenant = d.tenant AND n.id = d.notification_id';
const mostOfOneCall = 1_000;

export function deliveryReads(db: Db, counts: DeliveryCounts) {
  const statements = new Statements(db.raw);

  function page(
    tenant: string,
    filter: DeliveryFilter,
    limit: number,
    cursor: string | null,
  ): Page<DeliveryRow> {
    const before = idOfCursor(cursor);
    const where = new Where().and('d.tenant = ? AND d.id < ?', tenant, before);
    if (filter.channel !== undefined) where.and('d.channel = ?', filter.channel);
    let index = '';
    let floor: Buffer | undefined;
    if (filter.notificationId !== undefined) {
      const notificationId = parseId(filter.notificationId);
      if (notificationId === null) return { items: [], next: null };
      index = 'INDEXED BY delivery_notification';
      where.and('d.notification_id = ?', notificationId).oneOf('d.state', filter.states);
    } else if (filter.states?.length === 1 && filter.states[0] === 'dead') {
      index = 'INDEXED BY delivery_dead';
      where.and("d.state = 'dead'");
    } else {
      where.oneOf('d.state', filter.states);
      floor = statements.first<{ readonly id: Buffer }>(
        `SELECT id FROM delivery WHERE tenant = ? AND id < ? ORDER BY id DESC LIMIT 1 OFFSET ${scanRows}`,
        [tenant, before],
      )?.id;
      if (floor !== undefined) where.and('d.id >= ?', floor);
    }
    const rows = statements.all<StoredDelivery>(
      `SELECT ${columns} FROM delivery d ${index} WHERE ${where.text} ORDER BY d.id DESC LIMIT ?+0`,
      [...where.values, limit + 1],
    );
    return pageOf([scanned(rows, limit, floor ?? null)], limit, deliveryRow);
  }

  const one = db.raw.prepare<[string, Buffer], WithItsMessage>(
    `SELECT ${withMessage} FROM delivery d ${itsMessage} WHERE d.tenant = ? AND d.id = ?`,
  );

  // One call of a channel may have carried many messages: they all have its id.
  const ofProvider = db.raw.prepare<[string, string], WithItsMessage>(
    `SELECT ${withMessage} FROM delivery d INDEXED BY delivery_provider ${itsMessage}
     WHERE d.channel = ? AND d.provider_id = ? ORDER BY d.rowid DESC LIMIT ${mostOfOneCall}`,
  );

  // There is no index on the id alone: one look per tenant, for receipts whose message nobody knows.
  const named = db.raw.prepare<[Buffer], WithItsMessage>(
    `SELECT ${withMessage} FROM tenant t CROSS JOIN delivery d ON d.tenant = t.id AND d.id = ? ${itsMessage}`,
  );

  function dead(tenant: string, filter: DeadLetterFilter, limit: number): DeliveryOf[] {
    const where = new Where().and("d.tenant = ? AND d.state = 'dead'", tenant);
    if (filter.channel !== undefined) where.and('d.channel = ?', filter.channel);
    if (filter.since !== undefined) where.and('d.finished_at >= ?', Math.floor(filter.since));
    return statements
      .all<WithItsMessage>(
        `SELECT ${withMessage} FROM delivery d INDEXED BY delivery_dead ${itsMessage}
         WHERE ${where.text} ORDER BY d.id LIMIT ?+0`,
        [...where.values, limit],
      )
      .map(deliveryOf);
  }

  return {
    delivery(tenant: string, id: string): DeliveryOf | null {
      const bytes = parseId(id);
      if (bytes === null) return null;
      const row = withStoreErrors('read a delivery', () => one.get(tenant, bytes));
      return row === undefined ? null : deliveryOf(row);
    },
    deliveriesOfProvider(channel: string, providerId: string): readonly AcceptedDelivery[] {
      return withStoreErrors('find the deliveries of a receipt', () =>
        ofProvider.all(channel, providerId).map((row) => ({ ...deliveryOf(row), answer: row.answer })),
      );
    },
    deliveryNamed(id: string): AcceptedDelivery | null {
      const bytes = parseId(id);
      if (bytes === null) return null;
      const row = withStoreErrors('find the delivery of a receipt', () => named.get(bytes));
      return row === undefined ? null : { ...deliveryOf(row), answer: row.answer };
    },
    deadLetters(tenant: string, filter: DeadLetterFilter, limit: number): readonly DeliveryOf[] {
      return withStoreErrors('read dead letters', () => dead(tenant, filter, limit));
    },
    deliveries(
      tenant: string,
      filter: DeliveryFilter,
      limit: number,
      cursor: string | null,
    ): Page<DeliveryRow> {
      return withStoreErrors('list deliveries', () => page(tenant, filter, limit, cursor));
    },
    deliveryCounts(tenant: string): Readonly<Record<DeliveryState, number>> {
      return withStoreErrors('count deliveries', () => counts.of(tenant));
    },
  };
}
