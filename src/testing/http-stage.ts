// A stage for tests of the HTTP surface: the real application over the real store, a clock that stands still,
// a key for each role, and services that only remember what they were asked.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { labelSet } from '../../rules/labels.ts';
import { defaultLimits, type Limits } from '../config/config.ts';
import { refusal } from '../engine/refusal.ts';
import { ApiError, type ErrorCode } from '../errors.ts';
import { createHttp } from '../http/app.ts';
import { digestOf, mintKey } from '../http/key-format.ts';
import { roles } from '../http/rights.ts';
import type { Route } from '../http/route.ts';
import { idGenerator } from '../ids.ts';
import { decoderFor } from '../ingest/decode.ts';
import { type Log, silentLog } from '../log.ts';
import type { Effect } from '../pipeline/effect.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import type { Schedule } from '../policy/on-call/schedule.ts';
import { plainRouting } from '../replay/routing.ts';
import type { Answer, Health, Idempotency, IncomingEvent, RawSample, Services } from '../services.ts';
import { figuresOf } from '../statistics/figures.ts';
import type { ApiKeyRow, Role } from '../store/rows.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { placeFreshDatabase } from './fresh-database.ts';
import { macrotask } from './manual-clock.ts';
import { memoryFolder } from './memory-folder.ts';

export const startAt = 1_700_000_000_000;

export interface Stage {
  readonly app: ReturnType<typeof createHttp>;
  readonly services: Services;
  readonly store: Store;
  /** Text of a key for each role, all of tenant `default` but the operator's. */
  readonly keys: Readonly<Record<Role, string>>;
  readonly pushed: RawSample[];
  readonly events: IncomingEvent[];
  health: Health;
  /** As the configuration would say. */
  acknowledgedUntil: number | null;
  /** Of every tenant. */
  schedules: ReadonlyMap<string, Schedule>;
  now: number;
  newId(): string;
  /** Does what was put off: what the audit gathered. */
  passLater(): void;
  addKey(row: Partial<ApiKeyRow> & { role: Role }): { text: string; row: ApiKeyRow };
  commit(tenant: string, effects: readonly Effect[]): void;
  addAlert(row?: Partial<AlertRow>): AlertRow;
  request(method: string, path: string, options?: RequestOptions): Promise<Reply>;
  close(): void;
}

export interface RequestOptions {
  /** A role, or the text of a key; nobody without it. */
  readonly as?: Role | (string & {});
  /** Sent as JSON unless it is a string or bytes. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as a JSON object; empty for anything else. */
  readonly json: Readonly<Record<string, unknown>>;
  /** `error.code`, where there is one. */
  readonly code: string | undefined;
}

const noObjects = (code: ErrorCode): Services['objects']['channel'] => ({
  entries: () => [],
  entry: () => null,
  change: () => Promise.reject(new ApiError(code)),
  try: () => {
    throw new ApiError(code);
  },
});

export function httpStage(
  options: { limits?: Partial<Limits>; log?: Log; routes?: readonly Route[] } = {},
): Stage {
  const limits: Limits = { ...defaultLimits, ...options.limits };
  let counter = 0;
  const newId = idGenerator(
    () => stage.now,
    (into) => into.fill(++counter & 0xff),
  );
  const folder = memoryFolder('tocsin-http-');
  const file = join(folder, 'state.db');
  placeFreshDatabase(file);
  const store = openSqliteStore({
    file,
    durability: 'normal',
    newId: () => newId(),
  });
  const later: (() => void)[] = [];
  const leases = new Map<number, number>();
  const idempotent = new Map<string, { hash: string; answer: Answer }>();

  const once = (tenant: string, idempotency: Idempotency | null, work: () => Answer): Answer => {
    if (idempotency === null) return work();
    const id = JSON.stringify([tenant, idempotency.scope, idempotency.key]);
    const before = idempotent.get(id);
    if (before === undefined) {
      const answer = work();
      idempotent.set(id, { hash: idempotency.bodyHash, answer });
      return answer;
    }
    if (before.hash !== idempotency.bodyHash) throw new ApiError('idempotency_conflict');
    return before.answer;
  };

  const services: Services = {
    store,
    async push(_tenant, samples, rejected) {
      stage.pushed.push(...samples);
      return { accepted: samples.length, rejected, rejectedCount: rejected.length };
    },
    async pushBody(tenant, body, contentType) {
      const { samples, rejected } = decoderFor(contentType)!(body, limits);
      return services.push(tenant, samples, rejected);
    },
    async postEvent(tenant, event, _actor, idempotency) {
      return once(tenant, idempotency, () => {
        stage.events.push(event);
        return { status: 202, body: { id: newId(), status: 'accepted' } };
      });
    },
    postAlerts: () => Promise.reject(new ApiError('overloaded')),
    heartbeat: async (_tenant, name, failed) => ({ status: 200, body: { name, failed } }),
    heartbeats: () => [],
    digests: () => [],
    storm: () => ({ active: false, storm: null }),
    flushDigest: async (_tenant, receiver) => ({
      status: 200,
      body: { receiver, told: 0, notifications: [] },
    }),
    async acknowledge(tenant, alertId, command, actor, idempotency) {
      return once(tenant, idempotency, () => ({
        status: 200,
        body: { id: alertId, ...command, by: actor.name },
      }));
    },
    async resolve(tenant, alertId, command, actor, idempotency) {
      return once(tenant, idempotency, () => ({
        status: 200,
        body: { id: alertId, note: command.note, by: actor.name },
      }));
    },
    async respond(tenant, alertId, response, actor, idempotency) {
      return once(tenant, idempotency, () => ({
        status: 200,
        body: { id: alertId, ...response, by: actor.name },
      }));
    },
    async respondToMany(tenant, order, actor, idempotency) {
      return once(tenant, idempotency, () => ({ status: 200, body: { ...order, by: actor.name } }));
    },
    confirm: async () => ({ refused: 'notification_not_found' }),
    acknowledgedUntil: () => stage.acknowledgedUntil,
    async retryDelivery(tenant, id, actor, idempotency) {
      return once(tenant, idempotency, () => ({ status: 200, body: { id, by: actor.name } }));
    },
    async discardDelivery(tenant, id, { note }, actor, idempotency) {
      return once(tenant, idempotency, () => ({ status: 200, body: { id, note, by: actor.name } }));
    },
    async retryDeliveries(tenant, command, actor, idempotency) {
      return once(tenant, idempotency, () => ({ status: 200, body: { ...command, by: actor.name } }));
    },
    callback: async () => null,
    templates: () => [],
    previewTemplate: () => ({ refused: 'no_template' }),
    channels: {
      keys: () => new Set(),
      open: () => new Map(),
      list: () => [],
      one: () => {
        throw new ApiError('channel_not_found');
      },
      preview: () => {
        throw new ApiError('channel_not_found');
      },
      test: () => Promise.reject(new ApiError('channel_not_found')),
      verify: () => Promise.reject(new ApiError('channel_not_found')),
    },
    objects: {
      channel: noObjects('channel_not_found'),
      template: noObjects('template_not_found'),
      schedule: noObjects('schedule_not_found'),
      escalation: noObjects('escalation_not_found'),
    },
    rendered: (_tenant, _channel, message, shorter) => ({ rendered: message.id, shorter }),
    alert: (tenant, id) => store.alert(tenant, id),
    standing: () => [],
    escalations: () => [],
    samples: {
      readRange: async () => ({ series: [], more: false }),
      listSeries: async () => ({ items: [], next: null }),
    },
    replays: {
      backtest: async () => {
        throw new ApiError('overloaded');
      },
      evaluate: async () => {
        throw new ApiError('overloaded');
      },
      expected: async () => {
        throw new ApiError('overloaded');
      },
      suggest: async () => {
        throw new ApiError('overloaded');
      },
    },
    silences: {
      put: () => Promise.reject(new ApiError('silence_not_found')),
      expire: () => Promise.reject(new ApiError('silence_not_found')),
      one: (tenant, id) => store.silence(tenant, id),
      list: () => ({ items: [], next: null }),
      holding: () => 0,
      preview: () => Promise.reject(new ApiError('unavailable')),
      try: () => Promise.reject(new ApiError('unavailable')),
    },
    statistics: {
      figures: async (query) => figuresOf(store, query),
      reportFigures: async (query) => figuresOf(store, query),
      effectiveness: async () => ({ rules: [] }),
    },
    rules: () => [],
    ruleEntries: () => [],
    ruleEntry: () => null,
    changeRule: () => Promise.reject(new ApiError('rule_not_found')),
    tryRule: () => {
      throw new ApiError('rule_not_found');
    },
    routeEntries: () => [],
    routeEntry: () => null,
    changeRoute: () => Promise.reject(new ApiError('route_not_found')),
    tryRoute: () => {
      throw new ApiError('route_not_found');
    },
    directoryPage: () => ({ entries: [], more: false }),
    directoryEntry: () => null,
    changeDirectory: () => Promise.reject(new ApiError('person_not_found')),
    tryDirectory: () => {
      throw new ApiError('person_not_found');
    },
    directory: () => ({ people: new Map(), teams: new Map(), onCall: () => [] }),
    unreached: () => [],
    routing: () => plainRouting(),
    onCall: {
      schedules: () => stage.schedules,
      overrides: () => [],
      tryOverride: () => {
        throw new ApiError('override_not_found');
      },
      changeOverride: () => Promise.reject(new ApiError('override_not_found')),
    },
    reachTests: {
      begin: () => Promise.reject(new ApiError('nobody_to_reach')),
      list: () => [],
      names: () => ({ person: new Map(), team: new Map(), on_call: new Map(), channel: new Map() }),
    },
    health: () => stage.health,
    now: () => stage.now,
    breath: macrotask,
    newId: () => newId(),
  };

  const stage: Stage = {
    services,
    store,
    keys: {} as Record<Role, string>,
    pushed: [],
    events: [],
    health: { ready: true, status: 'ok', checks: { store: { ok: true, detail: '/secret/path' } } },
    acknowledgedUntil: null,
    schedules: new Map(),
    now: startAt,
    newId: () => newId(),
    passLater() {
      for (const callback of later.splice(0)) callback();
    },
    addKey(given) {
      const row: ApiKeyRow = {
        id: newId(),
        tenant: 'default',
        name: given.role,
        scopes: [],
        createdAt: stage.now,
        expiresAt: null,
        revokedAt: null,
        lastUsedAt: null,
        ...given,
      };
      const text = mintKey(row.id);
      store.addKey(row, digestOf(text).toString('hex'), null, stage.now);
      return { text, row };
    },
    commit(tenant, effects) {
      const { shard } = store.ensureTenant(tenant, stage.now);
      store.commit([{ shard, epoch: leases.get(shard)!, effects }]);
    },
    addAlert(given = {}) {
      const id = newId();
      const row: AlertRow = {
        tenant: 'default',
        id,
        kind: 'alert',
        key: `key-${id}`,
        source: 'rule',
        rule: 'HighCpu',
        ruleHash: null,
        labels: labelSet({ alertname: 'HighCpu', host: 'a' }),
        fingerprint: '0123456789abcdef',
        state: 'firing',
        severity: 'warning',
        effectiveSeverity: 'warning',
        priority: 'P4',
        category: 'system',
        value: 91,
        annotations: { summary: 'CPU is high' },
        dedupKey: null,
        pendingSince: stage.now,
        firedAt: stage.now,
        keepUntil: null,
        lastSampleAt: stage.now,
        endsAt: null,
        resolvedAt: null,
        resolveReason: null,
        ackedBy: null,
        ackedAt: null,
        ackUntil: null,
        snoozedUntil: null,
        snoozedBy: null,
        assignee: null,
        comments: 0,
        nextAt: null,
        version: 1,
        ...given,
      };
      stage.commit(row.tenant, [{ put: 'alert', row, insert: true }]);
      return row;
    },
    async request(method, path, { as, body, headers = {} } = {}) {
      const isText = typeof body === 'string' || body instanceof Uint8Array;
      const key = as === undefined ? undefined : (stage.keys[as as Role] ?? as);
      const response = await stage.app.request(path, {
        method,
        headers: {
          ...(body !== undefined && !isText && { 'content-type': 'application/json' }),
          ...(key !== undefined && { 'x-api-key': key }),
          ...headers,
        },
        ...(body !== undefined && { body: isText ? (body as string) : JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
      const json = (isJson ? JSON.parse(text) : {}) as Reply['json'];
      const error = json.error as { code?: string } | undefined;
      return { status: response.status, headers: response.headers, text, json, code: error?.code };
    },
    close() {
      store.close();
      rmSync(folder, { recursive: true });
    },
    app: createHttp(services, {
      limits,
      log: options.log ?? silentLog,
      metrics: new Registry(),
      later(_ms, callback) {
        later.push(callback);
        return () => {};
      },
      analyses: {
        incident: (tenant, id) => store.incident(tenant, id),
        incidents: (tenant, filter, limit, cursor) => store.incidents(tenant, filter, limit, cursor),
        alertsOf: () => ({ items: [], next: null }),
        findings: (tenant, filter, limit, cursor) => store.findings(tenant, filter, limit, cursor),
        predictions: (tenant, filter, limit, cursor) => store.predictions(tenant, filter, limit, cursor),
        trackRecord: () => ({ models: [], foretold: null }),
        decide: async () => refusal('incident_not_found'),
        analyze: async () => {
          throw new ApiError('overloaded');
        },
        knownOf: () => null,
        edges: () => [],
        declare: async () => ({ status: 200, body: { edges: [] } }),
      },
      ...(options.routes && { routes: options.routes }),
    }),
  };
  for (const lease of store.takeShards('test', stage.now)) leases.set(lease.shard, lease.epoch);
  store.ensureTenant('default', stage.now);
  const texts = roles.map((role) => [
    role,
    stage.addKey({ role, tenant: role === 'operator' ? '*' : 'default' }).text,
  ]);
  Object.assign(stage.keys, Object.fromEntries(texts));
  return stage;
}
