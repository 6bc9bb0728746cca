// A robot of a Feishu or Lark group (open.feishu.cn, "custom bot usage guide"). It answers HTTP 200 or 400, and `code` says
// how it went. Signed: base64 of HMAC-SHA256 over nothing with the key `timestamp\nsecret`, timestamp in seconds.
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

/** 20 KB for the vendor, of which the signature takes its part. */
const maxBytes = 20_000;
const rates: readonly RateWindow[] = [
  { scope: 'account', calls: 100, perMs: 60_000 },
  { scope: 'account', calls: 5, perMs: 1_000 },
];

const config = z
  .strictObject({
    hook_id: secret(
      z.string().regex(/^[\w-]{8,128}$/, 'must be what follows /open-apis/bot/v2/hook/ in the webhook'),
    ).describe('What follows /open-apis/bot/v2/hook/ in the address that Feishu shows for the robot.'),
    secret: secret(z.string().regex(/^[\x21-\x7e]{8,256}$/, 'must be one word of 8 to 256 characters'))
      .optional()
      .describe('Signs every call, when the robot asks for it.'),
    keyword: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .describe('A keyword of the robot: added to every message that lacks it.'),
    format: z.enum(['card', 'text']).default('card').describe('An interactive card, or plain text.'),
    button: z
      .strictObject({
        title: z.string().min(1).max(20).describe('What stands on it.'),
        url: webhookUrl.describe('Where it leads to.'),
      })
      .optional()
      .describe('A button under the card.'),
    mention: z
      .strictObject({
        users: z
          .array(z.string().regex(/^[\w-]{1,64}$/, 'is not an open_id or user_id'))
          .max(50)
          .default([])
          .describe('open_id (ou_…) or user_id of members.'),
        all: z.boolean().default(false).describe('Everybody in the group.'),
      })
      .optional()
      .describe('Who is called by name in every message.'),
    max_alerts: z.int().min(1).max(100).default(20).describe('Alerts in one message; the rest is counted.'),
    base_url: webhookUrl
      .default('https://open.feishu.cn')
      .describe('`https://open.larksuite.com` for Lark; another one for a proxy or a test.'),
  })
  .refine((settings) => settings.button === undefined || settings.format === 'card', {
    path: ['button'],
    error: 'belongs to the format card',
  });
type Settings = z.output<typeof config>;

const larkMd: Dialect = {
  escape: escapeMarks,
  bold: (escaped) => `**${escaped}**`,
  link: (label, url) => `[${label}](${url})`,
  toned: (escaped) => escaped, // the head of the card has the colour
  line: '\n',
  paragraph: '\n\n',
};
const templates = { firing: 'red', resolved: 'green', event: 'blue' } as const;

/** The field `sign`. @param timestamp Epoch seconds. */
export function feishuSign(key: string, timestamp: number): string {
  return createHmac('sha256', `${timestamp}\n${key}`).update('').digest('base64');
}

function render(message: AlertMessage, { config: settings, locale, words }: RenderContext<Settings>): string {
  const { format, mention, button } = settings;
  const dialect = format === 'text' ? plainDialect : larkMd;
  const own = actionsOf(message, texts[locale]).map(({ title, url }) => ({ title, url }));
  const buttons = format === 'text' ? [] : [...own, ...(button === undefined ? [] : [button])];
  const called = [...(mention?.users ?? []), ...(mention?.all === true ? ['all'] : [])];
  const mentions = called
    .map((who) => (format === 'text' ? `<at user_id="${who}"></at>` : `<at id=${who}></at>`))
    .join(' ');
  // Room for the signature, which is added when it is sent.
  return fitted(maxBytes - 200, maxBytes - 4_000, (textBytes) => {
    let title = '';
    let tone: keyof typeof templates = 'firing';
    const body = (room: number) => {
      const limits = { maxAlerts: settings.max_alerts, maxBytes: room - 700, buttons: buttons.length > 0 };
      const made = card(message, { locale, words }, dialect, limits);
      title = wellFormed(made.title);
      tone = made.tone;
      return format === 'text' ? `${dialect.escape(made.title)}${dialect.paragraph}${made.text}` : made.text;
    };
    const text = endingIn(body, { keyword: settings.keyword, mentions }, textBytes);
    if (format === 'text') return JSON.stringify({ msg_type: 'text', content: { text } });
    const elements: object[] = [{ tag: 'div', text: { tag: 'lark_md', content: text } }];
    if (buttons.length > 0)
      elements.push({
        tag: 'action',
        actions: buttons.map(({ title: name, url }, i) => ({
          tag: 'button',
          text: { tag: 'plain_text', content: name },
          url,
          type: i === 0 ? 'primary' : 'default',
        })),
      });
    return JSON.stringify({
      msg_type: 'interactive',
      card: {
        config: { wide_screen_mode: true },
        header: { title: { tag: 'plain_text', content: title }, template: templates[tone] },
        elements,
      },
    });
  });
}

/** From the vendor's guide, and from what its server was seen to answer. */
function meaning(code: number, words: string): Verdict | undefined {
  const tooMany = { kind: 'rate_limited', scope: 'account', retryAfterMs: 60_000 } as const;
  if (words.includes('too many request') || words.includes('frequency limit')) return tooMany;
  switch (code) {
    case 11232:
    case 99991400:
      return tooMany;
    case 19021: // signature or timestamp
    case 19022: // address not in the list
    case 19024: // keyword
    case 19001: // no such robot
      return { kind: 'auth' };
    case 19036:
      return { kind: 'payload_too_large' };
    default:
      return undefined; // 9499 without these words among them: the request is wrong
  }
}
const codes = { codeField: 'code', messageField: 'msg', meaning };

export const feishu = defineChannel({
  kind: 'feishu',
  label: { en: 'Feishu or Lark robot', 'zh-TW': '飛書機器人', 'zh-CN': '飞书机器人' },
  config,
  limits: { maxBytes, concurrency: 4, deadlineMs: 15_000, rates },
  docs: {
    text: `The robot of a Feishu or Lark group: group settings, Bots, Custom Bot. \`hook_id\` is the end of the address that is shown there; for Lark set \`base_url\` as well. Each security setting that is switched on belongs here: the signature as \`secret\`, a keyword as \`keyword\`; an address list has to hold the address of this machine. A person is mentioned by \`open_id\` (\`ou_…\`) or \`user_id\`. Feishu sends no receipts.

Keyword and mentions stand in every message, also in the one that says that it is over. Marks in labels and texts become their wide twins (\`＜\`, \`＊\`): no label calls anybody, makes a link or ends a mark.`,
    answers: [
      ['`0`', 'sent'],
      [
        '`11232`, `99991400`, and words of too many, e.g. `9499 too many request`: a minute, or what Retry-After asks',
        'rate_limited',
      ],
      ['`19036`', 'payload_too_large'],
      ['`19021` (signature or time), `19022` (address), `19024` (keyword), `19001` (no such robot)', 'auth'],
      ['an HTTP error without a code, e.g. `HTTP 502`', 'transient'],
      ['others, e.g. `9499`', 'permanent'],
    ],
  },
  dialect: larkMd,
  account: (settings) =>
    createHash('sha256').update(`feishu ${settings.hook_id.reveal()}`).digest('hex').slice(0, 16),
  render,
  open(settings, host) {
    const hook = settings.hook_id.reveal();
    const key = settings.secret?.reveal();
    return {
      async send(body, context) {
        const timestamp = Math.floor(context.now / 1000);
        const sign = key === undefined ? undefined : feishuSign(key, timestamp);
        const outcome = await request(host, {
          url: endpoint(settings.base_url, `/open-apis/bot/v2/hook/${hook}`),
          method: 'POST',
          headers: { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'tocsin' },
          body:
            sign === undefined
              ? body
              : `{"timestamp":"${timestamp}","sign":${JSON.stringify(sign)},${body.slice(1)}`,
          signal: context.signal,
        });
        const secrets = [hook, key, sign].filter((each) => each !== undefined);
        const reply = readVendorReply(outcome, codes, secrets, context.now);
        return reply.ok ? { kind: 'sent' } : reply.failure;
      },
      async close() {},
    };
  },
});
