// PagerDuty's Events API v2: strict about key, schema and size, 120 events a minute for a key, and incidents as they
// would stand there. The error bodies are the vendor's.
import { z } from 'zod';
import { type Provider, type ProviderOptions, SlidingWindow, startProvider } from './provider.ts';

export interface PagerDutyOptions extends ProviderOptions {
  readonly routingKey: string;
  /** Events a minute; 120 unless given. */
  readonly perMinute?: number;
}

const summary = z.string().min(1).max(1_024);
const text = z.string().min(1).max(1_024);
const payload = z.strictObject({
  summary,
  source: text,
  severity: z.enum(['critical', 'error', 'warning', 'info']),
  timestamp: z.iso.datetime().optional(),
  component: text.optional(),
  group: text.optional(),
  class: text.optional(),
  custom_details: z.record(z.string(), z.unknown()).optional(),
});
const event = z
  .strictObject({
    routing_key: z.string(),
    event_action: z.enum(['trigger', 'acknowledge', 'resolve']),
    dedup_key: z.string().min(1).max(255).optional(),
    payload: payload.optional(),
    client: z.string().optional(),
    client_url: z.url().optional(),
    links: z.array(z.strictObject({ href: z.url(), text: z.string().optional() })).optional(),
    images: z.array(z.unknown()).optional(),
  })
  .refine(({ event_action: action, payload: given }) => action !== 'trigger' || given !== undefined, {
    error: "'payload' is missing or blank",
  })
  .refine(({ event_action: action, dedup_key: key }) => action === 'trigger' || key !== undefined, {
    error: "'dedup_key' is missing or blank",
  });
export type PagerDutyAccepted = z.output<typeof event>;

export interface PagerDuty extends Provider<PagerDutyAccepted> {
  /** Keys of the incidents that are open, oldest first. */
  readonly open: ReadonlySet<string>;
}

const mostBytes = 512_000;

export async function startPagerDuty(options: PagerDutyOptions): Promise<PagerDuty> {
  const window = new SlidingWindow(options.perMinute ?? 120, 60_000);
  const open = new Set<string>();
  let incidents = 0;
  const invalid = (...errors: string[]) => ({
    reply: { status: 400, body: { status: 'invalid event', message: 'Event object is invalid', errors } },
  });

  const provider = await startProvider<PagerDutyAccepted>(options, (request) => {
    if (request.method !== 'POST' || request.pathname !== '/v2/enqueue')
      return { reply: { status: 404, body: '' } };
    if (!/^application\/json(;|$)/.test(request.headers['content-type'] ?? ''))
      return { reply: { status: 415, body: '' } };
    if (Buffer.byteLength(request.body) > mostBytes) return { reply: { status: 413, body: '' } };
    const given = event.safeParse(jsonOf(request.body));
    if (!given.success)
      return invalid(...given.error.issues.map(({ path, message }) => `'${path.join('.')}' ${message}`));
    const { routing_key: key, event_action: action, dedup_key: dedup } = given.data;
    if (key.length !== 32) return invalid("Length of 'routing_key' is incorrect (should be 32 characters)");
    if (key !== options.routingKey) return invalid('Invalid routing key');
    if (!window.take(request.now))
      return {
        reply: {
          status: 429,
          body: {
            status: 'throttle exceeded',
            message: 'Requests for this service are arriving too quickly.',
          },
        },
      };
    const incident = dedup ?? `incident-${++incidents}`;
    if (action === 'trigger') open.add(incident);
    if (action === 'resolve') open.delete(incident);
    const body = { status: 'success', message: 'Event processed', dedup_key: incident };
    return { reply: { status: 202, body }, accepted: [given.data] };
  });
  return Object.assign(provider, { open });
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
