// `topology` of tocsin.yaml: who depends on whom.
import { z } from 'zod';
import type { Edge } from '../../analysis/signals.ts';

const service = z.string('expected the name of a service').min(1).max(256);

export const topologySchema = z
  .array(
    z
      .strictObject({
        from: service,
        to: z.union([service, z.array(service).min(1).max(1_000)], {
          error: 'expected the name of a service, or a list of them',
        }),
        confidence: z.number().gt(0, 'expected more than 0').max(1, 'expected at most 1').optional(),
        tenant: z.string().min(1).max(256).optional(),
      })
      .refine(({ from, to }) => ![to].flat().includes(from), {
        error: 'expected other services: none depends on itself',
        path: ['to'],
      }),
  )
  .max(5_000);

/** Declared edges by tenant. */
export function topologyOf(
  input: z.output<typeof topologySchema> | undefined,
  tenant: string,
): Map<string, readonly Edge[]> {
  const found = new Map<string, Edge[]>();
  for (const { from, to, confidence = 1, tenant: own = tenant } of input ?? []) {
    const list = found.get(own) ?? [];
    for (const callee of [to].flat()) list.push({ from, to: callee, confidence, source: 'declared' });
    found.set(own, list);
  }
  return found;
}
