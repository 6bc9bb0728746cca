// What something that is configured through the API was after one of its changes.
import { z } from 'zod';
import type { ConfigObjectVersion } from '../../store/rows.ts';
import { timeOut, timeText } from './shapes.ts';

export const versionBody = z
  .object({
    version: z.number().int(),
    action: z.enum(['created', 'replaced', 'patched', 'deleted']),
    at: timeOut,
    by: z.string().nullable(),
    name: z.string(),
    document: z
      .record(z.string(), z.unknown())
      .meta({ description: 'As it was written; of a deletion what it was last.' }),
  })
  .meta({ id: 'ObjectVersion' });

export function toVersionBody(from: ConfigObjectVersion): z.output<typeof versionBody> {
  const { version, action, at, actor, name, body } = from;
  return {
    version,
    action,
    at: timeText(at),
    by: actor,
    name,
    document: JSON.parse(body) as Record<string, unknown>,
  };
}
