// A comment on an alert as the API shows it.
import { z } from 'zod';
import type { EventRow } from '../../pipeline/rows.ts';
import { timeOut, timeText } from './shapes.ts';

export const commentBody = z
  .object({ id: z.uuid(), at: timeOut, by: z.string().nullable(), text: z.string() })
  .meta({ id: 'Comment' });

export function toCommentBody({ id, at, actor, body }: EventRow): z.output<typeof commentBody> {
  return { id, at: timeText(at), by: actor, text: String(body.text) };
}
