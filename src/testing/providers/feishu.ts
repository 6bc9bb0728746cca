// A strict Feishu: the robot of a group, by the vendor's guide; 100 calls in a minute and 5 in a second.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { type ProviderOptions, SlidingWindow, startProvider } from './provider.ts';

export interface FeishuRobot {
  readonly hookId: string;
  /** Signed calls only. */
  readonly secret?: string;
  /** One of them must stand in the message. */
  readonly keywords?: readonly string[];
}

export interface FeishuMessage {
  readonly msgType: 'text' | 'interactive';
  readonly title: string | null;
  /** The colour of the head of a card. */
  readonly template: string | null;
  readonly text: string;
  /** Ids in the marks of a mention; `all` for everybody. */
  readonly mentioned: readonly string[];
}

const text = z
  .string()
  .min(1)
  .refine((value) => !/\p{Cs}/u.test(value));
const plainText = z.strictObject({ tag: z.literal('plain_text'), content: text });
const signed = { timestamp: z.string().optional(), sign: z.string().optional() };
const element = z.discriminatedUnion('tag', [
  z.strictObject({
    tag: z.literal('div'),
    text: z.strictObject({ tag: z.literal('lark_md'), content: text }),
  }),
  z.strictObject({
    tag: z.literal('action'),
    actions: z.array(
      z.strictObject({
        tag: z.literal('button'),
        text: plainText,
        url: z.url(),
        type: z.enum(['default', 'primary', 'danger']),
      }),
    ),
  }),
]);
const schema = z.discriminatedUnion('msg_type', [
  z.strictObject({ ...signed, msg_type: z.literal('text'), content: z.strictObject({ text }) }),
  z.strictObject({
    ...signed,
    msg_type: z.literal('interactive'),
    card: z.strictObject({
      config: z.strictObject({ wide_screen_mode: z.boolean() }),
      header: z.strictObject({ title: plainText, template: z.enum(['red', 'green', 'blue']) }),
      elements: z.array(element).min(1),
    }),
  }),
]);

export function startFeishu(robot: FeishuRobot, options: ProviderOptions) {
  const minute = new SlidingWindow(100, 60_000);
  const second = new SlidingWindow(5, 1_000);

  return startProvider<FeishuMessage>(options, (request) => {
    const says = (code: number, msg: string, status = 200) => ({
      reply: { status, body: { code, data: {}, msg } },
    });
    if (request.method !== 'POST' || request.pathname !== `/open-apis/bot/v2/hook/${robot.hookId}`)
      return says(19001, 'param invalid: incoming webhook access token invalid');
    if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
      return says(9499, 'Bad Request', 400);
    if (Buffer.byteLength(request.body) > 20 * 1024) return says(19036, 'msg content size exceed limit');
    const parsed = schema.safeParse(jsonOf(request.body));
    if (!parsed.success) return says(9499, 'Bad Request', 400);
    if (robot.secret !== undefined && !isSigned(parsed.data, robot.secret, request.now))
      return says(19021, 'sign match fail or timestamp is not within one hour from current time');

    const message = readMessage(parsed.data);
    const { keywords = [] } = robot;
    const words = `${message.title ?? ''}\n${message.text}`;
    if (keywords.length > 0 && !keywords.some((keyword) => words.includes(keyword)))
      return says(19024, 'Key Words Not Found');
    if (!second.take(request.now)) return says(9499, 'too many request', 400);
    if (!minute.take(request.now))
      return says(11232, 'frequency limited psm[lark.oapi.app_platform_runtime]');
    const reply = {
      status: 200,
      body: { StatusCode: 0, StatusMessage: 'success', code: 0, data: {}, msg: 'success' },
    };
    return { reply, accepted: [message] };
  });
}

function isSigned(
  body: { timestamp?: string | undefined; sign?: string | undefined },
  secret: string,
  now: number,
) {
  const { timestamp = '', sign = '' } = body;
  if (!/^\d{10}$/.test(timestamp) || Math.abs(Number(timestamp) * 1000 - now) > 3_600_000) return false;
  const expected = createHmac('sha256', `${timestamp}\n${secret}`).digest();
  const given = Buffer.from(sign, 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function readMessage(body: z.output<typeof schema>): FeishuMessage {
  if (body.msg_type === 'text') {
    const { text } = body.content;
    const mentioned = [...text.matchAll(/<at user_id="([^"]*)">/g)].map(([, who]) => who!);
    return { msgType: 'text', title: null, template: null, text, mentioned };
  }
  const { header, elements } = body.card;
  const text = elements.map((each) => (each.tag === 'div' ? each.text.content : '')).join('\n');
  const mentioned = [...text.matchAll(/<at id=([^>]*)>/g)].map(([, who]) => who!);
  return { msgType: 'interactive', title: header.title.content, template: header.template, text, mentioned };
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
