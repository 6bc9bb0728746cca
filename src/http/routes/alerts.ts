// Alerts: list, read, acknowledge, resolve, history.
import { z } from 'zod';
import { severities } from '../../../rules/types.ts';
import { ApiError } from '../../errors.ts';
import type { AlertFilter } from '../../store/store.ts';
import { alertBody, toAlertBody } from '../bodies/alert-body.ts';
import { notificationBody, toNotificationBody } from '../bodies/delivery-body.ts';
import { eventBody, toEventBody } from '../bodies/event-body.ts';
import { durationIn, pageOut, pageQuery, timeIn, wordsIn } from '../bodies/shapes.ts';
import { answer, type HttpDeps, passOn, route } from '../route.ts';
import { isUuid } from '../uuid.ts';

const listQuery = z.strictObject({
  state: wordsIn(['pending', 'firing', 'resolved']).optional(),
  kind: z.enum(['alert', 'event']).optional(),
  rule: z.string().min(1).max(256).optional(),
  severity: z.enum(severities).optional(),
  ...pageQuery,
});

const acknowledgeIn = z
  .strictObject({
    note: z.string().max(4_096).optional(),
    until: timeIn
      .optional()
      .meta({ description: 'Repeats are held back until then; without it until the end.' }),
    for: durationIn.optional().meta({ description: 'The same as a span, e.g. 30m.' }),
  })
  .refine((body) => body.until === undefined || body.for === undefined, {
    message: 'expected `until` or `for`, not both',
    path: ['for'],
  });
const resolveIn = z.strictObject({ note: z.string().max(4_096).optional() });

const historyQuery = z.strictObject(pageQuery);
const historyBody = z.object({
  events: z.array(eventBody),
  next: z.string().nullable(),
  notifications: z.array(notificationBody).meta({ description: 'The newest 50, each with its deliveries.' }),
});
/** Notifications shown with a history; each costs one read of its deliveries. */
const notificationsShown = 50;
/** A notification goes to the channels of one receiver: far fewer than this. */
const deliveriesShown = 200;

/** The alert of a path, or `alert_not_found`. */
function existing(deps: HttpDeps, tenant: string, id: string) {
  const row = isUuid(id) ? deps.services.alert(tenant, id) : null;
  if (row === null) throw new ApiError('alert_not_found');
  return row;
}

export const alertsRoutes = [
  route({
    method: 'get',
    path: '/api/v1/alerts',
    requires: 'read',
    tag: 'alerts',
    summary: 'Alerts and events, newest first.',
    query: listQuery,
    answers: { 200: { description: 'A page', schema: pageOut(alertBody) } },
    errors: ['invalid_cursor'],
    handler({ c, deps, tenant, query }) {
      const filter: AlertFilter = {
        ...(query.kind !== undefined && { kind: query.kind }),
        ...(query.state !== undefined && { states: query.state }),
        ...(query.rule !== undefined && { rule: query.rule }),
        ...(query.severity !== undefined && { severity: query.severity }),
      };
      const page = deps.services.store.alerts(tenant, filter, query.limit, query.cursor ?? null);
      return answer(c, 200, { items: page.items.map(toAlertBody), next: page.next });
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/alerts/active',
    requires: 'read',
    tag: 'alerts',
    summary: 'Alerts that are pending or firing, newest first.',
    query: z.strictObject(pageQuery),
    answers: { 200: { description: 'A page', schema: pageOut(alertBody) } },
    errors: ['invalid_cursor'],
    handler({ c, deps, tenant, query }) {
      const filter: AlertFilter = { kind: 'alert', states: ['pending', 'firing'] };
      const page = deps.services.store.alerts(tenant, filter, query.limit, query.cursor ?? null);
      return answer(c, 200, { items: page.items.map(toAlertBody), next: page.next });
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/alerts/{id}',
    requires: 'read',
    tag: 'alerts',
    summary: 'One alert or event.',
    answers: { 200: { description: 'The alert', schema: alertBody } },
    errors: ['alert_not_found'],
    handler: ({ c, deps, tenant, param }) => answer(c, 200, toAlertBody(existing(deps, tenant, param('id')))),
  }),
  route({
    method: 'post',
    path: '/api/v1/alerts/{id}/acknowledge',
    requires: 'respond',
    tag: 'alerts',
    summary: 'Somebody takes it: repeats are held back. Answered once it is durable.',
    body: acknowledgeIn,
    bodyOptional: true,
    idempotent: true,
    answers: { 200: { description: 'Acknowledged' } },
    errors: ['alert_not_found', 'alert_resolved', 'idempotency_conflict', 'overloaded'],
    async handler({ c, deps, tenant, body, actor, idempotency, param }) {
      const id = existing(deps, tenant, param('id')).id;
      const now = deps.services.now();
      const until = body.until ?? (body.for === undefined ? null : now + body.for);
      if (until !== null && until <= now && body.until !== undefined) {
        throw new ApiError('invalid_body', {
          details: { problems: [{ path: 'until', message: 'expected a time in the future' }] },
        });
      }
      const command = { until, note: body.note ?? null };
      return passOn(c, await deps.services.acknowledge(tenant, id, command, actor, idempotency));
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/alerts/{id}/resolve',
    requires: 'respond',
    tag: 'alerts',
    summary: 'Ends the episode by hand. Answered once it is durable.',
    body: resolveIn,
    bodyOptional: true,
    idempotent: true,
    answers: { 200: { description: 'Resolved' } },
    errors: ['alert_not_found', 'alert_resolved', 'idempotency_conflict', 'overloaded'],
    async handler({ c, deps, tenant, body, actor, idempotency, param }) {
      const id = existing(deps, tenant, param('id')).id;
      const command = { note: body.note ?? null };
      return passOn(c, await deps.services.resolve(tenant, id, command, actor, idempotency));
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/alerts/{id}/history',
    requires: 'read',
    tag: 'alerts',
    summary: 'What happened to an alert, and what was sent about it.',
    query: historyQuery,
    answers: { 200: { description: 'The history', schema: historyBody } },
    errors: ['alert_not_found', 'invalid_cursor'],
    handler({ c, deps, tenant, query, param }) {
      const { store } = deps.services;
      const id = existing(deps, tenant, param('id')).id;
      const page = store.events(tenant, { kind: 'alert', id }, query.limit, query.cursor ?? null);
      const notifications = store.notificationsOf(tenant, id, notificationsShown).map((row) => {
        const sent = store.deliveries(tenant, { notificationId: row.id }, deliveriesShown, null);
        return toNotificationBody(row, sent.items);
      });
      return answer(c, 200, { events: page.items.map(toEventBody), next: page.next, notifications });
    },
  }),
];
