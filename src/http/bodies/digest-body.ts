// A digest that is open, and what an event that goes into one is answered, as the API shows them.
import { z } from 'zod';
import { collects, queuedIn } from '../../pipeline/digest.ts';
import type { CollectedIn } from '../../pipeline/input.ts';
import type { PipelineState } from '../../pipeline/state.ts';
import { timeOut, timeText } from './shapes.ts';

export const collectedBody = z.object({
  receiver: z.string(),
  queued: z.number().int().meta({ description: 'How many alerts and events wait in it.' }),
  flushes_at: timeOut.meta({ description: 'When it goes out.' }),
});

export function toCollectedBody({
  receiver,
  queued,
  flushesAt,
}: CollectedIn): z.output<typeof collectedBody> {
  return { receiver, queued, flushes_at: timeText(flushesAt) };
}

export const digestBody = collectedBody
  .extend({
    opened_at: timeOut.meta({ description: 'When the first of them came.' }),
    every_seconds: z.number(),
    time_zone: z.string(),
    max: z.number().int().meta({ description: 'As many go out at once, before the time.' }),
  })
  .meta({ id: 'Digest' });

export type DigestBody = z.output<typeof digestBody>;

/** Digests in which something waits, the next to go out first. Reads only. */
export function openDigests(state: PipelineState): DigestBody[] {
  const open = [...state.groups.values()].flatMap((group) => {
    const { receiver, collectSince, collectUntil } = group.row;
    const plan = collects(group);
    if (!plan || collectUntil == null) return [];
    const waits = { receiver, queued: queuedIn(state, group), flushesAt: collectUntil };
    const body: DigestBody = {
      ...toCollectedBody(waits),
      opened_at: timeText(collectSince ?? collectUntil),
      every_seconds: plan.everyMs / 1_000,
      time_zone: plan.zone,
      max: plan.max,
    };
    return [{ at: collectUntil, body }];
  });
  return open.sort((a, b) => a.at - b.at).map(({ body }) => body);
}
