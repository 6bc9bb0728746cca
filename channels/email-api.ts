// What the mail APIs of the providers have in common: a bounded, readable piece of their error texts, and headers of a
// mail that make a thread of a group.
import type { SendContext } from './channel.ts';
import type { EmailPayload } from './email-body.ts';

/** Text of a provider on one line, within 200 characters. */
export function lineOf(text: unknown): string {
  return typeof text === 'string'
    ? text
        .replace(/[\s\p{Cc}]+/gu, ' ')
        .trim()
        .slice(0, 200)
    : '';
}

/** The value of a JSON reply; null when it is none. */
export function jsonOf(body: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null; // what cannot be read says nothing: the caller decides what that means
  }
}

/** The header that carries the id of the delivery. */
export const deliveryHeader = 'X-Tocsin-Delivery';

/** Headers beside those that the provider writes itself. */
export function headersOf(
  { thread }: EmailPayload,
  fromEmail: string,
  { deliveryId }: Pick<SendContext, 'deliveryId'>,
): Readonly<Record<string, string>> {
  const root = `<${thread}@${fromEmail.slice(fromEmail.indexOf('@') + 1)}>`;
  return {
    [deliveryHeader]: deliveryId,
    'Auto-Submitted': 'auto-generated',
    'In-Reply-To': root,
    References: root,
  };
}
