// What SES tells about mails: event publishing of a configuration set (`eventType`) and notifications of an identity
// (`notificationType`) have one shape.
// https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
import { z } from 'zod';
import type { Receipt } from './channel.ts';
import { deliveryHeader, jsonOf, lineOf } from './email-api.ts';

const mostHeaders = 200;

const event = z.object({
  eventType: z.string().optional(),
  notificationType: z.string().optional(),
  mail: z.object({
    messageId: z.string().min(1).max(256),
    headers: z.array(z.unknown()).max(mostHeaders).optional().catch(undefined),
  }),
  bounce: z.unknown().optional(),
  complaint: z.unknown().optional(),
  reject: z.unknown().optional(),
  failure: z.unknown().optional(),
});
type SesEvent = z.output<typeof event>;

const word = z.string().optional().catch(undefined);
const bounce = z.object({
  bounceType: word,
  bounceSubType: word,
  bouncedRecipients: z
    .array(z.object({ status: word, diagnosticCode: word }))
    .max(1_000)
    .catch([]),
});
const complaint = z.object({ complaintSubType: word });
const reject = z.object({ reason: word });
const failure = z.object({ errorMessage: word });
const header = z.object({ name: z.string(), value: z.string().max(64) });

/**
 * Receipts in the text of a notification; none when it says nothing about the way of a mail, such as the line with which
 * SES tries a new topic.
 */
export function receiptsOfSes(message: string): readonly Receipt[] {
  const parsed = event.safeParse(jsonOf(message));
  if (!parsed.success) return [];
  const said = wayOf(parsed.data);
  if (said === null) return [];
  const { messageId, headers = [] } = parsed.data.mail;
  const deliveryId = deliveryIn(headers);
  return [{ providerId: messageId, ...(deliveryId !== null && { deliveryId }), ...said }];
}

function wayOf(said: SesEvent): Omit<Receipt, 'providerId' | 'deliveryId'> | null {
  switch (said.eventType ?? said.notificationType) {
    case 'Send':
    case 'DeliveryDelay':
      return { status: 'sent' };
    case 'Delivery':
      return { status: 'delivered' };
    case 'Bounce': {
      // A transient one is told when SES has given up: it comes to the same.
      const { bounceType, bounceSubType, bouncedRecipients } = bounce.catch(nothing).parse(said.bounce);
      const [first] = bouncedRecipients;
      const kind = [bounceType, bounceSubType].filter((part) => part !== undefined).join('/') || 'Bounce';
      return failed(first?.status ?? kind, [kind, first?.diagnosticCode].filter(Boolean).join(': '));
    }
    case 'Complaint': {
      // Whoever complains has the mail; but for one that was never sent to them because they did so before.
      const { complaintSubType } = complaint.catch({}).parse(said.complaint);
      if (complaintSubType !== 'OnAccountSuppressionList') return null;
      return failed(complaintSubType, 'Not sent: the address complained before.');
    }
    case 'Reject':
      return failed('Reject', reject.catch({}).parse(said.reject).reason);
    case 'Rendering Failure':
      return failed('Rendering Failure', failure.catch({}).parse(said.failure).errorMessage);
    default:
      return null; // Open, Click, Subscription: nothing about the way of the mail
  }
}

const nothing = { bouncedRecipients: [] };

function failed(code: string, message: string | undefined): Omit<Receipt, 'providerId' | 'deliveryId'> {
  const line = lineOf(message);
  return { status: 'failed', code: lineOf(code), ...(line !== '' && { message: line }) };
}

/** The delivery, by the header that the mail was sent with. */
function deliveryIn(headers: readonly unknown[]): string | null {
  for (const raw of headers) {
    const parsed = header.safeParse(raw);
    if (parsed.success && parsed.data.name.toLowerCase() === deliveryHeader.toLowerCase())
      return parsed.data.value;
  }
  return null;
}
