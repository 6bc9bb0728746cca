// People and teams as the API shows them: the words of the file, and beside them what is known of them. What is shown can be
// put again.
import { z } from 'zod';
import { type DirectoryEntry, documentOf } from '../../engine/directory-book.ts';
import { timeOut, timeText } from './shapes.ts';

const known = {
  id: z.uuid().nullable().meta({ description: 'Null for what a file has.' }),
  name: z.string(),
  version: z.number().int().nullable().meta({ description: 'From 1; null for what a file has.' }),
  created_at: timeOut.nullable(),
  created_by: z.string().nullable(),
  updated_at: timeOut.nullable(),
  updated_by: z.string().nullable(),
  origin: z.object({
    kind: z.enum(['file', 'api']),
    file: z.string().optional(),
    line: z.number().int().optional(),
  }),
  active: z.boolean().meta({ description: 'False: as if it were not there, see `problems`.' }),
  problems: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
};

export const personBody = z
  .looseObject(known)
  .meta({ id: 'Recipient', description: 'With all other keys of a person, as in the file.' });
export const teamBody = z
  .looseObject({ ...known, members: z.array(z.string()).optional() })
  .meta({ id: 'RecipientGroup' });

export function toDirectoryBody(entry: DirectoryEntry): z.output<typeof personBody> {
  if (entry.of === 'file')
    return {
      id: null,
      name: entry.name,
      ...documentOf(entry.what),
      ...{ version: null, created_at: null, created_by: null, updated_at: null, updated_by: null },
      origin: { kind: 'file', ...entry.place() },
      active: true,
    };
  const { row, document } = entry.made;
  return {
    id: row.id,
    ...document,
    name: row.name,
    version: row.version,
    created_at: timeText(row.createdAt),
    created_by: row.createdBy,
    updated_at: timeText(row.updatedAt),
    updated_by: row.updatedBy,
    origin: { kind: 'api' },
    active: entry.active,
    ...(entry.problems.length > 0 && { problems: entry.problems.slice(0, 50) }),
  };
}
