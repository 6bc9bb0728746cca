// A test of a channel, in its turn: a notification to that channel alone, through policy, outbox and dispatcher like any
// other, and a line in the audit trail.
import type { Answer } from '../services.ts';
import type { Doors } from './doors.ts';
import type { Tenant } from './tenant.ts';
import type { Turn } from './turn.ts';
import type { ChannelTestOrder } from './work.ts';

/** Carries the order out; its effects are the turn's. The answer's body is `{ id }` of the notification. */
export function carryOutTest(
  { channel, message, actor }: ChannelTestOrder,
  tenant: Tenant,
  doors: Doors,
  now: number,
  turn: Turn,
): Answer {
  const { name, shard, pipeline } = tenant;
  const { id, groupKey, receiver } = message;
  turn.add(shard, [
    {
      put: 'event',
      row: {
        id: pipeline.newId(),
        tenant: name,
        at: now,
        subjectKind: 'channel',
        subjectId: channel,
        kind: 'channel.tested',
        reason: null,
        actor,
        topic: null,
        priority: null,
        correlationId: null,
        keep: 2,
        body: { notificationId: id },
      },
    },
  ]);
  const notification = { id, groupId: id, groupKey, receiver, message, alerts: {}, only: channel };
  doors.notify(tenant, notification, now, turn);
  return { status: 202, body: { id } };
}
