// Incidents: look at them, and say what belongs together. And the topology that they are found by.
import { z } from 'zod';
import type { AnalysisServices, IncidentOrder } from '../../analyses/services.ts';
import { ApiError } from '../../errors.ts';
import type { IncidentRow } from '../../pipeline/rows.ts';
import { toAlertBody } from '../bodies/alert-body.ts';
import {
  incidentBody,
  mergeIn,
  noBody,
  shownIncidentBody,
  splitIn,
  toIncidentBody,
  toShownCause,
  whyOf,
} from '../bodies/incident-body.ts';
import { pageOut, pageQuery, timeInQuery, timeText, wordsIn } from '../bodies/shapes.ts';
import { topologyBody, topologyIn, toTopologyBody } from '../bodies/topology-body.ts';
import { answer, type Call, passOn, route } from '../route.ts';
import { isUuid } from '../uuid.ts';

const listQuery = z.strictObject({
  state: wordsIn(['open', 'closed', 'merged']).optional().meta({
    description: 'Open and closed ones unless told otherwise.',
  }),
  since: timeInQuery.optional().meta({ description: 'Had an alert at that time or later.' }),
  ...pageQuery,
});
const oneQuery = z.strictObject(pageQuery);

const incidentAnswer = { 200: { description: 'The incident', schema: incidentBody } };

function analysesOf({ deps }: Call<unknown, unknown>): AnalysisServices {
  if (deps.analyses === null) throw new ApiError('unavailable', { retryAfter: 60 });
  return deps.analyses;
}

/** The incident of a path, or `incident_not_found`. */
function existing(call: Call<unknown, unknown>): IncidentRow {
  const id = call.param('id');
  const row = isUuid(id) ? analysesOf(call).incident(call.tenant, id) : null;
  if (row === null) throw new ApiError('incident_not_found');
  return row;
}

async function decide(call: Call<unknown, unknown>, order: IncidentOrder): Promise<Response> {
  const { c, tenant, actor, idempotency } = call;
  return passOn(c, await analysesOf(call).decide(tenant, order, actor, idempotency));
}

export const incidentsRoutes = [
  route({
    method: 'get',
    path: '/api/v1/alerts/incidents',
    requires: 'read',
    tag: 'incidents',
    summary: 'Incidents, newest first: alerts that belong together by time, labels and topology.',
    query: listQuery,
    answers: { 200: { description: 'A page', schema: pageOut(incidentBody) } },
    errors: ['invalid_cursor', 'unavailable'],
    handler(call) {
      const { state: states, since, limit, cursor } = call.query;
      const filter = { ...(states && { states }), ...(since !== undefined && { since }) };
      const page = analysesOf(call).incidents(call.tenant, filter, limit, cursor ?? null);
      return answer(call.c, 200, { items: page.items.map(toIncidentBody), next: page.next });
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/alerts/incidents/{id}',
    requires: 'read',
    tag: 'incidents',
    summary: 'One incident, with a page of its alerts and why each of them joined.',
    query: oneQuery,
    answers: { 200: { description: 'The incident', schema: shownIncidentBody } },
    errors: ['incident_not_found', 'invalid_cursor', 'unavailable'],
    handler(call) {
      const row = existing(call);
      const { limit, cursor } = call.query;
      const page = analysesOf(call).alertsOf(call.tenant, row.id, limit, cursor ?? null);
      return answer(call.c, 200, {
        ...toIncidentBody(row),
        cause: toShownCause(row),
        members: page.items.map(({ entry, alert }) => ({
          alert: entry.alert,
          at: timeText(entry.at),
          why: whyOf(entry),
          alert_body: alert === null ? null : toAlertBody(alert),
        })),
        next: page.next,
      });
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/alerts/incidents/{id}/merge',
    requires: 'respond',
    tag: 'incidents',
    summary: 'Makes other incidents part of this one, for good.',
    body: mergeIn,
    idempotent: true,
    answers: incidentAnswer,
    errors: ['incident_not_found', 'incident_merged', 'incident_same', 'idempotency_conflict', 'unavailable'],
    handler: (call) => decide(call, { do: 'merge', id: existing(call).id, from: call.body.incidents }),
  }),
  route({
    method: 'post',
    path: '/api/v1/alerts/incidents/{id}/split',
    requires: 'respond',
    tag: 'incidents',
    summary: 'Makes some of its alerts an incident of their own, for good: the answer is that one.',
    body: splitIn,
    idempotent: true,
    answers: { 200: { description: 'The incident that these alerts are now', schema: incidentBody } },
    errors: [
      'incident_not_found',
      'incident_merged',
      'alert_not_in_incident',
      'incident_split_all',
      'too_many_splits',
      'idempotency_conflict',
      'unavailable',
    ],
    handler: (call) => decide(call, { do: 'split', id: existing(call).id, alerts: call.body.alerts }),
  }),
  route({
    method: 'post',
    path: '/api/v1/alerts/incidents/{id}/reopen',
    requires: 'respond',
    tag: 'incidents',
    summary: 'Opens a closed incident again: it stays open until a person closes it.',
    body: noBody,
    bodyOptional: true,
    idempotent: true,
    answers: incidentAnswer,
    errors: ['incident_not_found', 'incident_merged', 'incident_open', 'idempotency_conflict', 'unavailable'],
    handler: (call) => decide(call, { do: 'reopen', id: existing(call).id }),
  }),
  route({
    method: 'post',
    path: '/api/v1/alerts/incidents/{id}/close',
    requires: 'respond',
    tag: 'incidents',
    summary: 'Closes an incident, whatever of it fires still.',
    body: noBody,
    bodyOptional: true,
    idempotent: true,
    answers: incidentAnswer,
    errors: [
      'incident_not_found',
      'incident_merged',
      'incident_closed',
      'idempotency_conflict',
      'unavailable',
    ],
    handler: (call) => decide(call, { do: 'close', id: existing(call).id }),
  }),
  route({
    method: 'get',
    path: '/api/v1/topology',
    requires: 'read',
    tag: 'topology',
    summary: 'Who depends on whom: what was declared, what labels say and what was learned.',
    answers: { 200: { description: 'The edges', schema: topologyBody } },
    errors: ['unavailable'],
    handler: (call) => answer(call.c, 200, toTopologyBody(analysesOf(call).edges(call.tenant))),
  }),
  route({
    method: 'put',
    path: '/api/v1/topology',
    requires: 'edit',
    tag: 'topology',
    summary: 'Declares edges, in place of all that were declared through the API before.',
    body: topologyIn,
    answers: { 200: { description: 'The edges as they are known now', schema: topologyBody } },
    errors: ['unavailable'],
    handler: async (call) =>
      passOn(call.c, await analysesOf(call).declare(call.tenant, call.body, call.actor)),
  }),
];
