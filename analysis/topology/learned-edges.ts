// Dependencies learned from alerts: services that begin to alert within minutes of each other, again and again and more
// often than by chance. The one that begins first is the callee: failures travel from callee to caller.
// Counts halve in two weeks, so that a dependency that is gone is forgotten; services and pairs are bounded.
import type { Edge } from '../signals.ts';

/** Two services that begin within this span are seen together. */
export const togetherMs = 5 * 60_000;
/** A service that was silent for so long begins anew. */
const quietMs = 10 * 60_000;
/** Clocks differ and alerts come in batches: within this span nobody was first. */
const atOnceMs = 2_000;
const halfLifeMs = 14 * 86_400_000;
const mostServices = 2_048;
const mostPairs = 8_192;
/** More at once than this is a storm, of which no pair says anything. */
const mostAtOnce = 12;
/** Seen together fewer times than this it says nothing. */
export const leastTogether = 3;
const most = 0.85;
const least = 0.2;

interface Begun {
  /** How often it began, as of `at`. */
  count: number;
  /** When it began last. */
  at: number;
  /** When it alerted last. */
  lastAt: number;
}

interface Pair {
  readonly one: string;
  readonly other: string;
  /** How often they were seen together, and how often of these `one` was first, as of `at`. */
  together: number;
  oneFirst: number;
  at: number;
}

/** Plain data. Maps are in the order of the last change. */
export interface LearnedEdges {
  /** When it began to watch. */
  since: number | null;
  readonly services: Map<string, Begun>;
  readonly pairs: Map<string, Pair>;
  /** Those that began within `togetherMs`, oldest first. */
  recent: { readonly service: string; readonly at: number }[];
}

export function learnedEdges(): LearnedEdges {
  return { since: null, services: new Map(), pairs: new Map(), recent: [] };
}

const left = (fromAt: number, now: number): number => 2 ** (-Math.max(0, now - fromAt) / halfLifeMs);

/** Takes in that a service alerts; true when that was the beginning of something. */
export function observeService(state: LearnedEdges, service: string, now: number): boolean {
  state.since ??= now;
  const known = state.services.get(service);
  const begins = known === undefined || now - known.lastAt > quietMs;
  if (!begins) {
    known.lastAt = now;
    return false;
  }
  state.services.delete(service);
  const count = (known === undefined ? 0 : known.count * left(known.at, now)) + 1;
  state.services.set(service, { count, at: now, lastAt: now });
  if (state.services.size > mostServices) state.services.delete(state.services.keys().next().value!);
  state.recent = state.recent.filter(({ at }) => now - at <= togetherMs);
  if (state.recent.length < mostAtOnce)
    for (const { service: first, at } of state.recent) meet(state, first, service, now - at, now);
  state.recent.push({ service, at: now });
  if (state.recent.length > 2 * mostAtOnce) state.recent.shift();
  return true;
}

function meet(state: LearnedEdges, first: string, second: string, lagMs: number, now: number): void {
  if (first === second) return;
  const [one, other] = first < second ? [first, second] : [second, first];
  const key = `${one}\u0000${other}`;
  const known = state.pairs.get(key);
  const share = lagMs <= atOnceMs ? 0.5 : Number(one === first);
  const keep = known === undefined ? 0 : left(known.at, now);
  state.pairs.delete(key);
  state.pairs.set(key, {
    one,
    other,
    together: (known?.together ?? 0) * keep + 1,
    oneFirst: (known?.oneFirst ?? 0) * keep + share,
    at: now,
  });
  if (state.pairs.size > mostPairs) state.pairs.delete(state.pairs.keys().next().value!);
}

/** Lower bound of a share (Wilson 1927), one-sided 90 %. */
function wilsonLow(hits: number, of: number): number {
  if (of <= 0) return 0;
  const z = 1.2816;
  const p = Math.min(1, hits / of);
  const middle = p + (z * z) / (2 * of);
  const spread = z * Math.sqrt((p * (1 - p)) / of + (z * z) / (4 * of * of));
  return Math.max(0, (middle - spread) / (1 + (z * z) / of));
}

/** Edges that were seen often enough, as of `now`. */
export function edgesLearned(state: LearnedEdges, now: number): Edge[] {
  const edges: Edge[] = [];
  if (state.since === null) return edges;
  // What counts halve in: a longer time of watching has been forgotten as they have.
  const memory = halfLifeMs / Math.LN2;
  const watchedMs = Math.max(togetherMs, memory * (1 - Math.exp(-(now - state.since) / memory)));
  for (const pair of state.pairs.values()) {
    const together = pair.together * left(pair.at, now);
    if (together < leastTogether - 0.5) continue;
    const a = state.services.get(pair.one);
    const b = state.services.get(pair.other);
    if (a === undefined || b === undefined) continue;
    const ofOne = a.count * left(a.at, now);
    const ofOther = b.count * left(b.at, now);
    // By chance: each beginning of the one finds one of the other within the span before or after it.
    const chance = (ofOne * ofOther * 2 * togetherMs) / watchedMs;
    const share = pair.oneFirst / pair.together;
    const sure =
      wilsonLow(together, Math.max(together, Math.min(ofOne, ofOther))) *
      Math.max(0, 1 - chance / together) *
      Math.max(share, 1 - share);
    const confidence = Math.min(most, sure);
    if (confidence < least) continue;
    const [from, to] = share > 0.5 ? [pair.other, pair.one] : [pair.one, pair.other];
    edges.push({ from, to, confidence, source: 'learned' });
  }
  return edges;
}
