// A schedule in people's own calendars. Calendar programs send no headers, so the link carries a key of its own: it opens
// the calendar of one schedule of one tenant, and nothing else; it stands among the tenant's keys and is revoked there.
import { z } from 'zod';
import { ApiError } from '../../errors.ts';
import { shifts } from '../../policy/on-call/rota.ts';
import { scheduleLimits } from '../../policy/on-call/schedule.ts';
import type { ApiKeyRow } from '../../store/rows.ts';
import { rotaCalendar } from '../bodies/rota-calendar.ts';
import { exchangeOf } from '../exchange.ts';
import { digestOf, mintKey } from '../key-format.ts';
import { answer, route } from '../route.ts';

const dayMs = 86_400_000;
const pastMs = 31 * dayMs;
const aheadMs = 366 * dayMs;
/** A shift that ends later than this after the last day is shown as if it ended then. */
const longestShiftMs = 31 * dayMs;
/** Live links of a tenant. */
const mostLinks = 500;

const path = '/api/v1/on-call/schedules/{name}/calendar.ics';
const scopeOf = (schedule: string) => `schedule:${schedule}`;

const linkBody = z
  .object({
    id: z.uuid().meta({ description: 'Of the key in it; revoke it with DELETE /api/v1/keys/{id}.' }),
    url: z.string().meta({ description: 'Shown this once.' }),
  })
  .meta({ id: 'CalendarLink' });

export const rotaCalendarsRoutes = [
  route({
    method: 'post',
    path: '/api/v1/on-call/schedules/{name}/calendar',
    requires: 'respond',
    tag: 'on-call',
    summary: 'A link to the schedule’s calendar, for a calendar program to subscribe to.',
    answers: { 201: { description: 'The link; whoever has it can read the calendar', schema: linkBody } },
    errors: ['schedule_not_found', 'too_many_calendars'],
    handler({ c, deps, tenant, actor, param }) {
      const { services } = deps;
      const name = param('name');
      if (!services.onCall.schedules(tenant).has(name)) throw new ApiError('schedule_not_found');
      const now = services.now();
      const links = services.store.keys(tenant).filter((key) => key.role === 'calendar' && isLive(key, now));
      if (links.length >= mostLinks)
        throw new ApiError('too_many_calendars', { details: { max: mostLinks } });
      const row: ApiKeyRow = {
        ...{
          id: services.newId(),
          tenant,
          name: `calendar ${name}`,
          role: 'calendar',
          scopes: [scopeOf(name)],
        },
        ...{ createdAt: now, expiresAt: null, revokedAt: null, lastUsedAt: null },
      };
      const text = mintKey(row.id);
      services.store.ensureTenant(tenant, now);
      services.store.addKey(row, digestOf(text).toString('hex'), actor.name, now);
      const [, origin = ''] = /^(https?:\/\/[^/]*)/.exec(c.req.url) ?? [];
      const url = `${origin}${path.replace('{name}', encodeURIComponent(name))}?token=${text}`;
      return answer(c, 201, { id: row.id, url });
    },
  }),
  route({
    method: 'get',
    path,
    requires: 'anonymous',
    tag: 'on-call',
    summary: 'The schedule as iCalendar: a month back, a year ahead. The token of the link is the key.',
    query: z.strictObject({
      token: z.string().max(512).optional(),
      person: z.string().max(128).optional().meta({ description: 'Only the shifts of this person.' }),
    }),
    answers: { 200: { description: 'text/calendar (RFC 5545)' } },
    errors: ['unauthenticated', 'too_many_attempts', 'schedule_not_found'],
    handler({ c, deps, query, param }) {
      const { services, door } = deps;
      const now = services.now();
      const remote = exchangeOf(c).incoming?.socket.remoteAddress;
      const key = door.enter({ apiKey: query.token, authorization: undefined }, remote, now);
      // Any other key does not belong into a link, and is not told to be one.
      if (key?.role !== 'calendar') throw new ApiError('unauthenticated');
      const name = param('name');
      const schedule = services.onCall.schedules(key.tenant).get(name);
      if (schedule === undefined || !key.scopes.includes(scopeOf(name)))
        throw new ApiError('schedule_not_found');
      const from = Math.floor(now);
      // Looked at from further back and ahead, so that a long shift has its own beginning and end: who asks again a moment
      // later is told of the same ones.
      const until = Math.ceil((from + aheadMs) / dayMs) * dayMs;
      const shown = shifts(schedule, from - scheduleLimits.horizonMs, until + longestShiftMs).filter(
        ({ start, end, people }) =>
          end > from - pastMs &&
          start < until &&
          (query.person === undefined || people.includes(query.person)),
      );
      c.header('content-type', 'text/calendar; charset=utf-8');
      c.header('cache-control', 'private, no-cache');
      return c.body(rotaCalendar({ schedule, shifts: shown, scope: key.id, now: from }), 200);
    },
  }),
];

function isLive({ revokedAt, expiresAt }: ApiKeyRow, now: number): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > now);
}
