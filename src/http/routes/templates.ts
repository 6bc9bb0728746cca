// Users' templates: which there are, and what a message reads as in their words.
import { z } from 'zod';
import { type AlertMessage, locales } from '../../../channels/message.ts';
import { sampleKinds, sampleMessage } from '../../../channels/sample-message.ts';
import { writtenTemplate } from '../../config/templates.ts';
import type { PreviewRefusal } from '../../delivery/template-preview.ts';
import { ApiError } from '../../errors.ts';
import { answer, type HttpDeps, route } from '../route.ts';
import { isUuid } from '../uuid.ts';

const named = z.string().min(1).max(128);
const previewIn = z
  .strictObject({
    template: z.union([named, writtenTemplate]).meta({ description: 'A name, or one as it is written.' }),
    channel: named.meta({ description: 'Name of a channel, or a kind of which one is configured.' }),
    sample: z.enum(sampleKinds).default('firing'),
    notification_id: z.string().refine(isUuid, 'expected a UUID').optional().meta({
      description: 'A stored notification instead of a sample.',
    }),
    locale: z.enum(locales).optional(),
  })
  .meta({ description: 'What is to be said, and to whom.' });
const previewOut = z.object({
  title: z.string().nullable().meta({ description: 'null: the built-in one.' }),
  text: z.string().nullable(),
  problems: z.array(z.string()).meta({ description: 'Why a part could not be said.' }),
  payload: z.unknown().meta({ description: 'What the channel would send.' }),
});

function messageOf(
  deps: HttpDeps,
  tenant: string,
  id: string | undefined,
  sample: (typeof sampleKinds)[number],
) {
  if (id === undefined) return sampleMessage(sample);
  const row = deps.services.store.notification(tenant, id);
  if (row === null) throw new ApiError('notification_not_found');
  return JSON.parse(row.body) as AlertMessage;
}

function refusal(refused: PreviewRefusal): ApiError {
  const problems =
    refused === 'no_template'
      ? [{ path: 'template', message: 'there is no template of this name' }]
      : refused === 'no_channel'
        ? [{ path: 'channel', message: 'there is no channel of this name or kind' }]
        : refused.map(({ path, message, line, column }) => ({
            path: ['template', ...path].join('.'),
            message: `${message} (line ${line}, column ${column} of the template)`,
          }));
  return new ApiError('invalid_body', { details: { problems } });
}

export const templatesRoutes = [
  route({
    method: 'get',
    path: '/api/v1/templates',
    requires: 'read',
    tag: 'templates',
    summary: 'Names of the configured templates.',
    answers: { 200: { description: 'The names', schema: z.object({ items: z.array(z.string()) }) } },
    handler: ({ c, deps, tenant }) => answer(c, 200, { items: deps.services.templates(tenant) }),
  }),
  route({
    method: 'post',
    path: '/api/v1/templates/preview',
    requires: 'read',
    tag: 'templates',
    summary: 'What a channel would send in the words of a template. Nothing is sent or stored.',
    body: previewIn,
    answers: { 200: { description: 'The words and the payload', schema: previewOut } },
    errors: ['notification_not_found'],
    handler({ c, deps, tenant, body }) {
      const { template, channel, locale } = body;
      const message = messageOf(deps, tenant, body.notification_id, body.sample);
      const got = deps.services.previewTemplate(tenant, { template, channel, message, locale });
      if ('refused' in got) throw refusal(got.refused);
      const { title, text, problems, payload } = got;
      return answer(c, 200, { title, text, problems, payload: payload ?? null });
    },
  }),
];
