// Cascade: alerts that run along dependencies, over three services or more, within minutes. New alerts join what is near
// on the graph of dependencies and near in time; what was said often before and elsewhere does not count. Said when it is
// less likely that the alerts of that part of the graph came by chance, at the rate of the hours before, than one in
// thousands.
import { type Edge, serviceOf } from '../signals.ts';
import { distance, type Neighbours, neighboursOf } from './neighbours.ts';
import { findingOf, grow, type Mark, markOf, type Occurrence, occurrenceOf, worthSaying } from './occurrence.ts';
import type { Pattern, PatternContext, PatternFinding } from './pattern.ts';
import { RecentMap } from './recent-map.ts';

const leastServices = 3;
const spreadsKept = 48;
const keysKept = 8_000;
/** Of one spread; a wider one is known for long. */
const keysOfSpread = 512;
const servicesOfSpread = 64;
const marksKept = 200;
/** How old the latest alert of a service may be for one of it, one edge and two edges away: one on the way may be silent. */
const nearMs = [240_000, 150_000, 60_000] as const;
const idleMs = 10 * 60_000;
/** Episodes of a key, this far apart, after which it is something that always comes and goes. */
const apartMs = 8 * 60_000;
const familiarAfter = 4;
const leastScore = 7;

interface Spread {
  readonly id: string;
  /** When the latest alert of each service began. */
  readonly services: Map<string, number>;
  readonly keys: Set<string>;
  /** Until it is said. */
  marks: Mark[];
  readonly begin: number;
  last: number;
  open: Occurrence | null;
  score: number;
}

interface Past {
  episodes: number;
  last: number;
}

export interface CascadeState {
  edges: readonly Edge[] | null;
  neighbours: Neighbours;
  spreads: Spread[];
  readonly keys: RecentMap<Past>;
  /** Services that ever alerted, for how many share the rate. */
  readonly services: RecentMap<true>;
  /** Unfamiliar alerts that began a spread, with a half-life of hours: the rate of chance. */
  loners: number;
  lonersAt: number | null;
}

/** Before anything is known: two an hour, on the weight of an hour. */
const priorPerHour = 4;
const memoryHours = 4;

export const cascade: Pattern<CascadeState> = {
  name: 'cascade',
  create: () => ({
    edges: null,
    neighbours: new Map(),
    spreads: [],
    keys: new RecentMap(keysKept),
    services: new RecentMap(2_000),
    loners: priorPerHour,
    lonersAt: null,
  }),
  observe(state, { kind, alert, seenAt }, context) {
    if (kind !== 'fired') return [];
    const service = serviceOf(alert.labels);
    if (service === null) return [];
    remember(state, context);
    state.services.useOr(service, () => true);
    const mark = markOf(alert, seenAt);
    const familiar = isFamiliar(state.keys, alert.key, mark.at);
    state.spreads = state.spreads.filter(({ last }) => seenAt - last < idleMs);
    const spread = spreadFor(state, alert.key, service, seenAt, familiar);
    if (spread === null) {
      if (familiar) return [];
      begin(state, alert.key, service, mark, seenAt);
      return [];
    }
    if (spread.keys.size < keysOfSpread) spread.keys.add(alert.key);
    if (spread.services.size < servicesOfSpread || spread.services.has(service)) spread.services.set(service, seenAt);
    spread.last = seenAt;
    if (spread.open !== null) grow(spread.open, mark);
    else spread.marks = [...spread.marks, mark].slice(-marksKept);
    return judged(state, spread, seenAt);
  },
  advance(state, now) {
    return state.spreads.flatMap((spread) =>
      spread.open !== null && worthSaying(spread.open, now) ? [say(state, spread, spread.open, now)] : [],
    );
  },
};

function remember(state: CascadeState, { edges }: PatternContext): void {
  if (state.edges === edges) return;
  state.edges = edges;
  state.neighbours = neighboursOf(edges);
}

function isFamiliar(keys: CascadeState['keys'], key: string, at: number): boolean {
  const past = keys.useOr(key, () => ({ episodes: 0, last: Number.NEGATIVE_INFINITY }));
  if (at - past.last >= apartMs) past.episodes++;
  past.last = Math.max(past.last, at);
  return past.episodes > familiarAfter;
}

/** The spread that an alert belongs to: the nearest in the graph and in time; small ones that it links become one. */
function spreadFor(state: CascadeState, key: string, service: string, now: number, familiar: boolean): Spread | null {
  let best: Spread | null = null;
  let bestCost = Number.POSITIVE_INFINITY;
  const linked: Spread[] = [];
  for (const spread of state.spreads) {
    let cost = spread.keys.has(key) ? 0 : Number.POSITIVE_INFINITY;
    if (!familiar)
      for (const [name, last] of spread.services) {
        const edges = distance(state.neighbours, service, name);
        if (edges === 3 || now - last > nearMs[edges]) continue;
        cost = Math.min(cost, now - last + 60_000 * edges);
      }
    if (cost === Number.POSITIVE_INFINITY) continue;
    linked.push(spread);
    if (cost < bestCost) [best, bestCost] = [spread, cost];
  }
  if (best === null) return null;
  for (const other of linked)
    if (other !== best && other.open === null && (best.open === null || other.services.size < leastServices))
      absorb(state, best, other);
  return best;
}

function absorb(state: CascadeState, into: Spread, from: Spread): void {
  for (const [name, last] of from.services) into.services.set(name, Math.max(last, into.services.get(name) ?? 0));
  for (const key of from.keys) if (into.keys.size < keysOfSpread) into.keys.add(key);
  if (into.open !== null) for (const mark of from.marks) grow(into.open, mark);
  else into.marks = [...from.marks, ...into.marks].sort((one, other) => one.at - other.at).slice(-marksKept);
  state.spreads = state.spreads.filter((spread) => spread !== from);
}

function begin(state: CascadeState, key: string, service: string, mark: Mark, now: number): void {
  const spread: Spread = {
    id: mark.id,
    services: new Map([[service, now]]),
    keys: new Set([key]),
    marks: [mark],
    begin: now,
    last: now,
    open: null,
    score: 0,
  };
  state.spreads = [...state.spreads, spread].slice(-spreadsKept);
  const hours = state.lonersAt === null ? 0 : (now - state.lonersAt) / 3_600_000;
  state.loners = state.loners * Math.exp(-hours / memoryHours) + priorPerHour * (1 - Math.exp(-hours / memoryHours));
  state.loners += 1 / memoryHours;
  state.lonersAt = now;
}

function judged(state: CascadeState, spread: Spread, now: number): PatternFinding[] {
  if (spread.open === null) {
    if (spread.services.size < leastServices) return [];
    spread.score = Math.max(spread.score, scoreOf(state, spread, now));
    if (spread.score < leastScore) return [];
    spread.open = occurrenceOf(spread.id, spread.marks);
    spread.marks = [];
  }
  return worthSaying(spread.open, now) ? [say(state, spread, spread.open, now)] : [];
}

/** How unlikely it is that so many different alerts come by chance, in that part of the graph, in nats. */
function scoreOf(state: CascadeState, spread: Spread, now: number): number {
  const part = new Set<string>();
  for (const name of spread.services.keys()) {
    part.add(name);
    for (const other of state.neighbours.get(name) ?? []) part.add(other);
  }
  const all = Math.max(part.size, state.services.size, state.neighbours.size, 1);
  const hours = Math.max(30_000, now - spread.begin) / 3_600_000;
  const expected = (state.loners * hours * part.size) / all;
  return -logTail(spread.keys.size - 1, expected);
}

/** Logarithm of the chance that a Poisson variable of this mean is `least` or more; its first term, which is most of it. */
function logTail(least: number, mean: number): number {
  let log = -mean;
  for (let k = 1; k <= least; k++) log += Math.log(mean / k);
  return Math.min(0, log);
}

const say = (state: CascadeState, spread: Spread, open: Occurrence, now: number): PatternFinding =>
  findingOf('cascade', open, now, 1 - 1 / (1 + Math.exp((spread.score - leastScore) / 2 + 1)), {
    services: spread.services.size,
    different_alerts: spread.keys.size,
    seconds: (open.to - open.from) / 1_000,
    chance_alerts_per_hour: state.loners,
    surprise_nats: spread.score,
  });
