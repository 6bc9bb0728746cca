// The links under which a message is answered. They come with the message, made for the recipient of one delivery; a
// channel shows them as buttons where it has any, else as text.
import type { AlertMessage, MessageLinks } from './message.ts';

/** In the order in which they are shown. */
export const actionKinds = [
  'acknowledge',
  'silence',
  'explain',
] as const satisfies readonly (keyof MessageLinks)[];
export type ActionKind = (typeof actionKinds)[number];

export interface MessageAction {
  readonly kind: ActionKind;
  /** A word or two: what stands on the button. */
  readonly title: string;
  readonly url: string;
}

/** Pure; empty for a message that nobody can answer. */
export function actionsOf(
  { links }: Pick<AlertMessage, 'links'>,
  t: { readonly action: Readonly<Record<ActionKind, string>> },
): MessageAction[] {
  return actionKinds.flatMap((kind) => {
    const url = links?.[kind];
    return url === undefined ? [] : [{ kind, title: t.action[kind], url }];
  });
}
