// Figures as the API shows them. Spans are milliseconds.
import { z } from 'zod';
import { formatDuration } from '../../../rules/duration.ts';
import type {
  BucketFigures,
  ChannelFigures,
  EpisodeFigures,
  StormFigures,
  TenantFigures,
} from '../../statistics/figures.ts';
import type { Spread } from '../../statistics/spread.ts';
import type { HeldBack, LabelSetCount } from '../../store/span-reads.ts';
import { deliveryStates } from './delivery-body.ts';
import { labelsOut, timeOut, timeText } from './shapes.ts';

const count = z.number().int();

export const spreadBody = z
  .object({ count, mean_ms: count, median_ms: count, p90_ms: count, median: z.string() })
  .nullable()
  .meta({ description: 'Null when there is none. `median` is the same as `median_ms`, to be read.' });

export const episodesBody = z.object({
  alerts: count.meta({ description: 'Firing episodes that began in the span.' }),
  open: count,
  resolved: count,
  resolved_by_hand: count,
  acknowledged: count,
  events: count.meta({ description: 'Events that occurred in the span.' }),
  time_to_acknowledge: spreadBody,
  time_to_resolve: spreadBody,
});
export const labelSetsBody = z.array(z.object({ labels: labelsOut, alerts: count, events: count }));
export const heldBackBody = z
  .array(z.object({ kind: z.string(), reason: z.string().nullable(), count }))
  .meta({
    description:
      'Decisions not to notify: `notify.skipped` never, `notify.held` later, `notify.suppressed` while a silence or the like lasts.',
  });
export const stormsBody = z
  .object({
    storms: count,
    open: count.meta({ description: 'Not over yet.' }),
    lasted: spreadBody,
    came: count.meta({ description: 'Alerts that began to fire, and events, in these storms.' }),
    summed: count.meta({ description: 'Told in summaries; of each receiver.' }),
    alone: count.meta({ description: 'Told by themselves.' }),
    summaries: count,
    saved: count.meta({
      description: 'Messages less than if each that a summary told of had been told by itself.',
    }),
  })
  .meta({ description: 'Storms that began in the span.' });
export const channelBody = z.object({
  channel: z.string(),
  deliveries: count,
  states: z.object(Object.fromEntries(deliveryStates.map((state) => [state, count]))),
  dead_letters: count,
  attempts: count,
  time_to_accept: spreadBody,
  lost: z
    .array(z.object({ state: z.enum(['dead', 'dropped']), reason: z.string().nullable(), count }))
    .meta({ description: 'Why deliveries died or were dropped.' }),
});
export const bucketBody = z.object({
  from: timeOut,
  to: timeOut,
  alerts: count,
  events: count,
  resolved: count,
});

export function toSpreadBody(spread: Spread | null): z.input<typeof spreadBody> {
  if (spread === null) return null;
  const { count, meanMs, medianMs, p90Ms } = spread;
  const median = formatDuration(Math.round(medianMs / 1_000) * 1_000);
  return { count, mean_ms: meanMs, median_ms: medianMs, p90_ms: p90Ms, median };
}

export function toEpisodesBody(figures: EpisodeFigures): z.input<typeof episodesBody> {
  return {
    alerts: figures.fired,
    open: figures.open,
    resolved: figures.resolved,
    resolved_by_hand: figures.resolvedByHand,
    acknowledged: figures.acknowledged,
    events: figures.events,
    time_to_acknowledge: toSpreadBody(figures.timeToAcknowledge),
    time_to_resolve: toSpreadBody(figures.timeToResolve),
  };
}

export function toLabelSetsBody(sets: readonly LabelSetCount[]): z.input<typeof labelSetsBody> {
  return sets.map(({ labels, fired, events }) => ({ labels: { ...labels }, alerts: fired, events }));
}

export function toHeldBackBody(heldBack: readonly HeldBack[]): z.input<typeof heldBackBody> {
  return heldBack.map(({ kind, reason, count }) => ({ kind, reason, count }));
}

export function toStormsBody({ lasted, ...counts }: StormFigures): z.input<typeof stormsBody> {
  return { ...counts, lasted: toSpreadBody(lasted) };
}

export function toChannelBody(figures: ChannelFigures): z.input<typeof channelBody> {
  return {
    channel: figures.channel,
    deliveries: figures.deliveries,
    states: { ...figures.states },
    dead_letters: figures.states.dead,
    attempts: figures.attempts,
    time_to_accept: toSpreadBody(figures.timeToAccept),
    lost: figures.lost.map((each) => ({ ...each })),
  };
}

export function toBucketBody({
  from,
  to,
  fired,
  events,
  resolved,
}: BucketFigures): z.input<typeof bucketBody> {
  return { from: timeText(from), to: timeText(to), alerts: fired, events, resolved };
}

/** Deliveries of all channels together, by state. */
export function statesOf(channels: TenantFigures['channels']): Record<string, number> {
  return Object.fromEntries(
    deliveryStates.map((state) => [state, channels.reduce((sum, { states }) => sum + states[state], 0)]),
  );
}
