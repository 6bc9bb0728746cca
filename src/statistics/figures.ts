// What happened in a span, as figures: a fold over the episodes and deliveries of the span, one walk over each.
import type { Labels } from '../../rules/types.ts';
import type { DeliveryState } from '../pipeline/rows.ts';
import type { Act, DeliveryFigure, Episode, HeldBack, Span, SpanReads } from '../store/span-reads.ts';
import { type Spread, spreadOf } from './spread.ts';

/** How episodes may be told apart. */
export const dimensions = ['severity', 'category', 'rule'] as const;
export type Dimension = (typeof dimensions)[number];

export interface FiguresQuery {
  readonly tenants: readonly string[];
  /** Epoch milliseconds; `to` is not in it. */
  readonly from: number;
  readonly to: number;
  readonly by: readonly Dimension[];
  /** Edges of buckets, first `from` and last `to`; null: none are wanted. */
  readonly edges: readonly number[] | null;
  /** Which further parts are wanted; the rest is empty. */
  readonly with: readonly ('label_sets' | 'deliveries' | 'held_back' | 'acts')[];
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

export interface LabelSetCount {
  readonly labels: Labels;
  readonly fired: number;
  readonly events: number;
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

export interface TenantFigures {
  readonly tenant: string;
  readonly total: EpisodeFigures;
  /** The most frequent first. */
  readonly by: Readonly<Record<Dimension, readonly NamedFigures[]>>;
  /** Names beyond the limit, for each dimension. */
  readonly more: Readonly<Record<Dimension, number>>;
  readonly buckets: readonly BucketFigures[];
  readonly labelSets: readonly LabelSetCount[];
  readonly channels: readonly ChannelFigures[];
  readonly heldBack: readonly HeldBack[];
  readonly acts: readonly Act[];
}

class EpisodeTally {
  fired = 0;
  resolved = 0;
  resolvedByHand = 0;
  events = 0;
  readonly #toAcknowledge: number[] = [];
  readonly #toResolve: number[] = [];

  add(episode: Episode): void {
    if (episode.kind === 'event') {
      this.events++;
      return;
    }
    this.fired++;
    const { firedAt, acknowledgedAt, resolvedAt } = episode;
    // Alerts fire on the clocks of their senders, which may be ahead of ours.
    if (acknowledgedAt !== null) this.#toAcknowledge.push(Math.max(0, acknowledgedAt - firedAt));
    if (episode.state !== 'resolved') return;
    this.resolved++;
    if (episode.resolveReason === 'manual') this.resolvedByHand++;
    if (resolvedAt !== null) this.#toResolve.push(Math.max(0, resolvedAt - firedAt));
  }

  figures(): EpisodeFigures {
    return {
      fired: this.fired,
      open: this.fired - this.resolved,
      resolved: this.resolved,
      resolvedByHand: this.resolvedByHand,
      acknowledged: this.#toAcknowledge.length,
      events: this.events,
      timeToAcknowledge: spreadOf(this.#toAcknowledge),
      timeToResolve: spreadOf(this.#toResolve),
    };
  }
}

const noStates: Readonly<Record<DeliveryState, number>> = {
  queued: 0,
  sending: 0,
  sent: 0,
  delivered: 0,
  dead: 0,
  dropped: 0,
};

class ChannelTally {
  readonly #states: Record<DeliveryState, number> = { ...noStates };
  readonly #lost = new Map<string, { state: 'dead' | 'dropped'; reason: string | null; count: number }>();
  readonly #toAccept: number[] = [];
  #attempts = 0;
  #deliveries = 0;

  add({ state, reason, attempts, createdAt, finishedAt }: DeliveryFigure): void {
    this.#deliveries++;
    this.#states[state]++;
    this.#attempts += attempts;
    if (state === 'sent' || state === 'delivered') {
      if (finishedAt !== null) this.#toAccept.push(Math.max(0, finishedAt - createdAt));
    } else if (state === 'dead' || state === 'dropped') {
      const key = `${state} ${reason}`;
      const known = this.#lost.get(key);
      if (known) known.count++;
      else this.#lost.set(key, { state, reason, count: 1 });
    }
  }

  figures(channel: string): ChannelFigures {
    return {
      channel,
      deliveries: this.#deliveries,
      states: this.#states,
      attempts: this.#attempts,
      timeToAccept: spreadOf(this.#toAccept),
      lost: [...this.#lost.values()].sort(
        (a, b) => b.count - a.count || byText(`${a.state} ${a.reason}`, `${b.state} ${b.reason}`),
      ),
    };
  }
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
  const total = new EpisodeTally();
  const tallies = query.by.map((dimension) => ({ dimension, of: new Map<string | null, EpisodeTally>() }));
  const buckets = edges === null ? [] : bucketsOf(edges);
  const sets = new Map<string, { fired: number; events: number }>();

  reads.eachEpisode(span, (episode) => {
    total.add(episode);
    for (const { dimension, of } of tallies)
      entry(of, episode[dimension], () => new EpisodeTally()).add(episode);
    if (edges !== null) countIn(buckets[bucketOf(edges, episode.firedAt)]!, episode);
    if (!wants.has('label_sets')) return;
    const set = entry(sets, episode.labelSet, () => ({ fired: 0, events: 0 }));
    if (episode.kind === 'event') set.events++;
    else set.fired++;
  });

  const channels = new Map<string, ChannelTally>();
  if (wants.has('deliveries')) {
    reads.eachDelivery(span, (delivery) =>
      entry(channels, delivery.channel, () => new ChannelTally()).add(delivery),
    );
  }

  const by: Record<Dimension, readonly NamedFigures[]> = { severity: [], category: [], rule: [] };
  const more: Record<Dimension, number> = { severity: 0, category: 0, rule: 0 };
  for (const { dimension, of } of tallies) {
    const order = [...of].sort(
      ([nameA, a], [nameB, b]) =>
        b.fired + b.events - (a.fired + a.events) || byText(nameA ?? '', nameB ?? ''),
    );
    by[dimension] = order.slice(0, limit).map(([name, tally]) => ({ name, ...tally.figures() }));
    more[dimension] = Math.max(0, order.length - limit);
  }
  return {
    tenant,
    total: total.figures(),
    by,
    more,
    buckets,
    labelSets: topSets(reads, tenant, sets, limit),
    channels: [...channels]
      .map(([channel, tally]) => tally.figures(channel))
      .sort((a, b) => b.deliveries - a.deliveries || byText(a.channel, b.channel)),
    heldBack: wants.has('held_back') ? reads.heldBack(span) : [],
    acts: wants.has('acts') ? reads.acts(span, limit) : [],
  };
}

function entry<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

interface Bucket {
  from: number;
  to: number;
  fired: number;
  events: number;
  resolved: number;
}

function bucketsOf(edges: readonly number[]): Bucket[] {
  return edges.slice(1).map((to, i) => ({ from: edges[i]!, to, fired: 0, events: 0, resolved: 0 }));
}

/** The last edge that is not after `at`, which lies between the first and the last. */
function bucketOf(edges: readonly number[], at: number): number {
  let low = 0;
  let high = edges.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (edges[middle]! <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}

function countIn(bucket: Bucket, { kind, state }: Episode): void {
  if (kind === 'event') bucket.events++;
  else {
    bucket.fired++;
    if (state === 'resolved') bucket.resolved++;
  }
}

function topSets(
  reads: SpanReads,
  tenant: string,
  sets: ReadonlyMap<string, { fired: number; events: number }>,
  limit: number,
): LabelSetCount[] {
  const order = [...sets].sort(
    ([setA, a], [setB, b]) =>
      b.fired + b.events - (a.fired + a.events) || b.fired - a.fired || byText(setA, setB),
  );
  return order.slice(0, limit).flatMap(([set, counts]) => {
    const labels = reads.labelsOf(tenant, set);
    return labels === null ? [] : [{ labels, ...counts }];
  });
}
