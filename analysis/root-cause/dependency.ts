// Who depends on whom, as the analysis asks it: callees of a caller, and how surely trouble of one service can come from
// another one. Invariant: where several edges join the same two services, the surest counts; a service is not its own callee.
import type { Edge } from '../signals.ts';
import { byText } from './order.ts';

export interface Dependencies {
  /** Callee and confidence, in the order of the names. */
  calleesOf(service: string): readonly (readonly [string, number])[];
  callersOf(service: string): readonly (readonly [string, number])[];
}

const none: readonly (readonly [string, number])[] = [];

export function dependenciesOf(edges: readonly Edge[]): Dependencies {
  const callees = new Map<string, Map<string, number>>();
  const callers = new Map<string, Map<string, number>>();
  const add = (map: Map<string, Map<string, number>>, from: string, to: string, confidence: number) => {
    let mine = map.get(from);
    if (!mine) {
      mine = new Map();
      map.set(from, mine);
    }
    mine.set(to, Math.max(mine.get(to) ?? 0, confidence));
  };
  for (const { from, to, confidence } of edges) {
    if (from === to || !(confidence > 0)) continue;
    add(callees, from, to, Math.min(1, confidence));
    add(callers, to, from, Math.min(1, confidence));
  }
  const sorted = (map: Map<string, Map<string, number>>) =>
    new Map([...map].map(([name, mine]) => [name, [...mine].sort(([a], [b]) => byText(a, b))] as const));
  const down = sorted(callees);
  const up = sorted(callers);
  return {
    calleesOf: (service) => down.get(service) ?? none,
    callersOf: (service) => up.get(service) ?? none,
  };
}

/** Hops after which nobody would follow an explanation. */
const longestPath = 8;

/**
 * How surely each service can be reached from `from` along calls: the product of the confidences on the surest path of at
 * most eight hops; `from` itself with 1.
 */
export function reachFrom(from: string, { calleesOf }: Dependencies): Map<string, number> {
  const sure = new Map([[from, 1]]);
  let edge = new Map(sure);
  for (let hop = 0; hop < longestPath && edge.size > 0; hop++) {
    const next = new Map<string, number>();
    for (const [service, confidence] of edge)
      for (const [callee, of] of calleesOf(service)) {
        const found = confidence * of;
        if (found <= (sure.get(callee) ?? 0) + 1e-12) continue;
        sure.set(callee, found);
        next.set(callee, found);
      }
    edge = next;
  }
  return sure;
}
