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

export interface Told {
  readonly token: string;
  readonly saying: Saying;
}

/** What it says, from whatever a provider keeps of a message; `more`: so many alerts it counts and does not name. */
export function readMessage(kept: unknown): { readonly told: readonly Told[]; readonly more: number } {
  const text = typeof kept === 'string' ? kept : JSON.stringify(kept);
  const found = [...text.matchAll(/\bchaos([aw]\d{6})\b/g)];
  const tokens = new Set(found.map(([, token]) => token!));
  const more = Number(/and (\d+) more/.exec(text)?.[1] ?? 0);
  // Of several messages in one each alert has a heading of its own, which says what it is.
  const headings = [...text.matchAll(/\b(?:firing|resolved|event) \[/gi)];
  const told = [...tokens].map((token): Told => {
    if (token.startsWith('w')) return { token, saying: 'event' };
    if (tokens.size === 1) return { token, saying: /\bresolved\b/i.test(text) ? 'resolved' : 'firing' };
    const last = found.findLast(([, one]) => one === token)!;
    const heading = headings.findLast(({ index }) => index < last.index);
    return { token, saying: /^resolved/i.test(heading?.[0] ?? '') ? 'resolved' : 'firing' };
  });
  return { told, more };
}
