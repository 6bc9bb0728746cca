// What the store is told of a delivery: its row after a result or a decision, and the line in its history.
import type { Effect } from '../pipeline/effect.ts';
import type { DeliveryRow, EventRow } from '../pipeline/rows.ts';
import type { AttemptResult } from './retry.ts';
import type { OpenDelivery, PolicyState } from './state.ts';

export function resultEffect(
  state: PolicyState,
  delivery: OpenDelivery,
  to: DeliveryRow['state'],
  reason: string | null,
  now: number,
  said: {
    readonly providerId?: string | null;
    readonly lastError?: string | null;
    /** Another channel of the chain carries it. */
    readonly moved?: { readonly channel: string; readonly provider: string };
  } = {},
): Effect {
  return {
    put: 'delivery.result',
    result: {
      tenant: state.tenant,
      id: delivery.id,
      leaseToken: delivery.leaseToken,
      state: to,
      dueAt: delivery.dueAt,
      reason,
      attempts: delivery.attempts,
      shorter: delivery.shorter,
      maybe: delivery.maybe,
      providerId: said.providerId ?? null,
      lastError: said.lastError ?? null,
      finishedAt: to === 'queued' || to === 'sending' ? null : now,
      ...(said.moved && { moved: said.moved }),
    },
  };
}

/** What one line of a delivery's history says beside what all of them do. */
export interface DeliveryNews {
  readonly kind: string;
  readonly reason: string | null;
  readonly actor?: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

export function deliveryEvent(
  state: PolicyState,
  delivery: Pick<OpenDelivery, 'id' | 'notificationId' | 'channel' | 'system'>,
  { kind, reason, actor = '', body = {} }: DeliveryNews,
  now: number,
): Effect {
  const row: EventRow = {
    id: state.newId(),
    tenant: state.tenant,
    at: now,
    subjectKind: 'delivery',
    subjectId: delivery.id,
    kind,
    reason,
    actor: actor === '' ? null : actor,
    topic: null,
    priority: null,
    correlationId: null,
    // What a person or a key did belongs to the audit.
    keep: actor === '' ? 1 : 2,
    body: {
      notificationId: delivery.notificationId,
      channel: delivery.channel,
      ...(delivery.system ? { system: true } : {}),
      ...body,
    },
  };
  return { put: 'event', row };
}

/** One attempt, as its event tells it. `no` counts attempts of the schedule; one that spends none has the number of the next. */
export function attemptBody(
  no: number,
  result: AttemptResult,
  durationMs: number,
): Readonly<Record<string, unknown>> {
  return {
    attempt: no,
    result: result.kind,
    ms: durationMs,
    ...(result.code === null ? {} : { code: result.code }),
    ...(result.call && { call: result.call.id, together: result.call.deliveries }),
    ...(result.message === null ? {} : { message: result.message.slice(0, 500) }),
  };
}

export function describe(result: AttemptResult): string {
  return [result.kind, result.code, result.message]
    .filter((part) => part !== null && part !== '')
    .join(': ')
    .slice(0, 500);
}
