// One graph out of all that is said of dependencies: what people declared, what labels say, what was learned. Of one pair of
// services there is one edge in each direction at most; the surest source names it.
import type { Edge } from '../signals.ts';

/** So many edges are kept at most, the surest ones. */
export const mostEdges = 20_000;
/** Services that are looked at from one service, and how far. */
const mostReached = 192;
const mostHops = 3;
/** A longer way through surer edges counts less with each hop; a way below this says nothing. */
const leastConfidence = 0.15;

/** How one service lies to another. */
export interface Reach {
  /** Edges on the way; 0: the same service. */
  readonly hops: number;
  /** Product of the confidences on the way. */
  readonly confidence: number;
  /**
   * `callee`: it is called by the first one, perhaps through others; `caller` the other way round; `beside`: the way
   * turns, as between two callers of one service.
   */
  readonly way: 'same' | 'callee' | 'caller' | 'beside';
}

export interface Graph {
  /** Merged, ordered by caller and callee. */
  readonly edges: readonly Edge[];
  /** Services within three hops of a service, itself included. Remembered by the graph. */
  reachOf(service: string): ReadonlyMap<string, Reach>;
}

const rank = { declared: 2, labels: 1, learned: 0 } as const;

/** Whether `one` is to be kept before `other`. */
function surer(one: Edge, other: Edge): boolean {
  if (one.confidence !== other.confidence) return one.confidence > other.confidence;
  return rank[one.source] > rank[other.source];
}

const pairKey = (from: string, to: string) => `${from}\u0000${to}`;

/**
 * Merges edges. A learned edge is left out where somebody said that the call goes the other way, and where both of its ends
 * have a surer way through a third service: services that fail one after the other are seen together at any distance (the
 * data processing inequality, as ARACNE uses it: Margolin et al. 2006).
 */
export function graphOf(all: Iterable<Edge>): Graph {
  const merged = new Map<string, Edge>();
  for (const edge of all) {
    if (edge.from === edge.to || edge.confidence <= 0) continue;
    const key = pairKey(edge.from, edge.to);
    const known = merged.get(key);
    if (known === undefined || surer(edge, known)) merged.set(key, edge);
  }
  const said = [...merged.values()].filter(({ source }) => source !== 'learned');
  const strength = new Map<string, Map<string, number>>();
  const note = (from: string, to: string, confidence: number): void => {
    const of = strength.get(from) ?? new Map<string, number>();
    of.set(to, Math.max(of.get(to) ?? 0, confidence));
    strength.set(from, of);
  };
  for (const { from, to, confidence } of merged.values()) {
    note(from, to, confidence);
    note(to, from, confidence);
  }
  const kept: Edge[] = [...said];
  for (const edge of merged.values()) {
    if (edge.source !== 'learned') continue;
    const back = merged.get(pairKey(edge.to, edge.from));
    if (back !== undefined && (back.source !== 'learned' || surer(back, edge))) continue;
    if (!explained(edge, strength)) kept.push(edge);
  }
  kept.sort((a, b) => b.confidence - a.confidence || order(a, b));
  kept.length = Math.min(kept.length, mostEdges);
  kept.sort(order);
  return withReach(kept);
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
const order = (a: Edge, b: Edge): number => compare(a.from, b.from) || compare(a.to, b.to);

function explained({ from, to, confidence }: Edge, strength: Map<string, Map<string, number>>): boolean {
  const ofTo = strength.get(to)!;
  for (const [third, toThird] of strength.get(from)!)
    if (third !== to && toThird > confidence && (ofTo.get(third) ?? 0) > confidence) return true;
  return false;
}

function withReach(edges: readonly Edge[]): Graph {
  const beside = new Map<string, { to: string; confidence: number; way: 'callee' | 'caller' }[]>();
  const note = (from: string, to: string, confidence: number, way: 'callee' | 'caller'): void => {
    const list = beside.get(from);
    if (list) list.push({ to, confidence, way });
    else beside.set(from, [{ to, confidence, way }]);
  };
  for (const { from, to, confidence } of edges) {
    note(from, to, confidence, 'callee');
    note(to, from, confidence, 'caller');
  }
  const known = new Map<string, ReadonlyMap<string, Reach>>();
  const walk = (service: string): ReadonlyMap<string, Reach> => {
    const found = new Map<string, Reach>([[service, { hops: 0, confidence: 1, way: 'same' }]]);
    let border = [service];
    for (let hops = 1; hops <= mostHops && border.length > 0; hops++) {
      const next = new Set<string>();
      for (const at of border) {
        const here = found.get(at)!;
        for (const { to, confidence, way } of beside.get(at) ?? []) {
          const sure = here.confidence * confidence;
          const before = found.get(to);
          if (sure < leastConfidence || (before && (before.hops < hops || before.confidence >= sure)))
            continue;
          if (before === undefined && found.size >= mostReached) continue;
          found.set(to, {
            hops,
            confidence: sure,
            way: here.way === 'same' || here.way === way ? way : 'beside',
          });
          next.add(to);
        }
      }
      border = [...next];
    }
    return found;
  };
  return {
    edges,
    reachOf(service) {
      const before = known.get(service);
      if (before) return before;
      const reached = walk(service);
      // Names of services come from labels: as many as edges can lead to, and no more.
      if (beside.has(service)) known.set(service, reached);
      return reached;
    },
  };
}
