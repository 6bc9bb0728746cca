// A strict DingTalk: the robot of a group, by the vendor's guide. Who sends too often sits in the corner for ten minutes.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { type ProviderOptions, type ProviderRequest, SlidingWindow, startProvider } from './provider.ts';

export interface DingtalkRobot {
  readonly accessToken: string;
  /** Signed calls only. */
  readonly secret?: string;
  /** One of them must stand in the message. */
  readonly keywords?: readonly string[];
}

export interface DingtalkMessage {
  readonly msgtype: 'markdown' | 'text' | 'actionCard';
  readonly title: string | null;
  readonly text: string;
  /** Who is called: named in `at` and in the text, as only both together show. */
  readonly mentioned: readonly string[];
  readonly all: boolean;
}

const text = z.string().min(1).refine(isWellFormed);
const at = z.strictObject({
  atMobiles: z.array(z.string()),
  atUserIds: z.array(z.string()),
  isAtAll: z.boolean(),
});
const schema = z.discriminatedUnion('msgtype', [
  z.strictObject({ msgtype: z.literal('text'), text: z.strictObject({ content: text }), at: at.optional() }),
  z.strictObject({
    msgtype: z.literal('markdown'),
    markdown: z.strictObject({ title: text, text }),
    at: at.optional(),
  }),
  z.strictObject({
    msgtype: z.literal('actionCard'),
    actionCard: z.union([
      z.strictObject({ title: text, text, singleTitle: text, singleURL: z.url() }),
      z.strictObject({
        title: text,
        text,
        btnOrientation: z.enum(['0', '1']),
        btns: z.array(z.strictObject({ title: text, actionURL: z.url() })).min(1),
      }),
    ]),
  }),
]);
const hour = 3_600_000;
const penalty = 600_000;

export function startDingtalk(robot: DingtalkRobot, options: ProviderOptions) {
  const window = new SlidingWindow(20, 60_000);
  let blockedUntil = 0;

  return startProvider<DingtalkMessage>(options, (request) => {
    const says = (errcode: number, errmsg: string) => ({ reply: { status: 200, body: { errcode, errmsg } } });
    if (request.pathname !== '/robot/send') return { reply: { status: 404, body: 'Not Found' } };
    if (request.method !== 'POST') return says(43002, '需要POST请求');
    const token = request.query.get('access_token') ?? '';
    if (token === '') return says(40035, '缺少参数 access_token');
    if (token !== robot.accessToken) return says(300005, 'token is not exist');
    if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
      return says(43004, '无效的HTTP HEADER Content-Type');
    const unsigned = robot.secret === undefined ? null : wrongSignature(request, robot.secret);
    if (unsigned !== null) return says(310000, unsigned);
    if (Buffer.byteLength(request.body) > 20_000) return says(460101, 'message too long, exceed 20000 bytes');
    const parsed = schema.safeParse(jsonOf(request.body));
    if (!parsed.success) return says(40035, `不合法的参数 ${parsed.error.issues[0]?.path.join('.')}`);

    const message = readMessage(parsed.data);
    const { keywords = [] } = robot;
    const words = `${message.title ?? ''}\n${message.text}`;
    if (keywords.length > 0 && !keywords.some((keyword) => words.includes(keyword)))
      return says(
        310000,
        'keywords not in content, more: [https://ding-doc.dingtalk.com/doc#/serverapi2/qf2nxq]',
      );
    if (request.now < blockedUntil) return says(130101, 'send too fast, exceed 20 times per minute');
    if (!window.take(request.now)) {
      blockedUntil = request.now + penalty;
      return says(130101, 'send too fast, exceed 20 times per minute');
    }
    return { ...says(0, 'ok'), accepted: [message] };
  });
}

function wrongSignature(request: ProviderRequest, secret: string): string | null {
  const timestamp = request.query.get('timestamp') ?? '';
  if (!/^\d{13}$/.test(timestamp) || Math.abs(Number(timestamp) - request.now) > hour)
    return 'invalid timestamp';
  const expected = createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest();
  const given = Buffer.from(request.query.get('sign') ?? '', 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected) ? null : 'sign not match';
}

function readMessage(body: z.output<typeof schema>): DingtalkMessage {
  if (body.msgtype === 'actionCard') {
    const { title, text } = body.actionCard;
    return { msgtype: body.msgtype, title, text, mentioned: [], all: false };
  }
  const [title, text] =
    body.msgtype === 'text' ? [null, body.text.content] : [body.markdown.title, body.markdown.text];
  const named = [...(body.at?.atMobiles ?? []), ...(body.at?.atUserIds ?? [])];
  const mentioned = named.filter((who) => text.includes(`@${who}`));
  return { msgtype: body.msgtype, title, text, mentioned, all: body.at?.isAtAll ?? false };
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function isWellFormed(value: string): boolean {
  return !/\p{Cs}/u.test(value);
}
