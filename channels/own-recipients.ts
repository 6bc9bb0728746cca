// Channels whose recipients may be people alone: their configuration names nobody, and each message comes with its address.
import type { SendFailure } from './channel.ts';

interface Recipients {
  readonly to?: readonly string[] | undefined;
}

/** Whether the configuration names recipients. */
export const hasRecipients = ({ to }: Recipients): boolean => to !== undefined && to.length > 0;

/** What becomes of a message for the recipients of a configuration that has none. */
export const noRecipients: SendFailure = {
  kind: 'invalid_recipient',
  code: 'no_to',
  message: 'The channel has no `to`: it tells people only.',
  scope: 'recipient',
};
