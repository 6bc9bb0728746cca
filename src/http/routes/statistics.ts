// What happened in a span, as figures. They are counted beside the main thread.
import { z } from 'zod';
import type { FiguresQuery, TenantFigures } from '../../statistics/figures.ts';
import type { EpisodeDimension } from '../../store/span-reads.ts';
import { timeOut, timeText } from '../bodies/shapes.ts';
import { edgesOf, spanOf, spanQuery, zoneQuery } from '../bodies/span-query.ts';
import {
  bucketBody,
  channelBody,
  episodesBody,
  heldBackBody,
  labelSetsBody,
  statesOf,
  stormsBody,
  toBucketBody,
  toChannelBody,
  toEpisodesBody,
  toHeldBackBody,
  toLabelSetsBody,
  toStormsBody,
} from '../bodies/statistics-body.ts';
import { answer, type Call, route } from '../route.ts';
import { tenantName } from '../tenancy.ts';

const failures = ['query_timeout', 'overloaded', 'unavailable'] as const;
const spanOut = { from: timeOut, to: timeOut };
const limit = z.coerce
  .number('expected a whole number from 1 to 200')
  .int()
  .min(1)
  .max(200)
  .default(20)
  .meta({ description: 'Names (of rules, label sets) at most; the most frequent.' });
const query = z.strictObject({ ...spanQuery, limit });
type Query = z.output<typeof query>;

const states = z.record(z.string(), z.number().int());
const more = z.number().int().meta({ description: 'Names that are left out because of `limit`.' });

type Asked = Partial<Pick<FiguresQuery, 'by' | 'edges' | 'with'>>;

/** The figures of the caller's tenant, with the span that they are about. */
async function figuresFor(
  { c, deps, tenant, query }: Pick<Call<undefined, Query>, 'c' | 'deps' | 'tenant' | 'query'>,
  asked: Asked,
): Promise<{ figures: TenantFigures; span: { from: string; to: string } }> {
  const { from, to } = spanOf(query, deps.services.now());
  const [figures] = await deps.services.statistics.figures(
    { tenants: [tenant], from, to, by: [], edges: null, with: [], limit: query.limit, ...asked },
    c.req.raw.signal,
  );
  return { figures: figures!, span: { from: timeText(from), to: timeText(to) } };
}

const named = (dimension: EpisodeDimension) =>
  route({
    method: 'get',
    path: `/api/v1/alerts/statistics/${dimension}`,
    requires: 'read',
    tag: 'statistics',
    summary: `Alerts and events of a span by ${dimension}: how many, acknowledged, resolved, and how soon.`,
    query,
    answers: {
      200: {
        description: 'The figures, the most frequent first',
        schema: z.object({
          ...spanOut,
          items: z.array(episodesBody.extend({ [dimension]: z.string().nullable() })),
          more,
        }),
      },
    },
    errors: failures,
    async handler(call) {
      const { figures, span } = await figuresFor(call, { by: [dimension] });
      const items = figures.by[dimension].map(({ name, ...each }) => ({
        [dimension]: name,
        ...toEpisodesBody(each),
      }));
      return answer(call.c, 200, { ...span, items, more: figures.more[dimension] });
    },
  });

const timeQuery = z.strictObject({
  ...spanQuery,
  step: z.enum(['1h', '1d']).default('1h'),
  tz: zoneQuery,
});

const tenantQuery = z.strictObject({
  ...spanQuery,
  tenant: tenantName.optional().meta({ description: 'Only this one; for keys of all tenants.' }),
});

export const statisticsRoutes = [
  route({
    method: 'get',
    path: '/api/v1/alerts/statistics/overview',
    requires: 'read',
    tag: 'statistics',
    summary: 'What happened in a span: alerts, events, deliveries, storms, what was held back and why.',
    query,
    answers: {
      200: {
        description: 'The figures',
        schema: z.object({
          ...spanOut,
          ...episodesBody.shape,
          deliveries: states,
          held_back: heldBackBody,
          storms: stormsBody,
          top_label_sets: labelSetsBody,
        }),
      },
    },
    errors: failures,
    async handler(call) {
      const { figures, span } = await figuresFor(call, {
        with: ['total', 'label_sets', 'deliveries', 'held_back', 'storms'],
      });
      return answer(call.c, 200, {
        ...span,
        ...toEpisodesBody(figures.total),
        deliveries: statesOf(figures.channels),
        held_back: toHeldBackBody(figures.heldBack),
        storms: toStormsBody(figures.storms),
        top_label_sets: toLabelSetsBody(figures.labelSets),
      });
    },
  }),
  named('severity'),
  named('category'),
  named('rule'),
  route({
    method: 'get',
    path: '/api/v1/alerts/statistics/channel',
    requires: 'read',
    tag: 'statistics',
    summary: 'Deliveries of a span by channel: states, attempts, dead letters, how soon they were accepted.',
    query: z.strictObject(spanQuery),
    answers: {
      200: { description: 'The figures', schema: z.object({ ...spanOut, items: z.array(channelBody) }) },
    },
    errors: failures,
    async handler(call) {
      const all = { ...call, query: { ...call.query, limit: 1 } };
      const { figures, span } = await figuresFor(all, { with: ['deliveries'] });
      return answer(call.c, 200, { ...span, items: figures.channels.map(toChannelBody) });
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/alerts/statistics/time',
    requires: 'read',
    tag: 'statistics',
    summary: 'Alerts and events of a span hour by hour or day by day of a time zone.',
    query: timeQuery,
    answers: {
      200: {
        description: 'The buckets; the first and the last are cut to the span',
        schema: z.object({ ...spanOut, step: z.string(), tz: z.string(), items: z.array(bucketBody) }),
      },
    },
    errors: failures,
    async handler(call) {
      const { step, tz } = call.query;
      const { from, to } = spanOf(call.query, call.deps.services.now());
      const edges = edgesOf(from, to, step, tz);
      const { figures, span } = await figuresFor({ ...call, query: { from, to, limit: 1 } }, { edges });
      return answer(call.c, 200, { ...span, step, tz, items: figures.buckets.map(toBucketBody) });
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/alerts/statistics/tenant',
    requires: 'read',
    scope: 'installation',
    tag: 'statistics',
    summary: "Alerts, events and deliveries of a span by tenant; of a tenant's key only its own.",
    query: tenantQuery,
    answers: {
      200: {
        description: 'The figures',
        schema: z.object({
          ...spanOut,
          items: z.array(episodesBody.extend({ tenant: z.string(), deliveries: states })),
        }),
      },
    },
    errors: ['forbidden', ...failures],
    async handler({ c, deps, key, query }) {
      const named = query.tenant ?? c.req.header('x-tenant-id');
      const ofAll = key!.tenant === '*' && named === undefined;
      const tenants = ofAll
        ? deps.services.store.tenants().flatMap(({ id }) => (id.startsWith('_') ? [] : [id]))
        : [deps.tenancy.of(key!, named)];
      const { from, to } = spanOf(query, deps.services.now());
      const all = await deps.services.statistics.figures(
        { tenants, from, to, by: [], edges: null, with: ['total', 'deliveries'], limit: 1 },
        c.req.raw.signal,
      );
      const items = all.map(({ tenant, total, channels }) => ({
        tenant,
        ...toEpisodesBody(total),
        deliveries: statesOf(channels),
      }));
      return answer(c, 200, { from: timeText(from), to: timeText(to), items });
    },
  }),
];
