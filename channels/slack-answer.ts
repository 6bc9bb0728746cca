// What Slack's answers come to. The Web API says 200 and `{"ok":false}`; an incoming webhook says 200 and `ok`, or a
// status and one word (https://docs.slack.dev/reference/methods/chat.postMessage, …/messaging/sending-messages-using-incoming-webhooks).
import type { ResultKind, SendFailure, SendResult } from './channel.ts';
import { type HttpOutcome, type HttpReply, resultOfFailure, resultOfHttp, retryAfterMs } from './http.ts';

type FailureKind = SendFailure['kind'];

const words: Readonly<Partial<Record<FailureKind, readonly string[]>>> = {
  rate_limited: ['ratelimited', 'rate_limited', 'message_limit_exceeded'],
  auth: [
    ...['not_authed', 'invalid_auth', 'account_inactive', 'token_revoked', 'token_expired', 'no_permission'],
    ...['missing_scope', 'not_allowed_token_type', 'access_denied', 'accesslimited', 'org_login_required'],
    ...['ekm_access_denied', 'team_access_not_granted', 'team_not_found', 'two_factor_setup_required'],
    ...['enterprise_is_restricted', 'app_access_restricted'],
    // of incoming webhooks
    ...['invalid_token', 'no_service', 'no_service_id', 'no_active_hooks', 'no_team', 'team_disabled'],
    ...['action_prohibited', 'posting_to_general_channel_denied'],
  ],
  invalid_recipient: [
    ...['channel_not_found', 'is_archived', 'channel_is_archived', 'not_in_channel', 'user_not_found'],
    ...['restricted_action', 'restricted_action_read_only_channel', 'restricted_action_thread_only_channel'],
    ...['messages_tab_disabled', 'channel_type_not_supported'],
  ],
  payload_too_large: [
    ...['msg_too_long', 'msg_blocks_too_long', 'too_many_attachments', 'attachment_payload_limit_exceeded'],
    'metadata_too_large',
  ],
  transient: ['service_unavailable', 'request_timeout', 'team_added_to_org', 'rollup_error'],
  // Slack says of these that some of it may have succeeded.
  unknown: ['internal_error', 'fatal_error'],
};

const kinds: ReadonlyMap<string, FailureKind> = new Map(
  Object.entries(words).flatMap(([kind, all]) => all.map((word) => [word, kind as FailureKind] as const)),
);

/** The parent of a thread is gone, or takes no replies. */
const threadWords: ReadonlySet<string> = new Set([
  'thread_not_found',
  'invalid_thread_ts',
  'cannot_reply_to_message',
  'restricted_action_thread_locked',
  'restricted_action_non_threadable_channel',
  'message_not_found',
]);

const listed = (all: Iterable<string> = []) => [...all].map((word) => `\`${word}\``).join(', ');

/** For the documentation: the words above, and what is not one of them. */
export const slackAnswers: readonly (readonly [answer: string, result: ResultKind])[] = [
  ['"ok": true; of a webhook the word ok', 'sent'],
  [`\`HTTP 429\`, ${listed(words.rate_limited)}; Retry-After is heeded`, 'rate_limited'],
  [`${listed(words.auth)}`, 'auth'],
  [`${listed(words.invalid_recipient)}`, 'invalid_recipient'],
  [`${listed(words.payload_too_large)}`, 'payload_too_large'],
  [`${listed(words.transient)}, and an error without a word, e.g. \`HTTP 503\``, 'transient'],
  [`the thread takes no replies, the next attempt begins a new one: ${listed(threadWords)}`, 'transient'],
  [`some of it may have succeeded: ${listed(words.unknown)}`, 'unknown'],
  ['others, e.g. `invalid_blocks`, `no_text`', 'permanent'],
];

/** An answer of the Web API: what it said, or what its refusal comes to. */
export type SlackAnswer =
  | { readonly ok: true; readonly said: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly result: SendFailure; readonly threadGone: boolean };

/** @param now Epoch milliseconds, to read a Retry-After that is a date. */
export function answerOfApi(outcome: HttpOutcome, now: number): SlackAnswer {
  const refused = (result: SendFailure) => ({ ok: false, result, threadGone: false }) as const;
  if (outcome.kind === 'failure') return refused(resultOfFailure(outcome));
  const said = objectOf(outcome);
  if (said?.ok === true) return { ok: true, said };
  const word = wordOf(said?.error);
  if (said?.ok === false && word !== null && threadWords.has(word)) {
    const message = `Slack answered ${word}: the thread takes no more replies, the next attempt begins a new one.`;
    return { ok: false, result: { kind: 'transient', code: word, message }, threadGone: true };
  }
  return refused(failureOf(outcome, word, now));
}

/** @param now Epoch milliseconds. */
export function resultOfWebhook(outcome: HttpOutcome, now: number): SendResult {
  if (outcome.kind === 'failure') return resultOfFailure(outcome);
  if (outcome.status === 200 && outcome.complete && outcome.body.trim() === 'ok')
    return { kind: 'sent', detail: 'HTTP 200' };
  return failureOf(outcome, wordOf(objectOf(outcome)?.error) ?? wordOf(outcome.body.trim()), now);
}

function failureOf(reply: HttpReply, word: string | null, now: number): SendFailure {
  const kind = word === null ? undefined : kinds.get(word);
  if (reply.status === 429 || kind === 'rate_limited') {
    const wait = retryAfterMs(reply.headers['retry-after'], now);
    const code = word ?? '429';
    const message = 'Slack asks to slow down.';
    const later = wait === undefined ? {} : { retryAfterMs: wait };
    return { kind: 'rate_limited', code, message, scope: 'channel', ...later };
  }
  if (word !== null && (kind !== undefined || reply.status < 500))
    return { kind: kind ?? 'permanent', code: word, message: `Slack answered ${word}.` };
  const byStatus = resultOfHttp(reply, now);
  if ('message' in byStatus) return byStatus;
  return { kind: 'unknown', code: 'unreadable', message: 'Slack’s answer cannot be read.' };
}

/** Of what Slack said only a word like its own is shown to anybody. */
function wordOf(text: unknown): string | null {
  return typeof text === 'string' && /^[a-z][a-z_]{1,63}$/.test(text) ? text : null;
}

function objectOf(reply: HttpReply): Record<string, unknown> | null {
  if (!reply.complete) return null;
  try {
    const value: unknown = JSON.parse(reply.body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null; // not JSON: the caller says so
  }
}
