// A topology on its way into a thread: columns, since twenty thousand objects would hold up the loop while they are copied.
import type { Edge } from '../../analysis/signals.ts';

const sources = ['declared', 'labels', 'learned'] as const satisfies readonly Edge['source'][];

export interface PackedEdges {
  /** JSON: services. `from` and `to` are places in it. */
  readonly services: string;
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  readonly confidence: Float64Array;
  readonly source: Uint8Array;
}

export function packEdges(edges: readonly Edge[]): PackedEdges {
  const places = new Map<string, number>();
  const placeOf = (service: string): number => {
    let place = places.get(service);
    if (place === undefined) {
      place = places.size;
      places.set(service, place);
    }
    return place;
  };
  const from = Uint32Array.from(edges, (edge) => placeOf(edge.from));
  const to = Uint32Array.from(edges, (edge) => placeOf(edge.to));
  return {
    ...{ services: JSON.stringify([...places.keys()]), from, to },
    confidence: Float64Array.from(edges, ({ confidence }) => confidence),
    source: Uint8Array.from(edges, ({ source }) => sources.indexOf(source)),
  };
}

export function unpackEdges({ services, from, to, confidence, source }: PackedEdges): Edge[] {
  const names = JSON.parse(services) as string[];
  return Array.from(from, (place, n) => ({
    ...{ from: names[place]!, to: names[to[n]!]!, confidence: confidence[n]!, source: sources[source[n]!]! },
  }));
}
