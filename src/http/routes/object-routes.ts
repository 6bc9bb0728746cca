// The routes of a kind of objects that people configure: listed with those of the file, made, changed and deleted through the
// API. A secret goes in and never comes out.
import { z } from 'zod';
import { tagOf } from '../../engine/object-change.ts';
import type { ObjectOrder } from '../../engine/object-order.ts';
import { ApiError, type ErrorCode } from '../../errors.ts';
import type { ConfiguredKind } from '../../services.ts';
import { type ObjectEntry, objectBodyOf, toObjectBody } from '../bodies/object-body.ts';
import { pageOut, pageQuery } from '../bodies/shapes.ts';
import { toVersionBody, versionBody } from '../bodies/version-body.ts';
import { seenIn } from '../if-match.ts';
import { type ChangeQuery, changeQuery, tagged } from '../object-change.ts';
import { answer, type Call, passOn, type Route, route } from '../route.ts';

export interface ObjectRoutes {
  readonly kind: ConfiguredKind;
  readonly path: `/api/v1/alerts/${'channels' | 'templates' | 'schedules' | 'escalations'}`;
  readonly tag: 'channels' | 'templates' | 'on-call' | 'escalations';
  /** As it is called in summaries, with its article. */
  readonly called: string;
  readonly documentBytes: number;
  /** Of the OpenAPI document. */
  readonly id: string;
  readonly description: string;
  /** What a document may hold. */
  readonly described: z.ZodType;
  readonly codes: Readonly<Record<'notFound' | 'taken' | 'tooMany' | 'inUse', ErrorCode>>;
  readonly more: readonly ErrorCode[];
  /** What a deletion does, for the summary. */
  readonly deleted: string;
}

export function objectRoutes(of: ObjectRoutes): readonly Route[] {
  const { kind, path, codes, documentBytes, tag, called } = of;
  const many = path.slice(path.lastIndexOf('/') + 1);
  const body = objectBodyOf(of.id, of.description);
  const dryRun = z.object({ dry_run: z.literal(true), [kind]: body }).meta({ id: `${of.id}DryRun` });
  const document = z.record(z.string(), z.unknown(), `expected ${called} (an object)`);
  const someKeys = z.looseObject({}).meta({ description: `Keys of ${called}; null takes one away.` });
  const errorsOfChange = [codes.notFound, 'owned_by_file', 'precondition_failed', ...of.more] as const;
  const changed = {
    description: 'As it is now; with `dry_run` as it would be',
    schema: z.union([dryRun, body]),
  };

  const change = async (call: Call<unknown, ChangeQuery>, order: ObjectOrder): Promise<Response> => {
    const { c, deps, tenant, actor, idempotency, query } = call;
    const objects = deps.services.objects[kind];
    if (query.dry_run) {
      const would = objects.try(tenant, order, actor);
      return would.status >= 300 ? passOn(c, would) : answer(c, 200, { dry_run: true, [kind]: would.body });
    }
    const result = await objects.change(tenant, order, actor, idempotency);
    if (result.status === 201) c.header('location', `${path}/${(result.body as { name: string }).name}`);
    return tagged(c, result);
  };
  const existing = ({ deps, tenant, param }: Call<unknown, unknown>): ObjectEntry => {
    const entry = deps.services.objects[kind].entry(tenant, param('name'));
    if (entry === null) throw new ApiError(codes.notFound);
    return entry;
  };
  const page = (entries: readonly ObjectEntry[], limit: number, cursor: string | undefined) => {
    const from = cursor === undefined ? 0 : Number(/^after-(\d{1,6})$/.exec(cursor)?.[1] ?? Number.NaN);
    if (Number.isNaN(from)) throw new ApiError('invalid_cursor');
    return {
      items: entries.slice(from, from + limit).map(toObjectBody),
      next: entries.length > from + limit ? `after-${from + limit}` : null,
    };
  };

  return [
    route({
      ...{ method: 'get', path, requires: 'read', tag },
      summary: `The ${many} that the tenant may use: of the file, then of the API.`,
      query: z.strictObject(pageQuery),
      answers: { 200: { description: 'A page', schema: pageOut(body) } },
      errors: ['invalid_cursor'],
      handler: ({ c, deps, tenant, query }) =>
        answer(c, 200, page(deps.services.objects[kind].entries(tenant), query.limit, query.cursor)),
    }),
    route({
      ...{ method: 'post', path, requires: 'edit', tag },
      summary: `Make ${called}. Answered once it is durable and in use.`,
      query: changeQuery,
      body: document,
      describedBody: of.described,
      bodyBytes: documentBytes,
      idempotent: true,
      answers: {
        201: { description: 'Stored, and in use', schema: body },
        200: { description: 'With `dry_run`: what would be stored', schema: dryRun },
      },
      errors: [codes.taken, codes.tooMany, 'idempotency_conflict', ...of.more],
      handler: (call) => change(call, { do: 'create', document: call.body }),
    }),
    route({
      ...{ method: 'get', path: `${path}/{name}`, requires: 'read', tag },
      summary: `One ${kind}, by its name or id, without its secrets.`,
      answers: { 200: { description: `The ${kind}`, schema: body } },
      errors: [codes.notFound],
      handler(call) {
        const entry = existing(call);
        if (entry.row !== null) call.c.header('etag', tagOf(entry.row));
        return answer(call.c, 200, toObjectBody(entry));
      },
    }),
    route({
      ...{ method: 'put', path: `${path}/{name}`, requires: 'edit', tag },
      summary: `Replace ${called} of the API.`,
      query: changeQuery,
      body: document,
      describedBody: of.described,
      bodyBytes: documentBytes,
      conditional: true,
      answers: { 200: changed },
      errors: errorsOfChange,
      handler: (call) =>
        change(call, { do: 'replace', id: call.param('name'), document: call.body, seen: seenIn(call.c) }),
    }),
    route({
      ...{ method: 'patch', path: `${path}/{name}`, requires: 'edit', tag },
      summary: `Change some keys of ${called} of the API (JSON merge patch: null takes a key away).`,
      query: changeQuery,
      body: document,
      describedBody: someKeys,
      bodyBytes: documentBytes,
      conditional: true,
      answers: { 200: changed },
      errors: errorsOfChange,
      handler: (call) =>
        change(call, { do: 'patch', id: call.param('name'), patch: call.body, seen: seenIn(call.c) }),
    }),
    route({
      ...{ method: 'delete', path: `${path}/{name}`, requires: 'edit', tag },
      summary: `Delete ${called} of the API. ${of.deleted}`,
      conditional: true,
      answers: { 204: { description: 'Deleted' } },
      errors: [codes.notFound, codes.inUse, 'owned_by_file', 'precondition_failed'],
      async handler({ c, deps, tenant, actor, param }) {
        const order: ObjectOrder = { do: 'delete', id: param('name'), seen: seenIn(c) };
        const result = await deps.services.objects[kind].change(tenant, order, actor, null);
        return result.status === 204 ? c.body(null, 204) : passOn(c, result);
      },
    }),
    route({
      ...{ method: 'get', path: `${path}/{name}/versions`, requires: 'read', tag },
      summary: `What ${called} of the API was after each change, newest first; by its id also once it is deleted.`,
      query: z.strictObject(pageQuery),
      answers: { 200: { description: 'A page', schema: pageOut(versionBody) } },
      errors: [codes.notFound, 'invalid_cursor'],
      handler({ c, deps, tenant, query, param }) {
        const { store, objects } = deps.services;
        const entry = objects[kind].entry(tenant, param('name'));
        // One of a file has its versions where the file has them.
        if (entry !== null && entry.row === null) return answer(c, 200, { items: [], next: null });
        const id = entry?.row?.id ?? param('name');
        if (store.configObject(tenant, kind, id) === null) throw new ApiError(codes.notFound);
        const found = store.configObjectVersions(tenant, kind, id, query.limit, query.cursor ?? null);
        return answer(c, 200, { items: found.items.map(toVersionBody), next: found.next });
      },
    }),
  ];
}
