// Which series there are, and their samples for a plot. Both are read beside the main thread.
import { z } from 'zod';
import { parseMatcher } from '../../../rules/matchers.ts';
import { ApiError } from '../../errors.ts';
import type { SeriesPlace } from '../../ingest/range-read.ts';
import { labelsOut, pageOut, pageQuery, timeInQuery, timeOut, timeText } from '../bodies/shapes.ts';
import { answer, route } from '../route.ts';

/** Matchers of labels in a query. */
export const matchers = z
  .array(
    z.string().superRefine((text, context) => {
      const matcher = parseMatcher(text);
      if ('problem' in matcher) context.addIssue({ code: 'custom', message: matcher.problem });
    }),
  )
  .max(20)
  .default([])
  .meta({
    description: 'Label matchers such as `host="a"` or `env=~"prod|stage"`; may be repeated, all must match.',
  });
const metric = z.string().min(1).max(1_024);

const listQuery = z.strictObject({ metric: metric.optional(), 'match[]': matchers, ...pageQuery });

/** Points of one answer, over all series: about a megabyte of JSON. */
const mostPoints = 20_000;
const whole = (from: number, to: number) =>
  z.coerce.number(`expected a whole number from ${from} to ${to}`).int().min(from).max(to);
const rangeQuery = z.strictObject({
  metric,
  'match[]': matchers,
  from: timeInQuery,
  to: timeInQuery.optional().meta({ description: 'Now, unless given.' }),
  max_points: whole(1, 5_000)
    .default(500)
    .meta({ description: `For each series; with \`limit\` series at most ${mostPoints} together.` }),
  limit: whole(1, 100).default(20).meta({ description: 'Series at most.' }),
});

const seriesBody = z.object({ metric: z.string(), labels: labelsOut, born_at: timeOut });
const rangeBody = z.object({
  metric: z.string(),
  from: timeOut,
  to: timeOut,
  step_ms: z.number().int().meta({ description: 'Width of a point; the first begins at `from`.' }),
  series: z.array(
    z.object({
      labels: labelsOut,
      timestamps: z
        .array(z.number().int())
        .meta({ description: 'Epoch milliseconds; points without samples are left out.' }),
      avg: z.array(z.number()),
      min: z.array(z.number()),
      max: z.array(z.number()),
      count: z.array(z.number().int()).meta({ description: 'Samples of the point.' }),
    }),
  ),
  more_series: z.boolean().meta({ description: 'More series match than `limit`.' }),
});

/** The place that a cursor stands for; null without one. Throws `invalid_cursor`. */
export function placeOf(cursor: string | undefined): SeriesPlace | null {
  if (cursor === undefined) return null;
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(place) && place.length === 2) {
      const [metric, labels] = place as unknown[];
      if (typeof metric === 'string' && typeof labels === 'string') return { metric, labels };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new ApiError('invalid_cursor');
}

/** The cursor of a place, as `placeOf` reads it. */
export function cursorOf(place: SeriesPlace | null): string | null {
  return place === null
    ? null
    : Buffer.from(JSON.stringify([place.metric, place.labels])).toString('base64url');
}

const failures = ['query_timeout', 'query_too_large', 'overloaded'] as const;

export const seriesRoutes = [
  route({
    method: 'get',
    path: '/api/v1/series',
    requires: 'read',
    tag: 'series',
    summary: 'Series of the tenant, by metric and labels, as long as the history knows them.',
    query: listQuery,
    answers: { 200: { description: 'A page', schema: pageOut(seriesBody) } },
    errors: ['invalid_cursor', ...failures],
    async handler({ c, deps, tenant, query }) {
      const page = await deps.services.samples.listSeries(
        {
          tenant,
          ...(query.metric !== undefined && { metric: query.metric }),
          matchers: query['match[]'],
          after: placeOf(query.cursor),
          limit: query.limit,
        },
        c.req.raw.signal,
      );
      const items = page.items.map(({ metric, labels, bornAt }) => ({
        metric,
        labels: JSON.parse(labels) as Record<string, string>,
        born_at: timeText(bornAt),
      }));
      return answer(c, 200, { items, next: cursorOf(page.next) });
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/series/range',
    requires: 'read',
    tag: 'series',
    summary:
      'Samples of a span as at most so many points per series, each with minimum, maximum and average.',
    query: rangeQuery,
    answers: { 200: { description: 'The points', schema: rangeBody } },
    errors: [...failures],
    async handler({ c, deps, tenant, query }) {
      const { from, limit, metric, max_points: points } = query;
      const to = query.to ?? deps.services.now();
      const problem = (path: string, message: string) =>
        new ApiError('invalid_query', { details: { problems: [{ path, message }] } });
      if (from > to) throw problem('from', 'expected a time not after `to`');
      if (points * limit > mostPoints)
        throw problem('max_points', `expected at most ${mostPoints} points for all ${limit} series`);
      const step = Math.max(1, Math.ceil((to - from + 1) / points));
      const found = await deps.services.samples.readRange(
        { tenant, metric, matchers: query['match[]'], from, to, step, limit },
        c.req.raw.signal,
      );
      return answer(c, 200, {
        metric,
        from: timeText(from),
        to: timeText(to),
        step_ms: step,
        series: found.series.map(({ labels, times, values, buckets }) => ({
          labels,
          timestamps: [...times],
          avg: [...values],
          min: [...(buckets?.min ?? values)],
          max: [...(buckets?.max ?? values)],
          count: [...(buckets?.count ?? [])],
        })),
        more_series: found.more,
      });
    },
  }),
];
