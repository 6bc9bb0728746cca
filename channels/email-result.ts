// What an SMTP conversation came to, in the closed list of results. A reply code says who refused and for how long;
// without one, whether the message had begun to go out says whether the server may have it.
import type { SendAccepted, SendFailure, SendResult } from './channel.ts';

/** The part of nodemailer's errors that is read here. */
interface SmtpError {
  readonly code?: unknown;
  readonly responseCode?: unknown;
  readonly response?: unknown;
  readonly command?: unknown;
  readonly recipient?: unknown;
  readonly rejectedErrors?: unknown;
}

export interface SentInfo {
  readonly messageId?: string | undefined;
  readonly rejectedErrors?: readonly unknown[] | undefined;
}

/** An accepted message, of which some recipients may have been refused: those are in `rejectedErrors` only. */
export function resultOfSent(info: SentInfo, recipients: readonly string[]): SendResult {
  const refused = refusals(info.rejectedErrors);
  const providerId = info.messageId === undefined ? {} : { providerId: info.messageId };
  if (refused.size === 0) return { kind: 'sent', ...providerId };
  return { kind: 'partial', per: perRecipient(recipients, refused), ...providerId };
}

/**
 * @param begun The message's bytes had begun to go out.
 */
export function resultOfSmtpError(
  thrown: unknown,
  { begun, recipients }: { begun: boolean; recipients: readonly string[] },
): SendResult {
  const error: SmtpError = typeof thrown === 'object' && thrown !== null ? thrown : {};
  const code = typeof error.code === 'string' ? error.code : 'error';
  const reply = replyCode(error);
  const refused = refusals(error.rejectedErrors);
  if (refused.size > 0) return allRefused(recipients, refused);
  if (code === 'egress_denied')
    return {
      kind: 'permanent',
      code,
      message:
        'The mail server is not public or not on an ordinary port, so it is not called; the operator can list it in egress.allow.',
    };
  if (reply !== null) return resultOfReply(reply, error);
  if (saidNothingOfSmtp(error)) return broken(begun, 'no_smtp');
  if (code === 'EAUTH') return { kind: 'auth', code, message: 'The mail server does not take the login.' };
  if (code === 'EMESSAGE')
    return { kind: 'payload_too_large', code, message: 'The message is larger than the mail server takes.' };
  if (code.startsWith('proxy_'))
    return {
      kind: 'network',
      code,
      message: `The proxy (egress.proxy) did not lead to the mail server (${code}).`,
    };
  return broken(begun, code === 'EABORT' ? 'aborted' : code);
}

function broken(begun: boolean, code: string): SendFailure {
  return begun
    ? { kind: 'unknown', code, message: `The message went out and no answer came (${code}).` }
    : { kind: 'network', code, message: `The mail server could not be used (${code}).` };
}

/** An answer that begins with no reply code refuses nothing: it comes of something else than a mail server. */
function saidNothingOfSmtp({ response }: SmtpError): boolean {
  return typeof response === 'string' && !/^[2-5]\d\d(?!\d)/.test(response);
}

/** A refusal with a code (RFC 5321, section 4.2.1): 4yz may be tried again, 5yz not. */
function resultOfReply(reply: number, error: SmtpError): SendFailure {
  const code = String(reply);
  const command = typeof error.command === 'string' ? error.command : '';
  const message = `The mail server answered ${reply} to ${command === '' ? 'the message' : command}.`;
  const text = typeof error.response === 'string' ? error.response : '';
  if (reply < 500) return { kind: 'transient', code, message };
  if (error.code === 'EAUTH' || reply === 530 || reply === 535 || reply === 534 || reply === 538)
    return { kind: 'auth', code, message };
  // 5.3.4: message too big for system (RFC 3463); 552 is also a full mailbox (5.2.2), which no shorter message mends.
  if (/\b5\.3\.4\b/.test(text) || (reply === 552 && !/\b5\.2\.2\b/.test(text)))
    return { kind: 'payload_too_large', code, message };
  // Refused before there was a message: at the greeting, EHLO or STARTTLS. Servers say so for a while, too.
  if (
    command !== 'MAIL FROM' &&
    command !== 'DATA' &&
    error.code !== 'EMESSAGE' &&
    error.code !== 'EENVELOPE'
  )
    return { kind: 'transient', code, message };
  return { kind: 'permanent', code, message };
}

/** Every recipient was refused. All for the same kind of reason: that is the result; otherwise each has its own. */
function allRefused(recipients: readonly string[], refused: ReadonlyMap<string, SendFailure>): SendResult {
  const kinds = new Set([...refused.values()].map((failure) => failure.kind));
  const first = refused.values().next().value;
  if (kinds.size === 1 && first !== undefined) return first;
  return { kind: 'partial', per: perRecipient(recipients, refused) };
}

function perRecipient(
  recipients: readonly string[],
  refused: ReadonlyMap<string, SendFailure>,
): Record<string, SendFailure | SendAccepted> {
  return Object.fromEntries(
    recipients.map((recipient) => [recipient, refused.get(recipient.toLowerCase()) ?? { kind: 'sent' }]),
  );
}

/** Refusals at RCPT TO by address in lower case. */
function refusals(errors: unknown): Map<string, SendFailure> {
  const found = new Map<string, SendFailure>();
  if (!Array.isArray(errors)) return found;
  for (const one of errors as SmtpError[]) {
    if (typeof one.recipient !== 'string') continue;
    found.set(one.recipient.toLowerCase(), refusal(one));
  }
  return found;
}

function refusal(error: SmtpError): SendFailure {
  if (saidNothingOfSmtp(error)) return broken(false, 'no_smtp');
  const reply = replyCode(error);
  const code = String(reply ?? 'rejected');
  const kind = reply !== null && reply < 500 ? 'transient' : 'invalid_recipient';
  return {
    kind,
    code,
    message: `The mail server answered ${code} for this recipient.`,
    scope: 'recipient',
  };
}

function replyCode(error: SmtpError): number | null {
  const { responseCode } = error;
  return typeof responseCode === 'number' && responseCode >= 400 && responseCode < 600 ? responseCode : null;
}
