// Who is near whom on the graph of dependencies, in either direction: faults go up to callers, surges down to callees.
import type { Edge } from '../signals.ts';

const edgesRead = 50_000;
const aroundKept = 512;

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

/** Those within two edges of one, with how many; of a hub's the nearest. */
export function aroundOf(neighbours: Neighbours, one: string): ReadonlyMap<string, 0 | 1 | 2> {
  const around = new Map<string, 0 | 1 | 2>([[one, 0]]);
  const add = (from: string, edges: 1 | 2) => {
    for (const name of neighbours.get(from) ?? [])
      if (around.size < aroundKept && !around.has(name)) around.set(name, edges);
  };
  add(one, 1);
  for (const name of [...around.keys()].slice(1)) add(name, 2);
  return around;
}
