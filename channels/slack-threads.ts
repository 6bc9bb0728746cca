// Which thread a group's messages go to. The parents are remembered in memory, the latest 10,000; after a restart one is
// found again by the metadata that every message carries, as long as it stands among the newest 200 of the channel.
import type { ChannelHost, SendContext } from './channel.ts';
import { request } from './http.ts';
import { answerOfApi } from './slack-answer.ts';
import type { SlackMessage } from './slack-message.ts';

const mostThreads = 10_000;
const searchedMessages = 200;
const searchedSeconds = 7 * 86_400;
// A search that failed would fail again at once, and must not cost the message its attempts.
const restAfterFailureMs = 60_000;
const restWithoutRightMs = 3_600_000;

export const metadataType = 'tocsin_alert_group';

export interface SlackAccess {
  readonly baseUrl: string;
  readonly channel: string;
  readonly headers: Readonly<Record<string, string>>;
}

export class SlackThreads {
  /** By group and place, the one that was used last at the end. */
  readonly #parents = new Map<string, string>();
  readonly #access: SlackAccess;
  readonly #host: ChannelHost;
  #restUntil = 0;

  constructor(access: SlackAccess, host: ChannelHost) {
    this.#access = access;
    this.#host = host;
  }

  /** `ts` of the message to reply to; null: the message begins a thread, or stands alone. */
  async parentOf(
    { group, place }: SlackMessage,
    context: Pick<SendContext, 'now' | 'signal' | 'to'>,
  ): Promise<string | null> {
    if (place !== 'follows') return null;
    const known = this.#parents.get(keyOf(group, context));
    if (known !== undefined) return known;
    // What was written to one person is looked up nowhere: it stands in a conversation whose id we may not have.
    if (context.to !== undefined || context.now < this.#restUntil) return null;
    const found = await this.#search(group, context);
    if (found !== null) this.#remember(group, found);
    return found;
  }

  /** What was posted: a thread begins with it, goes on, or is over. */
  posted(
    { group, place, status }: SlackMessage,
    parent: string | null,
    ts: string,
    where: Pick<SendContext, 'to'>,
  ): void {
    if (place === 'alone') return;
    const key = keyOf(group, where);
    if (status === 'resolved') this.#parents.delete(key);
    else this.#remember(key, parent ?? ts);
  }

  /** The parent takes no replies any more. */
  forget({ group }: SlackMessage, where: Pick<SendContext, 'to'>): void {
    this.#parents.delete(keyOf(group, where));
  }

  #remember(key: string, ts: string): void {
    this.#parents.delete(key);
    this.#parents.set(key, ts);
    if (this.#parents.size > mostThreads) this.#parents.delete(this.#parents.keys().next().value!);
  }

  async #search(group: string, { now, signal }: Pick<SendContext, 'now' | 'signal'>): Promise<string | null> {
    const query = new URLSearchParams({
      channel: this.#access.channel,
      include_all_metadata: 'true',
      limit: String(searchedMessages),
      oldest: String(Math.max(0, Math.floor(now / 1000) - searchedSeconds)),
    });
    const url = `${this.#access.baseUrl}/conversations.history?${query}`;
    // 200 messages with their metadata and blocks: some 10 KB each at the most.
    const maxReplyBytes = 2 * 1024 * 1024;
    const { headers } = this.#access;
    const outcome = await request(this.#host, { url, method: 'GET', headers, signal, maxReplyBytes });
    const answer = answerOfApi(outcome, now);
    if (answer.ok) return newestOf(answer.said.messages, group);
    const { kind, retryAfterMs } = answer.result;
    const rest = kind === 'auth' || kind === 'invalid_recipient' ? restWithoutRightMs : restAfterFailureMs;
    this.#restUntil = now + Math.max(rest, retryAfterMs ?? 0);
    return null;
  }
}

/** A group has a thread in each place. */
function keyOf(group: string, { to }: Pick<SendContext, 'to'>): string {
  return to === undefined ? group : `${group} ${to}`;
}

interface HistoryMessage {
  readonly ts?: unknown;
  readonly thread_ts?: unknown;
  readonly metadata?: { readonly event_type?: unknown; readonly event_payload?: Record<string, unknown> };
}

/** The parent that the newest message of the group belongs to; null when there is none, or it said that all is well. */
function newestOf(messages: unknown, group: string): string | null {
  if (!Array.isArray(messages)) return null;
  for (const each of messages as (HistoryMessage | null)[]) {
    const payload = each?.metadata?.event_payload;
    if (each?.metadata?.event_type !== metadataType || payload?.group !== group) continue;
    if (payload.status === 'resolved') return null;
    const parent = each.thread_ts ?? each.ts;
    return typeof parent === 'string' ? parent : null;
  }
  return null;
}
