// Reports of providers that sign nothing: the URL that they were told is the secret.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { CallbackOutcome, CallbackRequest, Receipt, RefusedCallback, Reply } from './channel.ts';
import { isObject } from './provider-reply.ts';
import type { Secret } from './secret.ts';

const mostReports = 1_000;

/**
 * Reads a list of reports in JSON whose URL carries the token, as `?token=` or as the last part of the path.
 * @param receiptOf One report; null for one that says nothing about a message.
 * @param replyIn What somebody sent, in a report that is no receipt, or alone in the body; null for anything else.
 */
export function readReports(
  request: CallbackRequest,
  token: Secret | undefined,
  reply: object,
  receiptOf: (report: Readonly<Record<string, unknown>>) => Receipt | null,
  replyIn: (report: Readonly<Record<string, unknown>>) => Reply | null = () => null,
): CallbackOutcome | RefusedCallback {
  if (token === undefined) return { refused: 'callback_token is not configured' };
  if (!URL.canParse(request.url)) return { refused: 'the URL cannot be read' };
  const { pathname, searchParams } = new URL(request.url);
  const shown = searchParams.get('token') ?? pathname.slice(pathname.lastIndexOf('/') + 1);
  if (!timingSafeEqual(digest(shown), digest(token.reveal()))) return { refused: 'the token is wrong' };
  if (request.method !== 'POST') return { refused: 'not a POST' };
  let reports: unknown;
  try {
    reports = JSON.parse(request.body);
  } catch {
    return { refused: 'the body is no JSON' };
  }
  // Tencent sends a reply as an object alone.
  if (isObject(reports) && replyIn(reports) !== null) reports = [reports];
  if (!Array.isArray(reports) || reports.length > mostReports)
    return { refused: `the body is no list of at most ${mostReports} reports` };
  const receipts: Receipt[] = [];
  const replies: Reply[] = [];
  for (const report of reports) {
    if (typeof report !== 'object' || report === null) return { refused: 'a report is no object' };
    const receipt = receiptOf(report as Record<string, unknown>);
    if (receipt !== null) receipts.push(receipt);
    const reply = receipt === null ? replyIn(report as Record<string, unknown>) : null;
    if (reply !== null) replies.push(reply);
  }
  return {
    receipts,
    ...(replies.length > 0 && { replies }),
    reply: { status: 200, contentType: 'application/json', body: JSON.stringify(reply) },
  };
}

/** Of equal length, whatever was shown. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
