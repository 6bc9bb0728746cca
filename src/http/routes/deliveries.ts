// What was sent, is being sent, or died on the way.
import { z } from 'zod';
import type { AlertMessage } from '../../../channels/message.ts';
import { ApiError } from '../../errors.ts';
import type { DeliveryOf } from '../../store/rows.ts';
import type { DeliveryFilter } from '../../store/store.ts';
import {
  confirmationBody,
  deliveryBody,
  deliveryDetailBody,
  deliveryStates,
  notificationBody,
  toConfirmationBody,
  toDeliveryBody,
  toDeliveryDetail,
  toNotificationBody,
} from '../bodies/delivery-body.ts';
import { pageOut, pageQuery, timeIn, wordsIn } from '../bodies/shapes.ts';
import { answer, type HttpDeps, passOn, route } from '../route.ts';
import { isUuid } from '../uuid.ts';

const listQuery = z.strictObject({
  state: wordsIn(deliveryStates).optional(),
  channel: z.string().min(1).max(128).optional(),
  notification_id: z.string().refine(isUuid, 'expected a UUID').optional(),
  ...pageQuery,
});
const deliveriesShown = 200;
const historyShown = 100;

const discardIn = z.strictObject({ note: z.string().max(4_096).optional() });
const confirmIn = z.strictObject({
  recipient: z
    .string()
    .min(1)
    .max(300)
    .optional()
    .meta({ description: 'Which of its recipients; none of them, unless given.' }),
  name: z.string().min(1).max(80).optional().meta({ description: 'Who has seen it; takes its alerts.' }),
  note: z.string().max(4_096).optional(),
});
const confirmOut = z.object({
  notification_id: z.uuid(),
  confirmation: confirmationBody,
  already: z.boolean().meta({ description: 'It was confirmed before, and nothing was changed.' }),
  acknowledged: z.number().int().meta({ description: 'Alerts that nobody held.' }),
  dropped: z.number().int().meta({ description: 'Deliveries that are not sent any more.' }),
});
const retryIn = z.strictObject({});
const retryAllIn = z.strictObject({
  channel: z.string().min(1).max(128).optional(),
  since: timeIn.optional().meta({ description: 'Only those that died at that time or later.' }),
  limit: z.int().min(1).max(1_000).default(100),
});
const retryAllOut = z.object({
  requeued: z.number().int(),
  superseded: z
    .number()
    .int()
    .meta({ description: 'Left as they are, because what they say is no longer so.' }),
  more: z.boolean().meta({ description: 'The limit was reached.' }),
});

/** The delivery of a path, or `delivery_not_found`. */
function existing(deps: HttpDeps, tenant: string, id: string): DeliveryOf {
  const row = isUuid(id) ? deps.services.store.delivery(tenant, id) : null;
  if (row === null) throw new ApiError('delivery_not_found');
  return row;
}

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
    path: '/api/v1/deliveries/{id}',
    requires: 'read',
    tag: 'deliveries',
    summary: 'One delivery: its attempts, its message, and what the channel would send.',
    answers: { 200: { description: 'The delivery', schema: deliveryDetailBody } },
    errors: ['delivery_not_found'],
    handler({ c, deps, tenant, param }) {
      const { services } = deps;
      const row = existing(deps, tenant, param('id'));
      const history = services.store.events(tenant, { kind: 'delivery', id: row.id }, historyShown, null);
      const body = services.store.notification(tenant, row.notificationId)?.body;
      const message = body === undefined ? null : (JSON.parse(body) as AlertMessage);
      const payload =
        message === null ? null : services.rendered(row.tenant, row.channel, message, row.shorter);
      return answer(c, 200, toDeliveryDetail(row, history.items, message, payload));
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/deliveries/retry',
    requires: 'respond',
    tag: 'deliveries',
    summary: 'Queues dead letters anew, oldest first. Answered once it is durable.',
    body: retryAllIn,
    bodyOptional: true,
    idempotent: true,
    answers: { 200: { description: 'How many', schema: retryAllOut } },
    errors: ['idempotency_conflict', 'overloaded'],
    async handler({ c, deps, tenant, body, actor, idempotency }) {
      const filter = {
        ...(body.channel !== undefined && { channel: body.channel }),
        ...(body.since !== undefined && { since: body.since }),
      };
      const command = { filter, limit: body.limit };
      return passOn(c, await deps.services.retryDeliveries(tenant, command, actor, idempotency));
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/deliveries/{id}/retry',
    requires: 'respond',
    tag: 'deliveries',
    summary: 'Queues a dead letter anew, under the same id and with all its attempts.',
    body: retryIn,
    bodyOptional: true,
    idempotent: true,
    answers: { 200: { description: 'Queued', schema: deliveryBody } },
    errors: [
      'delivery_not_found',
      'delivery_not_dead',
      'delivery_superseded',
      'idempotency_conflict',
      'overloaded',
    ],
    async handler({ c, deps, tenant, actor, idempotency, param }) {
      const { id } = existing(deps, tenant, param('id'));
      return passOn(c, await deps.services.retryDelivery(tenant, id, actor, idempotency));
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/deliveries/{id}/discard',
    requires: 'respond',
    tag: 'deliveries',
    summary: 'Puts a dead letter away: `dropped` with the reason `discarded`.',
    body: discardIn,
    bodyOptional: true,
    idempotent: true,
    answers: { 200: { description: 'Discarded', schema: deliveryBody } },
    errors: ['delivery_not_found', 'delivery_not_dead', 'idempotency_conflict', 'overloaded'],
    async handler({ c, deps, tenant, body, actor, idempotency, param }) {
      const { id } = existing(deps, tenant, param('id'));
      const command = { note: body.note ?? null };
      return passOn(c, await deps.services.discardDelivery(tenant, id, command, actor, idempotency));
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
      const confirmations = store.confirmations(tenant, id);
      return answer(c, 200, toNotificationBody(row, sent.items, confirmations));
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/notifications/{id}/confirm',
    requires: 'respond',
    tag: 'deliveries',
    summary:
      'Says that it was seen: its alerts are acknowledged, and what waits of it is not sent. Confirming again changes nothing.',
    body: confirmIn,
    bodyOptional: true,
    answers: { 200: { description: 'Confirmed, and what that came to', schema: confirmOut } },
    errors: ['notification_not_found', 'recipient_not_found', 'overloaded'],
    async handler({ c, deps, tenant, body, actor, param }) {
      const notificationId = param('id');
      if (!isUuid(notificationId)) throw new ApiError('notification_not_found');
      const { recipient = null, name = null, note = null } = body;
      const order = { notificationId, recipient, actor: actor.name, name, via: 'api' as const, note };
      const outcome = await deps.services.confirm(tenant, order);
      if ('refused' in outcome) throw new ApiError(outcome.refused);
      const { confirmation, fresh, acknowledged, dropped } = outcome;
      return answer(c, 200, {
        ...{ notification_id: notificationId, confirmation: toConfirmationBody(confirmation) },
        ...{ already: !fresh, acknowledged, dropped },
      });
    },
  }),
];
