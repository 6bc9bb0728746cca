// A robot of a DingTalk group (open.dingtalk.com, "custom robot access"). It answers HTTP 200 whatever happens: `errcode`
// says how it went. Signed: base64 of HMAC-SHA256 over `timestamp\nsecret` with the secret, timestamp in milliseconds.
import { createHash, createHmac } from 'node:crypto';
import { z } from 'zod';
import { actionsOf } from './actions.ts';
import { card } from './card.ts';
import { type Dialect, defineChannel, type RateWindow, type RenderContext } from './channel.ts';
import { endingIn, endpoint, escapeMarks, fitted, plainDialect, wellFormed } from './chat-text.ts';
import { request } from './http.ts';
import type { AlertMessage } from './message.ts';
import { secret } from './secret.ts';
import { texts } from './texts.ts';
import { readVendorReply, type Verdict } from './vendor-reply.ts';
import { webhookUrl } from './webhook.ts';

const maxBytes = 20_000;
const robotRates: readonly RateWindow[] = [{ scope: 'account', calls: 20, perMs: 60_000 }];
/** Who sends too often is blocked for so long. */
const penaltyMs = 600_000;
const name = z.string().regex(/^[\w.@$-]{1,64}$/, 'is not a user id');
const mobile = z.string().regex(/^(?:\+\d{1,4}-)?\d{5,15}$/, 'is not a mobile number, e.g. 13800001111');

const config = z
  .strictObject({
    access_token: secret(
      z.string().regex(/^[\w-]{8,128}$/, 'must be what follows access_token= in the webhook'),
    ).describe('What follows access_token= in the address that DingTalk shows for the robot.'),
    secret: secret(z.string().regex(/^[\x21-\x7e]{8,256}$/, 'must be one word of 8 to 256 characters'))
      .optional()
      .describe('Signs every call, when the robot asks for it (SEC…).'),
    keyword: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .describe('A keyword of the robot: added to every message that lacks it.'),
    format: z
      .enum(['markdown', 'text', 'action_card'])
      .default('markdown')
      .describe('What is sent; action_card needs a button.'),
    button: z
      .strictObject({
        title: z.string().min(1).max(20).describe('What stands on it.'),
        url: webhookUrl.describe('Where it leads to.'),
      })
      .optional()
      .describe('The button of an action_card.'),
    mention: z
      .strictObject({
        mobiles: z.array(mobile).max(50).default([]).describe('Mobile numbers of members.'),
        users: z.array(name).max(50).default([]).describe('User ids of members.'),
        all: z.boolean().default(false).describe('Everybody in the group.'),
      })
      .optional()
      .describe('Who is called by name in every message.'),
    max_alerts: z.int().min(1).max(100).default(20).describe('Alerts in one message; the rest is counted.'),
    base_url: webhookUrl
      .default('https://oapi.dingtalk.com')
      .describe('In place of the address of the provider, for a proxy or a test.'),
  })
  .refine((settings) => (settings.format === 'action_card') === (settings.button !== undefined), {
    path: ['button'],
    error: 'belongs to the format action_card, which needs one',
  })
  .refine((settings) => settings.format !== 'action_card' || settings.mention === undefined, {
    path: ['mention'],
    error: 'is not possible in an action_card; use markdown or text',
  });
type Settings = z.output<typeof config>;

const markdown: Dialect = {
  escape: escapeMarks,
  bold: (escaped) => `**${escaped}**`,
  link: (label, url) => `[${label}](${url})`,
  toned: (escaped, tone) => `<font color="${tones[tone]}">${escaped}</font>`,
  line: '  \n', // two spaces: a line break alone is none in its Markdown
  paragraph: '\n\n',
};
const tones = { firing: '#d93026', resolved: '#188038', event: '#5f6368' } as const;

/** The query parameter `sign`, before it is encoded. @param timestamp Epoch milliseconds. */
export function dingtalkSign(key: string, timestamp: number): string {
  return createHmac('sha256', key).update(`${timestamp}\n${key}`).digest('base64');
}

function render(message: AlertMessage, { config: settings, locale, words }: RenderContext<Settings>): string {
  const { format, mention } = settings;
  const dialect = format === 'text' ? plainDialect : markdown;
  // A mention is in `at`, and shows where the text has it.
  const mentions = [...(mention?.mobiles ?? []), ...(mention?.users ?? [])].map((who) => `@${who}`).join(' ');
  const at = mention && {
    at: { atMobiles: mention.mobiles, atUserIds: mention.users, isAtAll: mention.all },
  };
  return fitted(maxBytes, maxBytes - 4_000, (textBytes) => {
    let title = '';
    const body = (room: number) => {
      const limits = {
        maxAlerts: settings.max_alerts,
        maxBytes: room - 700,
        buttons: settings.button !== undefined,
      };
      const made = card(message, { locale, words }, dialect, limits);
      title = wellFormed(made.title);
      const head = dialect.escape(made.title);
      return `${format === 'text' ? head : `#### ${head}`}${dialect.paragraph}${made.text}`;
    };
    const text = endingIn(body, { keyword: settings.keyword, mentions }, textBytes);
    if (format === 'text') return JSON.stringify({ msgtype: 'text', text: { content: text }, ...at });
    if (settings.button === undefined)
      return JSON.stringify({ msgtype: 'markdown', markdown: { title, text }, ...at });
    const actions = actionsOf(message, texts[locale]);
    if (actions.length > 0) {
      const btns = [...actions, settings.button].map(({ title: name, url }) => ({
        title: name,
        actionURL: url,
      }));
      return JSON.stringify({
        msgtype: 'actionCard',
        actionCard: { title, text, btnOrientation: '1', btns },
      });
    }
    const { title: singleTitle, url: singleURL } = settings.button;
    return JSON.stringify({ msgtype: 'actionCard', actionCard: { title, text, singleTitle, singleURL } });
  });
}

/** From the vendor's list of errors, and from what its server was seen to answer. */
function meaning(code: number, words: string): Verdict | undefined {
  switch (code) {
    case 130101:
    case 410100:
      return { kind: 'rate_limited', scope: 'account', retryAfterMs: penaltyMs };
    case 460101:
    case 101002:
      return { kind: 'payload_too_large' };
    case 310000: // signature, keyword, address or time: one code, its words say which
    case 300001:
    case 300005:
    case 400101:
    case 400102:
    case 400106:
    case 400013:
    case 40035:
    case 88:
      return words.includes('too fast')
        ? { kind: 'rate_limited', scope: 'account', retryAfterMs: penaltyMs }
        : { kind: 'auth' };
    case -1:
      return { kind: 'transient' };
    default:
      return words.includes('too fast') || words.includes('frequency')
        ? { kind: 'rate_limited', scope: 'account', retryAfterMs: penaltyMs }
        : undefined;
  }
}
const codes = { codeField: 'errcode', messageField: 'errmsg', meaning };

/** The gate in front of the robot answers in words of its own: `{"status":1111,"wait":5,"punish":"deny"}`. */
const punished = /^\s*\{[^{}]{0,300}"punish"\s*:\s*"deny"/;

export const dingtalk = defineChannel({
  kind: 'dingtalk',
  label: { en: 'DingTalk robot', 'zh-TW': '釘釘機器人', 'zh-CN': '钉钉机器人' },
  config,
  limits: { maxBytes, concurrency: 2, deadlineMs: 15_000, rates: robotRates },
  docs: {
    text: `The robot of a DingTalk group: group settings, robots, Custom. \`access_token\` is the end of the address that is shown there. Each security setting that is switched on belongs here: the signature as \`secret\`, a keyword as \`keyword\`; an address list has to hold the address of this machine. 20 messages a minute; who sends more is blocked for ten minutes, so what waits is sent together. DingTalk sends no receipts.

Keyword and mentions stand in every message, also in the one that says that it is over. Marks in labels and texts become their wide twins (\`＜\`, \`＊\`): no label calls anybody, makes a link or ends a mark.`,
    answers: [
      ['`0`', 'sent'],
      [
        '`130101`, `410100`, `punish` (the gate in front of the robot), and words of too many, e.g. `310000 send too fast`: ten minutes',
        'rate_limited',
      ],
      ['`460101`, `101002`', 'payload_too_large'],
      [
        '`310000` (signature, keyword, address or time: its words say which), `300001`, `300005`, `400013`, `400101`, `400102`, `400106`, `40035`, `88`',
        'auth',
      ],
      ['`-1`, and an HTTP error without a code, e.g. `HTTP 502`', 'transient'],
      ['others, e.g. `400002`', 'permanent'],
    ],
  },
  dialect: markdown,
  account: (settings) =>
    createHash('sha256').update(`dingtalk ${settings.access_token.reveal()}`).digest('hex').slice(0, 16),
  render,
  open(settings, host) {
    const token = settings.access_token.reveal();
    const key = settings.secret?.reveal();
    return {
      async send(body, context) {
        const signed: Record<string, string> =
          key === undefined ? {} : { timestamp: String(context.now), sign: dingtalkSign(key, context.now) };
        const outcome = await request(host, {
          url: endpoint(settings.base_url, '/robot/send', { access_token: token, ...signed }),
          method: 'POST',
          headers: { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'tocsin' },
          body,
          signal: context.signal,
        });
        if (outcome.kind === 'reply' && punished.test(outcome.body))
          return {
            ...{ kind: 'rate_limited', scope: 'account', retryAfterMs: penaltyMs, code: 'punish' },
            message: 'The provider refuses calls for a while: there were too many.',
          };
        const secrets = [token, key, signed.sign].filter((each) => each !== undefined);
        const reply = readVendorReply(outcome, codes, secrets, context.now);
        return reply.ok ? { kind: 'sent' } : reply.failure;
      },
      async close() {},
    };
  },
});
