// One HTTP request of a channel and what it came to: whether the request had been written decides between `network` and
// `unknown`.
import type { ChannelHost, ResultKind, SendFailure, SendResult } from './channel.ts';
import {
  exchange,
  type HttpFailure,
  type HttpOutcome,
  type HttpReply,
  type HttpRequest,
} from './http-exchange.ts';

export type { HttpFailure, HttpOutcome, HttpReply, HttpRequest } from './http-exchange.ts';

const longestRetryAfterMs = 3_600_000;

/** Makes one request, in a thread where the process has one for that. Never throws for anything that the network or the peer does. */
export async function request(host: ChannelHost, call: HttpRequest): Promise<HttpOutcome> {
  return host.exchange?.(call) ?? exchange(await host.dispatcher(), call);
}

/**
 * The result of a provider that answers in HTTP status codes.
 * @param now Epoch milliseconds, to read a Retry-After that is a date.
 */
export function resultOfHttp(outcome: HttpOutcome, now: number): SendResult {
  return outcome.kind === 'failure' ? resultOfFailure(outcome) : resultOfReply(outcome, now);
}

/** Nothing written: certainly not accepted. Written and no answer: nobody knows. */
export function resultOfFailure(failure: HttpFailure): SendFailure {
  const { code } = failure;
  if (code === 'egress_denied')
    return {
      kind: 'permanent',
      code,
      message:
        'This address is not public or not on an ordinary port, so it is not called; the operator can list it in egress.allow.',
    };
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED')
    return { kind: 'permanent', code, message: 'The request cannot be made as configured.' };
  if (failure.written)
    return { kind: 'unknown', code, message: `The request was sent and no answer came (${code}).` };
  const what = code.startsWith('proxy_')
    ? 'The proxy (egress.proxy) did not lead to the receiver'
    : 'The receiver could not be reached';
  return { kind: 'network', code, message: `${what} (${code}).` };
}

/** What `resultOfHttp` makes of statuses, for the documentation of channels that go by them alone. */
export const answersOfHttp: readonly (readonly [answer: string, result: ResultKind])[] = [
  ['2xx, e.g. `HTTP 200`, `HTTP 204`', 'sent'],
  ['`HTTP 429`; Retry-After is heeded', 'rate_limited'],
  [
    '`HTTP 408`, `HTTP 425`, and 5xx, e.g. `HTTP 500`; Retry-After of `HTTP 502`, `HTTP 503`, `HTTP 504` is heeded',
    'transient',
  ],
  ['`HTTP 401`, `HTTP 403`', 'auth'],
  ['`HTTP 413`', 'payload_too_large'],
  [
    'everything else, e.g. `HTTP 302` (redirects are not followed), `HTTP 400`, `HTTP 404`, `HTTP 410`',
    'permanent',
  ],
];

function resultOfReply(reply: HttpReply, now: number): SendResult {
  const { status } = reply;
  if (status >= 200 && status < 300) return { kind: 'sent', detail: `HTTP ${status}` };
  const code = String(status);
  const message = `The receiver answered HTTP ${status}.`;
  const wait = retryAfterMs(reply.headers['retry-after'], now);
  const later = wait === undefined ? {} : { retryAfterMs: wait };
  switch (status) {
    case 401:
    case 403:
      return { kind: 'auth', code, message };
    case 413:
      return { kind: 'payload_too_large', code, message };
    case 408:
    case 425:
      return { kind: 'transient', code, message };
    case 429:
      return { kind: 'rate_limited', code, message, scope: 'channel', ...later };
    case 410:
      return {
        kind: 'permanent',
        code,
        message: `${message} It wants no more messages: the address is to be removed.`,
      };
    case 502:
    case 503:
    case 504:
      return { kind: 'transient', code, message, ...later };
    default:
      return { kind: status >= 500 ? 'transient' : 'permanent', code, message };
  }
}

const month = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const day = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const wholeDay = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day';
const clock = '\\d{2}:\\d{2}:\\d{2}';
const datesOfHttp = new RegExp(
  `^(?:${day}, \\d{2} ${month} \\d{4} ${clock} GMT|${wholeDay}, \\d{2}-${month}-\\d{2} ${clock} GMT)$`,
);
const asctime = new RegExp(`^${day} ${month} [ \\d]\\d ${clock} \\d{4}$`);

/**
 * Reads Retry-After (RFC 9110, section 10.2.3): seconds or a date; clamped to an hour, undefined when it is neither.
 * @param now Epoch milliseconds.
 */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const wait = /^\d{1,12}$/.test(text) ? Number(text) * 1000 : dateOfHttp(text) - now;
  if (Number.isNaN(wait)) return undefined;
  return Math.min(Math.max(0, wait), longestRetryAfterMs);
}

/** Epoch milliseconds of one of HTTP's three forms of a date, else NaN: `Date.parse` takes `1.5` for January of 2001. */
function dateOfHttp(text: string): number {
  if (datesOfHttp.test(text)) return Date.parse(text);
  return asctime.test(text) ? Date.parse(`${text} GMT`) : Number.NaN;
}
