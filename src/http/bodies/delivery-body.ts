// Deliveries and notifications as the API shows them. A notification's status is computed from its deliveries.
import { z } from 'zod';
import type { AlertMessage } from '../../../channels/message.ts';
import { priorities, severities } from '../../../rules/types.ts';
import {
  type ConfirmationRow,
  confirmationWays,
  type DeliveryRow,
  type NotificationRow,
} from '../../pipeline/rows.ts';
import type { DeliveryOf, StoredEvent } from '../../store/rows.ts';
import { notificationStatus, notificationStatuses } from '../notification-status.ts';
import { eventBody, toEventBody } from './event-body.ts';
import { timeOut, timeText, timeTextOrNull } from './shapes.ts';

export const deliveryStates = ['queued', 'sending', 'sent', 'delivered', 'dead', 'dropped'] as const;

export const deliveryBody = z
  .object({
    id: z.uuid(),
    notification_id: z.uuid(),
    channel: z.string(),
    provider: z.string(),
    recipient: z.string(),
    lane: z.enum(['high', 'normal', 'low']),
    state: z.enum(deliveryStates),
    reason: z.string().nullable(),
    attempts: z.number().int(),
    provider_id: z.string().nullable(),
    last_error: z.string().nullable(),
    due_at: timeOut,
    created_at: timeOut,
    finished_at: timeOut.nullable(),
  })
  .meta({ id: 'Delivery' });

export function toDeliveryBody(row: DeliveryRow): z.output<typeof deliveryBody> {
  return {
    id: row.id,
    notification_id: row.notificationId,
    channel: row.channel,
    provider: row.provider,
    recipient: row.recipient,
    lane: row.lane,
    state: row.state,
    reason: row.reason,
    attempts: row.attempts,
    provider_id: row.providerId,
    last_error: row.lastError,
    due_at: timeText(row.dueAt),
    created_at: timeText(row.createdAt),
    finished_at: timeTextOrNull(row.finishedAt),
  };
}

/** A delivery with its attempts and what it would say. */
export const deliveryDetailBody = deliveryBody
  .extend({
    expires_at: timeOut,
    crashes: z.number().int().meta({ description: 'Times that the process died while it was being sent.' }),
    shorter: z.boolean().meta({ description: 'The receiver found the whole message too large.' }),
    alerts: z.record(z.string(), z.enum(['firing', 'resolved', 'event'])),
    history: z.array(eventBody).meta({ description: 'The newest 100 lines: attempts, and what people did.' }),
    message: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({ description: 'The message as channels get it.' }),
    payload: z
      .unknown()
      .meta({ description: 'What the channel makes of it, as it would be sent; null without the channel.' }),
  })
  .meta({ id: 'DeliveryDetail' });

/** To readers outside an alert fires, whether that is news or not. */
function said(alerts: NotificationRow['alerts']): Record<string, 'firing' | 'resolved' | 'event'> {
  return Object.fromEntries(
    Object.entries(alerts).map(([id, saying]) => [id, saying === 'standing' ? 'firing' : saying]),
  );
}

export function toDeliveryDetail(
  row: DeliveryOf,
  history: readonly StoredEvent[],
  message: AlertMessage | null,
  payload: unknown,
): z.output<typeof deliveryDetailBody> {
  return {
    ...toDeliveryBody(row),
    expires_at: timeText(row.expiresAt),
    crashes: row.crashes,
    shorter: row.shorter,
    alerts: said(row.alerts),
    history: history.map(toEventBody),
    message: message === null ? null : { ...message },
    payload: payload ?? null,
  };
}

export const confirmationBody = z
  .object({
    recipient: z.string().nullable().meta({ description: 'Null: somebody who was none of them.' }),
    at: timeOut,
    actor: z.string(),
    name: z.string().nullable().meta({ description: 'As whoever confirmed is called.' }),
    via: z.enum(confirmationWays),
    note: z.string().nullable(),
  })
  .meta({ id: 'Confirmation' });

export function toConfirmationBody(row: ConfirmationRow): z.output<typeof confirmationBody> {
  const { recipient, at, actor, name, via, note } = row;
  return { recipient, at: timeText(at), actor, name, via, note };
}

export const notificationBody = z
  .object({
    id: z.uuid(),
    source: z.enum(['alert', 'api', 'system']),
    kind: z.string(),
    status: z.enum(notificationStatuses),
    reason: z.string(),
    drop_reason: z.string().nullable(),
    receiver: z.string().nullable(),
    severity: z.enum(severities),
    priority: z.enum(priorities),
    alerts: z.record(z.string(), z.enum(['firing', 'resolved', 'event'])),
    created_at: timeOut,
    expires_at: timeOut,
    summary: z
      .object({
        status: z.enum(notificationStatuses),
        strategy: z.string().nullable(),
        require_all: z.boolean().meta({ description: 'Every channel has to take it; else one is enough.' }),
        channels: z
          .object({ total: z.number().int(), accepted: z.number().int(), failed: z.number().int() })
          .meta({ description: 'Without what was dropped; the rest is still to be sent.' }),
        success_rate: z.number().nullable().meta({ description: 'Accepted channels of all, from 0 to 1.' }),
        retries: z
          .number()
          .int()
          .meta({ description: 'Attempts after the first, on the channels that carry it now.' }),
        total_ms: z
          .number()
          .nullable()
          .meta({ description: 'From when it was made to the last end; null while something is open.' }),
      })
      .meta({ description: 'What it came to, over all channels.' }),
    confirmations: z
      .array(confirmationBody)
      .meta({ description: 'Who said that it was seen, the first one first.' }),
    deliveries: z.array(deliveryBody),
  })
  .meta({ id: 'Notification' });

type Summary = z.output<typeof notificationBody>['summary'];

/** Over the deliveries that were meant to be sent. */
function summaryOf(row: NotificationRow, deliveries: readonly DeliveryRow[]): Summary {
  const meant = deliveries.filter(({ state }) => state !== 'dropped');
  const accepted = meant.filter(({ state }) => state === 'sent' || state === 'delivered').length;
  const ends = meant.map(({ finishedAt }) => finishedAt);
  const over = ends.length > 0 && ends.every((end) => end !== null);
  return {
    status: notificationStatus(row, deliveries),
    strategy: row.strategy,
    require_all: row.requireAll,
    channels: {
      total: meant.length,
      accepted,
      failed: meant.filter(({ state }) => state === 'dead').length,
    },
    success_rate: meant.length === 0 ? null : accepted / meant.length,
    retries: meant.reduce((sum, { attempts }) => sum + Math.max(0, attempts - 1), 0),
    total_ms: over ? Math.max(...ends.map(Number)) - row.createdAt : null,
  };
}

export function toNotificationBody(
  row: NotificationRow,
  deliveries: readonly DeliveryRow[],
  confirmations: readonly ConfirmationRow[],
): z.output<typeof notificationBody> {
  return {
    id: row.id,
    source: row.source,
    kind: row.kind,
    status: notificationStatus(row, deliveries),
    reason: row.reason,
    drop_reason: row.dropReason,
    receiver: row.receiver,
    severity: row.severity,
    priority: row.priority,
    alerts: said(row.alerts),
    created_at: timeText(row.createdAt),
    expires_at: timeText(row.expiresAt),
    summary: summaryOf(row, deliveries),
    confirmations: confirmations.map(toConfirmationBody),
    deliveries: deliveries.map(toDeliveryBody),
  };
}
