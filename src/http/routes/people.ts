// People and teams: those of files are read here, those that were made here are changed here.
import { z } from 'zod';
import { apiPersonSchema, apiTeamSchema, directoryDocumentBytes } from '../../config/api-people.ts';
import type { DirectoryKind } from '../../engine/directory-book.ts';
import { tagOf } from '../../engine/object-change.ts';
import type { ObjectOrder } from '../../engine/object-order.ts';
import { ApiError } from '../../errors.ts';
import { reachText } from '../../policy/reach.ts';
import { personBody, teamBody, toDirectoryBody } from '../bodies/directory-body.ts';
import { pageOut, pageQuery } from '../bodies/shapes.ts';
import { toVersionBody, versionBody } from '../bodies/version-body.ts';
import { seenIn } from '../if-match.ts';
import { type ChangeQuery, changeQuery, tagged } from '../object-change.ts';
import { answer, type Call, passOn, route } from '../route.ts';

const document = z.record(z.string(), z.unknown(), 'expected an object');
const someKeys = z.looseObject({}).meta({ description: 'Some keys; null takes one away.' });

const words = {
  person: {
    path: '/api/v1/alerts/recipients',
    tag: 'recipients',
    one: 'recipient',
    body: personBody,
    described: apiPersonSchema,
    dryRun: z.object({ dry_run: z.literal(true), recipient: personBody }).meta({ id: 'RecipientDryRun' }),
    notFound: 'person_not_found',
    taken: 'person_name_taken',
    inUse: 'person_in_use',
    tooMany: 'too_many_people',
  },
  team: {
    path: '/api/v1/alerts/groups',
    tag: 'groups',
    one: 'group',
    body: teamBody,
    described: apiTeamSchema,
    dryRun: z.object({ dry_run: z.literal(true), group: teamBody }).meta({ id: 'RecipientGroupDryRun' }),
    notFound: 'team_not_found',
    taken: 'team_name_taken',
    inUse: 'team_in_use',
    tooMany: 'too_many_teams',
  },
} as const;

/** The same for both kinds. */
function routesOf(of: DirectoryKind) {
  const { path, tag, one, body, described, dryRun, notFound, taken, inUse, tooMany } = words[of];
  const changed = {
    description: 'As it is now; with `dry_run` as it would be',
    schema: z.union([dryRun, body]),
  };
  const errorsOfChange = [notFound, 'owned_by_file', taken, inUse, 'precondition_failed'] as const;

  async function change(call: Call<unknown, ChangeQuery>, order: ObjectOrder): Promise<Response> {
    const { c, deps, tenant, actor, idempotency, query } = call;
    if (query.dry_run) {
      const would = deps.services.tryDirectory(tenant, of, order, actor);
      return would.status >= 300 ? passOn(c, would) : answer(c, 200, { dry_run: true, [one]: would.body });
    }
    const result = await deps.services.changeDirectory(tenant, of, order, actor, idempotency);
    if (result.status === 201) c.header('location', `${path}/${(result.body as { id: string }).id}`);
    return tagged(c, result);
  }

  return [
    route({
      method: 'get',
      path,
      requires: 'read',
      tag,
      summary: `Every ${one} by name, of the file and of the API.`,
      query: z.strictObject(pageQuery),
      answers: { 200: { description: 'A page', schema: pageOut(body) } },
      errors: ['invalid_cursor'],
      handler({ c, deps, tenant, query: { limit, cursor } }) {
        const from = cursor === undefined ? 0 : Number(/^after-(\d{1,6})$/.exec(cursor)?.[1] ?? Number.NaN);
        if (Number.isNaN(from)) throw new ApiError('invalid_cursor');
        const { entries, more } = deps.services.directoryPage(tenant, of, from, limit);
        return answer(c, 200, {
          items: entries.map(toDirectoryBody),
          next: more ? `after-${from + limit}` : null,
        });
      },
    }),
    route({
      method: 'post',
      path,
      requires: 'edit',
      tag,
      summary: `Make a ${one}. Answered once it is durable.`,
      query: changeQuery,
      body: document,
      describedBody: described,
      bodyBytes: directoryDocumentBytes,
      idempotent: true,
      answers: {
        201: { description: 'Stored', schema: body },
        200: { description: 'With `dry_run`: what would be stored', schema: dryRun },
      },
      errors: [taken, tooMany, 'idempotency_conflict'],
      handler: (call) => change(call, { do: 'create', document: call.body }),
    }),
    route({
      method: 'get',
      path: `${path}/{id}`,
      requires: 'read',
      tag,
      summary: `One ${one}, by its id or name.`,
      answers: { 200: { description: `The ${one}`, schema: body } },
      errors: [notFound],
      handler({ c, deps, tenant, param }) {
        const entry = deps.services.directoryEntry(tenant, of, param('id'));
        if (entry === null) throw new ApiError(notFound);
        if (entry.of === 'api') c.header('etag', tagOf(entry.made.row));
        return answer(c, 200, toDirectoryBody(entry));
      },
    }),
    route({
      method: 'put',
      path: `${path}/{id}`,
      requires: 'edit',
      tag,
      summary: `Replace a ${one} of the API.`,
      query: changeQuery,
      body: document,
      describedBody: described,
      bodyBytes: directoryDocumentBytes,
      conditional: true,
      answers: { 200: changed },
      errors: errorsOfChange,
      handler: (call) =>
        change(call, { do: 'replace', id: call.param('id'), document: call.body, seen: seenIn(call.c) }),
    }),
    route({
      method: 'patch',
      path: `${path}/{id}`,
      requires: 'edit',
      tag,
      summary: `Change some keys of a ${one} of the API (JSON merge patch: null takes a key away).`,
      query: changeQuery,
      body: document,
      describedBody: someKeys,
      bodyBytes: directoryDocumentBytes,
      conditional: true,
      answers: { 200: changed },
      errors: errorsOfChange,
      handler: (call) =>
        change(call, { do: 'patch', id: call.param('id'), patch: call.body, seen: seenIn(call.c) }),
    }),
    route({
      method: 'delete',
      path: `${path}/{id}`,
      requires: 'edit',
      tag,
      summary: `Delete a ${one} of the API that nobody names any more.`,
      conditional: true,
      answers: { 204: { description: 'Deleted' } },
      errors: [notFound, 'owned_by_file', inUse, 'precondition_failed'],
      async handler({ c, deps, tenant, actor, param }) {
        const order: ObjectOrder = { do: 'delete', id: param('id'), seen: seenIn(c) };
        const result = await deps.services.changeDirectory(tenant, of, order, actor, null);
        return result.status === 204 ? c.body(null, 204) : passOn(c, result);
      },
    }),
    route({
      method: 'get',
      path: `${path}/{id}/versions`,
      requires: 'read',
      tag,
      summary: `What a ${one} of the API was after each change, newest first; by its id also once it is deleted.`,
      query: z.strictObject(pageQuery),
      answers: { 200: { description: 'A page', schema: pageOut(versionBody) } },
      errors: [notFound, 'invalid_cursor'],
      handler({ c, deps, tenant, query, param }) {
        const { store } = deps.services;
        const entry = deps.services.directoryEntry(tenant, of, param('id'));
        // What a file has has its versions where the file has them.
        if (entry?.of === 'file') return answer(c, 200, { items: [], next: null });
        const id = entry === null ? param('id') : entry.made.row.id;
        if (store.configObject(tenant, of, id) === null) throw new ApiError(notFound);
        const found = store.configObjectVersions(tenant, of, id, query.limit, query.cursor ?? null);
        return answer(c, 200, { items: found.items.map(toVersionBody), next: found.next });
      },
    }),
  ];
}

const reasons = ['no_address', 'no_channel', 'nobody', 'not_by_receiver'] as const;

export const peopleRoutes = [
  route({
    method: 'get',
    path: '/api/v1/alerts/recipients/reach',
    requires: 'read',
    tag: 'recipients',
    summary: 'Who cannot be told now: people, groups and receivers that nothing reaches.',
    answers: {
      200: {
        description: 'At most 1,000 of them, and how many there are',
        schema: z
          .object({
            unreached: z.array(
              z.object({
                kind: z.enum(['person', 'team', 'receiver']),
                name: z.string(),
                reason: z.enum(reasons),
                who: z.array(z.string()),
                message: z.string(),
              }),
            ),
            total: z.number().int(),
          })
          .meta({ id: 'Reach' }),
      },
    },
    errors: [],
    handler({ c, deps, tenant }) {
      const found = deps.services.unreached(tenant);
      const shown = found.slice(0, 1_000).map((one) => ({ ...one, message: reachText(one) }));
      return answer(c, 200, { unreached: shown, total: found.length });
    },
  }),
  ...routesOf('person'),
  ...routesOf('team'),
];
