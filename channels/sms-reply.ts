// What people send back to a short message. Providers name the number that it comes from, never the message it answers.
import type { Reply } from './channel.ts';
import { type CountryCode, e164 } from './phone-number.ts';

const longestText = 100;

/**
 * A reply, or nothing where its number cannot be read.
 * @param from As the provider writes it: in E.164, or of `country` without its code.
 * @param at Epoch milliseconds; NaN: the provider does not say.
 */
export function replyOf(
  { from, text, at = Number.NaN }: { readonly from: unknown; readonly text: unknown; readonly at?: number },
  country?: CountryCode,
): Reply | null {
  if (typeof from !== 'string' || from.length > 40 || typeof text !== 'string') return null;
  const number = e164(from, country);
  if (number === null) return null;
  return { from: number, text: text.slice(0, longestText), ...(Number.isFinite(at) && { at }) };
}
