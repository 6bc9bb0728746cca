// What a provider saw, in the words of the judge: every push has a token of its own, which stands in each message of it.
import type { Saying } from './push.ts';

/** One message that a provider took. */
export interface Arrival {
  readonly channel: string;
  readonly token: string;
  readonly saying: Saying;
  /** Where the vendor carries one. */
  readonly deliveryId: string | null;
  /** Epoch milliseconds. */
  readonly at: number;
  /** The sender cannot know that it was taken: the answer was kept back. */
  readonly ambiguous: boolean;
}

/** Reads it from whatever a provider keeps of a message; null when it is none of ours. */
export function readMessage(kept: unknown): { readonly token: string; readonly saying: Saying } | null {
  const text = typeof kept === 'string' ? kept : JSON.stringify(kept);
  const token = /\bchaos([aw]\d{6})\b/.exec(text)?.[1];
  if (token === undefined) return null;
  if (token.startsWith('w')) return { token, saying: 'event' };
  return { token, saying: /\bresolved\b/i.test(text) ? 'resolved' : 'firing' };
}
