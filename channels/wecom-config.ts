// What a WeCom channel is told: the robot of a group, or messages of an app to members.
import { z } from 'zod';
import { secret } from './secret.ts';
import { webhookUrl } from './webhook.ts';

const word = z.string().regex(/^[\w-]{4,128}$/, 'must be one word of 4 to 128 letters, digits, - and _');
const member = z.string().regex(/^[\w.@-]{1,64}$/, 'is not a user id');
/** One member, never all of them. */
export const wecomMember = member.refine(
  (id) => id.toLowerCase() !== '@all',
  'is everybody: expected one user id',
);
const number = z
  .union([z.int().min(0).max(1e12), z.string().regex(/^\d{1,12}$/, 'must be a number')])
  .transform(String);
const mobile = z.string().regex(/^\+?\d{5,20}$/, 'is not a mobile number, e.g. 13800001111');

export const wecomConfig = z
  .strictObject({
    webhook_key: secret(word)
      .optional()
      .describe('Of a group robot: what follows key= in the address that WeCom shows.'),
    corp_id: word.optional().describe('Of an app: the id of the company.'),
    corp_secret: secret(word).optional().describe('Of an app: its secret.'),
    agent_id: number.optional().describe('Of an app: its number.'),
    to_users: z
      .array(member.or(z.literal('@all')))
      .max(1_000)
      .default([])
      .describe('Members that the app writes to; @all: everybody who may use it.'),
    to_parties: z.array(number).max(100).prefault([]).describe('Departments that the app writes to.'),
    to_tags: z.array(number).max(100).prefault([]).describe('Tags whose members the app writes to.'),
    format: z
      .enum(['markdown', 'text', 'template_card'])
      .default('markdown')
      .describe('What is sent; a template_card needs card_url.'),
    card_url: webhookUrl.optional().describe('Where a template_card leads to.'),
    mention: z
      .strictObject({
        users: z.array(member).max(20).default([]).describe('User ids of members.'),
        mobiles: z.array(mobile).max(20).default([]).describe('Mobile numbers of members; format text only.'),
        all: z.boolean().default(false).describe('Everybody in the group.'),
      })
      .optional()
      .describe('Whom the robot calls by name in every message.'),
    duplicate_check_interval: z
      .int()
      .min(60)
      .max(14_400)
      .default(300)
      .describe('Seconds in which WeCom drops the same words of the app to the same members.'),
    max_alerts: z.int().min(1).max(50).default(10).describe('Alerts in one message; the rest is counted.'),
    base_url: webhookUrl
      .default('https://qyapi.weixin.qq.com')
      .describe('In place of the address of the provider, for a proxy or a test.'),
  })
  .superRefine((settings, { addIssue }) => {
    const wrong = (path: string, message: string) => addIssue({ code: 'custom', path: [path], message });
    const { webhook_key: key, corp_id, corp_secret, agent_id, format, mention } = settings;
    const app = [corp_id, corp_secret, agent_id].filter((each) => each !== undefined).length;
    if (app !== 0 && app !== 3)
      wrong('corp_id', 'corp_id, corp_secret and agent_id belong together: all of them or none');
    if (app === 0 && key === undefined)
      wrong('webhook_key', 'needed for a robot; for an app corp_id, corp_secret and agent_id');
    if (app === 0 && addressed(settings))
      wrong('to_users', 'only an app writes to members; it needs corp_id');
    if (app === 3 && key === undefined && !addressed(settings))
      wrong('to_users', 'say whom the app writes to: to_users, to_parties or to_tags');
    if ((format === 'template_card') !== (settings.card_url !== undefined))
      wrong('card_url', 'belongs to the format template_card, which needs it');
    if (mention !== undefined && addressed(settings))
      wrong('mention', 'is for a robot; an app writes to members');
    if (mention !== undefined && format === 'template_card')
      wrong('mention', 'is not possible in a template_card; use markdown or text');
    if (mention !== undefined && mention.mobiles.length > 0 && format !== 'text')
      wrong('mention', 'mobile numbers are possible in the format text only; use user ids');
  });

export type WecomSettings = z.output<typeof wecomConfig>;

function addressed(settings: {
  readonly to_users: readonly string[];
  readonly to_parties: readonly string[];
  readonly to_tags: readonly string[];
}): boolean {
  return settings.to_users.length + settings.to_parties.length + settings.to_tags.length > 0;
}

/** An app with somebody to write to; null: the robot. */
export function wecomApp(settings: WecomSettings) {
  const { corp_id: corpId, corp_secret: corpSecret, agent_id: agentId } = settings;
  return addressed(settings) && corpId !== undefined && corpSecret !== undefined && agentId !== undefined
    ? { corpId, corpSecret, agentId }
    : null;
}
