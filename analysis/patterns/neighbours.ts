// Who is near whom on the graph of dependencies, in either direction: faults go up to callers, surges down to callees.
import type { Edge } from '../signals.ts';

const edgesRead = 50_000;

export type Neighbours = ReadonlyMap<string, ReadonlySet<string>>;

export function neighboursOf(edges: readonly Edge[]): Neighbours {
  const found = new Map<string, Set<string>>();
  const add = (one: string, other: string) => {
    const known = found.get(one);
    if (known === undefined) found.set(one, new Set([other]));
    else known.add(other);
  };
  for (const { from, to } of edges.slice(0, edgesRead)) {
    add(from, to);
    add(to, from);
  }
  return found;
}

const none: ReadonlySet<string> = new Set();

/** Edges between the two, up to two; three stands for all that is further away. */
export function distance(neighbours: Neighbours, one: string, other: string): 0 | 1 | 2 | 3 {
  if (one === other) return 0;
  const ones = neighbours.get(one) ?? none;
  if (ones.has(other)) return 1;
  const others = neighbours.get(other) ?? none;
  const [few, many] = ones.size < others.size ? [ones, others] : [others, ones];
  for (const name of few) if (many.has(name)) return 2;
  return 3;
}
