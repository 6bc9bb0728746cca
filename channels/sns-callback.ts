// Messages of SNS topics: whose they are, whether SNS signed them, and the subscription that is confirmed. What is cheap is
// looked at first: nothing is fetched for a topic that the operator did not name, and nowhere but at SNS in its region.
import type {
  CallbackOutcome,
  CallbackRequest,
  CallOffOutcome,
  ChannelHost,
  Receipt,
  RefusedCallback,
} from './channel.ts';
import { request } from './http.ts';
import { isObject } from './provider-reply.ts';
import { type SnsMessage, signedByCertificate, snsMessage } from './signing/sns.ts';
import { SnsCertificates } from './sns-certificates.ts';

export interface SnsSettings {
  /** ARNs of the topics that are listened to. */
  readonly topics: readonly string[];
  /** Where SNS is reached, in place of its own address; no slash at the end. */
  readonly url?: string | undefined;
}

/** A topic that has subscribers by HTTP. */
export const topicArn =
  /^arn:(aws|aws-cn|aws-us-gov):sns:([a-z]{2}(?:-[a-z]+)+-\d{1,2}):\d{12}:[\w-]{1,256}$/;

// SNS comes again for an hour; a receipt that is said again changes nothing.
const oldestMs = 86_400_000;
const earliestMs = 900_000;
const deadlineMs = 5_000;
const mostRemembered = 64;
const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;
const certificatePath = /^\/SimpleNotificationService-[\w-]{1,128}\.pem$/;

/** The origin of SNS in the region of a topic; null for what is no topic. */
export function snsOrigin(arn: string): string | null {
  const [, partition, region] = topicArn.exec(arn) ?? [];
  if (region === undefined) return null;
  return `https://sns.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`;
}

/** A message of SNS whose parts are what they should be, before its signature is looked at. */
export interface SnsClaim {
  readonly message: SnsMessage;
  /** Of SNS in the region of the topic. */
  readonly origin: string;
  /** Of its certificate, at that origin. */
  readonly certificatePath: string;
}

/** Looks at everything that needs no certificate. Pure; `now` in epoch milliseconds. */
export function readSnsClaim(
  { method, headers, body }: CallbackRequest,
  topics: readonly string[],
  now: number,
): SnsClaim | RefusedCallback {
  if (method !== 'POST') return { refused: 'not a POST' };
  const raw =
    'raw message delivery is switched on for the subscription: such messages are not signed; switch it off';
  if (headers['x-amz-sns-rawdelivery'] === 'true') return { refused: raw };
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return { refused: 'the body is no JSON' };
  }
  if (isObject(json) && json.Type === undefined && ('eventType' in json || 'notificationType' in json))
    return { refused: raw };
  const parsed = snsMessage.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { refused: `no message of SNS: ${issue!.path.join('.') || 'the body'}: ${issue!.message}` };
  }
  const message = parsed.data;
  const origin = snsOrigin(message.TopicArn);
  if (origin === null || !topics.includes(message.TopicArn))
    return { refused: 'of a topic that topic_arn does not name' };
  const at = timestamp.test(message.Timestamp) ? Date.parse(message.Timestamp) : Number.NaN;
  if (Number.isNaN(at)) return { refused: 'its Timestamp is no time' };
  if (at < now - oldestMs || at > now + earliestMs)
    return { refused: 'its Timestamp is more than a day old, or ahead of the clock' };
  const { SigningCertURL: certificate } = message;
  // Compared as it is written: what differs in spelling is somebody else's.
  const path = certificate.startsWith(`${origin}/`) ? certificate.slice(origin.length) : '';
  if (!certificatePath.test(path)) return { refused: `its certificate is not at ${origin}` };
  if (message.Type === 'SubscriptionConfirmation' && !isConfirmation(message, origin))
    return { refused: `its SubscribeURL does not confirm this topic at ${origin}` };
  return { message, origin, certificatePath: path };
}

/** Whether the address says what the message says, at SNS and nowhere else. */
function isConfirmation(
  { SubscribeURL, TopicArn, Token }: SnsMessage & { readonly Token: string; readonly SubscribeURL: string },
  origin: string,
): boolean {
  if (!SubscribeURL.startsWith(`${origin}/`) || !URL.canParse(SubscribeURL)) return false;
  const { pathname, hash, searchParams } = new URL(SubscribeURL);
  const said = [...searchParams].sort(([a], [b]) => (a < b ? -1 : 1)).flat();
  const wanted = ['Action', 'ConfirmSubscription', 'Token', Token, 'TopicArn', TopicArn];
  return pathname === '/' && hash === '' && said.length === 6 && said.every((one, i) => one === wanted[i]);
}

/** Reads what SNS posts about the topics of one channel; remembers certificates and what it confirmed. */
export class SnsCallback {
  readonly #settings: SnsSettings;
  readonly #host: ChannelHost;
  readonly #certificates: SnsCertificates;
  readonly #receiptsOf: (message: string) => readonly Receipt[];
  /** Tokens of subscriptions, the oldest first: each is confirmed once. */
  readonly #confirmed = new Map<string, Promise<CallOffOutcome | null>>();

  /** @param receiptsOf What the text of a notification says of messages. */
  constructor(settings: SnsSettings, host: ChannelHost, receiptsOf: (message: string) => readonly Receipt[]) {
    this.#settings = settings;
    this.#host = host;
    this.#certificates = new SnsCertificates(host);
    this.#receiptsOf = receiptsOf;
  }

  async read(incoming: CallbackRequest, now: number): Promise<CallbackOutcome | CallOffOutcome> {
    const claim = readSnsClaim(incoming, this.#settings.topics, now);
    if ('refused' in claim) return claim;
    const { message, origin } = claim;
    const base = this.#settings.url ?? origin;
    const outcome = await this.#certificates.at(base + claim.certificatePath, now);
    if (!('certificate' in outcome)) return outcome;
    if (!signedByCertificate(message, outcome.certificate)) return { refused: 'the signature is wrong' };
    switch (message.Type) {
      case 'Notification':
        return taken(this.#receiptsOf(message.Message));
      case 'UnsubscribeConfirmation':
        return taken([], `the subscription of ${message.TopicArn} has ended: no more receipts come from it`);
      case 'SubscriptionConfirmation': {
        const { Token, TopicArn } = message;
        const failed = await this.#confirmOnce(base, TopicArn, Token);
        return failed ?? taken([], `the subscription of ${TopicArn} is confirmed`);
      }
    }
  }

  #confirmOnce(base: string, topic: string, token: string): Promise<CallOffOutcome | null> {
    const before = this.#confirmed.get(token);
    if (before !== undefined) return before;
    const confirmed = this.#confirm(base, topic, token).then((failed) => {
      if (failed !== null) this.#confirmed.delete(token);
      return failed;
    });
    this.#confirmed.set(token, confirmed);
    for (const [oldest] of this.#confirmed) {
      if (this.#confirmed.size <= mostRemembered) break;
      this.#confirmed.delete(oldest);
    }
    return confirmed;
  }

  async #confirm(base: string, topic: string, token: string): Promise<CallOffOutcome | null> {
    const query = new URLSearchParams({ Action: 'ConfirmSubscription', TopicArn: topic, Token: token });
    const reply = await request(this.#host, {
      ...{ url: `${base}/?${query}`, method: 'GET', headers: { 'user-agent': 'tocsin' } },
      signal: AbortSignal.timeout(deadlineMs),
    });
    if (reply.kind === 'failure') return { later: `the subscription could not be confirmed: ${reply.code}` };
    if (reply.status === 200) return null;
    const said = `SNS answered the confirmation HTTP ${reply.status}`;
    return reply.status >= 400 && reply.status < 500 && reply.status !== 429
      ? { refused: said }
      : { later: said };
  }
}

function taken(receipts: readonly Receipt[], note?: string): CallbackOutcome {
  return {
    receipts,
    ...(note !== undefined && { note }),
    reply: { status: 200, contentType: 'text/plain; charset=utf-8', body: 'ok\n' },
  };
}
