// The storm that lasts, or the last one, as the API shows it.
import { z } from 'zod';
import { queuedIn } from '../../pipeline/digest.ts';
import type { PipelineState } from '../../pipeline/state.ts';
import { endsAt } from '../../pipeline/storm.ts';
import { isStorm } from '../../pipeline/storm-place.ts';
import { timeOut, timeText } from './shapes.ts';

/** Kinds that are named. */
const mostKinds = 20;

const oneStorm = z.object({
  id: z.string(),
  began_at: timeOut,
  ended_at: timeOut.nullable().meta({ description: 'Null: it lasts.' }),
  ends_at: timeOut.nullable().meta({ description: 'When it is over if it stays calm; null: it is over.' }),
  count: z
    .number()
    .int()
    .meta({ description: 'Alerts that began to fire, and events, with those that made it.' }),
  summed: z.number().int().meta({ description: 'Told in summaries; of each receiver.' }),
  alone: z.number().int().meta({ description: 'Told by themselves since it began.' }),
  summaries: z.number().int().meta({ description: 'Summaries that went out.' }),
  waiting: z.number().int().meta({ description: 'Waiting for the next summary.' }),
  kinds: z.array(z.object({ name: z.string(), count: z.number().int() })),
});

export const stormBody = z
  .object({
    active: z.boolean(),
    storm: oneStorm
      .nullable()
      .meta({ description: 'The one that lasts, or the last one; null: there was none.' }),
  })
  .meta({ id: 'Storm' });

export type StormBody = z.output<typeof stormBody>;

/** Reads only. */
export function stormOf(state: PipelineState): StormBody {
  const { row, present, config } = state.storms;
  if (row === null) return { active: false, storm: null };
  const waiting = [...state.groups.values()]
    .filter((group) => isStorm(group))
    .reduce((sum, group) => sum + queuedIn(state, group), 0);
  const kinds = [...row.kinds].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count);
  return {
    active: present !== null,
    storm: {
      id: row.id,
      began_at: timeText(row.startedAt),
      ended_at: row.endedAt === null ? null : timeText(row.endedAt),
      ends_at: present !== null && config !== null ? timeText(endsAt(present, config)) : null,
      ...{ count: row.count, summed: row.summed, alone: row.alone, summaries: row.summaries, waiting },
      kinds: kinds.slice(0, mostKinds),
    },
  };
}
