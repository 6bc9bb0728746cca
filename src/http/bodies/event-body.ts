// One line of the event log as the API shows it.
import { z } from 'zod';
import type { StoredEvent } from '../../store/rows.ts';
import { timeOut, timeText } from './shapes.ts';

export const eventBody = z
  .object({
    id: z.uuid(),
    at: timeOut,
    kind: z.string(),
    reason: z.string().nullable(),
    actor: z.string().nullable(),
    subject: z.object({ kind: z.string(), id: z.string() }),
    body: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Event' });

/** An event of the audit trail with its place in the chain of hashes. */
export const auditEventBody = eventBody
  .extend({ seq: z.number().int(), hash: z.string().nullable(), prev_hash: z.string().nullable() })
  .meta({ id: 'AuditEvent' });

export function toAuditEventBody(event: StoredEvent): z.output<typeof auditEventBody> {
  return { ...toEventBody(event), seq: event.seq, hash: event.hash, prev_hash: event.prevHash };
}

export function toEventBody(event: StoredEvent): z.output<typeof eventBody> {
  return {
    id: event.id,
    at: timeText(event.at),
    kind: event.kind,
    reason: event.reason,
    actor: event.actor,
    subject: { kind: event.subjectKind, id: event.subjectId },
    body: { ...event.body },
  };
}
