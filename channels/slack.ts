// Slack, by an incoming webhook or as a bot. A bot keeps the messages of a group in one thread; a webhook learns no
// `ts` of what it posted, so there every message stands in the channel itself.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import {
  type ChannelHost,
  type ChannelInstance,
  defineChannel,
  type SendContext,
  type SendResult,
} from './channel.ts';
import { request } from './http.ts';
import { secret } from './secret.ts';
import { answerOfApi, resultOfWebhook, slackAnswers } from './slack-answer.ts';
import { type SlackMessage, slackDialect, slackMessage } from './slack-message.ts';
import { metadataType, type SlackAccess, SlackThreads } from './slack-threads.ts';

const config = z
  .strictObject({
    webhook_url: secret(z.url({ protocol: /^https?$/ }).max(2_048))
      .optional()
      .describe('An incoming webhook (https://hooks.slack.com/services/…).'),
    token: secret(z.string().regex(/^[\x21-\x7e]{10,512}$/, 'must be the token of a bot, e.g. xoxb-…'))
      .optional()
      .describe('Token of a bot (xoxb-…) with the right chat:write; needs `channel`.'),
    channel: z
      .string()
      .regex(/^[^\s\p{C}]{1,200}$/u, 'must be the id of a channel, e.g. C012AB3CD')
      .optional()
      .describe('Where the bot posts: the id of a channel that it is a member of (C…).'),
    mentions: z
      .array(
        z
          .string()
          .regex(
            /^(here|channel|everyone|[UWS][A-Z0-9]{2,30})$/,
            'must be here, channel, everyone, or the id of a person (U…, W…) or of a group of people (S…)',
          ),
      )
      .max(20)
      .default([])
      .describe('Who is called by what fires: here, channel, everyone, U…, W… or S….'),
    threads: z
      .boolean()
      .default(true)
      .describe(
        'A bot keeps the messages of a group in one thread; with channels:history also over a restart.',
      ),
    broadcast: z
      .boolean()
      .default(true)
      .describe(
        'Replies in a thread are shown in the channel too, except when only some alerts are resolved.',
      ),
    max_alerts: z.int().min(1).max(100).default(20).describe('Alerts in one message; the rest is counted.'),
    base_url: z
      .url({ protocol: /^https?$/ })
      .max(2_048)
      .transform((url) => url.replace(/\/+$/, ''))
      .prefault('https://slack.com/api')
      .describe('Where the Web API of the bot is, for a proxy or a test.'),
  })
  .superRefine((given, context) => {
    const { webhook_url, token, channel } = given;
    if ((webhook_url === undefined) === (token === undefined))
      context.addIssue({ code: 'custom', message: 'expected either webhook_url, or token and channel' });
    else if ((token === undefined) !== (channel === undefined))
      context.addIssue({ code: 'custom', path: ['channel'], message: 'expected together with token' });
  });
type Config = z.output<typeof config>;

export const slack = defineChannel({
  kind: 'slack',
  label: { en: 'Slack', 'zh-TW': 'Slack', 'zh-CN': 'Slack' },
  config,
  limits: {
    maxBytes: 16 * 1024,
    concurrency: 4,
    deadlineMs: 15_000,
    // "one message per second per channel", https://docs.slack.dev/apis/web-api/rate-limits
    rates: [{ scope: 'account', calls: 1, perMs: 1_000 }],
  },
  docs: {
    text: `Either an incoming webhook (\`webhook_url\`) or a bot (\`token\` and \`channel\`). The bot's token stands under OAuth & Permissions of the app, with the right \`chat:write\`; the bot has to be invited to the channel, whose id stands at the end of View channel details. Only \`mentions\` calls people: whatever stands in labels and annotations is escaped and not parsed by Slack. What says that all is well calls nobody. Slack sends no receipts, and there are no buttons.

**Threads.** The first message begins a thread, everything else of the group is a reply until the group is resolved; events stand alone. The parents of the latest 10,000 groups are remembered in memory. After a restart one is found again by the metadata of the bot's messages, if the app has \`channels:history\` (or \`groups:history\`), \`channel\` is an id, and the thread is among the newest 200 messages of the last week; otherwise the next message begins a new thread. A webhook learns no id of what it posted and has no threads.`,
    answers: slackAnswers,
  },
  dialect: slackDialect,
  address: z
    .string()
    .regex(
      /^[CDGUW][A-Z0-9]{2,30}$/,
      'must be the id of a person (U…, W…) or of a conversation (C…, D…, G…)',
    ),
  // A webhook writes to the channel that it was made for.
  reachesPeople: ({ token }) => token !== undefined,
  // Slack counts by the channel posted to, whoever configured it.
  account({ webhook_url, token, channel }) {
    const place = JSON.stringify([webhook_url?.reveal(), token?.reveal(), channel]);
    return `slack:${createHash('sha256').update(place).digest('hex').slice(0, 16)}`;
  },
  render: (message, { config: { mentions, max_alerts: maxAlerts }, locale, words }) =>
    slackMessage(message, { locale, words, mentions, maxAlerts }),
  open(settings, host) {
    const { webhook_url: webhookUrl } = settings;
    if (webhookUrl === undefined) return bot(settings, host);
    return {
      async send({ text, blocks: sections, buttons }, { now, signal, to }) {
        if (to !== undefined)
          return { kind: 'invalid_recipient', message: 'A webhook of Slack writes to its channel alone.' };
        const outcome = await request(host, {
          url: webhookUrl.reveal(),
          method: 'POST',
          headers: { 'content-type': 'application/json', 'user-agent': 'tocsin' },
          body: JSON.stringify({ text, blocks: buttons ? [...sections, buttons] : sections, ...quiet }),
          signal,
        });
        return resultOfWebhook(outcome, now);
      },
      async close() {},
    };
  },
});

// What a message links to is not fetched and shown by Slack.
const quiet = { unfurl_links: false, unfurl_media: false };

function bot(
  { token, channel, threads, broadcast, base_url: baseUrl }: Config,
  host: ChannelHost,
): ChannelInstance<SlackMessage> {
  if (token === undefined || channel === undefined)
    throw new Error('a configuration of Slack that did not pass the schema');
  const headers = { authorization: `Bearer ${token.reveal()}`, 'user-agent': 'tocsin' };
  const access: SlackAccess = { baseUrl, channel, headers };
  const known = new SlackThreads(access, host);

  const call = async (method: string, body: object, { now, signal }: Pick<SendContext, 'now' | 'signal'>) =>
    answerOfApi(
      await request(host, {
        url: `${baseUrl}/${method}`,
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
        body: JSON.stringify(body),
        signal,
      }),
      now,
    );

  return {
    async send(message: SlackMessage, context: SendContext): Promise<SendResult> {
      const { text, blocks: sections, buttons, group, status } = message;
      const parent = threads ? await known.parentOf(message, context) : null;
      const body = {
        channel: context.to ?? channel,
        text,
        blocks: buttons ? [...sections, buttons] : sections,
        ...quiet,
        ...(parent !== null && { thread_ts: parent, reply_broadcast: broadcast && message.aloud }),
        metadata: {
          event_type: metadataType,
          event_payload: { group, status, delivery_id: context.deliveryId },
        },
      };
      const answer = await call('chat.postMessage', body, context);
      if (!answer.ok) {
        if (answer.threadGone) known.forget(message, context);
        return answer.result;
      }
      const { ts, channel: id } = answer.said;
      if (typeof ts !== 'string') return { kind: 'sent' };
      if (threads) known.posted(message, parent, ts, context);
      return { kind: 'sent', providerId: `${typeof id === 'string' ? id : body.channel}:${ts}` };
    },
    async verify(context: Pick<SendContext, 'now' | 'signal'>): Promise<SendResult> {
      const answer = await call('auth.test', {}, context);
      return answer.ok ? { kind: 'sent', detail: 'Slack knows the token.' } : answer.result;
    },
    async close() {},
  };
}
