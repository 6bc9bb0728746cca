// Slack: incoming webhooks and the part of the Web API that a bot needs, strict about types, marks, sizes, rights and
// one message a second for each channel. The error bodies are the vendor's.
import { z } from 'zod';
import {
  type Provider,
  type ProviderOptions,
  type ProviderReply,
  type ProviderRequest,
  type ProviderVerdict,
  SlidingWindow,
  startProvider,
} from './provider.ts';

export interface SlackOptions extends ProviderOptions {
  /** Path of the one incoming webhook there is. */
  readonly webhookPath: string;
  readonly token: string;
  /** Rights of the token, e.g. `chat:write`, `channels:history`. */
  readonly scopes: readonly string[];
  /** Ids of the channels that the bot is a member of. */
  readonly channels: readonly string[];
}

export interface SlackPost {
  readonly channel: string;
  readonly ts: string;
  /** Of the parent, for a reply. */
  readonly thread: string | null;
  readonly broadcast: boolean;
  /** What stands on the phone. */
  readonly text: string;
  /** What is read, block by block. */
  readonly sections: readonly string[];
  /** Who is called: `here`, `U…`, `S…`. */
  readonly mentions: readonly string[];
  readonly metadata: { readonly event_type: string; readonly event_payload: Record<string, unknown> } | null;
}

export interface Slack extends Provider<SlackPost> {
  readonly webhookUrl: string;
  readonly apiUrl: string;
  /** From now on the token is refused with this word. */
  revoke(word: 'token_revoked' | 'account_inactive' | 'invalid_auth'): void;
  /** From now on the channel (the webhook's too) is archived. */
  archive(channel: string): void;
  /** A person deletes the message; a thread below it takes no more replies. */
  remove(ts: string): void;
}

const section = z.strictObject({
  type: z.literal('section'),
  text: z.strictObject({
    type: z.literal('mrkdwn'),
    text: z.string().min(1).max(3_000, 'must be less than 3001 characters'),
    verbatim: z.boolean().optional(),
  }),
});
// https://docs.slack.dev/reference/block-kit/blocks/actions-block
const actions = z.strictObject({
  type: z.literal('actions'),
  elements: z
    .array(
      z.strictObject({
        type: z.literal('button'),
        text: z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(75) }),
        url: z.url().max(3_000),
        action_id: z.string().min(1).max(255),
      }),
    )
    .min(1)
    .max(25),
});
const content = {
  text: z.string().max(40_000),
  blocks: z
    .array(z.discriminatedUnion('type', [section, actions]))
    .max(50)
    .optional(),
  unfurl_links: z.boolean().optional(),
  unfurl_media: z.boolean().optional(),
};
const hookBody = z.strictObject(content);
const postBody = z.strictObject({
  ...content,
  channel: z.string(),
  thread_ts: z.string().optional(),
  reply_broadcast: z.boolean().optional(),
  metadata: z
    .strictObject({
      event_type: z.string().regex(/^[a-z0-9_]{1,255}$/),
      event_payload: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    })
    .optional(),
});

const hookChannel = 'C0HOOK';
// Measured by a user: 9,597 characters were taken, 11,341 refused; the figure is not documented.
const mostCharactersInBlocks = 10_000;

export async function startSlack(options: SlackOptions): Promise<Slack> {
  const posts: SlackPost[] = [];
  const windows = new Map<string, SlidingWindow>();
  const archived = new Set<string>();
  const removed = new Set<string>();
  let refusal: string | null = null;

  const word = (status: number, body: string): ProviderVerdict<SlackPost> => ({
    reply: { status, headers: { 'content-type': 'text/html' }, body },
  });
  const no = (error: string, more: object = {}, status = 200): ProviderVerdict<SlackPost> => ({
    reply: { status, body: { ok: false, error, ...more } },
  });
  const slow = (): ProviderReply => ({
    status: 429,
    headers: { 'retry-after': '1' },
    body: { ok: false, error: 'ratelimited' },
  });
  const inTime = (channel: string, now: number) => {
    const window = windows.get(channel) ?? new SlidingWindow(1, 1_000);
    windows.set(channel, window);
    return window.take(now);
  };

  function post(channel: string, body: z.output<typeof postBody>, now: number): SlackPost {
    const sections = (body.blocks ?? []).flatMap((block) =>
      block.type === 'section' ? [block.text.text] : [],
    );
    const made: SlackPost = {
      channel,
      ts: `${Math.floor(now / 1_000)}.${String(posts.length + 1).padStart(6, '0')}`,
      thread: body.thread_ts ?? null,
      broadcast: body.reply_broadcast ?? false,
      text: body.text,
      sections,
      // Where there are blocks, they are what is read and what calls people.
      mentions: (sections.length > 0 ? sections : [body.text]).flatMap(mentionsIn),
      metadata: body.metadata ?? null,
    };
    posts.push(made);
    return made;
  }

  function hook(request: ProviderRequest): ProviderVerdict<SlackPost> {
    if (request.pathname !== options.webhookPath) return word(404, 'no_service');
    if (!/^application\/json(;|$)/.test(request.headers['content-type'] ?? ''))
      return word(400, 'invalid_payload');
    const body = hookBody.safeParse(jsonOf(request.body));
    if (!body.success) return word(400, 'invalid_payload');
    if (body.data.text === '' && !body.data.blocks?.length) return word(400, 'no_text');
    if (archived.has(hookChannel)) return word(410, 'channel_is_archived');
    if (!inTime(hookChannel, request.now)) return { reply: slow() };
    const accepted = [post(hookChannel, { ...body.data, channel: hookChannel }, request.now)];
    return { reply: { status: 200, headers: { 'content-type': 'text/html' }, body: 'ok' }, accepted };
  }

  function postMessage(request: ProviderRequest): ProviderVerdict<SlackPost> {
    if (!/^application\/json; ?charset=utf-8$/.test(request.headers['content-type'] ?? ''))
      return no('invalid_post_type');
    const body = postBody.safeParse(jsonOf(request.body));
    if (!body.success) {
      const [issue] = body.error.issues;
      const where = issue?.path.join('/') ?? '';
      const messages = [`[ERROR] ${issue?.message} [json-pointer:/${where}]`];
      const error = where.startsWith('blocks') ? 'invalid_blocks' : 'invalid_arguments';
      return no(error, { response_metadata: { messages } });
    }
    const { channel, text, blocks = [], thread_ts: thread } = body.data;
    if (!options.channels.includes(channel)) return no('channel_not_found');
    if (archived.has(channel)) return no('is_archived');
    if (text === '' && blocks.length === 0) return no('no_text');
    const length = blocks.reduce(
      (sum, block) => sum + (block.type === 'section' ? block.text.text.length : 0),
      0,
    );
    if (length > mostCharactersInBlocks) return no('msg_blocks_too_long');
    const parent = posts.find(({ ts }) => ts === thread);
    if (thread !== undefined && (!parent || parent.thread !== null || removed.has(thread)))
      return no('thread_not_found');
    if (!inTime(channel, request.now)) return { reply: slow() };
    const made = post(channel, body.data, request.now);
    return { reply: { status: 200, body: { ok: true, channel, ts: made.ts } }, accepted: [made] };
  }

  function history(request: ProviderRequest): ProviderVerdict<SlackPost> {
    if (!options.scopes.includes('channels:history'))
      return no('missing_scope', { needed: 'channels:history', provided: options.scopes.join(',') });
    const channel = request.query.get('channel') ?? '';
    if (!options.channels.includes(channel)) return no('channel_not_found');
    const oldest = Number(request.query.get('oldest') ?? 0);
    const limit = Math.min(999, Number(request.query.get('limit') ?? 100));
    const seen = posts.filter(
      (each) =>
        each.channel === channel &&
        !removed.has(each.ts) &&
        Number(each.ts) >= oldest &&
        (each.thread === null || each.broadcast),
    );
    const all = request.query.get('include_all_metadata') === 'true';
    const messages = seen
      .reverse()
      .slice(0, limit)
      .map(({ ts, thread, text, metadata }) => ({
        type: 'message',
        ...(thread !== null && { subtype: 'thread_broadcast', thread_ts: thread }),
        ts,
        text,
        ...(metadata && { metadata: all ? metadata : { event_type: metadata.event_type } }),
      }));
    return { reply: { status: 200, body: { ok: true, messages, has_more: seen.length > limit } } };
  }

  function api(method: string, request: ProviderRequest): ProviderVerdict<SlackPost> {
    const given = request.headers.authorization;
    if (given === undefined) return no('not_authed');
    if (given !== `Bearer ${options.token}`) return no('invalid_auth');
    if (refusal !== null) return no(refusal);
    switch (`${request.method} ${method}`) {
      case 'POST chat.postMessage':
        if (options.scopes.includes('chat:write')) return postMessage(request);
        return no('missing_scope', { needed: 'chat:write', provided: options.scopes.join(',') });
      case 'GET conversations.history':
        return history(request);
      case 'POST auth.test':
        return { reply: { status: 200, body: { ok: true, team: 'Tocsin', user: 'tocsin' } } };
      default:
        return no('unknown_method');
    }
  }

  const provider = await startProvider<SlackPost>(options, (request) => {
    if (request.pathname.startsWith('/api/')) return api(request.pathname.slice('/api/'.length), request);
    return request.method === 'POST' ? hook(request) : word(405, 'Method Not Allowed');
  });
  return Object.assign(provider, {
    webhookUrl: `${provider.url}${options.webhookPath}`,
    apiUrl: `${provider.url}/api`,
    revoke(with_: string) {
      refusal = with_;
    },
    archive(channel: string) {
      archived.add(channel);
    },
    remove(ts: string) {
      removed.add(ts);
    },
  });
}

/** Whoever Slack would call: `<@U…>`, `<!here>`, `<!subteam^S…>`. */
function mentionsIn(text: string): string[] {
  return [
    ...text.matchAll(/<(?:@([UW][A-Z0-9]+)|!subteam\^(S[A-Z0-9]+)|!(here|channel|everyone))(?:\|[^>]*)?>/g),
  ].map(([, person, group, word]) => person ?? group ?? word!);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
