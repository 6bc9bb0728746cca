// Silences: make, look at, change and end them.
import { z } from 'zod';
import { formatDuration } from '../../../rules/duration.ts';
import { matchesAll } from '../../../rules/matchers.ts';
import { compileTimeInterval } from '../../../rules/time-interval.ts';
import type { Matcher } from '../../../rules/types.ts';
import { tagOf } from '../../engine/object-change.ts';
import { ApiError } from '../../errors.ts';
import type { SilenceRow } from '../../pipeline/rows.ts';
import type { Answer } from '../../services.ts';
import type { ApiKeyRow } from '../../store/rows.ts';
import { matcherIn, pageOut, pageQuery, wordsIn } from '../bodies/shapes.ts';
import {
  type SilenceIn,
  silenceBody,
  silenceIn,
  silenceStates,
  stateOf,
  toSilenceBody,
} from '../bodies/silence-body.ts';
import { seenIn } from '../if-match.ts';
import { may } from '../rights.ts';
import { answer, type Call, passOn, route } from '../route.ts';
import { isUuid } from '../uuid.ts';

/** What whoever may respond, and no more, may silence. */
const responderMs = 24 * 3_600_000;
/** Beginnings and ends of a recurring one that are looked at: five pieces a day until the end. */
const mostPieces = 4_000;
/** A silence ends within so long from now, whenever it begins. */
const furthestMs = 400 * 86_400_000;

const listQuery = z.strictObject({
  state: wordsIn(silenceStates).optional(),
  matcher: z.array(matcherIn).max(32).optional().meta({
    description: 'Matchers on what the matchers of a silence ask for, e.g. `host="a"`.',
  }),
  ...pageQuery,
});

const oneBody = silenceBody.extend({
  holding: z.number().int().meta({ description: 'Firing alerts that it holds back at the moment.' }),
});

function problem(path: string, message: string): ApiError {
  return new ApiError('invalid_body', { details: { problems: [{ path, message }] } });
}

/** The silence of a path, or `silence_not_found`. */
function existing({ deps, tenant, param }: Call<unknown, unknown>): SilenceRow {
  const id = param('id');
  const row = isUuid(id) ? deps.services.silences.one(tenant, id) : null;
  if (row === null) throw new ApiError('silence_not_found');
  return row;
}

/** From when to when the silence is to be; `before` is what it was. */
function timesOf(call: Call<SilenceIn, unknown>, before: SilenceRow | null) {
  const { body, deps, key } = call;
  const now = deps.services.now();
  // What has begun stays begun; a time that is past is now.
  const earliest = before === null ? now : Math.min(now, before.startsAt);
  const startsAt = Math.max(earliest, body.starts_at ?? before?.startsAt ?? now);
  const from = Math.max(now, startsAt);
  const endsAt = body.ends_at ?? from + (body.duration ?? 0);
  if (endsAt <= startsAt)
    throw problem(body.duration === undefined ? 'ends_at' : 'duration', 'expected an end after the start');
  if (endsAt <= now) throw problem('ends_at', 'expected a time in the future');
  if (endsAt > now + furthestMs)
    throw problem('ends_at', `expected an end within ${formatDuration(furthestMs)}`);
  const { silenceMs } = deps.limits;
  const longest = body.recurs === undefined ? endsAt - from : longestOf(body.recurs, from, endsAt);
  if (longest === 0) throw problem('recurs', 'expected times between the start and the end');
  if (longest > silenceMs)
    throw problem(
      body.recurs === undefined ? 'ends_at' : 'recurs',
      `expected at most ${formatDuration(silenceMs)} of silence in one piece (silences.max_duration)`,
    );
  if (endsAt - from > responderMs && !mayLong(key)) {
    const most = formatDuration(responderMs);
    throw new ApiError('forbidden', {
      message: `This key may silence for at most ${most}; longer ones take the right edit.`,
      details: { requires: 'edit', role: key?.role, max_duration: most },
    });
  }
  return { startsAt, endsAt };
}

/** The longest piece of the times between `from` and `to`; 0: there is none. */
function longestOf(recurs: NonNullable<SilenceIn['recurs']>, from: number, to: number): number {
  const times = compileTimeInterval('recurs', recurs);
  let longest = 0;
  let at = from;
  for (let pieces = 0; at < to && pieces < mostPieces; pieces++) {
    const next = Math.min(times.nextChange(at) ?? to, to);
    if (times.contains(at)) longest = Math.max(longest, next - at);
    at = next;
  }
  return longest;
}

function mayLong(key: ApiKeyRow | null): boolean {
  return key !== null && may(key, 'edit');
}

/** As Alertmanager filters silences: by what their matchers ask for, as if these were labels. */
function asksFor(filter: readonly Matcher[], { matchers }: SilenceRow): boolean {
  return matchesAll(
    filter,
    Object.assign(Object.create(null), Object.fromEntries(matchers.map(({ name, value }) => [name, value]))),
  );
}

function tagged(call: Call<unknown, unknown>, result: Answer): Response {
  const { id, version } = result.body as { id?: string; version?: number };
  if (id !== undefined && version !== undefined) call.c.header('etag', tagOf({ id, version }));
  return passOn(call.c, result);
}

async function put(call: Call<SilenceIn, unknown>, before: SilenceRow | null): Promise<Response> {
  const { c, deps, tenant, body, actor, idempotency } = call;
  const order = {
    id: before?.id ?? null,
    matchers: body.matchers.map(({ name, op, value }) => ({ name, op, value })),
    ...timesOf(call, before),
    recurs: body.recurs ?? null,
    comment: body.comment,
    createdBy: body.created_by ?? actor.name,
    seen: before === null ? null : versionsSeen(call, before.id),
  };
  const result = await deps.services.silences.put(tenant, order, actor, idempotency);
  if (result.status === 201) c.header('location', `/api/v1/silences/${(result.body as { id: string }).id}`);
  return tagged(call, result);
}

/** The versions that If-Match names; null: any. */
function versionsSeen({ c }: Call<unknown, unknown>, id: string): number[] | null {
  const seen = seenIn(c);
  if (seen === null || seen === '*') return null;
  return seen.flatMap((tag) => {
    const version = Number(/^"(\d{1,15})-/.exec(tag)?.[1] ?? Number.NaN);
    return tag === tagOf({ id, version }) ? [version] : [];
  });
}

export const silencesRoutes = [
  route({
    method: 'post',
    path: '/api/v1/silences',
    requires: 'respond',
    tag: 'silences',
    summary: 'Hold back what these matchers take, for a while. Answered once it is durable.',
    body: silenceIn,
    idempotent: true,
    answers: { 201: { description: 'The silence', schema: silenceBody } },
    errors: ['too_many_silences', 'idempotency_conflict', 'overloaded'],
    handler: (call) => put(call, null),
  }),
  route({
    method: 'get',
    path: '/api/v1/silences',
    requires: 'read',
    tag: 'silences',
    summary: 'Silences, newest first, those that are over too.',
    query: listQuery,
    repeated: ['matcher'],
    answers: { 200: { description: 'A page', schema: pageOut(silenceBody) } },
    errors: ['invalid_cursor'],
    handler({ c, deps, tenant, query }) {
      const now = deps.services.now();
      const { state: states, matcher: filter = [] } = query;
      const expired = states?.includes('expired');
      const listing = {
        wanted: (row: SilenceRow) =>
          (states === undefined || states.includes(stateOf(row, now))) && asksFor(filter, row),
        // One that has just ended is among those whose end is not recorded yet.
        ...(expired === false && { over: false }),
      };
      const page = deps.services.silences.list(tenant, listing, query.limit, query.cursor ?? null);
      return answer(c, 200, { items: page.items.map((row) => toSilenceBody(row, now)), next: page.next });
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/silences/{id}',
    requires: 'read',
    tag: 'silences',
    summary: 'One silence, with how many alerts it holds back now.',
    answers: { 200: { description: 'The silence', schema: oneBody } },
    errors: ['silence_not_found'],
    handler(call) {
      const row = existing(call);
      const { services } = call.deps;
      const body = {
        ...toSilenceBody(row, services.now()),
        holding: services.silences.holding(call.tenant, row),
      };
      return tagged(call, { status: 200, body });
    },
  }),
  route({
    method: 'put',
    path: '/api/v1/silences/{id}',
    requires: 'respond',
    tag: 'silences',
    summary: 'What the silence is from now on. Whoever waits behind what it no longer holds is told.',
    body: silenceIn,
    conditional: true,
    answers: { 200: { description: 'The silence', schema: silenceBody } },
    errors: ['silence_not_found', 'silence_over', 'precondition_failed', 'overloaded'],
    handler: (call) => put(call, existing(call)),
  }),
  route({
    method: 'delete',
    path: '/api/v1/silences/{id}',
    requires: 'respond',
    tag: 'silences',
    summary: 'Ends the silence now; one that is over stays as it is.',
    answers: { 200: { description: 'The silence', schema: silenceBody } },
    errors: ['silence_not_found', 'overloaded'],
    async handler(call) {
      const { id } = existing(call);
      return tagged(call, await call.deps.services.silences.expire(call.tenant, id, call.actor));
    },
  }),
];
