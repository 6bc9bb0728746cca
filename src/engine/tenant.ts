// One tenant in memory: the unit of state, of fairness and of bounds.

import type { Rule } from '../../rules/types.ts';
import type { SeriesTable } from '../ingest/series.ts';
import type { ConfigObjectKind } from '../pipeline/effect.ts';
import { groupsOf } from '../pipeline/group.ts';
import { restoreHeartbeats } from '../pipeline/heartbeats.ts';
import { emptyResult, type StepResult } from '../pipeline/input.ts';
import { loadPipeline } from '../pipeline/load.ts';
import { audienceOf } from '../pipeline/routing.ts';
import type { PipelineState } from '../pipeline/state.ts';
import { loadPolicy } from '../policy/load.ts';
import type { Directory, OnCall } from '../policy/people.ts';
import { isOfAudience } from '../policy/plan.ts';
import { emptyPlan, type PlanResult } from '../policy/plan-result.ts';
import { RecipientWays } from '../policy/recipient-ways.ts';
import type { DeliveryPolicy, PolicyState } from '../policy/state.ts';
import type { TenantRow } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import type { ChannelBook } from './channel-book.ts';
import type { DirectoryBook } from './directory-book.ts';
import { Fifo } from './fifo.ts';
import { GridTable } from './grid.ts';
import type { OnCallBook } from './on-call-book.ts';
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
  readonly rota: OnCallBook;
  readonly people: DirectoryBook;
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
  readonly rota: OnCallBook;
  readonly people: DirectoryBook;
  pipeline!: PipelineState;
  policy!: PolicyState;
  /** Group keys whose deadline has come. */
  readonly due = new Set<string>();
  /** What somebody asked for has been carried out: groups that are due are looked at before anything else is taken. */
  ordered = false;
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
    this.rota = books.rota;
    this.people = books.people;
    this.pairs = new PairTable(row.id, table, settled);
    this.grid = new GridTable(row.id, table);
  }

  /** Everybody who can be told. */
  get directory(): Directory {
    return this.people.directory;
  }

  /** The rules that run, once they are applied. */
  get rules(): readonly Rule[] {
    return this.book.rules;
  }

  /** Who is on call by a schedule of the tenant at `at`; empty: nobody, or there is no such schedule. */
  get onCall(): OnCall {
    return this.rota.onCall;
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

  /** The ways of the configuration, and those to the tenant's people, whoever they are when that is asked. */
  #withPeople(policy: DeliveryPolicy): DeliveryPolicy {
    const book = this.people;
    const people = {
      timeZone: policy.timeZone ?? 'UTC',
      get directory() {
        return book.directory;
      },
      get personal() {
        return book.personal;
      },
    };
    return { ...policy, ways: new RecipientWays(policy.ways, people), people };
  }

  get books(): TenantBooks {
    const { routes, channels, templates, filePolicy: policy, rota, people } = this;
    return { routes, channels, templates, policy, rota, people };
  }

  /** Routes and policy know the channels as they are now. */
  followChannels(): void {
    this.routes.setChannels(this.channels.names, this.channels.placeless);
    this.people.followChannels();
    Object.assign(this.policy, this.#withPeople(this.channels.policy(this.filePolicy)));
  }

  /** Takes the tenant up from the store; answers what that changed (to be committed). */
  load(
    store: Store,
    newId: () => string,
    now: number,
  ): { readonly step: StepResult; readonly plan: PlanResult } {
    this.templates.load(store.configObjects(this.name, 'template'));
    this.channels.load(store.configObjects(this.name, 'channel'));
    this.routes.setChannels(this.channels.names, this.channels.placeless);
    const stored = (kind: ConfigObjectKind) => store.configObjects(this.name, kind);
    this.routes.load(stored('route'), stored('escalation'));
    this.rota.load(stored('override'), stored('schedule'));
    this.people.followChannels();
    this.people.load('person', store.configObjects(this.name, 'person'));
    this.people.load('team', store.configObjects(this.name, 'team'));
    const { flapping, storm } = this.routes.routing;
    const snapshot = {
      ...store.loadTenant(this.name),
      ...(flapping && { firings: store.firings(this.name, now - flapping.windowMs) }),
      storm: store.storm(this.name),
      ...(storm && {
        came: store.cameSince(this.name, now - storm.withinMs),
        kinds: store.seenKinds(this.name),
      }),
    };
    this.book.load(store.configObjects(this.name, 'rule'));
    const out = emptyResult();
    const planned = emptyPlan();
    const rules = this.book.running.byName;
    const watched: PipelineState['heartbeats'] = this.pipeline?.heartbeats ?? new Map();
    this.pipeline = loadPipeline(this.name, snapshot, this.routes.routing, rules, newId, now, out);
    for (const { key, startsAt } of store.dismissed(this.name)) this.pipeline.dismissed.set(key, startsAt);
    restoreHeartbeats(this.pipeline, store.heartbeats(this.name), watched, now);
    const policy = this.#withPeople(this.channels.policy(this.filePolicy));
    const { pipeline } = this;
    const isStillTold = (orderKey: string, id: string) =>
      groupsOf(pipeline, id).some(
        ({ row }) =>
          row.notified[id]?.status === 'firing' &&
          isOfAudience(orderKey, audienceOf(row.receiver, row.labels)),
      );
    this.policy = loadPolicy(this.name, snapshot, policy, newId, now, planned, isStillTold);
    this.due.clear();
    this.ordered = false;
    return { step: out, plan: planned };
  }
}
