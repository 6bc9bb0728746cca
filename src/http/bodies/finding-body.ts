// A pattern that was found in alerts, as the API shows it.
import { z } from 'zod';
import { patternNames } from '../../../analysis/patterns/pattern.ts';
import type { FindingRow } from '../../pipeline/rows.ts';
import { labelsOut, timeOut, timeText } from './shapes.ts';

export const findingBody = z
  .object({
    id: z.uuid(),
    pattern: z.enum(patternNames),
    from: timeOut,
    to: timeOut.meta({ description: 'Of the latest alert that it rests on.' }),
    found_at: timeOut,
    updated_at: timeOut.meta({ description: 'When more of it was recognised last.' }),
    confidence: z.number().meta({ description: '0 to 1.' }),
    scope: labelsOut.meta({ description: 'Labels that all its alerts share.' }),
    alerts: z.array(z.string()).meta({
      description: 'Ids, oldest first; of more than 200 the first and the latest hundred.',
    }),
    figures: z.record(z.string(), z.number()).meta({
      description: 'What it rests on; `alerts` counts all of them, units are in the names.',
    }),
  })
  .meta({ id: 'Finding' });

export function toFindingBody(row: FindingRow): z.output<typeof findingBody> {
  return {
    ...{ id: row.id, pattern: row.pattern, from: timeText(row.from), to: timeText(row.to) },
    ...{ found_at: timeText(row.foundAt), updated_at: timeText(row.updatedAt) },
    ...{ confidence: row.confidence, scope: { ...row.scope } },
    ...{ alerts: [...row.alerts], figures: { ...row.figures } },
  };
}
