// The other side of the webhooks: outlives every process, refuses as it is told, and remembers who got what when.
import { createHash } from 'node:crypto';
import { type Receiver, startReceiver } from '../http-receiver.ts';

/** One request as it came. */
export interface Told {
  /** Order of arrival. */
  readonly no: number;
  readonly path: string;
  readonly webhookId: string;
  /** Number of the life that sent it. */
  readonly life: number;
  readonly accepted: boolean;
  readonly bodyDigest: string;
  readonly notificationId: string;
  readonly reason: string;
  /** When the message was decided, epoch milliseconds. */
  readonly decidedAt: number;
  /** Ids of what is new in it. */
  readonly changed: readonly string[];
  readonly alerts: readonly { readonly id: string; readonly status: 'firing' | 'resolved' }[];
}

export interface Provider {
  readonly url: string;
  readonly told: readonly Told[];
  /** No more refusals that pass. */
  heal(): void;
  close(): Promise<void>;
}

/** `flaky`: share of requests to /ops that are refused with 500 or broken off unanswered. */
export async function startProvider(flaky: number, rng: () => number): Promise<Provider> {
  const told: Told[] = [];
  let share = flaky;
  const receiver: Receiver = await startReceiver({
    keep: 1,
    handler: (request) => {
      const gone = request.path === '/gone';
      const failing = !gone && rng() < share;
      const { data, timestamp } = JSON.parse(request.body) as {
        timestamp: string;
        data: {
          id: string;
          reason: string;
          changed: string[];
          alerts: { id: string; status: 'firing' | 'resolved' }[];
        };
      };
      told.push({
        no: told.length,
        path: request.path,
        webhookId: request.headers['webhook-id'] ?? '',
        life: Number(request.headers['x-life']),
        accepted: !gone && !failing,
        bodyDigest: createHash('sha256').update(request.body).digest('base64'),
        notificationId: data.id,
        reason: data.reason,
        decidedAt: Date.parse(timestamp),
        changed: data.changed,
        alerts: data.alerts.map(({ id, status }) => ({ id, status })),
      });
      if (gone) return { status: 410 };
      if (failing) return rng() < 0.5 ? { status: 500 } : 'reset';
      return { status: 200 };
    },
  });
  return {
    url: receiver.url,
    told,
    heal() {
      share = 0;
    },
    close: () => receiver.close(),
  };
}
