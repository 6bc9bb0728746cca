// What a client says that it has seen of the thing that it changes.
import type { Context } from 'hono';
import type { Seen } from '../engine/object-order.ts';
import { ApiError } from '../errors.ts';
import type { HttpEnv } from './env.ts';

/** What If-Match names. A weak tag matches nothing. */
export function seenIn(c: Context<HttpEnv>): Seen | null {
  const header = c.req.header('if-match')?.trim();
  if (header === undefined) return null;
  if (header === '*') return '*';
  const tags = header.split(',').map((tag) => tag.trim());
  if (tags.every((tag) => /^(W\/)?"[\x21\x23-\x7e]*"$/.test(tag))) return tags;
  throw new ApiError('bad_request', { message: 'If-Match takes entity tags in quotes, or *.' });
}
