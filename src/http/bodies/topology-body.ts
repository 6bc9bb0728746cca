// Who depends on whom, as the API shows it and as it is declared.
import { z } from 'zod';
import type { Edge } from '../../../analysis/signals.ts';

/** Edges that one document declares. */
const mostEdges = 5_000;

const service = z.string().min(1).max(256);

export const topologyBody = z
  .object({
    edges: z.array(
      z.object({
        from: z.string().meta({ description: 'The caller.' }),
        to: z.string().meta({ description: 'What it depends on.' }),
        source: z.enum(['declared', 'labels', 'learned']),
        confidence: z.number(),
      }),
    ),
  })
  .meta({ id: 'Topology' });

export function toTopologyBody(edges: readonly Edge[]): z.output<typeof topologyBody> {
  return {
    edges: edges.map(({ from, to, source, confidence }) => ({
      ...{ from, to, source },
      confidence: Math.round(confidence * 1_000) / 1_000,
    })),
  };
}

export const topologyIn = z.strictObject({
  edges: z
    .array(
      z
        .strictObject({
          from: service.meta({ description: 'The caller.' }),
          to: service.meta({ description: 'What it depends on.' }),
          confidence: z.number().gt(0).max(1).default(1),
        })
        .refine(({ from, to }) => from !== to, {
          error: 'expected two services: none depends on itself',
          path: ['to'],
        }),
    )
    .max(mostEdges),
});
export type TopologyIn = z.output<typeof topologyIn>;
