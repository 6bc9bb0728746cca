// An object of the configuration (a channel, a template) as the API shows it: the words of the file, and beside them what is
// known of it. What is shown can be put again.
import { z } from 'zod';
import type { ConfigObjectRow } from '../../pipeline/effect.ts';
import { timeOut, timeText } from './shapes.ts';

export interface ObjectEntry {
  readonly name: string;
  readonly document: Readonly<Record<string, unknown>>;
  /** Null: a file has it. */
  readonly row: ConfigObjectRow | null;
  /** Where a file has it. */
  readonly place: { readonly file: string; readonly line: number } | null;
  readonly problems: readonly { readonly path: string; readonly message: string }[];
}

/** @param id Of the schema in the OpenAPI document. */
export function objectBodyOf(id: string, description: string) {
  return z
    .looseObject({
      id: z.uuid().nullable().meta({ description: 'Null for one of a file.' }),
      name: z.string(),
      version: z.number().int().nullable().meta({ description: 'From 1; null for one of a file.' }),
      created_at: timeOut.nullable(),
      created_by: z.string().nullable(),
      updated_at: timeOut.nullable(),
      updated_by: z.string().nullable(),
      origin: z.object({
        kind: z.enum(['file', 'api']),
        file: z.string().optional(),
        line: z.number().int().optional(),
      }),
      active: z.boolean().meta({ description: 'False: it is not used, see `problems`.' }),
      problems: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    })
    .meta({ id, description });
}

export function toObjectBody({ name, document, row, place, problems }: ObjectEntry) {
  const changed =
    row === null
      ? { version: null, created_at: null, created_by: null, updated_at: null, updated_by: null }
      : {
          version: row.version,
          created_at: timeText(row.createdAt),
          created_by: row.createdBy,
          updated_at: timeText(row.updatedAt),
          updated_by: row.updatedBy,
        };
  return {
    id: row?.id ?? null,
    ...document,
    name,
    ...changed,
    origin: row === null ? { kind: 'file' as const, ...place } : { kind: 'api' as const },
    active: problems.length === 0,
    ...(problems.length > 0 && { problems: [...problems] }),
  };
}
