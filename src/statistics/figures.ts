// What happened in a span, as figures, out of what the store counts of it.
import type { DeliveryState } from '../pipeline/rows.ts';
import type {
  Act,
  DeliveryGroup,
  EpisodeDimension,
  EpisodeGroup,
  HeldBack,
  LabelSetCount,
  Span,
  SpanReads,
  StormOfSpan,
} from '../store/span-reads.ts';
import { type Spread, spreadOf } from './spread.ts';

export interface FiguresQuery {
  readonly tenants: readonly string[];
  /** Epoch milliseconds; `to` is not in it. */
  readonly from: number;
  readonly to: number;
  readonly by: readonly EpisodeDimension[];
  /** Edges of buckets, first `from` and last `to`, those between at quarters of an hour; null: none are wanted. */
  readonly edges: readonly number[] | null;
  /** Which further parts are wanted; the rest is empty. */
  readonly with: readonly ('total' | 'label_sets' | 'deliveries' | 'held_back' | 'storms' | 'acts')[];
  /** Of rules, label sets and acts, so many at most. */
  readonly limit: number;
}

export interface EpisodeFigures {
  /** Episodes that fired in the span. */
  readonly fired: number;
  /** Of those: not ended yet, and ended. */
  readonly open: number;
  readonly resolved: number;
  /** Of the ended ones: by a person. */
  readonly resolvedByHand: number;
  /** Of those that fired: somebody acknowledged it, at any time since. */
  readonly acknowledged: number;
  /** Events that occurred. */
  readonly events: number;
  /** From when it fired. Null when there is none. */
  readonly timeToAcknowledge: Spread | null;
  readonly timeToResolve: Spread | null;
}

/** The figures of one severity, category or rule; `name` is null for alerts and events that no rule of ours made. */
export interface NamedFigures extends EpisodeFigures {
  readonly name: string | null;
}

export interface BucketFigures {
  readonly from: number;
  readonly to: number;
  readonly fired: number;
  readonly events: number;
  /** Of the episodes that fired in it: those that ended since. */
  readonly resolved: number;
}

export interface ChannelFigures {
  readonly channel: string;
  readonly deliveries: number;
  readonly states: Readonly<Record<DeliveryState, number>>;
  readonly attempts: number;
  /** From when it was made to when the receiver accepted it. */
  readonly timeToAccept: Spread | null;
  /** Why deliveries died or were dropped, the most frequent first. */
  readonly lost: readonly {
    readonly state: 'dead' | 'dropped';
    readonly reason: string | null;
    readonly count: number;
  }[];
}

/** Storms that began in the span. */
export interface StormFigures {
  readonly storms: number;
  /** Of those: not over yet. */
  readonly open: number;
  /** From beginning to end, of those that are over. Null when there is none. */
  readonly lasted: Spread | null;
  /** Alerts that began to fire and events that came in them. */
  readonly came: number;
  /** Of these: told in summaries, and by themselves; what several receivers hear of counts for each. */
  readonly summed: number;
  readonly alone: number;
  readonly summaries: number;
  /** Messages less than if each that a summary told of had been told by itself. */
  readonly saved: number;
}

export interface TenantFigures {
  readonly tenant: string;
  readonly total: EpisodeFigures;
  /** The most frequent first. */
  readonly by: Readonly<Record<EpisodeDimension, readonly NamedFigures[]>>;
  /** Names beyond the limit, for each dimension. */
  readonly more: Readonly<Record<EpisodeDimension, number>>;
  readonly buckets: readonly BucketFigures[];
  readonly labelSets: readonly LabelSetCount[];
  readonly channels: readonly ChannelFigures[];
  readonly heldBack: readonly HeldBack[];
  readonly storms: StormFigures;
  readonly acts: readonly Act[];
}

/** By code units, so that every machine sorts alike. */
const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** The figures of each tenant of the query, in its order. */
export function figuresOf(reads: SpanReads, query: FiguresQuery): readonly TenantFigures[] {
  return query.tenants.map((tenant) => ofTenant(reads, tenant, query));
}

function ofTenant(reads: SpanReads, tenant: string, query: FiguresQuery): TenantFigures {
  const { from, to, limit, edges } = query;
  const span: Span = { tenant, from, to };
  const wants = new Set(query.with);
  const by: Record<EpisodeDimension, readonly NamedFigures[]> = { severity: [], category: [], rule: [] };
  const more: Record<EpisodeDimension, number> = { severity: 0, category: 0, rule: 0 };
  // Whatever they are told apart by, together they are all.
  let all: readonly EpisodeGroup[] | null = null;
  for (const dimension of query.by) {
    const groups = reads.episodes(span, dimension);
    all ??= groups;
    const names = [...grouped(groups, ({ name }) => name)];
    const figures = names
      .map(([name, of]): NamedFigures => ({ name, ...episodeFigures(of) }))
      .sort(mostFirst);
    by[dimension] = figures.slice(0, limit);
    more[dimension] = Math.max(0, figures.length - limit);
  }
  return {
    tenant,
    total: episodeFigures(wants.has('total') ? (all ?? reads.episodes(span, null)) : []),
    by,
    more,
    buckets: edges === null ? [] : bucketsOf(reads, span, edges),
    labelSets: wants.has('label_sets') ? reads.topLabelSets(span, limit) : [],
    channels: wants.has('deliveries') ? channelsOf(reads.deliveryGroups(span)) : [],
    heldBack: wants.has('held_back') ? reads.heldBack(span) : [],
    storms: stormFigures(wants.has('storms') ? reads.storms(span) : []),
    acts: wants.has('acts') ? reads.acts(span, limit) : [],
  };
}

function mostFirst(a: NamedFigures, b: NamedFigures): number {
  return b.fired + b.events - (a.fired + a.events) || byText(a.name ?? '', b.name ?? '');
}

function grouped<Key, Item>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0);

function episodeFigures(groups: readonly EpisodeGroup[]): EpisodeFigures {
  const alerts = groups.filter(({ kind }) => kind === 'alert');
  const fired = sumOf(alerts.map(({ count }) => count));
  const resolved = sumOf(alerts.map((group) => group.resolved));
  const toAcknowledge = alerts.map((group) => group.toAcknowledge);
  return {
    fired,
    open: fired - resolved,
    resolved,
    resolvedByHand: sumOf(alerts.map((group) => group.resolvedByHand)),
    acknowledged: sumOf(toAcknowledge.map(({ length }) => length)),
    events: sumOf(groups.map(({ kind, count }) => (kind === 'event' ? count : 0))),
    timeToAcknowledge: spreadOf(toAcknowledge),
    timeToResolve: spreadOf(alerts.map((group) => group.toResolve)),
  };
}

function stormFigures(storms: readonly StormOfSpan[]): StormFigures {
  const total = (figure: 'count' | 'summed' | 'alone' | 'summaries') =>
    sumOf(storms.map((storm) => storm[figure]));
  const over = storms.flatMap(({ startedAt, endedAt }) => (endedAt === null ? [] : [endedAt - startedAt]));
  return {
    storms: storms.length,
    open: storms.length - over.length,
    lasted: spreadOf([over]),
    came: total('count'),
    summed: total('summed'),
    alone: total('alone'),
    summaries: total('summaries'),
    // A summary may tell of nothing but ends.
    saved: sumOf(storms.map(({ summed, summaries }) => Math.max(0, summed - summaries))),
  };
}

function bucketsOf(reads: SpanReads, span: Span, edges: readonly number[]): BucketFigures[] {
  const buckets = edges.slice(1).map((to, i) => ({ from: edges[i]!, to, fired: 0, events: 0, resolved: 0 }));
  for (const { from, fired, events, resolved } of reads.episodeQuarters(span)) {
    const bucket = buckets[lastNotAfter(edges, from)]!;
    bucket.fired += fired;
    bucket.events += events;
    bucket.resolved += resolved;
  }
  return buckets;
}

/** The last bucket that does not begin after `at`, or the first one, whose first quarter may begin before it. */
function lastNotAfter(edges: readonly number[], at: number): number {
  let low = 0;
  let high = edges.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (edges[middle]! <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}

const noStates: Readonly<Record<DeliveryState, number>> = {
  queued: 0,
  sending: 0,
  sent: 0,
  delivered: 0,
  dead: 0,
  dropped: 0,
};

function channelsOf(groups: readonly DeliveryGroup[]): ChannelFigures[] {
  const channels = [...grouped(groups, ({ channel }) => channel)].map(([channel, of]): ChannelFigures => {
    const states = { ...noStates };
    for (const { state, count } of of) states[state] += count;
    const lost = of.flatMap(({ state, reason, count }) =>
      state === 'dead' || state === 'dropped' ? [{ state, reason, count }] : [],
    );
    return {
      channel,
      deliveries: sumOf(of.map(({ count }) => count)),
      states,
      attempts: sumOf(of.map(({ attempts }) => attempts)),
      timeToAccept: spreadOf(of.map(({ toAccept }) => toAccept)),
      lost: lost.sort(
        (a, b) => b.count - a.count || byText(`${a.state} ${a.reason}`, `${b.state} ${b.reason}`),
      ),
    };
  });
  return channels.sort((a, b) => b.deliveries - a.deliveries || byText(a.channel, b.channel));
}
