// How the links in messages are signed: `links` of tocsin.yaml.
import { z } from 'zod';
import { secret } from '../../channels/secret.ts';
import type { LinkKey } from '../links/link-token.ts';
import { positiveDuration } from './scalars.ts';

export interface LinksConfig {
  /** The first one signs, all of them open; none: one is made and kept in the data folder. */
  readonly keys: readonly LinkKey[];
  readonly expiresAfterMs: number;
}

const hourMs = 3_600_000;
/** What was done through a link is remembered for so long, so that nothing is done through it twice. */
const longestMs = 24 * hourMs;
const leastMs = 300_000;

const key = z.strictObject({
  id: z.string().regex(/^[\w-]{1,16}$/, 'expected 1 to 16 letters, digits, "_" and "-"'),
  secret: secret(z.string().min(32, 'expected at least 32 characters').max(1_024)),
});

export const linksSchema = z.strictObject({
  keys: z
    .array(key)
    .min(1, 'expected at least one key')
    .max(10)
    .superRefine((keys, { addIssue }) => {
      for (const [i, { id }] of keys.entries())
        if (keys.findIndex((other) => other.id === id) < i)
          addIssue({ code: 'custom', path: [i, 'id'], message: 'another key has this id' });
    })
    .optional(),
  expires_after: positiveDuration
    .refine((ms) => ms >= leastMs && ms <= longestMs, 'expected a duration from 5m to 24h')
    .optional(),
});

export function linksOf({ keys = [], expires_after }: z.output<typeof linksSchema> = {}): LinksConfig {
  return { keys, expiresAfterMs: expires_after ?? longestMs };
}
