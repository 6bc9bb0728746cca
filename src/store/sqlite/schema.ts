// The tables of the migrations as drizzle sees them; a test holds the two together. Values are driver values (Buffers
// for ids, text for JSON): row-codec.ts turns them into rows. Indexes stand in the migrations only.
import { getTableColumns } from 'drizzle-orm';
import {
  blob,
  customType,
  integer,
  primaryKey,
  real,
  type SQLiteTable,
  sqliteTable,
  text,
} from 'drizzle-orm/sqlite-core';

/** 16 bytes for an id, text for a name. */
const idOrName = customType<{ data: Buffer | string; driverData: Buffer | string }>({
  dataType: () => 'any',
});
const bytes = (name: string) => blob(name, { mode: 'buffer' });

/** The columns of a table as a select list under their names here, so that plain SQL reads the same rows as drizzle. */
export function columnsOf(table: SQLiteTable, alias: string): string {
  return Object.entries(getTableColumns(table))
    .map(([name, column]) => `${alias}.${column.name} AS ${name}`)
    .join(', ');
}

export const meta = sqliteTable('meta', { key: text('key').primaryKey(), value: text('value').notNull() });

export const tenant = sqliteTable('tenant', {
  id: text('id').primaryKey(),
  shard: integer('shard').notNull(),
  name: text('name').notNull(),
  settings: text('settings').notNull().default('{}'),
  createdAt: integer('created_at').notNull(),
  deletedAt: integer('deleted_at'),
});

export const shard = sqliteTable('shard', {
  id: integer('id').primaryKey(),
  owner: text('owner'),
  epoch: integer('epoch').notNull().default(0),
  leaseUntil: integer('lease_until'),
  nextSeq: integer('next_seq').notNull().default(1),
});

export const apiKey = sqliteTable('api_key', {
  id: bytes('id').primaryKey(),
  digest: bytes('digest').notNull().unique(),
  tenant: text('tenant').notNull(),
  name: text('name').notNull(),
  role: text('role').notNull(),
  scopes: text('scopes').notNull(),
  createdAt: integer('created_at').notNull(),
  expiresAt: integer('expires_at'),
  revokedAt: integer('revoked_at'),
  lastUsedAt: integer('last_used_at'),
});

export const idempotency = sqliteTable(
  'idempotency',
  {
    tenant: text('tenant').notNull(),
    scope: text('scope').notNull(),
    key: text('key').notNull(),
    bodyHash: text('body_hash').notNull(),
    status: integer('status').notNull(),
    answer: text('answer').notNull(),
    expiresAt: integer('expires_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.scope, t.key] })],
);

export const labelset = sqliteTable(
  'labelset',
  {
    tenant: text('tenant').notNull(),
    id: bytes('id').notNull(),
    json: text('json').notNull(),
    seenAt: integer('seen_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.id] })],
);

export const configVersion = sqliteTable(
  'config_version',
  {
    tenant: text('tenant').notNull(),
    kind: text('kind', { enum: ['rule', 'route'] }).notNull(),
    name: text('name').notNull(),
    hash: text('hash').notNull(),
    origin: text('origin').notNull(),
    body: text('body').notNull(),
    firstAt: integer('first_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.kind, t.name, t.hash] })],
);

export const alert = sqliteTable(
  'alert',
  {
    tenant: text('tenant').notNull(),
    id: bytes('id').notNull(),
    kind: text('kind').notNull(),
    key: text('key').notNull(),
    source: text('source').notNull(),
    rule: text('rule'),
    ruleHash: text('rule_hash'),
    labelset: bytes('labelset').notNull(),
    fingerprint: text('fingerprint').notNull(),
    state: text('state').notNull(),
    severity: text('severity').notNull(),
    effectiveSeverity: text('effective_severity').notNull(),
    priority: text('priority').notNull(),
    category: text('category').notNull(),
    value: real('value'),
    annotations: text('annotations').notNull(),
    dedupKey: text('dedup_key'),
    pendingSince: integer('pending_since'),
    firedAt: integer('fired_at'),
    keepUntil: integer('keep_until'),
    lastSampleAt: integer('last_sample_at'),
    endsAt: integer('ends_at'),
    resolvedAt: integer('resolved_at'),
    resolveReason: text('resolve_reason'),
    ackedBy: text('acked_by'),
    ackedAt: integer('acked_at'),
    ackUntil: integer('ack_until'),
    nextAt: integer('next_at'),
    version: integer('version').notNull(),
    snoozedUntil: integer('snoozed_until'),
    snoozedBy: text('snoozed_by'),
    assignee: text('assignee'),
    comments: integer('comments'),
    promoted: text('promoted'),
    severitySince: integer('severity_since'),
    finding: text('finding'),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.kind, t.id] })],
);

export const heartbeat = sqliteTable(
  'heartbeat',
  {
    tenant: text('tenant').notNull(),
    name: text('name').notNull(),
    since: integer('since').notNull(),
    lastAt: integer('last_at'),
    failed: integer('failed').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.name] })],
);

export const finding = sqliteTable(
  'finding',
  {
    tenant: text('tenant').notNull(),
    id: bytes('id').notNull(),
    pattern: text('pattern').notNull(),
    key: text('key').notNull(),
    fromAt: integer('from_at').notNull(),
    toAt: integer('to_at').notNull(),
    foundAt: integer('found_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    confidence: real('confidence').notNull(),
    scope: text('scope').notNull(),
    alerts: text('alerts').notNull(),
    figures: text('figures').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.id] })],
);

export const prediction = sqliteTable(
  'prediction',
  {
    tenant: text('tenant').notNull(),
    id: bytes('id').notNull(),
    model: text('model').notNull(),
    record: text('record').notNull(),
    key: text('key').notNull(),
    matches: text('matches').notNull(),
    labels: text('labels').notNull(),
    madeAt: integer('made_at').notNull(),
    storedAt: integer('stored_at').notNull(),
    fromAt: integer('from_at').notNull(),
    toAt: integer('to_at').notNull(),
    confidence: real('confidence').notNull(),
    score: real('score').notNull(),
    figures: text('figures').notNull(),
    alert: bytes('alert'),
    series: text('series'),
    state: text('state').notNull(),
    scoredAt: integer('scored_at'),
    outcome: bytes('outcome'),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.id] })],
);

export const forecast = sqliteTable('forecast', {
  tenant: text('tenant').primaryKey(),
  cursor: integer('cursor').notNull(),
  generation: integer('generation').notNull(),
  parts: integer('parts').notNull(),
  savedAt: integer('saved_at').notNull(),
});

/** A piece of a state that is saved in two generations. */
const statePart = {
  tenant: text('tenant').notNull(),
  generation: integer('generation').notNull(),
  part: integer('part').notNull(),
  body: text('body').notNull(),
};

export const forecastPart = sqliteTable('forecast_part', statePart, (t) => [
  primaryKey({ columns: [t.tenant, t.generation, t.part] }),
]);

export const storm = sqliteTable('storm', {
  tenant: text('tenant').primaryKey(),
  id: bytes('id').notNull(),
  startedAt: integer('started_at').notNull(),
  hotAt: integer('hot_at').notNull(),
  endedAt: integer('ended_at'),
  count: integer('count').notNull(),
  summed: integer('summed').notNull(),
  alone: integer('alone').notNull(),
  summaries: integer('summaries').notNull(),
  kinds: text('kinds').notNull(),
});

export const seenKind = sqliteTable(
  'seen_kind',
  {
    tenant: text('tenant').notNull(),
    name: text('name').notNull(),
    seenAt: integer('seen_at').notNull(),
    first: bytes('first').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.name] })],
);

export const alertGroup = sqliteTable(
  'alert_group',
  {
    tenant: text('tenant').notNull(),
    id: bytes('id').notNull(),
    receiver: text('receiver').notNull(),
    route: text('route').notNull(),
    groupKey: text('group_key').notNull(),
    labels: text('labels').notNull(),
    openedAt: integer('opened_at').notNull(),
    nextAt: integer('next_at'),
    nextReason: text('next_reason'),
    lastSentAt: integer('last_sent_at'),
    lastReason: text('last_reason'),
    notified: text('notified').notNull(),
    collectSince: integer('collect_since'),
    collectUntil: integer('collect_until'),
    escalation: text('escalation'),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.id] })],
);

export const event = sqliteTable(
  'event',
  {
    shard: integer('shard').notNull(),
    seq: integer('seq').notNull(),
    id: bytes('id').notNull(),
    tenant: text('tenant').notNull(),
    at: integer('at').notNull(),
    subjectKind: text('subject_kind').notNull(),
    subjectId: idOrName('subject_id').notNull(),
    kind: text('kind').notNull(),
    reason: text('reason'),
    actor: text('actor'),
    topic: text('topic'),
    priority: text('priority'),
    correlationId: idOrName('correlation_id'),
    keep: integer('keep').notNull(),
    expiresAt: integer('expires_at').notNull(),
    prevHash: bytes('prev_hash'),
    hash: bytes('hash'),
    body: text('body').notNull(),
  },
  (t) => [primaryKey({ columns: [t.shard, t.seq] })],
);

export const notification = sqliteTable(
  'notification',
  {
    tenant: text('tenant').notNull(),
    id: bytes('id').notNull(),
    source: text('source').notNull(),
    kind: text('kind').notNull(),
    groupId: bytes('group_id'),
    receiver: text('receiver'),
    template: text('template'),
    reason: text('reason').notNull(),
    alertIds: text('alert_ids').notNull(),
    severity: text('severity').notNull(),
    priority: text('priority').notNull(),
    locale: text('locale').notNull(),
    step: integer('step'),
    nextAt: integer('next_at'),
    sendAt: integer('send_at'),
    expiresAt: integer('expires_at').notNull(),
    status: text('status').notNull(),
    dropReason: text('drop_reason'),
    confirmedBy: text('confirmed_by'),
    confirmedAt: integer('confirmed_at'),
    correlationId: idOrName('correlation_id'),
    traceparent: text('traceparent'),
    body: text('body').notNull(),
    createdAt: integer('created_at').notNull(),
    strategy: text('strategy'),
    requireAll: integer('require_all'),
    emergencyAt: integer('emergency_at'),
    newTo: text('new_to'),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.id] })],
);

export const confirmation = sqliteTable(
  'confirmation',
  {
    tenant: text('tenant').notNull(),
    notificationId: bytes('notification_id').notNull(),
    recipient: text('recipient').notNull(),
    at: integer('at').notNull(),
    actor: text('actor').notNull(),
    name: text('name'),
    via: text('via').notNull(),
    note: text('note'),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.notificationId, t.recipient] })],
);

export const incident = sqliteTable(
  'incident',
  {
    tenant: text('tenant').notNull(),
    id: bytes('id').notNull(),
    state: text('state').notNull(),
    title: text('title').notNull(),
    severity: text('severity').notNull(),
    openedAt: integer('opened_at').notNull(),
    lastAt: integer('last_at').notNull(),
    endedAt: integer('ended_at'),
    closedAt: integer('closed_at'),
    closeReason: text('close_reason'),
    mergedInto: bytes('merged_into'),
    alerts: integer('alerts').notNull(),
    services: text('services').notNull(),
    held: integer('held').notNull(),
    body: text('body').notNull(),
    version: integer('version').notNull(),
    cause: text('cause'),
    causeAt: integer('cause_at'),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.id] })],
);

export const incidentAlert = sqliteTable(
  'incident_alert',
  {
    tenant: text('tenant').notNull(),
    alert: bytes('alert').notNull(),
    incident: bytes('incident').notNull(),
    at: integer('at').notNull(),
    why: text('why'),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.alert] })],
);

export const analysis = sqliteTable('analysis', {
  tenant: text('tenant').primaryKey(),
  cursor: integer('cursor').notNull(),
  savedCursor: integer('saved_cursor').notNull(),
  savedAt: integer('saved_at').notNull(),
  generation: integer('generation').notNull(),
  parts: integer('parts').notNull(),
});

export const analysisPart = sqliteTable('analysis_part', statePart, (t) => [
  primaryKey({ columns: [t.tenant, t.generation, t.part] }),
]);

export const delivery = sqliteTable(
  'delivery',
  {
    tenant: text('tenant').notNull(),
    id: bytes('id').notNull(),
    notificationId: bytes('notification_id').notNull(),
    recipient: text('recipient').notNull(),
    channel: text('channel').notNull(),
    provider: text('provider').notNull(),
    lane: text('lane').notNull(),
    dueAt: integer('due_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    orderKey: text('order_key').notNull(),
    orderNo: integer('order_no').notNull(),
    held: integer('held').notNull().default(0),
    state: text('state').notNull(),
    reason: text('reason'),
    attempts: integer('attempts').notNull(),
    providerId: text('provider_id'),
    lastError: text('last_error'),
    leaseOwner: text('lease_owner'),
    leaseToken: integer('lease_token').notNull(),
    leaseUntil: integer('lease_until'),
    createdAt: integer('created_at').notNull(),
    finishedAt: integer('finished_at'),
    crashes: integer('crashes'),
    shorter: integer('shorter'),
    maybe: integer('maybe'),
    receipts: integer('receipts'),
    answer: text('answer'),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.id] })],
);

export const breaker = sqliteTable(
  'breaker',
  {
    tenant: text('tenant').notNull(),
    channel: text('channel').notNull(),
    state: text('state', { enum: ['closed', 'open'] }).notNull(),
    reason: text('reason'),
    failures: integer('failures').notNull(),
    openedAt: integer('opened_at').notNull(),
    probeAt: integer('probe_at').notNull(),
    waitMs: integer('wait_ms').notNull(),
    changedAt: integer('changed_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.channel] })],
);

export const providerCall = sqliteTable('provider_call', {
  tenant: text('tenant').notNull(),
  channel: text('channel').notNull(),
  person: text('person').notNull(),
  at: integer('at').notNull(),
  calls: integer('calls').notNull(),
});

export const configObject = sqliteTable(
  'config_object',
  {
    tenant: text('tenant').notNull(),
    kind: text('kind', {
      enum: [
        'rule',
        'route',
        'channel',
        'template',
        'override',
        'person',
        'team',
        'schedule',
        'escalation',
        'topology',
      ],
    }).notNull(),
    id: bytes('id').notNull(),
    name: text('name').notNull(),
    version: integer('version').notNull(),
    body: text('body').notNull(),
    createdAt: integer('created_at').notNull(),
    createdBy: text('created_by'),
    updatedAt: integer('updated_at').notNull(),
    updatedBy: text('updated_by'),
    deletedAt: integer('deleted_at'),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.kind, t.id] })],
);

export const configObjectVersion = sqliteTable(
  'config_object_version',
  {
    tenant: text('tenant').notNull(),
    kind: text('kind', {
      enum: [
        'rule',
        'route',
        'channel',
        'template',
        'override',
        'person',
        'team',
        'schedule',
        'escalation',
        'topology',
      ],
    }).notNull(),
    id: bytes('id').notNull(),
    version: integer('version').notNull(),
    action: text('action', { enum: ['created', 'replaced', 'patched', 'deleted'] }).notNull(),
    name: text('name').notNull(),
    body: text('body').notNull(),
    at: integer('at').notNull(),
    actor: text('actor'),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.kind, t.id, t.version] })],
);

export const silence = sqliteTable(
  'silence',
  {
    tenant: text('tenant').notNull(),
    id: bytes('id').notNull(),
    matchers: text('matchers').notNull(),
    startsAt: integer('starts_at').notNull(),
    endsAt: integer('ends_at').notNull(),
    recurs: text('recurs'),
    comment: text('comment').notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: integer('created_at').notNull(),
    updatedBy: text('updated_by').notNull(),
    updatedAt: integer('updated_at').notNull(),
    remindedAt: integer('reminded_at'),
    held: integer('held').notNull(),
    version: integer('version').notNull(),
    closed: integer('closed').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.id] })],
);
