// A report for programs: the shapes of the statistics' routes.
import { z } from 'zod';
import { timeOut, timeText } from '../http/bodies/shapes.ts';
import {
  bucketBody,
  channelBody,
  episodesBody,
  heldBackBody,
  labelSetsBody,
  stormsBody,
  toBucketBody,
  toChannelBody,
  toEpisodesBody,
  toHeldBackBody,
  toLabelSetsBody,
  toStormsBody,
} from '../http/bodies/statistics-body.ts';
import type { Report } from './report.ts';

export const reportBody = z.object({
  tenant: z.string(),
  from: timeOut,
  to: timeOut,
  tz: z.string(),
  made_at: timeOut,
  ...episodesBody.shape,
  by_severity: z.array(episodesBody.extend({ severity: z.string() })),
  by_rule: z.array(episodesBody.extend({ rule: z.string().nullable() })),
  by_day: z.array(bucketBody),
  top_label_sets: labelSetsBody,
  channels: z.array(channelBody),
  held_back: heldBackBody,
  storms: stormsBody,
  audit: z
    .array(z.object({ kind: z.string(), actor: z.string().nullable(), count: z.number().int() }))
    .nullable()
    .meta({ description: 'Who did what; null for keys that may not administer.' }),
});

export function reportJson({
  from,
  to,
  zone,
  madeAt,
  figures,
  withAudit,
}: Report): z.input<typeof reportBody> {
  return {
    tenant: figures.tenant,
    from: timeText(from),
    to: timeText(to),
    tz: zone,
    made_at: timeText(madeAt),
    ...toEpisodesBody(figures.total),
    by_severity: figures.by.severity.map(({ name, ...each }) => ({
      severity: name ?? '',
      ...toEpisodesBody(each),
    })),
    by_rule: figures.by.rule.map(({ name, ...each }) => ({ rule: name, ...toEpisodesBody(each) })),
    by_day: figures.buckets.map(toBucketBody),
    top_label_sets: toLabelSetsBody(figures.labelSets),
    channels: figures.channels.map(toChannelBody),
    held_back: toHeldBackBody(figures.heldBack),
    storms: toStormsBody(figures.storms),
    audit: withAudit ? figures.acts.map(({ kind, actor, count }) => ({ kind, actor, count })) : null,
  };
}
