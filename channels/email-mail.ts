// A payload as the mail that it goes out as. Recipients and header names come from the configuration and from here, never
// from a message.
import type { SendContext } from './channel.ts';
import type { EmailPayload } from './email-body.ts';

/** What a channel's configuration says about its mails. */
export interface MailSettings {
  readonly from_email: string;
  readonly from_name?: string | undefined;
  readonly to: readonly string[];
  readonly reply_to?: string | undefined;
}

/** Who gets the mail of this attempt. */
export function recipientsOf({ to }: MailSettings, context: Pick<SendContext, 'to'>): readonly string[] {
  return context.to === undefined ? to : [context.to];
}

/** Pure; in the words of nodemailer. */
export function mailOf(
  payload: EmailPayload,
  settings: MailSettings,
  context: Pick<SendContext, 'deliveryId' | 'now' | 'to'>,
) {
  const domain = settings.from_email.slice(settings.from_email.indexOf('@') + 1);
  const thread = `<${payload.thread}@${domain}>`;
  return {
    from: { name: settings.from_name ?? '', address: settings.from_email },
    to: recipientsOf(settings, context).map((address) => ({ name: '', address })),
    ...(settings.reply_to === undefined ? {} : { replyTo: { name: '', address: settings.reply_to } }),
    subject: payload.subject,
    text: payload.text,
    html: payload.html,
    date: new Date(context.now),
    messageId: `<${context.deliveryId}@${domain}>`,
    inReplyTo: thread,
    references: [thread],
    headers: { 'X-Tocsin-Delivery': context.deliveryId, 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
