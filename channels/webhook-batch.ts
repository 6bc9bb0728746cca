// Several messages in one call of a webhook whose receiver takes batches. Each has the id that it would have had as
// `webhook-id`: that is what a receiver remembers, since the same message may come again in another company.
import { createHash } from 'node:crypto';
import type { Bundled } from './channel.ts';
import { byteLength } from './text.ts';

/** More than the words around a single message take. */
export const batchFrameBytes = 256;

/** `{"type":"alert.batch","timestamp":…,"data":{"deliveries":[{"id":<webhook-id>,"body":<message>},…]}}` */
export function batchBody(items: readonly Bundled<string>[], now: number): string {
  const deliveries = items.map(({ deliveryId, payload }) => `{"id":"${deliveryId}","body":${payload}}`);
  return `{"type":"alert.batch","timestamp":"${new Date(now).toISOString()}","data":{"deliveries":[${deliveries.join(',')}]}}`;
}

/** The `webhook-id` of the call: the same for the same messages. */
export function batchId(items: readonly Bundled<string>[]): string {
  if (items.length === 1) return items[0]!.deliveryId;
  const hash = createHash('sha256');
  for (const { deliveryId } of items) hash.update(deliveryId);
  return `batch-${hash.digest('hex').slice(0, 32)}`;
}

export function bytesInBatch(payload: string): number {
  return byteLength(payload) + batchFrameBytes;
}
