// What was sent, is being sent, or died on the way.
import { z } from 'zod';
import { ApiError } from '../../errors.ts';
import type { DeliveryFilter } from '../../store/store.ts';
import {
  deliveryBody,
  deliveryStates,
  notificationBody,
  toDeliveryBody,
  toNotificationBody,
} from '../bodies/delivery-body.ts';
import { pageOut, pageQuery, wordsIn } from '../bodies/shapes.ts';
import { answer, route } from '../route.ts';
import { isUuid } from '../uuid.ts';

const listQuery = z.strictObject({
  state: wordsIn(deliveryStates).optional(),
  channel: z.string().min(1).max(128).optional(),
  notification_id: z.string().refine(isUuid, 'expected a UUID').optional(),
  ...pageQuery,
});
const deliveriesShown = 200;

export const deliveriesRoutes = [
  route({
    method: 'get',
    path: '/api/v1/deliveries',
    requires: 'read',
    tag: 'deliveries',
    summary: 'Deliveries, newest first; `state=dead` is the dead-letter list.',
    query: listQuery,
    answers: { 200: { description: 'A page', schema: pageOut(deliveryBody) } },
    errors: ['invalid_cursor'],
    handler({ c, deps, tenant, query }) {
      const filter: DeliveryFilter = {
        ...(query.state !== undefined && { states: query.state }),
        ...(query.channel !== undefined && { channel: query.channel }),
        ...(query.notification_id !== undefined && { notificationId: query.notification_id }),
      };
      const page = deps.services.store.deliveries(tenant, filter, query.limit, query.cursor ?? null);
      return answer(c, 200, { items: page.items.map(toDeliveryBody), next: page.next });
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/notifications/{id}',
    requires: 'read',
    tag: 'deliveries',
    summary: 'One notification with its deliveries.',
    answers: { 200: { description: 'The notification', schema: notificationBody } },
    errors: ['notification_not_found'],
    handler({ c, deps, tenant, param }) {
      const { store } = deps.services;
      const id = param('id');
      const row = isUuid(id) ? store.notification(tenant, id) : null;
      if (row === null) throw new ApiError('notification_not_found');
      const sent = store.deliveries(tenant, { notificationId: id }, deliveriesShown, null);
      return answer(c, 200, toNotificationBody(row, sent.items));
    },
  }),
];
