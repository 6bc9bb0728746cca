// A heartbeat as the API shows it.
import { z } from 'zod';
import type { HeartbeatRow } from '../../pipeline/rows.ts';
import { timeOut, timeText, timeTextOrNull } from './shapes.ts';

export const heartbeatBody = z
  .object({
    name: z.string(),
    failed: z.boolean(),
    last_at: timeOut.nullable(),
    /** By then the next one has to come. */
    due_at: timeOut,
  })
  .meta({ id: 'Heartbeat' });

export type HeartbeatBody = z.output<typeof heartbeatBody>;

export function toHeartbeatBody(row: HeartbeatRow, dueAt: number): HeartbeatBody {
  return { name: row.name, failed: row.failed, last_at: timeTextOrNull(row.lastAt), due_at: timeText(dueAt) };
}
