// Cascade: alerts that run along dependencies, over three services or more, within minutes. New alerts join what is near
// on the graph of dependencies and near in time; what was said often before and elsewhere does not count. Said when it is
// less likely that the alerts of that part of the graph came by chance, at the rate of the hours before, than one in
// thousands.
import { type Edge, serviceOf } from '../signals.ts';
import type { Mark } from './mark.ts';
import { aroundOf, type Neighbours, neighboursOf } from './neighbours.ts';
import { findingOf, grow, type Occurrence, occurrenceOf, worthSaying } from './occurrence.ts';
import type { Pattern, PatternContext, PatternFinding } from './pattern.ts';
import { RecentMap } from './recent-map.ts';

const leastServices = 3;
const spreadsKept = 48;
const aroundsKept = 1_000;
const partKept = 1_000;
const keysKept = 8_000;
/** Of one spread; a wider one is known for long. */
const keysOfSpread = 512;
const servicesOfSpread = 64;
const marksKept = 200;
/** How old the latest alert of a service may be for one of it, one edge and two edges away: one on the way may be silent. */
const nearMs = [120_000, 100_000, 40_000] as const;
const idleMs = 10 * 60_000;
/** Episodes of a key, this far apart, after which it is something that always comes and goes. */
const apartMs = 8 * 60_000;
const familiarAfter = 3;
const familiarPerHour = 0.7;
const leastScore = 9;
/** For what lies beyond the two services with the most alerts: a stray alert beside them makes no cascade. */
const leastBeyond = 2;
const longestMs = 60 * 60_000;

interface Spread {
  readonly id: string;
  /** When the latest alert of each service that was new to it became known, and how many different ones there were. */
  readonly services: Map<string, { last: number; keys: number }>;
  readonly keys: Set<string>;
  /** Until it is said. */
  marks: Mark[];
  /** Its services and their neighbours. */
  readonly part: Set<string>;
  readonly begin: number;
  last: number;
  open: Occurrence | null;
  score: number;
  beyond: number;
}

interface Past {
  episodes: number;
  readonly first: number;
  last: number;
}

export interface CascadeState {
  edges: readonly Edge[] | null;
  neighbours: Neighbours;
  around: RecentMap<ReadonlyMap<string, 0 | 1 | 2>>;
  spreads: Spread[];
  /** Of one that came once, when that was. */
  readonly keys: RecentMap<Past | number>;
  /** Services that ever alerted, for how many share the rate. */
  readonly services: RecentMap<true>;
  /** Unfamiliar alerts that began a spread, with a half-life of hours: the rate of chance. */
  loners: number;
  lonersAt: number | null;
}

/** Alerts an hour that come by chance, before anything is known. */
const priorPerHour = 15;
const memoryHours = 4;

export const cascade: Pattern<CascadeState> = {
  name: 'cascade',
  create: () => ({
    edges: null,
    neighbours: new Map(),
    around: new RecentMap(aroundsKept),
    spreads: [],
    keys: new RecentMap(keysKept),
    services: new RecentMap(2_000),
    loners: priorPerHour,
    lonersAt: null,
  }),
  observe(state, { alert, seenAt, mark }, context) {
    const service = serviceOf(alert.labels);
    if (service === null) return [];
    remember(state, context);
    state.services.useOr(service, () => true);
    if (isFamiliar(state.keys, alert.key, mark.at)) return [];
    state.spreads = state.spreads.filter(
      ({ last, begin }) => seenAt - last < idleMs && seenAt - begin < longestMs,
    );
    const spread = spreadFor(state, alert.key, service, seenAt);
    if (spread === null) {
      begin(state, alert.key, service, mark, seenAt);
      return [];
    }
    join(state, spread, alert.key, service, seenAt);
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
  state.around = new RecentMap(aroundsKept);
}

/** Whether it came so often before that it comes whatever else happens. */
function isFamiliar(keys: CascadeState['keys'], key: string, at: number): boolean {
  const known = keys.use(key);
  if (known === undefined) {
    keys.set(key, at);
    return false;
  }
  const past = typeof known === 'number' ? { episodes: 1, first: known, last: known } : known;
  if (past !== known) keys.set(key, past);
  if (at - past.last >= apartMs) past.episodes++;
  past.last = Math.max(past.last, at);
  const before = past.episodes - 1;
  const hours = (at - past.first) / 3_600_000;
  return before >= familiarAfter || (before >= 2 && before >= familiarPerHour * hours);
}

/** The spread that an alert belongs to: the nearest in the graph and in time; small ones that it links become one. */
function spreadFor(state: CascadeState, key: string, service: string, now: number): Spread | null {
  let best: Spread | null = null;
  let bestCost = Number.POSITIVE_INFINITY;
  const linked: Spread[] = [];
  const around = state.around.useOr(service, () => aroundOf(state.neighbours, service));
  for (const spread of state.spreads) {
    let cost = spread.keys.has(key) ? 0 : Number.POSITIVE_INFINITY;
    for (const [name, { last }] of spread.services) {
      if (now - last > nearMs[0]) continue;
      const edges = around.get(name);
      if (edges === undefined || now - last > nearMs[edges]) continue;
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

function join(state: CascadeState, spread: Spread, key: string, service: string, now: number): void {
  spread.last = now;
  const fresh = !spread.keys.has(key);
  if (fresh && spread.keys.size < keysOfSpread) spread.keys.add(key);
  if (fresh && spread.open === null) chance(state, 1, now);
  const known = spread.services.get(service);
  if (known !== undefined) {
    if (fresh) {
      known.last = now;
      known.keys++;
    }
  } else if (spread.services.size < servicesOfSpread) {
    spread.services.set(service, { last: now, keys: 1 });
    widen(state, spread, service);
  }
}

function widen({ neighbours }: CascadeState, { part }: Spread, service: string): void {
  part.add(service);
  for (const name of neighbours.get(service) ?? []) if (part.size < partKept) part.add(name);
}

function absorb(state: CascadeState, into: Spread, from: Spread): void {
  for (const [name, { last, keys }] of from.services) {
    const known = into.services.get(name);
    if (known === undefined) into.services.set(name, { last, keys });
    else {
      known.last = Math.max(last, known.last);
      known.keys += keys;
    }
  }
  for (const name of from.part) if (into.part.size < partKept) into.part.add(name);
  for (const key of from.keys) if (into.keys.size < keysOfSpread) into.keys.add(key);
  if (into.open !== null) for (const mark of from.marks) grow(into.open, mark);
  else into.marks = [...from.marks, ...into.marks].sort((one, other) => one.at - other.at).slice(-marksKept);
  state.spreads = state.spreads.filter((spread) => spread !== from);
}

function begin(state: CascadeState, key: string, service: string, mark: Mark, now: number): void {
  const spread: Spread = {
    id: mark.id,
    services: new Map([[service, { last: now, keys: 1 }]]),
    keys: new Set([key]),
    marks: [mark],
    part: new Set(),
    begin: now,
    last: now,
    open: null,
    score: 0,
    beyond: 0,
  };
  widen(state, spread, service);
  state.spreads = [...state.spreads, spread].slice(-spreadsKept);
  chance(state, 1, now);
}

/** Counts alerts that belong to no cascade as far as one knows: the rate at which chance makes them. */
function chance(state: CascadeState, count: number, now: number): void {
  const hours = state.lonersAt === null ? 0 : (now - state.lonersAt) / 3_600_000;
  const kept = Math.exp(-hours / memoryHours);
  state.loners = Math.max(1, state.loners * kept + count / memoryHours);
  state.lonersAt = now;
}

function judged(state: CascadeState, spread: Spread, now: number): PatternFinding[] {
  if (spread.open === null) {
    if (spread.services.size < leastServices) return [];
    const expected = expectedIn(state, spread, now);
    spread.score = Math.max(spread.score, -logTail(spread.keys.size - 1, expected));
    if (spread.score < leastScore) return [];
    spread.beyond = Math.max(spread.beyond, -logTail(beyondTwo(spread), expected));
    if (spread.beyond < leastBeyond) return [];
    chance(state, -spread.keys.size, now);
    spread.open = occurrenceOf(spread.id, spread.marks);
    spread.marks = [];
  }
  return worthSaying(spread.open, now) ? [say(state, spread, spread.open, now)] : [];
}

/** Different alerts that chance would have made in that part of the graph since the spread began. */
function expectedIn(state: CascadeState, { part, begin }: Spread, now: number): number {
  const services = Math.max(part.size, state.services.size, state.neighbours.size, 1);
  const hours = Math.max(20_000, now - begin) / 3_600_000;
  return (state.loners * hours * part.size) / services;
}

/** Different alerts beyond the two services that have the most. */
function beyondTwo({ services }: Spread): number {
  let [all, most, second] = [0, 0, 0];
  for (const { keys } of services.values()) {
    all += keys;
    if (keys > most) [most, second] = [keys, most];
    else second = Math.max(second, keys);
  }
  return all - most - second;
}

const logFactorials = [0];
for (let k = 1; k <= keysOfSpread; k++) logFactorials.push(logFactorials[k - 1]! + Math.log(k));

/** Logarithm of the chance that a Poisson variable of this mean is `least` or more; its first term, which is most of it. */
const logTail = (least: number, mean: number): number =>
  Math.min(0, least * Math.log(mean) - mean - logFactorials[Math.min(least, keysOfSpread)]!);

// Two cascades that touch and one that was cut in two look as sure as any: nothing here is surer than nine in ten.
const say = (state: CascadeState, spread: Spread, open: Occurrence, now: number): PatternFinding =>
  findingOf('cascade', open, now, 0.9 - 0.12 * Math.exp(-(spread.score - leastScore) / 2), {
    services: spread.services.size,
    different_alerts: spread.keys.size,
    seconds: (open.to - open.from) / 1_000,
    chance_alerts_per_hour: state.loners,
    surprise_nats: spread.score,
    surprise_beyond_nats: spread.beyond,
  });
