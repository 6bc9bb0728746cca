// An escalation policy as it comes through the API: a document with the keys of a policy in the file, and `name`.
import { z } from 'zod';
import { formatDuration } from '../../rules/duration.ts';
import type { EscalationPolicy } from '../pipeline/escalation.ts';
import { formatTarget } from '../policy/target.ts';
import { readDocument } from './api-people.ts';
import type { DocumentProblem } from './api-rule.ts';
import { doesSomething, type EscalationInput, escalationKeys, nothingToDo } from './escalations.ts';
import { nameInPath } from './scalars.ts';

/** Bounds on escalation policies of the API, per tenant. */
export const apiEscalationLimits = {
  /** Of a document, and of what patches make of it, in bytes of JSON. */
  documentBytes: 64 * 1024,
  policies: 200,
} as const;

export const apiEscalationSchema = z
  .strictObject({ name: nameInPath(), ...escalationKeys })
  .refine(doesSomething, nothingToDo);
export type ApiEscalationInput = EscalationInput & { readonly name: string };

/** Reads a document without what only answers have; the names in it are another question. */
export function readApiEscalation(
  document: Readonly<Record<string, unknown>>,
): { readonly input: ApiEscalationInput } | { readonly problems: readonly DocumentProblem[] } {
  return readDocument(apiEscalationSchema, document);
}

/** A policy of a file in the words of a document. */
export function escalationDocument({ steps, repeat, confirm, promote }: EscalationPolicy) {
  return {
    ...(steps.length > 0 && {
      steps: steps.map(({ afterMs, to, strategy, severities, during }) => {
        const when = {
          ...(severities !== null && { severity: [...severities] }),
          ...(during.length > 0 && { time_intervals: during.map(({ name }) => name) }),
        };
        return {
          ...{ after: formatDuration(afterMs), to: to.map(formatTarget) },
          ...(strategy !== null && { strategy }),
          ...(Object.keys(when).length > 0 && { when }),
        };
      }),
    }),
    ...{ repeat, confirm },
    ...(promote.length > 0 && {
      promote: promote.map(({ from, afterMs, to, while: holds }) => ({
        ...{ from, after: formatDuration(afterMs), to, while: holds },
      })),
    }),
  };
}
