// One tenant in memory: the unit of state, of fairness and of bounds.

import type { Rule } from '../../rules/types.ts';
import type { SeriesTable } from '../ingest/series.ts';
import { restoreHeartbeats } from '../pipeline/heartbeats.ts';
import { emptyResult, type StepResult } from '../pipeline/input.ts';
import { loadPipeline } from '../pipeline/load.ts';
import type { PipelineState } from '../pipeline/state.ts';
import { loadPolicy } from '../policy/load.ts';
import { emptyPlan, type PlanResult } from '../policy/plan-result.ts';
import type { DeliveryPolicy, PolicyState } from '../policy/state.ts';
import type { TenantRow } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import type { ChannelBook } from './channel-book.ts';
import { Fifo } from './fifo.ts';
import { GridTable } from './grid.ts';
import { PairTable } from './pairs.ts';
import type { RouteBook } from './route-book.ts';
import { RuleBook } from './rule-book.ts';
import type { SettledSeries } from './settled.ts';
import type { TemplateBook } from './template-book.ts';
import { type Work, weightOf } from './work.ts';

/** What people configured through the API, over what the file says. */
export interface TenantBooks {
  readonly routes: RouteBook;
  readonly channels: ChannelBook;
  readonly templates: TemplateBook;
  readonly policy: DeliveryPolicy;
}

export class Tenant {
  readonly name: string;
  readonly shard: number;
  readonly pairs: PairTable;
  readonly grid: GridTable;
  readonly book: RuleBook;
  readonly routes: RouteBook;
  readonly channels: ChannelBook;
  readonly templates: TemplateBook;
  /** What the file says of how messages are brought home. */
  filePolicy: DeliveryPolicy;
  pipeline!: PipelineState;
  policy!: PolicyState;
  /** Group keys whose deadline has come. */
  readonly due = new Set<string>();
  readonly #queue = new Fifo<Work>();
  #queued = 0;

  constructor(row: TenantRow, table: SeriesTable, settled: SettledSeries, books: TenantBooks) {
    this.name = row.id;
    this.shard = row.shard;
    this.book = new RuleBook(row.id);
    this.routes = books.routes;
    this.channels = books.channels;
    this.templates = books.templates;
    this.filePolicy = books.policy;
    this.pairs = new PairTable(row.id, table, settled);
    this.grid = new GridTable(row.id, table);
  }

  /** The rules that run, once they are applied. */
  get rules(): readonly Rule[] {
    return this.book.rules;
  }

  /** Samples, events and commands that wait. */
  get queued(): number {
    return this.#queued;
  }

  get busy(): boolean {
    return this.#queue.length > 0 || this.due.size > 0;
  }

  enqueue(work: Work): void {
    this.#queue.push(work);
    this.#queued += weightOf(work);
  }

  get current(): Work | undefined {
    return this.#queue.peek();
  }

  /** The current item is done. */
  shift(): void {
    const work = this.#queue.take();
    if (work) this.#queued -= weightOf(work);
  }

  drain(): Work[] {
    this.#queued = 0;
    return this.#queue.drain();
  }

  get books(): TenantBooks {
    const { routes, channels, templates, filePolicy: policy } = this;
    return { routes, channels, templates, policy };
  }

  /** Routes and policy know the channels as they are now. */
  followChannels(): void {
    this.routes.channels = this.channels.names;
    Object.assign(this.policy, this.channels.policy(this.filePolicy));
  }

  /** Takes the tenant up from the store; answers what that changed (to be committed). */
  load(
    store: Store,
    newId: () => string,
    now: number,
  ): { readonly step: StepResult; readonly plan: PlanResult } {
    this.templates.load(store.configObjects(this.name, 'template'));
    this.channels.load(store.configObjects(this.name, 'channel'));
    this.routes.channels = this.channels.names;
    this.routes.load(store.configObjects(this.name, 'route'));
    const { flapping } = this.routes.routing;
    const snapshot = {
      ...store.loadTenant(this.name),
      ...(flapping && { firings: store.firings(this.name, now - flapping.windowMs) }),
    };
    this.book.load(store.configObjects(this.name, 'rule'));
    const out = emptyResult();
    const planned = emptyPlan();
    const rules = this.book.running.byName;
    const watched: PipelineState['heartbeats'] = this.pipeline?.heartbeats ?? new Map();
    this.pipeline = loadPipeline(this.name, snapshot, this.routes.routing, rules, newId, now, out);
    for (const { key, startsAt } of store.dismissed(this.name)) this.pipeline.dismissed.set(key, startsAt);
    restoreHeartbeats(this.pipeline, store.heartbeats(this.name), watched, now);
    const policy = this.channels.policy(this.filePolicy);
    this.policy = loadPolicy(this.name, snapshot, policy, newId, now, planned);
    this.due.clear();
    return { step: out, plan: planned };
  }
}
