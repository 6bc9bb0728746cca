// Channels and templates as objects of the configuration.
import { z } from 'zod';
import { channels } from '../../../channels/index.ts';
import { channelLimits } from '../../config/api-channel.ts';
import { apiEscalationLimits, apiEscalationSchema } from '../../config/api-escalation.ts';
import { apiScheduleLimits, apiScheduleSchema } from '../../config/api-schedule.ts';
import { templateLimits } from '../../config/api-template.ts';
import { objectRoutes } from './object-routes.ts';

const name = z.string().meta({ description: 'Letters, digits, "_", "-", "."; it is kept.' });

export const configuredRoutes = [
  ...objectRoutes({
    ...{ kind: 'channel', path: '/api/v1/alerts/channels', id: 'ConfiguredChannel' },
    ...{ tag: 'channels', called: 'a channel' },
    documentBytes: channelLimits.documentBytes,
    description:
      'With the keys of a channel in the file. A secret is shown as `{ "secret": true }`, and put again it is kept.',
    described: z.looseObject({
      name,
      type: z.enum(Object.keys(channels)),
      enabled: z.boolean().optional(),
      fallback: z.array(z.string()).optional(),
      template: z.string().optional(),
      locale: z.string().optional(),
    }),
    codes: {
      notFound: 'channel_not_found',
      taken: 'channel_name_taken',
      tooMany: 'too_many_channels',
      inUse: 'channel_in_use',
    },
    more: ['secrets_key_missing'],
    deleted: 'What still waits for it ends as dead letters.',
  }),
  ...objectRoutes({
    ...{ kind: 'template', path: '/api/v1/alerts/templates', id: 'ConfiguredTemplate' },
    ...{ tag: 'templates', called: 'a template' },
    documentBytes: templateLimits.documentBytes,
    description: 'With the keys of a template in the file.',
    described: z.looseObject({ name, title: z.unknown().optional(), text: z.unknown().optional() }),
    codes: {
      notFound: 'template_not_found',
      taken: 'template_name_taken',
      tooMany: 'too_many_templates',
      inUse: 'template_in_use',
    },
    more: [],
    deleted: 'Messages are said in the built-in words again.',
  }),
  ...objectRoutes({
    ...{ kind: 'schedule', path: '/api/v1/alerts/schedules', id: 'ConfiguredSchedule' },
    ...{ tag: 'on-call', called: 'an on-call schedule' },
    documentBytes: apiScheduleLimits.documentBytes,
    description: 'With the keys of a schedule in the file.',
    described: apiScheduleSchema,
    codes: {
      notFound: 'schedule_not_found',
      taken: 'schedule_name_taken',
      tooMany: 'too_many_schedules',
      inUse: 'schedule_in_use',
    },
    more: [],
    deleted: 'Overrides of it wait until there is one of its name again.',
  }),
  ...objectRoutes({
    ...{ kind: 'escalation', path: '/api/v1/alerts/escalations', id: 'ConfiguredEscalation' },
    ...{ tag: 'escalations', called: 'an escalation policy' },
    documentBytes: apiEscalationLimits.documentBytes,
    description: 'With the keys of a policy in the file.',
    described: apiEscalationSchema,
    codes: {
      notFound: 'escalation_not_found',
      taken: 'escalation_name_taken',
      tooMany: 'too_many_escalations',
      inUse: 'escalation_in_use',
    },
    more: [],
    deleted: 'No route may name it.',
  }),
];
