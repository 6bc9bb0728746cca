// People and teams as they come through the API: the keys of the file, and the name.
import { z } from 'zod';
import type { DocumentProblem } from './api-rule.ts';
import { peopleLimits, personKeys, targetsSchema } from './people-schema.ts';
import { nameInPath } from './scalars.ts';
import { expectation } from './zod-problems.ts';

/** Of a document, and of what patches make of it, in bytes of JSON. */
export const directoryDocumentBytes = 64 * 1024;

const ownName = nameInPath('reach', 'reach-tests');

export const apiPersonSchema = z.strictObject({ name: ownName, ...personKeys });
export type ApiPersonInput = z.output<typeof apiPersonSchema>;

export const apiTeamSchema = z.strictObject({
  name: ownName,
  members: targetsSchema.meta({
    description: `At most ${peopleLimits.members}: \`alice\`, \`team:ops\`, \`on_call:primary\`, \`channel:chat\`.`,
  }),
});
export type ApiTeamInput = z.output<typeof apiTeamSchema>;

/** Reads the shape of a document; the names in it are another question. */
export function readDocument<Input>(
  schema: z.ZodType<Input>,
  document: Readonly<Record<string, unknown>>,
): { readonly input: Input } | { readonly problems: readonly DocumentProblem[] } {
  const parsed = schema.safeParse(document);
  if (parsed.success) return { input: parsed.data };
  return {
    problems: parsed.error.issues.flatMap((issue): DocumentProblem[] => {
      const path = issue.path.map(String);
      return issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'unknown key' }))
        : [{ path: path.join('.'), message: expectation(issue) }];
    }),
  };
}
