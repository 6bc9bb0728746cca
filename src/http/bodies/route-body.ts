// A route as the API shows it: the words of the file, and beside them what is known of it. What is shown can be put again.
import { z } from 'zod';
import { formatDuration } from '../../../rules/duration.ts';
import { formatMatcher } from '../../../rules/matchers.ts';
import type { RouteEntry } from '../../engine/route-book.ts';
import type { Route } from '../../pipeline/routing.ts';
import { timeOut, timeText } from './shapes.ts';

export const routeBody = z
  .looseObject({
    id: z.uuid().nullable().meta({ description: 'Null for a route of a file: its name is its path.' }),
    name: z.string(),
    version: z.number().int().nullable().meta({ description: 'From 1; null for a route of a file.' }),
    created_at: timeOut.nullable(),
    created_by: z.string().nullable(),
    updated_at: timeOut.nullable(),
    updated_by: z.string().nullable(),
    origin: z.object({
      kind: z.enum(['file', 'api']),
      file: z.string().optional(),
      line: z.number().int().optional(),
    }),
    active: z.boolean().meta({ description: 'False: it is not tried, see `problems`.' }),
    problems: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    position: z.number().int().optional(),
    receiver: z.string().optional(),
  })
  .meta({ id: 'Route', description: 'With all other keys of a route, as in the file.' });

export function toRouteBody(entry: RouteEntry): z.output<typeof routeBody> {
  if (entry.of === 'file') {
    const { route, place } = entry;
    return {
      id: null,
      ...fileDocument(route),
      name: route.path,
      ...{ version: null, created_at: null, created_by: null, updated_at: null, updated_by: null },
      origin: { kind: 'file', ...place },
      active: true,
    };
  }
  const { row, document } = entry.made;
  return {
    id: row.id,
    ...document,
    name: row.name,
    version: row.version,
    created_at: timeText(row.createdAt),
    created_by: row.createdBy,
    updated_at: timeText(row.updatedAt),
    updated_by: row.updatedBy,
    origin: { kind: 'api' },
    active: entry.problems.length === 0,
    ...(entry.problems.length > 0 && { problems: [...entry.problems] }),
  };
}

/** With everything inherited filled in. */
function fileDocument(route: Route): Record<string, unknown> {
  const named = (intervals: Route['mute']) =>
    intervals.length > 0 ? intervals.map(({ name }) => name) : undefined;
  const document = {
    match: route.matchers.map(formatMatcher),
    receiver: route.receiver,
    group_by: route.groupBy === 'all' ? ['...'] : [...route.groupBy],
    group_wait: formatDuration(route.groupWaitMs),
    group_interval: formatDuration(route.groupIntervalMs),
    repeat_interval: formatDuration(route.repeatIntervalMs),
    resolve_wait: formatDuration(route.resolveWaitMs),
    mute_time_intervals: named(route.mute),
    active_time_intervals: named(route.active),
    continue: route.continue ? true : undefined,
    routes: route.routes.length > 0 ? route.routes.map(fileDocument) : undefined,
  };
  return Object.fromEntries(Object.entries(document).filter(([, value]) => value !== undefined));
}
