// All that the API says, read page by page.
import type { AlertBody } from '../../http/bodies/alert-body.ts';
import type { KillClient } from './client.ts';

export interface ApiDelivery {
  readonly id: string;
  readonly notification_id: string;
  readonly channel: string;
  readonly state: 'queued' | 'sending' | 'sent' | 'delivered' | 'dead' | 'dropped';
  readonly reason: string | null;
  readonly attempts: number;
  readonly finished_at: string | null;
}

/** What is promised of a silence. */
export interface SilenceBody {
  readonly id: string;
  readonly matchers: readonly string[];
  readonly starts_at: string;
  readonly ends_at: string;
  readonly version: number;
}

export interface DeadLetter {
  readonly channel: string;
  readonly alerts: Readonly<Record<string, 'firing' | 'resolved' | 'event'>>;
}

export interface ApiState {
  readonly alerts: ReadonlyMap<string, AlertBody>;
  readonly deliveries: ReadonlyMap<string, ApiDelivery>;
  /** What the dead-letter list holds, with what each would have said. */
  readonly dead: readonly DeadLetter[];
  /** The same of what was not sent since its end had come. */
  readonly overtaken: readonly DeadLetter[];
  /** Reasons why nothing was said of an alert, by its id; asked for one alert. */
  skipped(alertId: string): Promise<readonly (string | null)[]>;
}

export async function apiState(client: KillClient): Promise<ApiState> {
  const alerts = await pages<AlertBody>(client, '/api/v1/alerts');
  const deliveries = await pages<ApiDelivery>(client, '/api/v1/deliveries');
  const said = async ({ notification_id, channel }: ApiDelivery): Promise<DeadLetter> => {
    const { body } = await client.sure('GET', `/api/v1/notifications/${notification_id}`);
    return { channel, alerts: (body as DeadLetter).alerts };
  };
  const dead: DeadLetter[] = [];
  for (const one of await pages<ApiDelivery>(client, '/api/v1/deliveries?state=dead'))
    dead.push(await said(one));
  const overtaken: DeadLetter[] = [];
  for (const one of deliveries)
    if (one.state === 'dropped' && one.reason === 'resolved_before_send') overtaken.push(await said(one));
  return {
    alerts: new Map(alerts.map((alert) => [alert.id, alert])),
    deliveries: new Map(deliveries.map((delivery) => [delivery.id, delivery])),
    dead,
    overtaken,
    async skipped(alertId) {
      const { body } = await client.sure('GET', `/api/v1/alerts/${alertId}/history?limit=500`);
      const { events } = body as { events: { kind: string; reason: string | null }[] };
      return events.filter(({ kind }) => kind === 'notify.skipped').map(({ reason }) => reason);
    },
  };
}

/** All items of a list, page by page. */
export async function pages<T>(client: KillClient, path: string): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | null = null;
  do {
    const more: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const { status, body } = await client.sure(
      'GET',
      `${path}${path.includes('?') ? '&' : '?'}limit=500${more}`,
    );
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
    const page = body as { items: T[]; next: string | null };
    all.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return all;
}
