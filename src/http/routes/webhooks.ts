// What other programs send by themselves: Alertmanager, Grafana, Apprise. They try again after a 5xx and give up after a
// 4xx, so whatever may go through later is a 503 here, also when a tenant sends faster than it is served.
import type { Context } from 'hono';
import { z } from 'zod';
import { ApiError } from '../../errors.ts';
import { decodeAlerts, mostAlerts } from '../../ingest/alertmanager-payload.ts';
import { decodeApprise } from '../../ingest/apprise-payload.ts';
import type { HttpEnv } from '../env.ts';
import { answer, type Call, passOn, route } from '../route.ts';
import { eventOut } from './events.ts';

/** Alerts that could not be taken, as they are listed. */
const listed = 100;

export const alertmanagerIn = z
  .looseObject({ alerts: z.array(z.unknown()).max(mostAlerts) })
  .meta({ id: 'AlertmanagerWebhook', description: 'Version 4, as Alertmanager and Grafana send it.' });
export const appriseIn = z
  .looseObject({})
  .meta({ id: 'AppriseNotification', description: 'As Apprise posts it to a json:// address.' });

const count = z.number().int();
const takenOut = z.object({
  received: count,
  fired: count.meta({ description: 'Alerts that began to fire.' }),
  updated: count.meta({ description: 'Known ones of which something is new.' }),
  resolved: count,
  unchanged: count.meta({ description: 'Known as they are, or over and never heard of.' }),
  dismissed: count.meta({ description: 'Of an episode that a person has ended here.' }),
  rejected: z
    .array(z.object({ index: count, message: z.string() }))
    .meta({ description: `At most ${listed} of \`rejected_count\`.` }),
  rejected_count: count,
});

async function takeAlerts(
  { c, deps, tenant, body }: Call<z.output<typeof alertmanagerIn>, undefined>,
  source: string,
): Promise<Response> {
  const { alerts, rejected } = decodeAlerts(body.alerts, deps.limits, deps.services.now());
  const few = rejected.slice(0, listed);
  if (rejected.length > 0) {
    deps.log.warn('webhook.rejected', { tenant, source, count: rejected.length, first: few[0]!.message });
    const problems = few.map(({ index, message }) => ({ path: `alerts.${index}`, message }));
    if (alerts.length === 0) throw new ApiError('invalid_body', { details: { problems } });
  }
  const counts = await patient(deps.services.postAlerts(tenant, source, alerts));
  return answer(c as Context<HttpEnv>, 200, {
    ...{ received: body.alerts.length, ...counts },
    ...{ rejected: few, rejected_count: rejected.length },
  });
}

/** A sender that gives up after any 4xx is told to come again instead. */
async function patient<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'overloaded')
      throw new ApiError('unavailable', { retryAfter: 1, cause: error });
    throw error;
  }
}

const common = {
  method: 'post',
  requires: 'push',
  tag: 'ingest',
  ingestBytes: true,
  errors: ['unavailable'],
} as const;

export const webhooksRoutes = [
  route({
    ...common,
    path: '/api/v1/webhooks/alertmanager',
    summary: 'Take alerts from an Alertmanager (webhook, version 4). Answered once they are durable.',
    body: alertmanagerIn,
    answers: { 200: { description: 'Stored', schema: takenOut } },
    handler: (call) => takeAlerts(call, 'alertmanager'),
  }),
  route({
    ...common,
    path: '/api/v1/webhooks/grafana',
    summary: 'Take alerts from Grafana (contact point of type webhook). Answered once they are durable.',
    body: alertmanagerIn,
    answers: { 200: { description: 'Stored', schema: takenOut } },
    handler: (call) => takeAlerts(call, 'grafana'),
  }),
  route({
    ...common,
    path: '/api/v1/webhooks/apprise',
    summary: 'Take a notification from Apprise (json://) as an event. Answered once it is durable.',
    body: appriseIn,
    answers: {
      202: {
        description: 'Stored',
        schema: eventOut,
      },
    },
    async handler({ c, deps, tenant, body, actor }) {
      const event = decodeApprise(body, deps.limits);
      if (typeof event === 'string') {
        const [path = '', message = event] = event.includes(': ') ? event.split(': ', 2) : [];
        throw new ApiError('invalid_body', { details: { problems: [{ path, message }] } });
      }
      return passOn(c, await patient(deps.services.postEvent(tenant, event, actor, null)));
    },
  }),
];
