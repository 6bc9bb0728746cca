// An override of a schedule as the API shows it.
import { z } from 'zod';
import type { DocumentProblem } from '../../config/api-rule.ts';
import type { ApiOverride } from '../../engine/on-call-book.ts';
import type { OverrideTrial } from '../../policy/on-call/override-trial.ts';
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

const span = z.object({ start: timeOut, end: timeOut });
/** Of each list in a dry run. */
const mostListed = 200;

export const overrideTrialBody = z
  .object({
    dry_run: z.literal(true),
    override: overrideBody,
    taken: z
      .array(span.extend({ instead: z.array(span.extend({ people: z.array(z.string()) })) }))
      .meta({ description: 'When the person would be on call, and who would be without it.' }),
    gaps: z.array(span).meta({ description: 'When nobody would be on call still.' }),
    overlaps: z
      .array(
        z.object({
          id: z.uuid().nullable().meta({ description: 'Null for one of a file.' }),
          person: z.string(),
          from: timeOut,
          to: timeOut,
          layer: z.string().nullable(),
        }),
      )
      .meta({ description: 'Other overrides of the same time.' }),
    more: z.boolean().meta({ description: `A list is cut to its first ${mostListed}.` }),
  })
  .meta({ id: 'OverrideDryRun' });

/** @param override As it would be answered. */
export function toOverrideTrialBody(
  override: z.output<typeof overrideBody>,
  { taken, gaps, overlaps }: OverrideTrial,
): z.output<typeof overrideTrialBody> {
  const shown = ({ start, end }: { readonly start: number; readonly end: number }) => ({
    ...{ start: timeText(start), end: timeText(end) },
  });
  let shifts = 0;
  const some = taken.slice(0, mostListed).map((one) => {
    const instead = one.instead.slice(0, Math.max(0, mostListed - shifts));
    shifts += one.instead.length;
    return {
      ...shown(one),
      instead: instead.map((shift) => ({ ...shown(shift), people: [...shift.people] })),
    };
  });
  return {
    ...{ dry_run: true, override, taken: some, gaps: gaps.slice(0, mostListed).map(shown) },
    overlaps: overlaps.slice(0, mostListed).map(({ id, person, from, to, layer }) => ({
      ...{ id, person, from: timeText(from), to: timeText(to), layer },
    })),
    more: [taken.length, shifts, gaps.length, overlaps.length].some((length) => length > mostListed),
  };
}

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
