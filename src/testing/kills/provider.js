// The other side of the webhooks: outlives every process, refuses as it is told, and remembers who got what when.
import { createHash } from 'node:crypto';
import { startReceiver } from '../http-receiver.js';
/** `flaky`: share of requests to /ops that are refused with 500 or broken off unanswered. */
export async function startProvider(flaky, rng) {
  const told = [];
  let share = flaky;
  const receiver = await startReceiver({
    keep: 1,
    handler: (request) => {
      const gone = request.path === '/gone';
      const failing = !gone && rng() < share;
      const { data } = JSON.parse(request.body);
      told.push({
        no: told.length,
        path: request.path,
        webhookId: request.headers['webhook-id'] ?? '',
        life: Number(request.headers['x-life']),
        accepted: !gone && !failing,
        bodyDigest: createHash('sha256').update(request.body).digest('base64'),
        notificationId: data.id,
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
//# sourceMappingURL=provider.js.map
