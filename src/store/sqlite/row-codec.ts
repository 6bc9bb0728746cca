// Rows of the program to driver values and back. Whatever comes out of the database was written through here.
import { canonicalLabels, labelsOfText } from '../../../rules/labels.ts';
import type { Finding } from '../../../rules/types.ts';
import {
  type AlertRow,
  type DeliveryRow,
  type EscalationRow,
  type EventRow,
  type GroupRow,
  type NotificationRow,
  sayingsTo,
} from '../../pipeline/rows.ts';
import type { DeliveryOf, StoredEvent } from '../rows.ts';
import { idBytes, idOrNameText, idOrNameValue, idText } from './id-codec.ts';
import type { alert, alertGroup, delivery, event, notification } from './schema.ts';

export type AlertValues = typeof alert.$inferInsert;
export type GroupValues = typeof alertGroup.$inferInsert;
export type NotificationValues = typeof notification.$inferInsert;
export type DeliveryValues = typeof delivery.$inferInsert;
type StoredAlert = typeof alert.$inferSelect & { readonly labelsJson: string };
type StoredGroup = typeof alertGroup.$inferSelect;
type StoredNotification = typeof notification.$inferSelect;
type StoredDelivery = typeof delivery.$inferSelect;
type StoredEventRow = typeof event.$inferSelect;

export type { StoredAlert, StoredDelivery, StoredEventRow, StoredGroup, StoredNotification };

// Sample times may carry a fraction of a millisecond; the columns are integers.
const whole = (at: number | null) => (at === null ? null : Math.floor(at));

/** The columns of an alert that a later commit may change. */
export function alertChanges(row: AlertRow) {
  return {
    state: row.state,
    effectiveSeverity: row.effectiveSeverity,
    promoted: row.promoted ?? null,
    severitySince: whole(row.severitySince ?? null),
    finding: row.finding == null ? null : JSON.stringify(row.finding),
    priority: row.priority,
    value: row.value,
    annotations: JSON.stringify(row.annotations),
    pendingSince: whole(row.pendingSince),
    firedAt: whole(row.firedAt),
    keepUntil: whole(row.keepUntil),
    lastSampleAt: whole(row.lastSampleAt),
    endsAt: whole(row.endsAt),
    resolvedAt: whole(row.resolvedAt),
    resolveReason: row.resolveReason,
    ackedBy: row.ackedBy,
    ackedAt: whole(row.ackedAt),
    ackUntil: whole(row.ackUntil),
    snoozedUntil: whole(row.snoozedUntil),
    snoozedBy: row.snoozedBy,
    assignee: row.assignee,
    comments: row.comments === 0 ? null : row.comments,
    nextAt: whole(row.nextAt),
    version: row.version,
  };
}

export function alertValues(row: AlertRow, id: Buffer, labelset: Buffer): AlertValues {
  return {
    tenant: row.tenant,
    id,
    kind: row.kind,
    key: row.key,
    source: row.source,
    rule: row.rule,
    ruleHash: row.ruleHash,
    labelset,
    fingerprint: row.fingerprint,
    severity: row.severity,
    category: row.category,
    dedupKey: row.dedupKey,
    ...alertChanges(row),
  };
}

export function alertRow(from: StoredAlert): AlertRow {
  return {
    tenant: from.tenant,
    id: idText(from.id),
    kind: from.kind as AlertRow['kind'],
    key: from.key,
    source: from.source,
    rule: from.rule,
    ruleHash: from.ruleHash,
    labels: labelsOfText(from.labelsJson),
    fingerprint: from.fingerprint,
    state: from.state as AlertRow['state'],
    severity: from.severity as AlertRow['severity'],
    effectiveSeverity: from.effectiveSeverity as AlertRow['severity'],
    ...(from.promoted !== null && { promoted: from.promoted as AlertRow['severity'] }),
    ...(from.severitySince !== null && { severitySince: from.severitySince }),
    ...(from.finding !== null && { finding: JSON.parse(from.finding) as Finding }),
    priority: from.priority as AlertRow['priority'],
    category: from.category as AlertRow['category'],
    value: from.value,
    annotations: JSON.parse(from.annotations) as AlertRow['annotations'],
    dedupKey: from.dedupKey,
    pendingSince: from.pendingSince,
    firedAt: from.firedAt,
    keepUntil: from.keepUntil,
    lastSampleAt: from.lastSampleAt,
    endsAt: from.endsAt,
    resolvedAt: from.resolvedAt,
    resolveReason: from.resolveReason as AlertRow['resolveReason'],
    ackedBy: from.ackedBy,
    ackedAt: from.ackedAt,
    ackUntil: from.ackUntil,
    snoozedUntil: from.snoozedUntil,
    snoozedBy: from.snoozedBy,
    assignee: from.assignee,
    comments: from.comments ?? 0,
    nextAt: from.nextAt,
    version: from.version,
  };
}

/** The columns of a group that a later commit may change. */
export function groupChanges(row: GroupRow) {
  return {
    nextAt: whole(row.nextAt),
    nextReason: row.nextReason,
    lastSentAt: whole(row.lastSentAt),
    lastReason: row.lastReason,
    notified: JSON.stringify(row.notified),
    collectSince: whole(row.collectSince ?? null),
    collectUntil: whole(row.collectUntil ?? null),
    escalation: row.escalation ? JSON.stringify(row.escalation) : null,
  };
}

export function groupValues(row: GroupRow): GroupValues {
  return {
    tenant: row.tenant,
    id: idBytes(row.id),
    receiver: row.receiver,
    route: row.route,
    groupKey: row.groupKey,
    labels: canonicalLabels(row.labels),
    openedAt: Math.floor(row.openedAt),
    ...groupChanges(row),
  };
}

export function groupRow(from: StoredGroup): GroupRow {
  return {
    tenant: from.tenant,
    id: idText(from.id),
    receiver: from.receiver,
    route: from.route,
    groupKey: from.groupKey,
    labels: labelsOfText(from.labels),
    openedAt: from.openedAt,
    nextAt: from.nextAt,
    nextReason: from.nextReason,
    lastSentAt: from.lastSentAt,
    lastReason: from.lastReason,
    notified: JSON.parse(from.notified) as GroupRow['notified'],
    ...(from.collectUntil !== null && { collectSince: from.collectSince, collectUntil: from.collectUntil }),
    ...(from.escalation !== null && { escalation: JSON.parse(from.escalation) as EscalationRow }),
  };
}

export function notificationValues(row: NotificationRow): NotificationValues {
  return {
    tenant: row.tenant,
    id: idBytes(row.id),
    source: row.source,
    kind: row.kind,
    groupId: row.groupId === null ? null : idBytes(row.groupId),
    receiver: row.receiver,
    template: row.template,
    reason: row.reason,
    alertIds: JSON.stringify(row.alerts),
    severity: row.severity,
    priority: row.priority,
    locale: row.locale,
    expiresAt: Math.floor(row.expiresAt),
    status: row.status,
    dropReason: row.dropReason,
    correlationId: row.correlationId === null ? null : idOrNameValue(row.correlationId),
    body: row.body,
    createdAt: Math.floor(row.createdAt),
    strategy: row.strategy,
    requireAll: row.requireAll ? 1 : null,
    emergencyAt: row.emergencyAt === null ? null : Math.floor(row.emergencyAt),
    newTo: row.newTo === undefined ? null : JSON.stringify(row.newTo),
  };
}

export function alertsNamed(alertIds: string): NotificationRow['alerts'] {
  return JSON.parse(alertIds) as NotificationRow['alerts'];
}

function newToOf({ newTo }: { readonly newTo: string | null }): Pick<NotificationRow, 'newTo'> {
  return newTo === null ? {} : { newTo: JSON.parse(newTo) as NonNullable<NotificationRow['newTo']> };
}

/** What the message of a delivery says to its recipient. */
export function alertsSaid(
  from: { readonly alertIds: string; readonly newTo: string | null },
  recipient: string,
): NotificationRow['alerts'] {
  return sayingsTo({ alerts: alertsNamed(from.alertIds), ...newToOf(from) }, recipient);
}

export function notificationRow(from: StoredNotification): NotificationRow {
  return {
    tenant: from.tenant,
    id: idText(from.id),
    source: from.source as NotificationRow['source'],
    kind: from.kind,
    groupId: from.groupId === null ? null : idText(from.groupId),
    receiver: from.receiver,
    template: from.template,
    reason: from.reason,
    alerts: alertsNamed(from.alertIds),
    ...newToOf(from),
    severity: from.severity as NotificationRow['severity'],
    priority: from.priority as NotificationRow['priority'],
    locale: from.locale as NotificationRow['locale'],
    expiresAt: from.expiresAt,
    correlationId: from.correlationId === null ? null : idOrNameText(from.correlationId),
    status: from.status as NotificationRow['status'],
    dropReason: from.dropReason,
    body: from.body,
    createdAt: from.createdAt,
    strategy: from.strategy,
    requireAll: from.requireAll === 1,
    emergencyAt: from.emergencyAt,
    ...(from.confirmedAt !== null && { confirmedAt: from.confirmedAt }),
  };
}

/** `owner` leases a delivery that is inserted as being sent already. */
export function deliveryValues(row: DeliveryRow, held: boolean, owner: string | null): DeliveryValues {
  const sending = row.state === 'sending';
  return {
    tenant: row.tenant,
    id: idBytes(row.id),
    notificationId: idBytes(row.notificationId),
    recipient: row.recipient,
    channel: row.channel,
    provider: row.provider,
    lane: row.lane,
    dueAt: Math.floor(row.dueAt),
    expiresAt: Math.floor(row.expiresAt),
    orderKey: row.orderKey,
    orderNo: row.orderNo,
    held: held ? 1 : 0,
    state: row.state,
    reason: row.reason,
    attempts: row.attempts,
    crashes: row.crashes === 0 ? null : row.crashes,
    shorter: row.shorter ? 1 : null,
    maybe: row.maybe ? 1 : null,
    providerId: row.providerId,
    lastError: row.lastError,
    leaseOwner: sending ? owner : null,
    leaseToken: row.leaseToken,
    leaseUntil: sending ? whole(row.leaseUntil) : null,
    createdAt: Math.floor(row.createdAt),
    finishedAt: whole(row.finishedAt),
  };
}

export function deliveryRow(from: StoredDelivery): DeliveryRow {
  return {
    tenant: from.tenant,
    id: idText(from.id),
    notificationId: idText(from.notificationId),
    recipient: from.recipient,
    channel: from.channel,
    provider: from.provider,
    lane: from.lane as DeliveryRow['lane'],
    dueAt: from.dueAt,
    expiresAt: from.expiresAt,
    orderKey: from.orderKey,
    orderNo: from.orderNo,
    state: from.state as DeliveryRow['state'],
    reason: from.reason,
    attempts: from.attempts,
    crashes: from.crashes ?? 0,
    shorter: from.shorter === 1,
    maybe: from.maybe === 1,
    providerId: from.providerId,
    lastError: from.lastError,
    leaseToken: from.leaseToken,
    leaseUntil: from.leaseUntil,
    createdAt: from.createdAt,
    finishedAt: from.finishedAt,
  };
}

/** What `deliveryOf` needs of the notification, under the alias `n`. */
export const ofItsMessage =
  'n.alert_ids AS alertIds, n.new_to AS newTo, n.source AS source, n.severity AS severity, n.priority AS priority, n.strategy AS strategy';
export type WithItsMessage = StoredDelivery & {
  readonly alertIds: string;
  readonly newTo: string | null;
  readonly source: string;
  readonly severity: string;
  readonly priority: string;
  readonly strategy: string | null;
};

/** A delivery with what its message says. */
export function deliveryOf(from: WithItsMessage): DeliveryOf {
  return {
    ...deliveryRow(from),
    alerts: alertsSaid(from, from.recipient),
    source: from.source as NotificationRow['source'],
    severity: from.severity as NotificationRow['severity'],
    priority: from.priority as NotificationRow['priority'],
    strategy: from.strategy,
    receipts: from.receipts ?? 0,
  };
}

export function storedEvent(from: StoredEventRow): StoredEvent {
  return {
    shard: from.shard,
    seq: from.seq,
    id: idText(from.id),
    tenant: from.tenant,
    at: from.at,
    subjectKind: from.subjectKind as EventRow['subjectKind'],
    subjectId: idOrNameText(from.subjectId),
    kind: from.kind,
    reason: from.reason,
    actor: from.actor,
    topic: from.topic,
    priority: from.priority as EventRow['priority'],
    correlationId: from.correlationId === null ? null : idOrNameText(from.correlationId),
    keep: from.keep as EventRow['keep'],
    body: JSON.parse(from.body) as EventRow['body'],
    hash: from.hash?.toString('hex') ?? null,
    prevHash: from.prevHash?.toString('hex') ?? null,
  };
}
