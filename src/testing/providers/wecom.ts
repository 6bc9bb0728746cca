// A strict WeCom: the robot of a group and the messages of an app, by the vendor's documentation. What an app says to a
// member beyond the member's share is answered with ok and not shown, as WeCom does.
import { z } from 'zod';
import {
  type ProviderOptions,
  type ProviderRequest,
  type ProviderVerdict,
  SlidingWindow,
  startProvider,
} from './provider.ts';

export interface WecomWorld {
  readonly robotKey?: string;
  readonly app?: {
    readonly corpId: string;
    readonly corpSecret: string;
    readonly agentId: number;
    readonly users: readonly string[];
    readonly parties?: readonly string[];
    readonly tags?: readonly string[];
    /** Seconds that a token lives; 7,200 unless given. */
    readonly expiresIn?: number;
  };
}

export interface WecomMessage {
  /** The robot's group, or the member or department that sees it. */
  readonly to: string;
  readonly msgtype: 'markdown' | 'text' | 'template_card';
  readonly text: string;
  readonly mentioned: readonly string[];
}

const text = z
  .string()
  .min(1)
  .refine((value) => !/\p{Cs}/u.test(value));
const templateCard = z.strictObject({
  card_type: z.literal('text_notice'),
  main_title: z.strictObject({ title: text.max(26) }),
  sub_title_text: text.max(112),
  jump_list: z
    .array(z.strictObject({ type: z.literal(1), title: text.max(13), url: z.url() }))
    .max(3)
    .optional(),
  card_action: z.strictObject({ type: z.literal(1), url: z.url() }),
});
const list = z.array(z.string());
const robotMessage = z.discriminatedUnion('msgtype', [
  z.strictObject({ msgtype: z.literal('markdown'), markdown: z.strictObject({ content: text }) }),
  z.strictObject({
    msgtype: z.literal('text'),
    text: z.strictObject({
      content: text,
      mentioned_list: list.optional(),
      mentioned_mobile_list: list.optional(),
    }),
  }),
  z.strictObject({ msgtype: z.literal('template_card'), template_card: templateCard }),
]);
const envelope = {
  touser: z.string(),
  toparty: z.string(),
  totag: z.string(),
  agentid: z.int(),
  enable_duplicate_check: z.literal([0, 1]),
  duplicate_check_interval: z.int().min(1).max(14_400),
};
const appMessage = z.discriminatedUnion('msgtype', [
  z.strictObject({
    ...envelope,
    msgtype: z.literal('markdown'),
    markdown: z.strictObject({ content: text }),
  }),
  z.strictObject({ ...envelope, msgtype: z.literal('text'), text: z.strictObject({ content: text }) }),
  z.strictObject({ ...envelope, msgtype: z.literal('template_card'), template_card: templateCard }),
]);
type Verdict = ProviderVerdict<WecomMessage>;

const says = (errcode: number, errmsg: string, more: object = {}): Verdict => ({
  reply: { status: 200, body: { errcode, errmsg, ...more } },
});

/** A running WeCom; `revoke` ends every token, `tokens` counts those that were given out. */
export async function startWecom(world: WecomWorld, options: ProviderOptions) {
  const minute = new SlidingWindow(20, 60_000);
  const share = new Map<string, SlidingWindow>();
  const said = new Map<string, number>();
  const live = new Map<string, number>();
  let given = 0;

  const provider = await startProvider<WecomMessage>(options, (request) => {
    switch (`${request.method} ${request.pathname}`) {
      case 'POST /cgi-bin/webhook/send':
        return robot(request);
      case 'GET /cgi-bin/gettoken':
        return token(request);
      case 'POST /cgi-bin/message/send':
        return app(request);
      default:
        return { reply: { status: 404, body: '404 page not found' } };
    }
  });

  function robot(request: ProviderRequest): Verdict {
    if (world.robotKey === undefined || request.query.get('key') !== world.robotKey)
      return says(93000, 'invalid webhook url, hint: [1700000000_1], from ip: 127.0.0.1');
    const parsed = robotMessage.safeParse(jsonOf(request));
    if (!parsed.success) return says(40058, `invalid parameter: ${parsed.error.issues[0]?.path.join('.')}`);
    const message = readMessage(parsed.data);
    if (tooLong(message, 4_096)) return says(93000, 'Invalid input : content exceed max length');
    if (!minute.take(request.now)) return says(45009, 'api freq out of limit');
    return { ...says(0, 'ok'), accepted: [{ ...message, to: 'group' }] };
  }

  function token(request: ProviderRequest): Verdict {
    const known = world.app;
    if (known === undefined || request.query.get('corpid') !== known.corpId)
      return says(40013, 'invalid corpid');
    if (request.query.get('corpsecret') !== known.corpSecret) return says(40001, 'invalid credential');
    given += 1;
    const access_token = `token-${given}-of-the-app`;
    const seconds = known.expiresIn ?? 7_200;
    live.set(access_token, request.now + seconds * 1000);
    return says(0, 'ok', { access_token, expires_in: seconds });
  }

  function app(request: ProviderRequest): Verdict {
    const known = world.app;
    const until = live.get(request.query.get('access_token') ?? '');
    if (known === undefined || until === undefined) return says(40014, 'invalid access_token');
    if (request.now >= until) return says(42001, 'access_token expired');
    const parsed = appMessage.safeParse(jsonOf(request));
    if (!parsed.success) return says(40058, `invalid parameter: ${parsed.error.issues[0]?.path.join('.')}`);
    const body = parsed.data;
    if (body.agentid !== known.agentId) return says(40056, 'invalid agentid');
    const message = readMessage(body);
    if (tooLong(message, 2_048)) return says(45002, 'content size out of limit');

    const [users, invaliduser] = among(body.touser, known.users);
    const [parties, invalidparty] = among(body.toparty, known.parties ?? []);
    const [tags, invalidtag] = among(body.totag, known.tags ?? []);
    const reached = [...users, ...parties.map((id) => `party:${id}`), ...tags.map((id) => `tag:${id}`)];
    if (reached.length === 0) return says(81013, 'user & party & tag all invalid');
    const invalid = {
      invaliduser: invaliduser.join('|').toLowerCase(),
      invalidparty: invalidparty.join('|'),
      invalidtag: invalidtag.join('|'),
      msgid: `msg-${request.now}`,
    };
    const seen = said.get(request.body);
    const again =
      body.enable_duplicate_check === 1 &&
      seen !== undefined &&
      request.now - seen < body.duplicate_check_interval * 1000;
    if (!again) said.set(request.body, request.now);
    const shown = again ? [] : reached.filter((to) => shareOf(to).take(request.now));
    return { ...says(0, 'ok', invalid), accepted: shown.map((to) => ({ ...message, to })) };
  }

  function shareOf(member: string): SlidingWindow {
    const window = share.get(member) ?? new SlidingWindow(30, 60_000);
    share.set(member, window);
    return window;
  }

  return Object.assign(provider, { revoke: () => live.clear(), tokens: () => given });
}

function among(asked: string, known: readonly string[]): [string[], string[]] {
  const names = asked === '' ? [] : asked.split('|');
  if (names.length > 1_000) return [[], names];
  if (names.includes('@all')) return [[...known], []];
  return [names.filter((name) => known.includes(name)), names.filter((name) => !known.includes(name))];
}

function readMessage(
  body: z.output<typeof robotMessage> | z.output<typeof appMessage>,
): Omit<WecomMessage, 'to'> {
  switch (body.msgtype) {
    case 'markdown': {
      const { content } = body.markdown;
      const mentioned = [...content.matchAll(/<@([^>]*)>/g)].map(([, who]) => who!);
      return { msgtype: body.msgtype, text: content, mentioned };
    }
    case 'text': {
      const lists = body.text as { mentioned_list?: string[]; mentioned_mobile_list?: string[] };
      const mentioned = [...(lists.mentioned_list ?? []), ...(lists.mentioned_mobile_list ?? [])];
      return { msgtype: body.msgtype, text: body.text.content, mentioned };
    }
    case 'template_card': {
      const { main_title: title, sub_title_text: sub } = body.template_card;
      return { msgtype: body.msgtype, text: `${title.title}\n${sub}`, mentioned: [] };
    }
  }
}

function tooLong({ msgtype, text }: Omit<WecomMessage, 'to'>, markdownBytes: number): boolean {
  return Buffer.byteLength(text) > (msgtype === 'markdown' ? markdownBytes : 2_048);
}

function jsonOf(request: ProviderRequest): unknown {
  try {
    return JSON.parse(request.body);
  } catch {
    return undefined;
  }
}
