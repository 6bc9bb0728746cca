// An override of a schedule as the API shows it.
import { z } from 'zod';
import type { DocumentProblem } from '../../config/api-rule.ts';
import type { ApiOverride } from '../../engine/on-call-book.ts';
import { timeOut, timeText } from './shapes.ts';

export const overrideBody = z
  .object({
    id: z.uuid(),
    version: z.number().int(),
    schedule: z.string(),
    person: z.string(),
    from: timeOut,
    to: timeOut,
    layer: z.string().nullable(),
    comment: z.string().nullable(),
    created_at: timeOut,
    created_by: z.string().nullable(),
    active: z.boolean().meta({ description: 'False: it means nothing any more, see `problems`.' }),
    problems: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Override' });

export function toOverrideBody(
  { row, input, document }: ApiOverride,
  problems: readonly DocumentProblem[],
): z.output<typeof overrideBody> {
  const said = (key: string) => (typeof document[key] === 'string' ? document[key] : null);
  return {
    id: row.id,
    version: row.version,
    schedule: said('schedule') ?? '',
    person: said('person') ?? '',
    from: timeText(input?.from ?? row.createdAt),
    to: timeText(input?.to ?? row.createdAt),
    layer: said('layer'),
    comment: said('comment'),
    created_at: timeText(row.createdAt),
    created_by: row.createdBy,
    active: problems.length === 0,
    ...(problems.length > 0 && { problems: [...problems] }),
  };
}
