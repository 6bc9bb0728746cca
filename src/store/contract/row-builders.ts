// Rows for tests of stores: complete, plausible, and different where the test says so.
import { labelSet } from '../../../rules/labels.ts';
import { idGenerator } from '../../ids.ts';
import type {
  AlertRow,
  BreakerRow,
  DeliveryRow,
  EventRow,
  GroupRow,
  NotificationRow,
} from '../../pipeline/rows.ts';

/** The hour at which the contract's stories begin. */
export const t0 = 1_700_000_000_000;

/** Makes rows of one story: ids rise, and the story's clock is `at`. */
export function rowBuilders(startAt = t0) {
  const clock = { at: startAt };
  const newId = idGenerator(
    () => clock.at,
    (into) => into.fill(7),
  );
  return {
    clock,
    newId,
    alert(changes: Partial<AlertRow> = {}): AlertRow {
      const id = changes.id ?? newId();
      return {
        tenant: 'acme',
        id,
        kind: 'alert',
        key: `rule:HighCpu:${id}`,
        source: 'rule',
        rule: 'HighCpu',
        ruleHash: 'h1',
        labels: labelSet({ alertname: 'HighCpu', host: 'a', '7': 'seven' }),
        fingerprint: '00f0d2e1c3b4a596',
        state: 'firing',
        severity: 'warning',
        effectiveSeverity: 'high',
        priority: 'P3',
        category: 'system',
        value: 93.25,
        annotations: { summary: 'CPU of a at 93 %' },
        dedupKey: null,
        pendingSince: clock.at - 60_000,
        firedAt: clock.at,
        keepUntil: null,
        lastSampleAt: clock.at,
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
        ...changes,
      };
    },
    group(changes: Partial<GroupRow> = {}): GroupRow {
      const id = changes.id ?? newId();
      return {
        tenant: 'acme',
        id,
        receiver: 'ops',
        route: '{}',
        groupKey: `ops:{}:{host="${id}"}`,
        labels: labelSet({ host: 'a' }),
        openedAt: clock.at,
        nextAt: clock.at + 10_000,
        nextReason: 'group_wait',
        lastSentAt: null,
        lastReason: null,
        notified: {},
        ...changes,
      };
    },
    event(changes: Partial<EventRow> = {}): EventRow {
      return {
        id: newId(),
        tenant: 'acme',
        at: clock.at,
        subjectKind: 'alert',
        subjectId: newId(),
        kind: 'alert.firing',
        reason: null,
        actor: null,
        topic: 'alert',
        priority: 'P3',
        correlationId: null,
        keep: 1,
        body: { value: 93.25 },
        ...changes,
      };
    },
    notification(changes: Partial<NotificationRow> = {}): NotificationRow {
      const id = changes.id ?? newId();
      return {
        tenant: 'acme',
        id,
        source: 'alert',
        kind: 'alert',
        groupId: null,
        receiver: 'ops',
        template: null,
        reason: 'first',
        alerts: {},
        severity: 'warning',
        priority: 'P3',
        locale: 'en',
        expiresAt: clock.at + 3_600_000,
        correlationId: null,
        status: 'pending',
        dropReason: null,
        body: JSON.stringify({ id, alerts: [] }),
        createdAt: clock.at,
        strategy: null,
        requireAll: false,
        emergencyAt: null,
        ...changes,
      };
    },
    delivery(of: NotificationRow, changes: Partial<DeliveryRow> = {}): DeliveryRow {
      const id = changes.id ?? newId();
      return {
        tenant: of.tenant,
        id,
        notificationId: of.id,
        recipient: 'ops',
        channel: 'ops-hook',
        provider: 'webhook',
        lane: 'normal',
        dueAt: clock.at,
        expiresAt: of.expiresAt,
        orderKey: `order:${id}`,
        orderNo: 1,
        state: 'queued',
        reason: null,
        attempts: 0,
        crashes: 0,
        shorter: false,
        maybe: false,
        providerId: null,
        lastError: null,
        leaseToken: 0,
        leaseUntil: null,
        createdAt: clock.at,
        finishedAt: null,
        ...changes,
      };
    },
    breaker(changes: Partial<BreakerRow> = {}): BreakerRow {
      return {
        tenant: 'acme',
        channel: 'ops-hook',
        state: 'open',
        reason: 'network',
        failures: 5,
        openedAt: clock.at,
        probeAt: clock.at + 30_000,
        waitMs: 30_000,
        changedAt: clock.at,
        ...changes,
      };
    },
  };
}

export type RowBuilders = ReturnType<typeof rowBuilders>;
