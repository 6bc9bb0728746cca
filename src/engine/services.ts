// The program's services over the engine: every promise resolves when its thing is durable (samples: evaluated).

import type { Classification } from '../../rules/classify.ts';
import { matchesAll } from '../../rules/matchers.ts';
import { readingsOf } from '../../rules/readings.ts';
import { priorityOf } from '../../rules/severity.ts';
import type { Rule } from '../../rules/types.ts';
import type { Clock } from '../clock.ts';
import type { Limits } from '../config/config.ts';
import { ApiError } from '../errors.ts';
import { toAlertBody } from '../http/bodies/alert-body.ts';
import { toCommentBody } from '../http/bodies/comment-body.ts';
import { openDigests, toCollectedBody } from '../http/bodies/digest-body.ts';
import { toHeartbeatBody } from '../http/bodies/heartbeat-body.ts';
import { stormOf } from '../http/bodies/storm-body.ts';
import { type Admitted, admit } from '../ingest/admit.ts';
import { Aliases } from '../ingest/aliases.ts';
import { decoderFor } from '../ingest/decode.ts';
import type { HistoryReader } from '../ingest/history-reader.ts';
import { byIndex } from '../ingest/rejections.ts';
import type { SeriesTable } from '../ingest/series.ts';
import { takeBody } from '../ingest/take.ts';
import { escalationsOf } from '../pipeline/escalation-standing.ts';
import { heartbeatDueAt } from '../pipeline/heartbeat.ts';
import type { StepAnswer } from '../pipeline/input.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import { standingOf } from '../pipeline/standing.ts';
import {
  type Answer,
  type Health,
  type PushAnswer,
  type RawSample,
  type RejectCode,
  type Rejected,
  type Services,
  systemActor,
} from '../services.ts';
import { type Store, StoreError } from '../store/store.ts';
import { decideDirectory } from './directory-orders.ts';
import type { Engine } from './engine.ts';
import { judged, postAlerts } from './outside-alerts.ts';
import { decideOverride, overrideTrial } from './override-orders.ts';
import { reachTests, resultsOf } from './reach-test.ts';
import { refusal } from './refusal.ts';
import { decideRoute } from './route-orders.ts';
import { RuleBook } from './rule-book.ts';
import { decideRule } from './rule-orders.ts';
import { createSilenceServices } from './silence-services.ts';
import type { Stored } from './work.ts';

/** More refusals than these are only counted. */
const listedRejections = 1_000;

export interface ServicePorts {
  readonly engine: Engine;
  readonly store: Store;
  readonly table: SeriesTable;
  readonly clock: Clock;
  readonly limits: Limits;
  /** How long an acknowledgement holds that says nothing of it; null: until the episode ends. */
  readonly acknowledgeExpiresMs: number | null;
  readonly newId: () => string;
  readonly reader: HistoryReader | null;
  readonly replays: Services['replays'] | null;
  readonly statistics: Services['statistics'] | null;
  readonly classification: Classification;
  readonly health: () => Health;
  readonly callback: Services['callback'];
  readonly channels: Services['channels'];
  readonly objects: Services['objects'];
  readonly rendered: Services['rendered'];
  readonly templates: Services['templates'];
  readonly previewTemplate: Services['previewTemplate'];
  /** Counts refused samples by their code. */
  readonly rejections: Map<RejectCode, number>;
}

export function createServices(ports: ServicePorts): Services {
  const { engine, store, table, clock, limits, rejections } = ports;

  const aliases = new Aliases(table);

  /** A tenant that nobody has heard of yet has what the file says. */
  const routesOf = (tenant: string) => engine.booksOf(tenant).routes;

  const rotaOf = (tenant: string) => engine.booksOf(tenant).rota;
  const peopleOf = (tenant: string) => engine.booksOf(tenant).people;

  const checkRoom = (tenant: string) => {
    unavailable(() => engine.checkRoom(tenant));
  };

  const evaluated = async (
    tenant: string,
    batch: Admitted,
    rejected: readonly Rejected[],
  ): Promise<PushAnswer> => {
    for (const { code } of rejected) rejections.set(code, (rejections.get(code) ?? 0) + 1);
    if (batch.count > 0) await engine.push(tenant, batch);
    return {
      accepted: batch.count,
      rejectedCount: rejected.length,
      rejected: rejected.length > listedRejections ? rejected.slice(0, listedRejections) : rejected,
    };
  };

  const alertAnswer =
    (id: string) =>
    (answer: StepAnswer, stored: Stored): Answer => {
      if (answer.kind === 'alert') return { status: 200, body: toAlertBody(answer.alert) };
      // The engine keeps what is open; what it does not know may have ended before.
      const known = stored.alert(id);
      return refusal(known === null ? 'alert_not_found' : 'alert_resolved');
    };

  const commentAnswer = (answer: StepAnswer): Answer =>
    answer.kind === 'alert' && answer.event !== null
      ? { status: 201, body: toCommentBody(answer.event) }
      : refusal('alert_not_found');

  return {
    store,
    async push(tenant: string, samples: readonly RawSample[], rejected: readonly Rejected[]) {
      checkRoom(tenant);
      const batch = admit(table, tenant, samples, clock.wall(), limits);
      return evaluated(tenant, batch, byIndex(rejected, batch.rejected));
    },
    async pushBody(tenant: string, body: Uint8Array, contentType: string | undefined) {
      const decoder = decoderFor(contentType);
      if (decoder === null) throw new ApiError('unsupported_media_type');
      // A tenant that is over its bounds is told so before its bytes cost anything.
      checkRoom(tenant);
      const batch = takeBody(body, decoder, tenant, clock.wall(), {
        table,
        aliases,
        limits,
        checkRoom: () => checkRoom(tenant),
      });
      return evaluated(tenant, batch, batch.rejected);
    },
    postEvent(tenant, event, actor, idempotency) {
      const { severity, category, classifiedBy } = judged(ports.classification, {
        ...{ type: event.type, labels: event.labels, text: event.message },
        ...{ severity: event.severity, category: event.category },
      });
      const command: Parameters<Engine['submit']>[1] = {
        idempotency,
        input: {
          kind: 'event',
          source: event.source ?? 'api',
          type: event.type,
          message: event.message,
          impact: event.impact ?? null,
          severity,
          priority: event.priority ?? priorityOf(severity),
          category,
          labels: event.labels,
          recipients: event.recipients,
          dedupKey: event.dedupKey ?? null,
          occurredAt: event.occurredAt ?? clock.wall(),
          actor: actor.name,
          classifiedBy,
        },
        answer: (answer) => {
          if (answer.kind !== 'event') throw new Error('an event was not answered as one');
          const { alert, heldBack, digest } = answer;
          const status = heldBack === null ? 'accepted' : 'deduplicated';
          return {
            status: 202,
            body: {
              ...{ id: alert.id, status, severity, classified_by: classifiedBy },
              ...(heldBack === null ? {} : { reason: heldBack }),
              ...(digest && { digest: toCollectedBody(digest) }),
            },
          };
        },
      };
      return engine.submit(tenant, command, actor === systemActor);
    },
    postAlerts: (tenant, source, alerts) => postAlerts(ports, tenant, source, alerts),
    heartbeat: (tenant, name, failed) =>
      engine.submit(tenant, {
        idempotency: null,
        input: { kind: 'heartbeat', name, failed },
        answer(answer) {
          if (answer.kind !== 'heartbeat') return refusal('heartbeat_not_found');
          return { status: 200, body: toHeartbeatBody(answer.row, answer.dueAt) };
        },
      }),
    heartbeats(tenant) {
      const watches = [...(engine.tenant(tenant)?.pipeline.heartbeats.values() ?? [])];
      return watches
        .map((watch) => toHeartbeatBody(watch.row, heartbeatDueAt(watch)))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    digests: (tenant) => {
      const state = engine.tenant(tenant)?.pipeline;
      return state === undefined ? [] : openDigests(state);
    },
    storm: (tenant) => {
      const state = engine.tenant(tenant)?.pipeline;
      return state === undefined ? { active: false, storm: null } : stormOf(state);
    },
    flushDigest: (tenant, receiver, actor, idempotency) =>
      engine.submit(tenant, {
        idempotency,
        input: { kind: 'digest.flush', receiver, actor: actor.name },
        answer(answer) {
          if (answer.kind !== 'digest') return refusal('digest_not_found');
          const { told, ids } = answer;
          return { status: 200, body: { receiver, told, notifications: ids } };
        },
      }),
    acknowledge(tenant, alertId, command, actor, idempotency) {
      return engine.submit(tenant, {
        idempotency,
        input: { kind: 'acknowledge', alertId, ...command, actor: actor.name },
        answer: alertAnswer(alertId),
      });
    },
    respond(tenant, alertId, response, actor, idempotency) {
      return engine.submit(tenant, {
        idempotency,
        input: { ...response, alertId, actor: actor.name },
        answer: response.kind === 'comment' ? commentAnswer : alertAnswer(alertId),
      });
    },
    respondToMany: (tenant, order, actor, idempotency) =>
      engine.submitBulk(tenant, order, actor.name, idempotency),
    confirm: (tenant, order) => engine.submitConfirmation(tenant, order),
    acknowledgedUntil: () =>
      ports.acknowledgeExpiresMs === null ? null : clock.now() + ports.acknowledgeExpiresMs,
    resolve(tenant, alertId, command, actor, idempotency) {
      return engine.submit(tenant, {
        idempotency,
        input: { kind: 'resolve', alertId, note: command.note, actor: actor.name },
        answer: alertAnswer(alertId),
      });
    },
    retryDelivery: (tenant, id, actor, idempotency) =>
      engine.submitLetters(tenant, { order: { do: 'retry', id, actor: actor.name }, idempotency }),
    discardDelivery: (tenant, id, { note }, actor, idempotency) =>
      engine.submitLetters(tenant, { order: { do: 'discard', id, note, actor: actor.name }, idempotency }),
    retryDeliveries: (tenant, { filter, limit }, actor, idempotency) =>
      engine.submitLetters(tenant, {
        order: { do: 'retry_all', filter, limit, actor: actor.name },
        idempotency,
      }),
    callback: ports.callback,
    channels: ports.channels,
    objects: ports.objects,
    rendered: ports.rendered,
    templates: ports.templates,
    previewTemplate: ports.previewTemplate,
    alert(tenant: string, id: string): AlertRow | null {
      return engine.tenant(tenant)?.pipeline.alerts.get(id) ?? store.alert(tenant, id);
    },
    standing(tenant, alertId) {
      const state = engine.tenant(tenant)?.pipeline;
      return state === undefined ? [] : standingOf(state, alertId, clock.now());
    },
    escalations(tenant, alertId) {
      const state = engine.tenant(tenant)?.pipeline;
      return state === undefined ? [] : escalationsOf(state, alertId);
    },
    samples: ports.reader ?? noReader,
    replays: ports.replays ?? noReplays,
    silences: createSilenceServices({ engine, store, clock }),
    statistics: ports.statistics ?? noStatistics,
    rules(tenant: string): readonly Rule[] {
      return engine.tenant(tenant)?.rules ?? [];
    },
    ruleEntries: (tenant) => engine.tenant(tenant)?.book.entries ?? [],
    ruleEntry: (tenant, idOrName) => engine.tenant(tenant)?.book.find(idOrName) ?? null,
    changeRule: (tenant, order, actor, idempotency) =>
      engine.submitRule(tenant, { order, actor: actor.name, idempotency }),
    tryRule(tenant, order, actor) {
      const book = engine.tenant(tenant)?.book ?? new RuleBook(tenant);
      const hand = { actor: actor.name, newId: ports.newId };
      const { answer, rule } = decideRule(order, book, hand, tenant, clock.now());
      return { answer, series: rule === null ? 0 : seriesRead(rule, tenant, table) };
    },
    routeEntries: (tenant) => routesOf(tenant).entries,
    routeEntry: (tenant, idOrName) => routesOf(tenant).find(idOrName),
    changeRoute: (tenant, order, actor, idempotency) =>
      engine.submitRoute(tenant, { order, actor: actor.name, idempotency }),
    tryRoute(tenant, order, actor) {
      const hand = { actor: actor.name, newId: ports.newId };
      return decideRoute(order, routesOf(tenant), hand, tenant, clock.now()).answer;
    },
    directoryPage: (tenant, of, from, limit) => peopleOf(tenant).page(of, from, limit),
    directoryEntry: (tenant, of, idOrName) => peopleOf(tenant).find(of, idOrName),
    changeDirectory: (tenant, of, order, actor, idempotency) =>
      engine.submitDirectory(tenant, { of, order, actor: actor.name, idempotency }),
    tryDirectory(tenant, of, order, actor) {
      const hand = { actor: actor.name, newId: ports.newId };
      return decideDirectory(of, order, peopleOf(tenant), hand, tenant, clock.now()).answer;
    },
    directory: (tenant) => peopleOf(tenant).directory,
    unreached: (tenant) => peopleOf(tenant).unreached(clock.now()),
    routing: (tenant) => routesOf(tenant).routing,
    onCall: {
      schedules: (tenant) => rotaOf(tenant).schedules,
      overrides(tenant) {
        const rota = rotaOf(tenant);
        return rota.made.entries.map((made) => ({ made, problems: rota.problemsOf(made) }));
      },
      tryOverride(tenant, order, actor) {
        const rota = rotaOf(tenant);
        const hand = { actor: actor.name, newId: ports.newId };
        const { people } = peopleOf(tenant).directory;
        return overrideTrial(decideOverride(order, rota, hand, tenant, clock.now(), people), rota);
      },
      changeOverride: (tenant, order, actor, idempotency) =>
        engine.submitOverride(tenant, { order, actor: actor.name, idempotency }),
    },
    reachTests: {
      begin: (tenant, order, idempotency) => engine.submitReachTest(tenant, { order, idempotency }),
      list: (tenant, limit) =>
        reachTests(tenant, store, limit).map(({ run, ended }) => ({
          ...{ run, ended, results: resultsOf(run, tenant, store, clock.now()) },
        })),
      names: (tenant) => peopleOf(tenant).targetNames,
    },
    health: ports.health,
    now: () => clock.now(),
    breath: () => clock.breath(),
    newId: ports.newId,
  };
}

/** Where nobody reads the history, as in the simulation. */
const noReader: Services['samples'] = {
  readRange: () => Promise.reject(new ApiError('unavailable')),
  listSeries: () => Promise.reject(new ApiError('unavailable')),
};

const noReplays: Services['replays'] = {
  backtest: () => Promise.reject(new ApiError('unavailable')),
  evaluate: () => Promise.reject(new ApiError('unavailable')),
  expected: () => Promise.reject(new ApiError('unavailable')),
  suggest: () => Promise.reject(new ApiError('unavailable')),
};

const noStatistics: Services['statistics'] = {
  figures: () => Promise.reject(new ApiError('unavailable')),
  reportFigures: () => Promise.reject(new ApiError('unavailable')),
  effectiveness: () => Promise.reject(new ApiError('unavailable')),
};

/** What the store cannot do now, the client may try again. */
function unavailable<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof StoreError) throw new ApiError('unavailable', { retryAfter: 1, cause: error });
    throw error;
  }
}

/** How many series that are in memory a rule reads. */
function seriesRead(rule: Rule, tenant: string, table: SeriesTable): number {
  const found = new Set<number>();
  for (const { metric, match } of readingsOf(rule))
    for (const series of table.byMetric(tenant, metric))
      if (matchesAll(match, table.labelsOf(series))) found.add(series);
  return found.size;
}
