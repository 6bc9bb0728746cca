// Alerts: lists, one, its history. What people do with them is in alert-actions.ts.
import { z } from 'zod';
import { categories, severities } from '../../../rules/types.ts';
import { groupEventsOf } from '../../explain/group-events.ts';
import type { Services } from '../../services.ts';
import { searchWords } from '../../store/search-text.ts';
import type { AlertFilter } from '../../store/store.ts';
import { alertPage, existing } from '../alert-pages.ts';
import { oneAlertBody, shownAlertBody, toShownAlertBody } from '../bodies/alert-body.ts';
import { notificationBody, toNotificationBody } from '../bodies/delivery-body.ts';
import { eventBody, toEventBody } from '../bodies/event-body.ts';
import { matcherIn, pageOut, pageQuery, timeInQuery, wordsIn } from '../bodies/shapes.ts';
import { answer, answerJson, route } from '../route.ts';

/** A page of alerts, which may be longer than others: whoever keeps a list of all open ones reads 100,000 of them. */
const longPage = {
  ...pageQuery,
  limit: z.coerce.number('expected a whole number from 1 to 1000').int().min(1).max(1_000).default(50),
};
const yesOrNo = z.enum(['true', 'false']).transform((word) => word === 'true');
const shortText = z.string().min(1).max(256);

/** What both lists are narrowed by. */
const filters = {
  rule: shortText.optional(),
  severity: wordsIn(severities).optional().meta({ description: 'Effective severities, e.g. high,critical.' }),
  category: wordsIn(categories).optional(),
  fingerprint: shortText.optional(),
  assignee: shortText.optional(),
  acknowledged: yesOrNo.optional().meta({ description: 'Whether somebody holds it now.' }),
  snoozed: yesOrNo.optional(),
  since: timeInQuery.optional().meta({ description: 'Fired or occurred at that time or later.' }),
  until: timeInQuery.optional().meta({ description: 'Fired or occurred before that time.' }),
  matcher: z.array(matcherIn).max(64).optional().meta({
    description: 'e.g. env="prod"; may be repeated, all must hold. `severity` is the effective one.',
  }),
  q: shortText.optional().meta({
    description:
      'Words in labels, annotations or comments; all of them, in any order and language, whatever their case.',
  }),
  ...longPage,
};
const repeated = ['matcher'];
const activeQuery = z.strictObject(filters);
const listQuery = activeQuery.extend({
  state: wordsIn(['pending', 'firing', 'resolved']).optional(),
  kind: z.enum(['alert', 'event']).optional(),
});

const historyQuery = z.strictObject(pageQuery);
const historyBody = z.object({
  events: z.array(eventBody),
  next: z.string().nullable(),
  group_events: z.array(eventBody).meta({
    description: 'What the escalations of its groups did about it, oldest first; the same on every page.',
  }),
  notifications: z.array(notificationBody).meta({ description: 'The newest 50, each with its deliveries.' }),
});
/** Notifications shown with a history; each costs one read of its deliveries. */
const notificationsShown = 50;
/** A notification goes to the channels of one receiver: far fewer than this. */
const deliveriesShown = 200;

function filterOf(query: z.output<typeof activeQuery>, now: number): AlertFilter {
  const { severity, category, matcher, q, acknowledged, snoozed } = query;
  const { rule, fingerprint, assignee, since, until } = query;
  return {
    ...(rule !== undefined && { rule }),
    ...(fingerprint !== undefined && { fingerprint }),
    ...(assignee !== undefined && { assignee }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(severity !== undefined && { severities: severity }),
    ...(category !== undefined && { categories: category }),
    ...(acknowledged !== undefined && { acknowledged: { is: acknowledged, at: now } }),
    ...(snoozed !== undefined && { snoozed: { is: snoozed, at: now } }),
    ...(matcher !== undefined && { matchers: matcher }),
    ...(q !== undefined && { words: searchWords(q) }),
  };
}

/** What the alert is part of. */
function incidentOf(store: Services['store'], tenant: string, id: string) {
  const entry = store.incidentOfAlert(tenant, id);
  const row = entry === null ? null : store.incident(tenant, entry.incident);
  return row === null ? null : { id: row.id, title: row.title };
}

export const alertsRoutes = [
  route({
    method: 'get',
    path: '/api/v1/alerts',
    requires: 'read',
    tag: 'alerts',
    summary: 'Alerts and events, newest first.',
    query: listQuery,
    repeated,
    answers: { 200: { description: 'A page', schema: pageOut(shownAlertBody) } },
    errors: ['invalid_cursor'],
    async handler({ c, deps, tenant, query }) {
      const filter: AlertFilter = {
        ...filterOf(query, deps.services.now()),
        ...(query.kind !== undefined && { kind: query.kind }),
        ...(query.state !== undefined && { states: query.state }),
      };
      return answerJson(c, 200, await alertPage(deps.services, tenant, filter, query));
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/alerts/active',
    requires: 'read',
    tag: 'alerts',
    summary: 'Alerts that are pending or firing, newest first.',
    query: activeQuery,
    repeated,
    answers: { 200: { description: 'A page', schema: pageOut(shownAlertBody) } },
    errors: ['invalid_cursor'],
    async handler({ c, deps, tenant, query }) {
      const filter: AlertFilter = {
        ...filterOf(query, deps.services.now()),
        kind: 'alert',
        states: ['pending', 'firing'],
      };
      return answerJson(c, 200, await alertPage(deps.services, tenant, filter, query));
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/alerts/{id}',
    requires: 'read',
    tag: 'alerts',
    summary: 'One alert or event.',
    answers: { 200: { description: 'The alert', schema: oneAlertBody } },
    errors: ['alert_not_found'],
    handler({ c, deps, tenant, param }) {
      const row = existing(deps.services, tenant, param('id'));
      const shown = toShownAlertBody(row, deps.services.escalations(tenant, row.id));
      return answer(c, 200, { ...shown, incident: incidentOf(deps.services.store, tenant, row.id) });
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
      const row = existing(deps.services, tenant, param('id'));
      const { id } = row;
      const page = store.events(tenant, { kind: 'alert', id }, query.limit, query.cursor ?? null);
      const said = store.notificationsOf(tenant, id, notificationsShown);
      const groupIds = [...deps.services.standing(tenant, id), ...said].flatMap(
        ({ groupId }) => groupId ?? [],
      );
      const groupEvents = groupEventsOf(store, tenant, row, groupIds, said);
      const notifications = said.map((row) => {
        const sent = store.deliveries(tenant, { notificationId: row.id }, deliveriesShown, null);
        return toNotificationBody(row, sent.items, store.confirmations(tenant, row.id));
      });
      return answer(c, 200, {
        ...{ events: page.items.map(toEventBody), next: page.next },
        ...{ group_events: groupEvents.map(toEventBody), notifications },
      });
    },
  }),
];
