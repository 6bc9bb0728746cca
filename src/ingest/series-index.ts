// Which series exist: from identity (tenant, metric, labels) to a dense id and back. Ids of dropped series are reused.
// Labels are kept as numbers of pairs in columns and found by a hash over them: as texts or objects they would cost as
// much as a fifth of the ring of 60 points.
import { randomInt } from 'node:crypto';
import { labelNames, labelsInOrder } from '../../rules/labels.ts';
import type { Labels } from '../../rules/types.ts';
import { grown } from './grown.ts';
import { LabelPairs } from './label-pairs.ts';
import { NumberLists } from './number-lists.ts';

interface TenantSeries {
  readonly tenant: string;
  readonly byMetric: Map<string, MetricSeries>;
  size: number;
}

/** All series of one metric of one tenant. */
interface MetricSeries {
  readonly no: number;
  readonly of: TenantSeries;
  readonly metric: string;
  readonly ids: number[];
}

const none: readonly number[] = [];
const noMetric = -1;

export class SeriesIndex {
  readonly #tenants = new Map<string, TenantSeries>();
  readonly #metrics: (MetricSeries | null)[] = [];
  readonly #freeMetrics: number[] = [];
  readonly #pairs = new LabelPairs();
  readonly #lists = new NumberLists();
  /** Labels of the series that is looked for, as numbers of pairs in the order of their names. */
  #wanted = new Int32Array(64);
  readonly #seed = randomInt(2 ** 31);
  /** Open addressing: id of a series plus one, 0 = free. */
  #slots = new Int32Array(64);
  #size = 0;
  #ids = 0;
  readonly #free: number[] = [];
  /** The labels that were asked for last: a birth asks several times. */
  #recent: { readonly id: number; readonly labels: Labels } | null = null;

  // One column per property, by id.
  #metric = new Int32Array(0);
  /** Where the id stands in the list of its metric. */
  #position = new Int32Array(0);
  #list = new Int32Array(0);
  #labelCount = new Uint16Array(0);

  /** The id of a series, -1 when there is none. */
  find(tenant: string, metric: string, labels: Labels): number {
    const of = this.#tenants.get(tenant)?.byMetric.get(metric);
    if (of === undefined) return -1;
    let count = 0;
    for (const name of labelNames(labels)) {
      const pair = this.#pairs.find(name, labels[name]!);
      if (pair === -1) return -1;
      this.#want(count++, pair);
    }
    const slots = this.#slots;
    const mask = slots.length - 1;
    const wanted = this.#wanted;
    for (let at = this.#hash(of.no, wanted, 0, count) & mask; slots[at] !== 0; at = (at + 1) & mask) {
      const id = slots[at]! - 1;
      if (this.#metric[id] !== of.no || this.#labelCount[id] !== count) continue;
      const from = this.#lists.base(this.#list[id]!, count);
      const numbers = this.#lists.numbers(count);
      let i = 0;
      while (i < count && numbers[from + i] === wanted[i]) i++;
      if (i === count) return id;
    }
    return -1;
  }

  /** Gives a new series its id; the caller has seen that `find` does not know it. */
  add(tenant: string, metric: string, labels: Labels): number {
    const of = this.#metricOf(tenant, metric);
    let count = 0;
    for (const name of labelNames(labels)) this.#want(count++, this.#pairs.take(name, labels[name]!));
    const id = this.#free.pop() ?? this.#ids++;
    if (id >= this.#metric.length) this.#growColumns();
    this.#metric[id] = of.no;
    this.#position[id] = of.ids.length;
    this.#labelCount[id] = count;
    this.#list[id] = this.#lists.add(this.#wanted, count);
    of.ids.push(id);
    of.of.size++;
    this.#size++;
    if (this.#size * 2 > this.#slots.length) this.#rehash(this.#slots.length * 2);
    else this.#place(id);
    this.#recent = { id, labels };
    return id;
  }

  /** Forgets a series. The order of the other series of its metric changes. */
  remove(id: number): void {
    const of = this.#home(id);
    this.#takeOut(id);
    const count = this.#labelCount[id]!;
    const list = this.#list[id]!;
    const from = this.#lists.base(list, count);
    const numbers = this.#lists.numbers(count);
    for (let i = 0; i < count; i++) this.#pairs.giveBack(numbers[from + i]!);
    this.#lists.remove(list, count);
    const last = of.ids.pop()!;
    if (last !== id) {
      const position = this.#position[id]!;
      of.ids[position] = last;
      this.#position[last] = position;
    }
    if (of.ids.length === 0) {
      of.of.byMetric.delete(of.metric);
      this.#metrics[of.no] = null;
      this.#freeMetrics.push(of.no);
    }
    if (--of.of.size === 0) this.#tenants.delete(of.of.tenant);
    this.#size--;
    this.#metric[id] = noMetric;
    this.#free.push(id);
    if (this.#recent?.id === id) this.#recent = null;
  }

  tenant(id: number): string {
    return this.#home(id).of.tenant;
  }

  metric(id: number): string {
    return this.#home(id).metric;
  }

  labels(id: number): Labels {
    if (this.#recent?.id === id) return this.#recent.labels;
    this.#home(id);
    const count = this.#labelCount[id]!;
    const from = this.#lists.base(this.#list[id]!, count);
    const numbers = this.#lists.numbers(count);
    const names: string[] = [];
    const values: string[] = [];
    for (let i = 0; i < count; i++) {
      names.push(this.#pairs.name(numbers[from + i]!));
      values.push(this.#pairs.value(numbers[from + i]!));
    }
    const labels = labelsInOrder(names, values);
    this.#recent = { id, labels };
    return labels;
  }

  sizeOf(tenant: string): number {
    return this.#tenants.get(tenant)?.size ?? 0;
  }

  *seriesOf(tenant: string): Iterable<number> {
    for (const { ids } of this.#tenants.get(tenant)?.byMetric.values() ?? []) yield* ids;
  }

  byMetric(tenant: string, metric: string): readonly number[] {
    return this.#tenants.get(tenant)?.byMetric.get(metric)?.ids ?? none;
  }

  get size(): number {
    return this.#size;
  }

  #home(id: number): MetricSeries {
    const no = this.#metric[id] ?? noMetric;
    if (no === noMetric || id >= this.#ids) throw new Error(`there is no series ${id}`);
    return this.#metrics[no]!;
  }

  #metricOf(tenant: string, metric: string): MetricSeries {
    let of = this.#tenants.get(tenant);
    if (of === undefined) {
      of = { tenant, byMetric: new Map(), size: 0 };
      this.#tenants.set(tenant, of);
    }
    let series = of.byMetric.get(metric);
    if (series === undefined) {
      series = { no: this.#freeMetrics.pop() ?? this.#metrics.length, of, metric, ids: [] };
      this.#metrics[series.no] = series;
      of.byMetric.set(metric, series);
    }
    return series;
  }

  #want(place: number, pair: number): void {
    if (place === this.#wanted.length) this.#wanted = grown(this.#wanted, new Int32Array(place * 2));
    this.#wanted[place] = pair;
  }

  /** Seeded, so that nobody outside can prepare long walks. */
  #hash(metric: number, numbers: Int32Array, from: number, count: number): number {
    let hash = this.#seed ^ metric;
    for (let i = 0; i < count; i++) {
      hash = Math.imul(hash ^ numbers[from + i]!, 0x9e3779b1);
      hash = (hash << 15) | (hash >>> 17);
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca77);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae3d);
    return (hash ^ (hash >>> 16)) >>> 0;
  }

  #hashOf(id: number): number {
    const count = this.#labelCount[id]!;
    const from = this.#lists.base(this.#list[id]!, count);
    return this.#hash(this.#metric[id]!, this.#lists.numbers(count), from, count);
  }

  #place(id: number): void {
    const mask = this.#slots.length - 1;
    let at = this.#hashOf(id) & mask;
    while (this.#slots[at] !== 0) at = (at + 1) & mask;
    this.#slots[at] = id + 1;
  }

  /** Frees the slot of a series; those behind it that would not be found any more move up. */
  #takeOut(id: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let hole = this.#hashOf(id) & mask;
    while (slots[hole] !== id + 1) hole = (hole + 1) & mask;
    for (let at = (hole + 1) & mask; slots[at] !== 0; at = (at + 1) & mask) {
      const home = this.#hashOf(slots[at]! - 1) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      slots[hole] = slots[at]!;
      hole = at;
    }
    slots[hole] = 0;
  }

  #rehash(length: number): void {
    this.#slots = new Int32Array(length);
    for (let id = 0; id < this.#ids; id++) if (this.#metric[id] !== noMetric) this.#place(id);
  }

  #growColumns(): void {
    const length = Math.max(1_024, this.#metric.length * 2);
    this.#metric = grown(this.#metric, new Int32Array(length));
    this.#position = grown(this.#position, new Int32Array(length));
    this.#list = grown(this.#list, new Int32Array(length));
    this.#labelCount = grown(this.#labelCount, new Uint16Array(length));
  }
}
