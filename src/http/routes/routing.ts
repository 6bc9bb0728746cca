// Routes: those of files are read here; those that were made here are changed here, and tried after them.
import { z } from 'zod';
import { labelSet } from '../../../rules/labels.ts';
import { apiRouteSchema, routeLimits } from '../../config/api-route.ts';
import { tagOf } from '../../engine/object-change.ts';
import type { ObjectOrder } from '../../engine/object-order.ts';
import type { RouteEntry } from '../../engine/route-book.ts';
import { ApiError } from '../../errors.ts';
import { tryRoutes } from '../../pipeline/route-trial.ts';
import { routeBody, toRouteBody } from '../bodies/route-body.ts';
import { routeTrialBody, toRouteTrialBody } from '../bodies/route-trial-body.ts';
import { pageOut, pageQuery, timeIn } from '../bodies/shapes.ts';
import { toVersionBody, versionBody } from '../bodies/version-body.ts';
import { seenIn } from '../if-match.ts';
import { type ChangeQuery, changeQuery, tagged } from '../object-change.ts';
import { answer, type Call, passOn, route } from '../route.ts';

const document = z.record(z.string(), z.unknown(), 'expected a route (an object)');
/** Without end it cannot be described. */
const describedRoute = apiRouteSchema.extend({
  routes: z
    .array(z.looseObject({}))
    .optional()
    .meta({ description: 'Routes below it, with the same keys but for `name` and `position`.' }),
});
const someKeys = z.looseObject({}).meta({ description: 'Keys of a route; null takes one away.' });

async function change(call: Call<unknown, ChangeQuery>, order: ObjectOrder): Promise<Response> {
  const { c, deps, tenant, actor, idempotency, query } = call;
  if (query.dry_run) {
    const would = deps.services.tryRoute(tenant, order, actor);
    return would.status >= 300 ? passOn(c, would) : answer(c, 200, { dry_run: true, route: would.body });
  }
  const result = await deps.services.changeRoute(tenant, order, actor, idempotency);
  if (result.status === 201) {
    c.header('location', `/api/v1/alerts/routes/${(result.body as { id: string }).id}`);
  }
  return tagged(c, result);
}

function existing({ deps, tenant, param }: Call<unknown, unknown>): RouteEntry {
  const entry = deps.services.routeEntry(tenant, param('id'));
  if (entry === null) throw new ApiError('route_not_found');
  return entry;
}

const dryRun = z.object({ dry_run: z.literal(true), route: routeBody }).meta({ id: 'RouteDryRun' });
const changed = {
  description: 'As it is now; with `dry_run` as it would be',
  schema: z.union([dryRun, routeBody]),
};
const errorsOfChange = [
  'route_not_found',
  'owned_by_file',
  'route_name_taken',
  'precondition_failed',
] as const;

function page(entries: readonly RouteEntry[], limit: number, cursor: string | undefined) {
  const from = cursor === undefined ? 0 : Number(/^after-(\d{1,6})$/.exec(cursor)?.[1] ?? Number.NaN);
  if (Number.isNaN(from)) throw new ApiError('invalid_cursor');
  return {
    items: entries.slice(from, from + limit).map(toRouteBody),
    next: entries.length > from + limit ? `after-${from + limit}` : null,
  };
}

export const routingRoutes = [
  route({
    method: 'get',
    path: '/api/v1/alerts/routes',
    requires: 'read',
    tag: 'routes',
    summary: 'The routes below the top in the order in which they are tried: of the file, then of the API.',
    query: z.strictObject(pageQuery),
    answers: { 200: { description: 'A page', schema: pageOut(routeBody) } },
    errors: ['invalid_cursor'],
    handler: ({ c, deps, tenant, query }) =>
      answer(c, 200, page(deps.services.routeEntries(tenant), query.limit, query.cursor)),
  }),
  route({
    method: 'post',
    path: '/api/v1/alerts/routes',
    requires: 'edit',
    tag: 'routes',
    summary: 'Make a route. Answered once it is durable and the open alerts are routed by it.',
    query: changeQuery,
    body: document,
    describedBody: describedRoute,
    bodyBytes: routeLimits.documentBytes,
    idempotent: true,
    answers: {
      201: { description: 'Stored, and applied', schema: routeBody },
      200: { description: 'With `dry_run`: what would be stored', schema: dryRun },
    },
    errors: ['route_name_taken', 'too_many_routes', 'idempotency_conflict'],
    handler: (call) => change(call, { do: 'create', document: call.body }),
  }),
  route({
    method: 'post',
    path: '/api/v1/alerts/routes/test',
    requires: 'read',
    tag: 'routes',
    summary: 'Who would be told of an alert with these labels, and why.',
    body: z.strictObject({
      labels: z.record(z.string().min(1).max(128), z.string().max(2_048)),
      at: timeIn.optional().meta({ description: 'For what is mute at times; now without it.' }),
    }),
    answers: {
      200: { description: 'The routes that take it, and those that do not', schema: routeTrialBody },
    },
    errors: [],
    handler({ c, deps, tenant, body }) {
      const labels = labelSet(body.labels);
      const trial = tryRoutes(deps.services.routing(tenant), labels, body.at ?? deps.services.now());
      return answer(c, 200, toRouteTrialBody(trial));
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/alerts/routes/{id}',
    requires: 'read',
    tag: 'routes',
    summary: 'One route, by its id or name, or by the path of one of the file.',
    answers: { 200: { description: 'The route', schema: routeBody } },
    errors: ['route_not_found'],
    handler(call) {
      const entry = existing(call);
      if (entry.of === 'api') call.c.header('etag', tagOf(entry.made.row));
      return answer(call.c, 200, toRouteBody(entry));
    },
  }),
  route({
    method: 'put',
    path: '/api/v1/alerts/routes/{id}',
    requires: 'edit',
    tag: 'routes',
    summary: 'Replace a route of the API.',
    query: changeQuery,
    body: document,
    describedBody: describedRoute,
    bodyBytes: routeLimits.documentBytes,
    conditional: true,
    answers: { 200: changed },
    errors: errorsOfChange,
    handler: (call) =>
      change(call, { do: 'replace', id: call.param('id'), document: call.body, seen: seenIn(call.c) }),
  }),
  route({
    method: 'patch',
    path: '/api/v1/alerts/routes/{id}',
    requires: 'edit',
    tag: 'routes',
    summary: 'Change some keys of a route of the API (JSON merge patch: null takes a key away).',
    query: changeQuery,
    body: document,
    describedBody: someKeys,
    bodyBytes: routeLimits.documentBytes,
    conditional: true,
    answers: { 200: changed },
    errors: errorsOfChange,
    handler: (call) =>
      change(call, { do: 'patch', id: call.param('id'), patch: call.body, seen: seenIn(call.c) }),
  }),
  route({
    method: 'delete',
    path: '/api/v1/alerts/routes/{id}',
    requires: 'edit',
    tag: 'routes',
    summary: 'Delete a route of the API; its alerts go the way that they would have gone without it.',
    conditional: true,
    answers: { 204: { description: 'Deleted' } },
    errors: ['route_not_found', 'owned_by_file', 'precondition_failed'],
    async handler({ c, deps, tenant, actor, param }) {
      const order: ObjectOrder = { do: 'delete', id: param('id'), seen: seenIn(c) };
      const result = await deps.services.changeRoute(tenant, order, actor, null);
      return result.status === 204 ? c.body(null, 204) : passOn(c, result);
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/alerts/routes/{id}/versions',
    requires: 'read',
    tag: 'routes',
    summary:
      'What a route of the API was after each change, newest first; by its id also once it is deleted.',
    query: z.strictObject(pageQuery),
    answers: { 200: { description: 'A page', schema: pageOut(versionBody) } },
    errors: ['route_not_found', 'invalid_cursor'],
    handler({ c, deps, tenant, query, param }) {
      const { store } = deps.services;
      const entry = deps.services.routeEntry(tenant, param('id'));
      // A route of a file has its versions where the file has them.
      if (entry?.of === 'file') return answer(c, 200, { items: [], next: null });
      const id = entry === null ? param('id') : entry.made.row.id;
      if (store.configObject(tenant, 'route', id) === null) throw new ApiError('route_not_found');
      const found = store.configObjectVersions(tenant, 'route', id, query.limit, query.cursor ?? null);
      return answer(c, 200, { items: found.items.map(toVersionBody), next: found.next });
    },
  }),
];
