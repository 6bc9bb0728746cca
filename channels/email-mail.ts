// A payload as the mail that it goes out as. Recipients and header names come from the configuration and from here, never
// from a message.
import type { SendContext } from './channel.ts';
import type { EmailPayload } from './email-body.ts';
import type { Mail } from './email-mime.ts';

/** What a channel's configuration says about its mails. */
export interface MailSettings {
  readonly from_email: string;
  readonly from_name?: string | undefined;
  /** Absent: it writes to people only. */
  readonly to?: readonly string[] | undefined;
  readonly reply_to?: string | undefined;
}

/** Who gets the mail of this attempt. */
export function recipientsOf({ to = [] }: MailSettings, context: Pick<SendContext, 'to'>): readonly string[] {
  return context.to === undefined ? to : [context.to];
}

/** Pure. */
export function mailOf(
  payload: EmailPayload,
  settings: MailSettings,
  context: Pick<SendContext, 'deliveryId' | 'now' | 'to'>,
): Mail {
  const domain = settings.from_email.slice(settings.from_email.indexOf('@') + 1);
  return {
    from: { name: settings.from_name ?? '', address: settings.from_email },
    to: recipientsOf(settings, context),
    ...(settings.reply_to !== undefined && { replyTo: settings.reply_to }),
    subject: payload.subject,
    text: payload.text,
    html: payload.html,
    at: context.now,
    messageId: `<${context.deliveryId}@${domain}>`,
    thread: `<${payload.thread}@${domain}>`,
    headers: { 'X-Tocsin-Delivery': context.deliveryId, 'Auto-Submitted': 'auto-generated' },
  };
}
