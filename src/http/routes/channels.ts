// The channels: how each is, and whether it works now.
import { z } from 'zod';
import { locales } from '../../../channels/message.ts';
import { severities } from '../../../rules/types.ts';
import {
  channelBody,
  testBody,
  testPendingBody,
  testPreviewBody,
  toChannelBody,
  verifyBody,
} from '../bodies/channel-body.ts';
import { answer, route } from '../route.ts';

const testIn = z.strictObject({
  message: z.string().min(1).max(2_000).optional().meta({ description: 'Without it: that it is a test.' }),
  severity: z.enum(severities).default('info'),
  locale: z.enum(locales).default('en'),
  wait: z.boolean().default(true).meta({ description: 'False: the answer is 202 as soon as it is stored.' }),
  dry_run: z.boolean().default(false).meta({ description: 'Show what would be sent, and send nothing.' }),
});

const accepted = (result: string): result is 'sent' | 'delivered' | 'partial' =>
  result === 'sent' || result === 'delivered' || result === 'partial';

export const channelsRoutes = [
  route({
    method: 'get',
    path: '/api/v1/channels',
    requires: 'read',
    tag: 'deliveries',
    summary: "The channels that the tenant's receivers name, and how each is.",
    answers: { 200: { description: 'Channels', schema: z.object({ items: z.array(channelBody) }) } },
    handler: ({ c, deps, tenant }) =>
      answer(c, 200, { items: deps.services.channels.list(tenant).map(toChannelBody) }),
  }),
  route({
    method: 'get',
    path: '/api/v1/channels/{name}',
    requires: 'read',
    tag: 'deliveries',
    summary: 'One channel and how it is.',
    answers: { 200: { description: 'The channel', schema: channelBody } },
    errors: ['channel_not_found'],
    handler: ({ c, deps, tenant, param }) =>
      answer(c, 200, toChannelBody(deps.services.channels.one(tenant, param('name')))),
  }),
  route({
    method: 'post',
    path: '/api/v1/channels/{name}/test',
    requires: 'edit',
    tag: 'deliveries',
    summary:
      'Sends a test through the queue, to this channel and nobody else, in one attempt. Answers what came of it, or 202 when nothing did within 30 s.',
    body: testIn,
    bodyOptional: true,
    answers: {
      200: { description: 'What came of it', schema: z.union([testBody, testPreviewBody]) },
      202: { description: 'Nothing came of it yet', schema: testPendingBody },
    },
    errors: ['channel_not_found', 'overloaded'],
    async handler({ c, deps, tenant, body, actor, param }) {
      const { channels } = deps.services;
      const words = {
        text: body.message ?? null,
        severity: body.severity,
        locale: body.locale,
        wait: body.wait,
      };
      if (body.dry_run) {
        return answer(c, 200, { dry_run: true, ...channels.preview(tenant, param('name'), words) });
      }
      const { notificationId, result } = await channels.test(tenant, param('name'), words, actor);
      if (result === null) {
        return answer(c, 202, { notification_id: notificationId, status: 'pending' });
      }
      const { code, message, providerId, ms } = result;
      const status =
        result.result === 'delivered' ? 'delivered' : accepted(result.result) ? 'sent' : 'failed';
      return answer(c, 200, {
        ...{ notification_id: notificationId, status, result: result.result },
        ...{ code, message, provider_id: providerId, ms },
      });
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/channels/{name}/verify',
    requires: 'edit',
    tag: 'deliveries',
    summary: 'Asks the provider whether the credentials are good, without telling anybody anything.',
    answers: { 200: { description: 'What it said', schema: verifyBody } },
    errors: ['channel_not_found', 'channel_cannot_verify'],
    async handler({ c, deps, tenant, param }) {
      const { kind, code, message, providerId, ms } = await deps.services.channels.verify(
        tenant,
        param('name'),
      );
      return answer(c, 200, {
        ok: accepted(kind),
        ...{ result: kind, code, message, provider_id: providerId, ms },
      });
    },
  }),
];
