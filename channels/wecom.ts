// WeCom (企業微信): the robot of a group, or an app that writes to members (developer.work.weixin.qq.com, "message push" and
// "send application messages"). Both answer HTTP 200 whatever happens: `errcode` says how it went.
import { createHash } from 'node:crypto';
import {
  type ChannelHost,
  type ChannelInstance,
  defineChannel,
  type SendAccepted,
  type SendContext,
  type SendFailure,
  type SendResult,
} from './channel.ts';
import { endpoint } from './chat-text.ts';
import { type HttpOutcome, request } from './http.ts';
import { plain } from './text.ts';
import { readVendorReply, type VendorReply, type Verdict } from './vendor-reply.ts';
import { wecomBody, wecomBodyBytes, wecomMarkdown, wecomToMember } from './wecom-body.ts';
import { type WecomSettings, wecomApp, wecomConfig, wecomMember } from './wecom-config.ts';
import { WecomTokens } from './wecom-token.ts';

/** From the vendor's list of errors, and from what its server was seen to answer. */
function meaning(code: number, words: string): Verdict | undefined {
  switch (code) {
    case -1:
      return { kind: 'transient' };
    case 45009: // too often in a minute, an hour or a day: the shortest of them
    case 45033:
      return { kind: 'rate_limited', scope: 'account', retryAfterMs: 60_000 };
    case 93000: // said of a wrong key, and of a text that is too long
      return words.includes('exceed max length') ? { kind: 'payload_too_large' } : { kind: 'auth' };
    case 45002:
      return { kind: 'payload_too_large' };
    case 81013:
      return { kind: 'invalid_recipient' };
    case 40001: // secret
    case 40013: // company
    case 40014: // token
    case 42001: // token that ended
    case 41001:
    case 60011:
    case 60020: // address not in the list
      return { kind: 'auth' };
    default:
      return undefined;
  }
}
const codes = { codeField: 'errcode', messageField: 'errmsg', meaning };
const staleToken = new Set<number | null>([40014, 42001]);

function post(host: ChannelHost, url: string, body: string, signal: AbortSignal): Promise<HttpOutcome> {
  const headers = { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'tocsin' };
  return request(host, { url, method: 'POST', headers, body, signal });
}

function openRobot(key: string, settings: WecomSettings, host: ChannelHost): ChannelInstance<string> {
  const url = endpoint(settings.base_url, '/cgi-bin/webhook/send', { key });
  return {
    async send(body, { now, signal, to }) {
      if (to !== undefined)
        return { kind: 'invalid_recipient', message: 'A robot of WeCom writes to its group alone.' };
      const reply = readVendorReply(await post(host, url, body, signal), codes, [key], now);
      return reply.ok ? { kind: 'sent' } : reply.failure;
    },
    async close() {},
  };
}

function openApp(
  app: NonNullable<ReturnType<typeof wecomApp>>,
  settings: WecomSettings,
  host: ChannelHost,
): ChannelInstance<string> {
  const baseUrl = settings.base_url;
  const tokens = new WecomTokens(host, { baseUrl, codes, ...app });
  type Context = Pick<SendContext, 'now' | 'signal'>;

  async function attempt(body: string, { now, signal }: Context): Promise<VendorReply & { token?: string }> {
    const got = await tokens.get(now, signal);
    if (!got.ok) return { ok: false, failure: got.failure, code: null };
    const url = endpoint(baseUrl, '/cgi-bin/message/send', { access_token: got.token });
    const secrets = [got.token, app.corpSecret.reveal()];
    const reply = readVendorReply(await post(host, url, body, signal), codes, secrets, now);
    return { ...reply, token: got.token };
  }

  return {
    async send(rendered, context) {
      const { to } = context;
      const body = to === undefined ? rendered : wecomToMember(rendered, to);
      const asked = to === undefined ? settings : { to_users: [to], to_parties: [], to_tags: [] };
      let reply = await attempt(body, context);
      if (!reply.ok && staleToken.has(reply.code) && reply.token !== undefined) {
        // A token may end before its time; the call was not looked at, so it is made once more with a fresh one.
        tokens.drop(reply.token);
        reply = await attempt(body, context);
      }
      return reply.ok ? resultOf(reply.body, asked) : reply.failure;
    },
    async verify({ now, signal }) {
      const got = await tokens.get(now, signal);
      return got.ok
        ? { kind: 'sent', detail: 'The company, the app and its secret are known.' }
        : got.failure;
    },
    async close() {},
  };
}

/** An accepted message names those who do not get it, members in lower case. */
function resultOf(
  body: Readonly<Record<string, unknown>>,
  settings: Pick<WecomSettings, 'to_users' | 'to_parties' | 'to_tags'>,
): SendResult {
  const { msgid } = body;
  const provider = typeof msgid === 'string' && msgid !== '' ? { providerId: plain(msgid, 200) } : {};
  const listed = (...fields: string[]) =>
    new Set(
      fields.flatMap((field) => {
        const value = body[field];
        return typeof value === 'string' && value !== '' ? value.toLowerCase().split('|') : [];
      }),
    );
  const groups = [
    { prefix: '', asked: settings.to_users, not: listed('invaliduser', 'unlicenseduser') },
    { prefix: 'party:', asked: settings.to_parties, not: listed('invalidparty') },
    { prefix: 'tag:', asked: settings.to_tags, not: listed('invalidtag') },
  ];
  if (groups.every(({ not }) => not.size === 0)) return { kind: 'sent', ...provider };

  const per: Record<string, SendFailure | SendAccepted> = Object.create(null);
  let accepted = 0;
  const refuse = (who: string) => {
    per[who] = { kind: 'invalid_recipient', message: 'WeCom does not know it, or it may not use the app.' };
  };
  for (const { prefix, asked, not } of groups) {
    const left = new Set(not);
    for (const who of asked) {
      left.delete(who.toLowerCase());
      if (not.has(who.toLowerCase())) refuse(prefix + who);
      else {
        per[prefix + who] = { kind: 'sent' };
        accepted += 1;
      }
    }
    // A member of a department or of everybody.
    for (const who of [...left].slice(0, 100)) refuse(prefix + plain(who, 64));
  }
  const message = 'WeCom knows none of the recipients, or they may not use the app.';
  return accepted === 0 ? { kind: 'invalid_recipient', message } : { kind: 'partial', per, ...provider };
}

export const wecom = defineChannel({
  kind: 'wecom',
  label: { en: 'WeCom', 'zh-TW': '企業微信', 'zh-CN': '企业微信' },
  config: wecomConfig,
  limits: { maxBytes: wecomBodyBytes, concurrency: 4, deadlineMs: 15_000 },
  docs: {
    text: `Either the robot of a group or an app that writes to members. With the keys of both and nobody to write to it is the robot.

- The robot: group settings, group robots; \`webhook_key\` is what follows \`key=\` in its address. It takes 4,096 bytes of Markdown or 2,048 of text.
- An app: \`corp_id\` (My Company), \`agent_id\` and \`corp_secret\` (the app's page), and one of \`to_users\`, \`to_parties\` and \`to_tags\`. The address of this machine has to be among the app's trusted ones. It takes 2,048 bytes. What a member gets beyond 30 messages a minute and 1,000 an hour WeCom accepts and does not show. Its access token is fetched once for all who wait for it; when it ended before its time, it is fetched anew and the call made once more.

A \`template_card\` has room for 26 and 112 letters. Mobile numbers can be mentioned in the format \`text\` only. WeCom sends no receipts.

Mentions stand in every message, also in the one that says that it is over. Marks in labels and texts become their wide twins (\`＜\`, \`＊\`): no label calls anybody, makes a link or ends a mark.`,
    answers: [
      ['`0`', 'sent'],
      ['0 with invaliduser, invalidparty, invalidtag or unlicenseduser, which are named', 'partial'],
      ['`45009`, `45033`: a minute', 'rate_limited'],
      ['`81013`; 0 with nobody left', 'invalid_recipient'],
      [
        '`93000` (a wrong key), `40001` (secret), `40013` (company), `40014`, `42001` (a token that a fresh one did not mend), `41001`, `60011`, `60020` (address)',
        'auth',
      ],
      ['`45002`, `93000 exceed max length`', 'payload_too_large'],
      ['`-1`, and an HTTP error without a code, e.g. `HTTP 502`', 'transient'],
      ['others, e.g. `40058`', 'permanent'],
    ],
  },
  // What an app says beyond its members' share is dropped without a word, so they are paced here.
  rates: (settings) =>
    wecomApp(settings) === null
      ? [{ scope: 'account', calls: 20, perMs: 60_000 }]
      : [
          { scope: 'recipient', calls: 30, perMs: 60_000 },
          { scope: 'recipient', calls: 1_000, perMs: 3_600_000 },
        ],
  dialect: wecomMarkdown,
  address: wecomMember,
  // A robot writes to its group.
  reachesPeople: (settings) => wecomApp(settings) !== null,
  account(settings) {
    const app = wecomApp(settings);
    if (app !== null) return `${app.corpId}/${app.agentId}`;
    return createHash('sha256').update(`wecom ${settings.webhook_key?.reveal()}`).digest('hex').slice(0, 16);
  },
  render: wecomBody,
  open(settings, host) {
    const app = wecomApp(settings);
    if (app !== null) return openApp(app, settings, host);
    if (settings.webhook_key === undefined) throw new Error('a WeCom channel that did not pass the schema');
    return openRobot(settings.webhook_key.reveal(), settings, host);
  },
});
