// What is known of who depends on whom: declared by people, said by labels, learned. The graph is made anew when something
// changed, at most every ten seconds, by the time of the news alone.
import { type AlertNews, type Edge, serviceOf } from '../signals.ts';
import { type Graph, graphOf } from './graph.ts';
import { edgesOfLabels, type LabelEdges, labelEdges, observeLabels } from './label-edges.ts';
import { edgesLearned, type LearnedEdges, learnedEdges, observeService } from './learned-edges.ts';

const remadeMs = 10_000;

export interface Topology {
  declared: readonly Edge[];
  readonly labels: LabelEdges;
  readonly learned: LearnedEdges;
  /** When the graph was made, and of what time; derived, not saved. */
  graph: Graph;
  madeAt: number;
  changed: boolean;
}

/** A topology that knows what people declared; `declared` may have any confidence. */
export function createTopology(declared: readonly Edge[] = []): Topology {
  return {
    declared,
    labels: labelEdges(),
    learned: learnedEdges(),
    graph: graphOf(declared),
    madeAt: Number.NEGATIVE_INFINITY,
    changed: false,
  };
}

/** What people declare from now on. */
export function declare(topology: Topology, declared: readonly Edge[], now: number): void {
  topology.declared = declared;
  remake(topology, now);
}

/** Takes news in and answers the graph as it is then. */
export function observeTopology(topology: Topology, { kind, alert, seenAt }: AlertNews): Graph {
  if (kind === 'fired') {
    if (observeLabels(topology.labels, alert.labels, seenAt)) topology.changed = true;
    const service = serviceOf(alert.labels);
    if (service !== null && observeService(topology.learned, service, seenAt)) topology.changed = true;
  }
  if (topology.changed && seenAt - topology.madeAt >= remadeMs) remake(topology, seenAt);
  return topology.graph;
}

function remake(topology: Topology, now: number): void {
  topology.graph = graphOf([
    ...topology.declared,
    ...edgesOfLabels(topology.labels, now),
    ...edgesLearned(topology.learned, now),
  ]);
  topology.madeAt = now;
  topology.changed = false;
}

/** As plain JSON; `restoreTopology` goes on with it as if nothing had happened. */
export function saveTopology({ labels, learned, madeAt, changed, graph }: Topology): unknown {
  return {
    labels: [...labels.said.values()],
    since: learned.since,
    services: [...learned.services],
    pairs: [...learned.pairs.values()],
    recent: learned.recent,
    madeAt: Number.isFinite(madeAt) ? madeAt : null,
    changed,
    // What it was made of is of another time than what is known by now.
    said: graph.edges.filter(({ source }) => source !== 'declared'),
  };
}

type Saved = {
  readonly labels: readonly { from: string; to: string; at: number }[];
  readonly since: number | null;
  readonly services: readonly [string, { count: number; at: number; lastAt: number }][];
  readonly pairs: readonly { one: string; other: string; together: number; oneFirst: number; at: number }[];
  readonly recent: readonly { service: string; at: number }[];
  readonly madeAt: number | null;
  readonly changed: boolean;
  readonly said: readonly Edge[];
};

export function restoreTopology(from: unknown, declared: readonly Edge[] = []): Topology {
  const saved = from as Saved;
  const pairKey = (a: string, b: string) => `${a}\u0000${b}`;
  return {
    declared,
    labels: { said: new Map(saved.labels.map((one) => [pairKey(one.from, one.to), { ...one }])) },
    learned: {
      since: saved.since,
      services: new Map(saved.services.map(([name, begun]) => [name, { ...begun }])),
      pairs: new Map(saved.pairs.map((pair) => [pairKey(pair.one, pair.other), { ...pair }])),
      recent: [...saved.recent],
    },
    graph: graphOf([...declared, ...saved.said]),
    madeAt: saved.madeAt ?? Number.NEGATIVE_INFINITY,
    changed: saved.changed,
  };
}
