// Which series exist: from identity (tenant, metric, labels) to a dense id and back. Ids of dropped series are reused.
// Labels are kept as the text of the key alone: as objects they would cost as much as the ring of 60 points.
import { canonicalLabels, labelSet } from '../../rules/labels.ts';
import type { Labels } from '../../rules/types.ts';

interface TenantSeries {
  readonly byKey: Map<string, number>;
  readonly byMetric: Map<string, number[]>;
}

interface Identity {
  readonly tenant: string;
  readonly metric: string;
  /** As `SeriesIndex.key` gives it. */
  readonly key: string;
  /** Where the id stands in the list of its metric. */
  position: number;
}

const none: readonly number[] = [];

export class SeriesIndex {
  readonly #tenants = new Map<string, TenantSeries>();
  readonly #series: (Identity | null)[] = [];
  readonly #free: number[] = [];
  /** The labels that were asked for last: a birth asks several times. */
  #recent: { readonly key: string; readonly labels: Labels } | null = null;

  /** Identity within a tenant. A newline cannot be confused with a part of either: names hold no control characters. */
  key(metric: string, labels: Labels): string {
    return `${metric}\n${canonicalLabels(labels)}`;
  }

  /** The id of a series, -1 when there is none. */
  find(tenant: string, key: string): number {
    return this.#tenants.get(tenant)?.byKey.get(key) ?? -1;
  }

  /** Gives a new series its id; the caller has checked that the key is not there. */
  add(tenant: string, metric: string, key: string): number {
    let of = this.#tenants.get(tenant);
    if (of === undefined) {
      of = { byKey: new Map(), byMetric: new Map() };
      this.#tenants.set(tenant, of);
    }
    let ids = of.byMetric.get(metric);
    if (ids === undefined) {
      ids = [];
      of.byMetric.set(metric, ids);
    }
    const id = this.#free.pop() ?? this.#series.length;
    this.#series[id] = { tenant, metric, key, position: ids.length };
    ids.push(id);
    of.byKey.set(key, id);
    return id;
  }

  /** Forgets a series. The order of the other series of its metric changes. */
  remove(id: number): void {
    const { tenant, metric, key, position } = this.identity(id);
    const of = this.#tenants.get(tenant)!;
    of.byKey.delete(key);
    const ids = of.byMetric.get(metric)!;
    const last = ids.pop()!;
    if (last !== id) {
      ids[position] = last;
      this.identity(last).position = position;
    }
    if (ids.length === 0) of.byMetric.delete(metric);
    if (of.byKey.size === 0) this.#tenants.delete(tenant);
    this.#series[id] = null;
    this.#free.push(id);
  }

  identity(id: number): Identity {
    const identity = this.#series[id];
    if (identity === undefined || identity === null) throw new Error(`there is no series ${id}`);
    return identity;
  }

  labels(id: number): Labels {
    const { metric, key } = this.identity(id);
    if (this.#recent?.key !== key) {
      this.#recent = { key, labels: labelSet(JSON.parse(key.slice(metric.length + 1))) };
    }
    return this.#recent.labels;
  }

  sizeOf(tenant: string): number {
    return this.#tenants.get(tenant)?.byKey.size ?? 0;
  }

  seriesOf(tenant: string): Iterable<number> {
    return this.#tenants.get(tenant)?.byKey.values() ?? none;
  }

  byMetric(tenant: string, metric: string): readonly number[] {
    return this.#tenants.get(tenant)?.byMetric.get(metric) ?? none;
  }

  get size(): number {
    return this.#series.length - this.#free.length;
  }
}
