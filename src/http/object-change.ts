// How what is configured through the API is changed over HTTP: what the client has seen, and what it gets to see.
import type { Context } from 'hono';
import { z } from 'zod';
import { tagOf } from '../engine/object-change.ts';
import type { Answer } from '../services.ts';
import type { HttpEnv } from './env.ts';
import { passOn } from './route.ts';

const flag = z.enum(['true', 'false'], 'expected true or false').transform((text) => text === 'true');

export const changeQuery = z.strictObject({
  dry_run: flag.optional().meta({ description: 'Nothing is stored; the answer says what would be.' }),
});
export type ChangeQuery = z.output<typeof changeQuery>;

export function tagged(c: Context<HttpEnv>, result: Answer): Response {
  const { id, version } = (result.body ?? {}) as { id?: unknown; version?: unknown };
  if (typeof id === 'string' && typeof version === 'number') c.header('etag', tagOf({ id, version }));
  return passOn(c, result);
}
